"""Sessions kept in order from the shell."""

from __future__ import annotations

import pytest

from hfs_core.testing import Answer, OpenAIServer

from .conftest import Hfs


async def names(hfs: Hfs, *words: str) -> dict[int, str]:
    """The sessions by number, as programs read them."""
    return {row["id"]: row["name"] for row in (await hfs("sessions", "--json", *words)).json}


async def current(hfs: Hfs) -> list[int]:
    return [row["id"] for row in (await hfs("sessions", "--json")).json if row["current"]]


async def make(hfs: Hfs, *contents: str) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        for content in contents:
            await hfs("-p", content, server=server)


async def test_a_session_is_renamed_and_deleted_from_the_shell(hfs: Hfs) -> None:
    await make(hfs, "apples")
    assert (await hfs("rename", "2026", "plans")).out == "Session renamed to: 2026 plans\n"
    asked = await hfs("delete")
    assert (asked.code, asked.out) == (1, "")
    assert "--yes" in asked.err
    assert (await hfs("delete", "--yes")).out == "Session deleted: 2026 plans\n"


@pytest.mark.slow
async def test_branches_are_drawn_under_their_origin_and_listed_flat_for_programs(hfs: Hfs) -> None:
    await make(hfs, "apples", "pears")
    await hfs("rename", "1", "apples")
    assert (await hfs("fork", "--session", "apples")).out == (
        "Session forked: apples (fork) (shares 2 messages with apples)\n"
    )
    assert (await hfs("fork", "a", "second", "way")).out.startswith("Session forked: a second way")
    drawn = [line.split("|")[2].rstrip() for line in (await hfs("sessions")).out.splitlines()[2:]]
    assert drawn[:3] == [" apples", " └ apples (fork)", "   └ a second way (current)"]
    rows = (await hfs("sessions", "--json")).json
    assert [row["id"] for row in rows] == [1, 3, 4, 2]
    assert [row["parent"] and row["parent"]["session_id"] for row in rows] == [None, 1, 3, None]


@pytest.mark.slow
async def test_the_current_session_is_renamed_deleted_and_restored(hfs: Hfs) -> None:
    await make(hfs, "apples", "pears")
    assert (await hfs("rename", "2026", "plans")).out == "Session renamed to: 2026 plans\n"
    assert (await hfs("rename", "1", "my plans")).out == "Session renamed to: my plans\n"
    assert await names(hfs) == {2: "2026 plans", 1: "my plans"}
    assert (await hfs("rename", "--session", "1", "other")).out == "Session renamed to: other\n"
    done = await hfs("rename", "1", " \n ")
    assert (done.code, done.out) == (1, "")
    assert "a name that can be seen" in done.err
    asked = await hfs("delete")
    assert (asked.code, asked.out) == (1, "")
    assert "Delete the current session, 2026 plans?" in asked.err
    assert "--yes" in asked.err
    assert await names(hfs) == {2: "2026 plans", 1: "other"}
    assert (await hfs("delete", "--yes")).out == "Session deleted: 2026 plans\n"
    assert await names(hfs) == {1: "other"}
    assert await names(hfs, "--deleted") == {2: "2026 plans"}
    assert await current(hfs) == [1]
    assert (await hfs("restore", "2026")).out == "Session restored: 2026 plans\n"
    assert await names(hfs) == {2: "2026 plans", 1: "other"}
    assert (await hfs("delete", "1")).out == "Session deleted: other\n"


@pytest.mark.slow
async def test_a_purge_is_told_in_bytes_and_branches(hfs: Hfs) -> None:
    await make(hfs, "apples")
    await hfs("rename", "apples")
    await hfs("fork")
    asked = await hfs("purge", "1")
    assert asked.code == 1
    assert "Purge session 1, apples, with its 2 messages, for good? Its branch keeps the first 2" in asked.err
    done = await hfs("purge", "1", "--yes")
    assert done.out.startswith("Session purged: apples; ")
    assert done.out.endswith("freed. Its branch keeps the first 2 messages: 2 (apples (fork)).\n")
    assert await names(hfs) == {2: "apples (fork)"}
    assert (await hfs("resume", "1")).code == 1


async def test_a_name_that_is_not_unicode_is_kept_as_far_as_it_is(hfs: Hfs) -> None:
    await make(hfs, "apples")
    assert (await hfs("rename", "caf\udce9")).out == "Session renamed to: caf\ufffd\n"


@pytest.mark.slow
async def test_what_does_not_fit_is_a_sentence(hfs: Hfs) -> None:
    for words, code in (
        (["rename"], 2),
        (["resume", "x"], 1),
        (["fork"], 1),
        (["delete"], 1),
    ):
        done = await hfs(*words)
        assert (done.code, done.out) == (code, ""), words
        assert done.err
