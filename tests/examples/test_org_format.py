"""The example as its users have it: installed, in the shell."""

from __future__ import annotations

from pathlib import Path

from hfs_core.api import Append, Create, Draft, Paths, Role
from hfs_core.kernel import Kernel
from tests.installing import INSTALLS

from .conftest import Hfs

EXAMPLE = "org_format"

pytestmark = INSTALLS


async def test_it_exports_and_imports_in_the_shell(hfs: Hfs, home: Paths, tmp_path: Path) -> None:
    async with Kernel(home, project=tmp_path, environ={}) as host:
        await host.store.apply(Create("u", "Tea"), Append("u", Draft(Role.USER, "* tea?")))
    page = await hfs("export", "org", "-", "--session", "1")
    assert (page.code, page.err) == (0, "")
    assert "\n** user\n" in page.out
    assert "\n,* tea?\n" in page.out
    (tmp_path / "page").write_text(page.out)
    done = await hfs("import", "page")
    assert done.out == "Nothing new: it is there as session 1: Tea (1 message)\n", done.err
    gone = await hfs("export", "org", "--session", "1", path="")
    assert gone.code == 2
    assert gone.err.strip().endswith("there is no format 'org': there are html, json, jsonl, md")
