"""The command as its users have it: installed, and as a folder."""

from __future__ import annotations

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
