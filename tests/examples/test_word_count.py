"""The command as its users have it: installed, and as a folder."""

from __future__ import annotations

import shutil

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.installing import INSTALLS, ROOT

from .conftest import Hfs

EXAMPLE = "word_count"
FOLDER = ROOT / "examples" / EXAMPLE / "src" / "hfs_word_count"

pytestmark = INSTALLS


async def test_it_counts_in_the_shell(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("four five")) as server:
        await hfs("-p", "one two three", server=server)
    assert "wc" in (await hfs("--help")).out
    rows = (await hfs("wc", "--json")).json
    assert [(row["who"], row["words"]) for row in rows] == [("user", 3), ("assistant", 2), ("all", 5)]
    assert "| assistant |        1 |     2 |          9 |" in (await hfs("wc", "assistant")).out


async def test_it_counts_as_a_folder_once_it_is_trusted(hfs: Hfs, home: Paths) -> None:
    """Copied as its README says; nothing of it runs before."""
    home.root.mkdir()
    shutil.copytree(FOLDER, home.plugins / "word_count", ignore=shutil.ignore_patterns("__pycache__"))
    async with OpenAIServer(Answer("four five")) as server:
        before = await hfs("-p", "one two three", server=server, path="")
        assert before.out == "four five\n"
        assert "word_count" in before.err
        assert (await hfs("wc", path="")).code == 2
        trusted = await hfs("plugins", "trust", "word_count", path="")
        assert trusted.code == 0, trusted.err
        rows = (await hfs("wc", "--json", path="")).json
        assert [(row["who"], row["words"]) for row in rows] == [("user", 3), ("assistant", 2), ("all", 5)]
