"""`/wc` counts what was said."""

from __future__ import annotations

import pytest

from hfs_core.api import CommandError, UsageError
from hfs_core.testing import HeadlessHfs
from hfs_core.testing.fixtures import HfsApp


@pytest.fixture(autouse=True)
async def plugin(hfs_host: HeadlessHfs) -> None:
    """HFS has this plugin."""
    await hfs_host.load_plugin("hfs_word_count")


async def test_it_counts_for_each_who_speaks(hfs_host: HeadlessHfs) -> None:
    await hfs_host.say("one two  three", "four\nfive")
    await hfs_host.say("six", "seven")
    answer = await hfs_host.run_command("/wc")
    assert answer.rows == (
        {"who": "user", "messages": 2, "words": 4, "characters": 17},
        {"who": "assistant", "messages": 2, "words": 3, "characters": 14},
        {"who": "all", "messages": 4, "words": 7, "characters": 31},
    )
    title, heading, *_ = answer.text.splitlines()
    assert title.startswith("Words of session 1: one two three")
    assert heading == "| Who       | Messages | Words | Characters |"


async def test_it_counts_for_one(hfs_host: HeadlessHfs) -> None:
    await hfs_host.say("word " * 2000, "ok")
    answer = await hfs_host.run_command("/wc user")
    assert [row["who"] for row in answer.rows] == ["user"]
    assert "| 2,000 |" in answer.text
    with pytest.raises(UsageError, match="'nobody' is not one of"):
        await hfs_host.run_command("/wc nobody")


async def test_it_says_that_there_is_nothing_yet(hfs_host: HeadlessHfs) -> None:
    with pytest.raises(CommandError, match="say something first"):
        await hfs_host.run_command("/wc")


async def test_the_chat_draws_it(hfs_host: HeadlessHfs, hfs_app: HfsApp) -> None:
    await hfs_host.say("one two three", "four")
    async with hfs_app() as screen:
        await screen.say("/wc")
        await screen.sees("Words of session 1", "Characters")
