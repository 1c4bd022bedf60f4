"""`/sessions`: what is listed, in which order, and what can be done with each row."""

from __future__ import annotations

import pytest

from hfs_core.api import Change, Create, Fork, Notice, Row, UsageError

from .conftest import Start, drawn


def actions_of(row: Row) -> dict[str, tuple[str, bool]]:
    return {action.key: (action.command, action.confirm) for action in row.actions}


async def test_branches_hang_under_their_origin_the_last_active_family_first(start: Start) -> None:
    async with start() as person:
        plans = await person.make("plans", "one", "two")
        await person.make("alone", "words")
        early = await person.branch("plans (fork)", plans, 1, "more")
        await person.branch("twig", early, 2, "and more")
        await person.branch("plans (fork 2)", plans, 2)
        person.session_id = early.id
        table = await person.table("sessions")
    assert [column.title for column in table.columns if column.title] == [
        "ID",
        "Name",
        "Messages",
        "Created",
        "Last activity",
    ]
    assert drawn(table) == ["plans", "  plans (fork 2)", "  plans (fork)", "    twig", "alone"]
    fork = next(row for _, row in table.walk() if row.values["id"] == early.id)
    assert fork.values["parent"] == {"session_id": plans.id, "at": 1}
    assert fork.values["current"] is True
    assert fork.is_current
    assert fork.values["name"] == "plans (fork)"


async def test_a_limit_counts_the_last_active_and_old_origins_come_with_them(start: Start) -> None:
    async with start() as person:
        old = await person.make("old", "one")
        middle = await person.branch("middle", old, 1)
        await person.make("between", "words")
        await person.branch("young", middle, 1, "words")
        table = await person.table("sessions --limit 1")
        assert drawn(table) == ["old", "  middle", "    young"]
        assert "--all" in table.hint
        assert len(drawn(await person.table("sessions --limit 4"))) == 4
        whole = await person.table("sessions --all --limit 1")
        assert drawn(whole) == ["old", "  middle", "    young", "between"]
        assert not whole.hint
        for limit in (0, -1, 10**9):
            with pytest.raises(UsageError, match="--limit must be from 1"):
                await person.run(f"sessions --limit={limit}")


async def test_living_branches_of_a_deleted_origin_are_still_found(start: Start) -> None:
    async with start() as person:
        gone = await person.make("gone", "one")
        dead = await person.branch("dead twig", gone, 1)
        await person.branch("alive", gone, 1)
        await person.host.store.apply(Change(gone.id, deleted=True), Change(dead.id, deleted=True))
        for line in ("sessions", "sessions --all"):
            table = await person.table(line)
            assert drawn(table) == ["gone (deleted)", "  alive"]
            assert table.rows[0].values["deleted_at"]
            assert actions_of(table.rows[0])["enter"] == (f"restore {gone.id}", False)
        await person.host.store.purge(gone.id)
        assert drawn(await person.table("sessions")) == ["alive"]


async def test_deleted_sessions_are_listed_apart(start: Start) -> None:
    async with start() as person:
        assert (await person.table("sessions --deleted")).empty == "No session is deleted."
        kept = await person.make("kept", "one")
        gone = await person.branch("gone", kept, 1)
        under = await person.branch("under", gone, 1)
        other = await person.make("other", "one")
        assert not (await person.table("sessions --deleted")).rows
        for session in (gone, under, other):
            await person.host.store.apply(Change(session.id, deleted=True))
        table = await person.table("sessions --deleted")
        assert drawn(table) == ["other (deleted)", "gone (deleted)", "  under (deleted)"]
        assert actions_of(table.rows[0]) == {
            "enter": (f"restore {other.id}", False),
            "p": (f"purge {other.id}", False),
        }
        assert drawn(await person.table("sessions --deleted --limit 1")) == ["other (deleted)"]


async def test_a_row_can_be_resumed_forked_and_deleted(start: Start) -> None:
    async with start() as person:
        session = await person.make("plans", "one")
        (row,) = (await person.table("sessions")).rows
        assert actions_of(row) == {
            "enter": (f"resume {session.id}", False),
            "f": (f"fork --session {session.id}", True),
            "d": (f"delete {session.id}", True),
        }
        for command, _ in actions_of(row).values():
            await person.run(command)


async def test_a_rows_preview_is_the_end_of_its_session(start: Start) -> None:
    async with start() as person:
        contents = [f"message {index}" for index in range(7)]
        session = await person.make("plans", *contents)
        (row,) = (await person.table("sessions")).rows
        assert callable(row.preview)
        await person.add(session.id, "# not a heading\nsecond line")
        text = await row.preview()
        assert "*4 earlier messages*" in text
        assert "message 3" not in text
        assert text.endswith("message 5\n\n> message 6\n\n> # not a heading\n> second line")
        await person.host.store.purge(session.id)
        assert "not there any more" in await row.preview()
        await person.make("empty")
        (empty,) = (await person.table("sessions")).rows
        assert callable(empty.preview)
        assert "No message yet" in await empty.preview()


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("a\n```py\nx = 1\n" + "y" * 900, "```py\nx = 1\n" + "y" * 586 + "\n```\n\n…"),
        ("```\nx\n```\n" + "y" * 900, "y" * 590 + "\n\n…"),
        ("~~~~\n```\n~~~\nopen", "open\n~~~~"),
        ("short", "> ask\n\nshort"),
    ],
)
async def test_a_preview_ends_the_code_block_that_it_cuts(start: Start, reply: str, shown: str) -> None:
    async with start() as person:
        await person.make("plans", "ask", reply)
        (row,) = (await person.table("sessions")).rows
        assert callable(row.preview)
        assert (await row.preview()).endswith(shown)


async def test_without_a_store_it_says_so(start: Start) -> None:
    async with start(store="memory") as person:
        result = await person.run("sessions")
    assert result.parts == (Notice("Persistence not available", "warning"),)
    assert not result.ok


async def test_a_lineage_of_5000_is_a_tree_of_5000(start: Start) -> None:
    length = 5000
    async with start() as person:
        forks = [Fork(f"s{n}", f"s{n}", f"s{n - 1}", 0) for n in range(1, length)]
        await person.host.store.apply(Create("s0", "s0"), *forks)
        for line in ("sessions --limit 1", "sessions --all"):
            table = await person.table(line)
            assert [row.values["name"] for _, row in table.walk()] == [f"s{n}" for n in range(length)]
            assert max(depth for depth, _ in table.walk()) == length - 1
