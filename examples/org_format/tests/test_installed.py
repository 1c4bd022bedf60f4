"""The example as its users have it: installed, in the shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hfs_core.api import Append, Create, Draft, Paths, Role
from hfs_core.kernel import Kernel
from tests.cli.conftest import environment

ROOT = Path(__file__).parents[3]
UV = os.environ.get("HFS_UV") or shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(UV).exists(), reason="uv is not there: `make setup` brings it"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, as an author would copy it."""
    copy = tmp_path_factory.mktemp("author") / "org_format"
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    shutil.copytree(ROOT / "examples" / "org_format", copy, ignore=ignored)
    return copy


@pytest.fixture(scope="module")
def installed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which it is installed, beside HFS as it is here."""
    target = tmp_path_factory.mktemp("installed")
    install = [UV, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", target]
    done = subprocess.run([*install, project], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


async def test_it_exports_and_imports_in_the_shell(installed: Path, tmp_path: Path) -> None:
    home = Paths(tmp_path / "home")
    async with Kernel(home, project=tmp_path, environ={}) as host:
        await host.store.apply(Create("u", "Tea"), Append("u", Draft(Role.USER, "* tea?")))

    def hfs(*words: str, path: str = str(installed)) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hfs_core.cli", *words]
        env = environment(home, None, PYTHONPATH=path)
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)

    page = hfs("export", "org", "-", "--session", "1")
    assert (page.returncode, page.stderr) == (0, "")
    assert "\n** user\n" in page.stdout
    assert "\n,* tea?\n" in page.stdout
    (tmp_path / "page").write_text(page.stdout)
    done = hfs("import", "page")
    assert done.stdout == "Nothing new: it is there as session 1: Tea (1 message)\n", done.stderr
    gone = hfs("export", "org", "--session", "1", path="")
    assert gone.returncode == 2
    assert gone.stderr.strip().endswith("there is no format 'org': there are html, json, jsonl, md")


def test_an_author_who_copies_it_has_no_fault_of_types(project: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "src"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
