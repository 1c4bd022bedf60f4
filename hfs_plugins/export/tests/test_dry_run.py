"""What an import would do is told before it is done."""

from __future__ import annotations

from pathlib import Path

from hfs_core.api import Append, Change, Draft, Fork

from .conftest import Person, table_of, talk


async def test_a_dry_run_tells_what_is_there(here: Person, there: Person, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    await talk(here, "a", "one", "two")
    await here.store.apply(Fork("b", "b", "a", 1), Append("b", Draft("user", "other")))
    await here.run(f"export json {path} --session a")

    async def foreseen() -> list[tuple[object, ...]]:
        rows = table_of(await there.run(f"import --dry-run {path}"))
        return [tuple(row[key] for key in ("id", "name", "fate")) for row in rows]

    assert await foreseen() == [(None, "a", "a session"), (None, "b", "a branch")]
    await there.run(f"import {path}")
    assert await foreseen() == [(1, "a", "there already"), (2, "b", "there already")]
    await there.store.apply(Change("b", deleted=True))
    assert await foreseen() == [(1, "a", "there already"), (2, "b", "there, deleted")]


async def test_a_dry_run_counts_what_follows_a_branch(here: Person, there: Person, tmp_path: Path) -> None:
    """What a session holds behind the place where others branch off comes later in the file, and counts."""
    path = tmp_path / "a.json"
    await talk(here, "a", "one", "two", "three")
    await here.store.apply(Fork("b", "b", "a", 1), Append("b", Draft("user", "other")))
    await here.run(f"export json {path} --session b")
    told = {row["name"]: row["messages"] for row in table_of(await there.run(f"import --dry-run {path}"))}
    assert told == {"a": 3, "b": 2}
    await there.run(f"import {path}")
    assert {uid: each.message_count for uid, each in (await there.listed()).items()} == told
