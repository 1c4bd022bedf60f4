"""Reading a part of a conversation costs what that part costs."""

from __future__ import annotations

from pathlib import Path

from hfs_sqlite_store.store import SqliteStore, open_store
from sqlalchemy import event

from hfs_core.api import Append, Create, Draft, Fork, Operation, Put


async def test_the_end_of_a_long_lineage_is_read_without_walking_it(tmp_path: Path) -> None:
    async with open_store(tmp_path / "sessions.db") as store:
        assert isinstance(store, SqliteStore)
        operations: list[Operation] = [Create("s0", ""), Append("s0", Draft("user", "0"))]
        size = 1
        for n in range(1, 40):
            size -= n % 3 == 0  # some share less than their origin has, and some add nothing
            operations.append(Fork(f"s{n}", "", f"s{n - 1}", size))
            operations += [Append(f"s{n}", Draft("user", f"{n}.{more}")) for more in range(n % 4)]
            size += n % 4
        await store.apply(*operations)
        whole = list(await store.messages("s39"))
        length = len(whole)
        for start in range(length + 2):
            for stop in (None, start + 1, length):
                assert list(await store.messages("s39", start, stop)) == whole[start:stop]
        asked: list[str] = []

        @event.listens_for(store._engine.sync_engine, "before_cursor_execute")
        def note(connection: object, cursor: object, statement: str, *more: object) -> None:
            asked.append(statement)

        await store.messages("s39", length - 4)
        few = len(asked)
        asked.clear()
        await store.messages("s39")
        assert few < 12 < len(asked)


async def test_a_fork_of_nothing_inherits_what_was_recorded_before_the_first_message(tmp_path: Path) -> None:
    async with open_store(tmp_path / "sessions.db") as store:
        note = Put("note", 1, session="origin", position=0)
        await store.apply(Create("origin", ""), note, Fork("fork", "", "origin", 0), namespace="t")
        records = await store.records("t").list(session="fork", inherited=True)
    assert [record.key for record in records] == ["note"]
