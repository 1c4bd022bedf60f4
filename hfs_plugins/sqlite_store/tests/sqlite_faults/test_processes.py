"""Several processes on one database lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import Create
from hfs_core.testing.laws.steps import check_whole

from .conftest import Children


@pytest.mark.parametrize(("processes", "times"), [(2, 60), (8, 15)])
async def test_read_then_write(children: Children, tmp_path: Path, processes: int, times: int) -> None:
    """Each reads, adds one and expects that nobody came between: every addition counts, each place is given once."""
    path = tmp_path / "sessions.db"
    async with open_store(path) as store:
        await store.apply(Create("shared", "shared"))
        crowd = [children.start("count", path, times=times) for _ in range(processes)]
        for child in crowd:
            assert child.next() == ["opened"]
        told = [what for child in crowd for what in child.rest()]
        assert [what for what in told if what[0] not in ("counted", "end")] == []
        record = await store.records("test").get("count")
        assert record is not None
        assert (record.value, record.revision) == (processes * times, processes * times)
        places = sorted(what[1] for what in told if what[0] == "counted")
        assert places == list(range(processes * times))
        await check_whole(store, "shared")
        writers = {message.content for message in await store.messages("shared")}
        assert writers == {str(child.pid) for child in crowd}


async def test_two_open_a_fresh_file_at_once(children: Children, tmp_path: Path) -> None:
    """Whoever makes it, both work, and each session has an id of its own."""
    for n in range(25):
        path = tmp_path / str(n) / "sessions.db"
        both = [children.start("open_only", path), children.start("open_only", path)]
        for child in both:
            assert child.rest() == [["started"], ["opened"], ["end"]]
    async with open_store(path) as store:
        assert sorted(session.id for session in await store.sessions()) == [1, 2]


async def test_only_the_owner_may_look(children: Children, tmp_path: Path) -> None:
    """All that is made is 0600, its folder 0700, whatever the umask: the words are nobody else's."""
    path = tmp_path / "home" / "sessions.db"
    child = children.start("talk", path, seed=1, names=["one"])
    assert child.next() is not None
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir() if file.is_file()}
    assert set(modes) >= {"sessions.db", "sessions.db-wal", "sessions.db-shm"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
