"""What an import of an HFS file makes, finds there already, brings back, and leaves behind: nothing, if it fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hfs_checkpoints.repository import NAMESPACE, CheckpointRepository
from hfs_export.settling import TURN

from hfs_core.api import (
    ARRIVING,
    Append,
    Change,
    CommandError,
    Create,
    Draft,
    Fork,
    Put,
    RunSnapshot,
    UsageTotals,
)

from .conftest import Person, table_of, talk


async def texts(person: Person, ref: int | str) -> list[str]:
    return [message.content for message in await person.store.messages(ref)]


async def test_a_file_that_comes_twice_names_what_is_there(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    await talk(here, "a", "one", "two")
    await here.run(f"export json {path} --session a")
    assert await there.told(f"import {path}") == ["Imported session 1: a (imported) (2 messages)"]
    assert there.session_id == 1
    assert await there.told(f"import {path}") == [
        "Nothing new: it is there as session 1: a (imported) (2 messages)"
    ]
    await there.run("rename 'my own'")
    assert await there.told(f"import {path}") == [
        "Nothing new: it is there as session 1: my own (2 messages)"
    ]
    await there.store.apply(Change(1, deleted=True))
    assert await there.told(f"import {path}") == ["Brought back session 1: my own (2 messages)"]
    assert (await there.store.session(1)).deleted_at is None
    assert await here.told(f"import {path}") == ["Nothing new: it is there as session 1: a (2 messages)"]
    assert len(await there.everything()) == len(await here.everything()) == 1


async def test_what_went_on_since_is_shared_and_stays_as_it_is(here: Person, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    left = await talk(here, "a", "one", "two")
    await here.run(f"export json {path} --session a")
    grown = await talk(here, "a", "three")
    await here.run(f"import {path}")
    made = await here.store.session(here.session_id or 0)
    assert (made.digest, made.name) == (left.digest, "a (imported)")
    assert made.parent is not None
    assert (made.parent.session_id, made.parent.at) == (grown.id, 2)
    assert await here.store.session("a") == grown
    await here.run(f"import {path}")
    assert len(await here.everything()) == 2


async def test_a_part_that_is_there_is_used(here: Person, there: Person, tmp_path: Path) -> None:
    path, whole = tmp_path / "a.json", tmp_path / "all.json"
    await talk(here, "a", "one", "two")
    await here.run(f"export json {path} --session a")
    await here.store.apply(Fork("b", "b", "a", 1), Append("b", Draft("user", "other")))
    await here.run(f"export json {whole} --session b")
    await there.run(f"import {path}")
    told = await there.told(f"import {whole}")
    assert told == ["Imported from HFS: 1 new of 2 conversations."]
    b = await there.store.session("b")
    assert b.parent is not None
    assert b.parent.session_id == (await there.store.session("a")).id
    assert await texts(there, "b") == ["one", "other"]


async def test_an_archive_in_another_order_of_keys_comes_back(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    await talk(here, "a", "one", "two")
    await here.store.apply(Fork("b", "b", "a", 1), Append("b", Draft("user", "other")))
    here.session_id = (await here.store.session("b")).id
    await here.run("checkpoint mine")
    for what in ("--all", "--session b"):
        await here.run(f"export json {path} --force {what}")
        text = await asyncio.to_thread(path.read_text, "utf-8")
        await asyncio.to_thread(path.write_text, json.dumps(json.loads(text), sort_keys=True))
        await there.run(f"import {path}")
        assert await texts(there, "b") == ["one", "other"]
        for session in await there.everything():
            await there.store.purge(session.id)


async def test_what_was_deleted_of_an_ancestor_does_not_travel(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    await talk(here, "a", "one", "two", "secret")
    await here.store.apply(Fork("b", "b", "a", 2), Change("a", deleted=True))
    await here.run(f"export json {path} --session b")
    assert "secret" not in await asyncio.to_thread(path.read_text)
    assert [row["name"] for row in table_of(await there.run(f"import --dry-run {path}"))] == ["b"]
    await there.run(f"import {path}")
    assert list(await there.listed()) == ["b"]
    a = (await there.listed(deleted=True))["a"]
    assert (a.message_count, a.deleted_at is None) == (2, False)
    await there.run(f"import {path}")
    assert len(await there.everything()) == 2


async def test_the_state_of_agents_comes_back(here: Person, there: Person, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    session = await talk(here, "a", "one")
    state = RunSnapshot("run", usage=UsageTotals(total_tokens=7))
    here.host.state.restore(session.id, state)
    await here.run(f"export json {path} --session a")
    await there.run(f"import {path}")
    assert there.host.state.get_snapshot(there.session_id) == state


async def test_a_state_without_its_secrets_is_still_found(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    session = await talk(here, "a", "one")
    secret = "ghp_" + "k3JxQ9aZ" * 4 + "w7Lm"
    state = RunSnapshot(f"run {secret}", usage=UsageTotals(total_tokens=7))
    here.host.state.restore(session.id, state)
    here.session_id = session.id
    await here.run("checkpoint mine")
    await here.run(f"export json {path} --session a --redact")
    await there.run(f"import {path}")
    repository = CheckpointRepository(there.store.records(NAMESPACE))
    (kept,) = await repository.list_for_session(there.session_id or 0)
    found = await repository.state_json(kept.state)
    assert secret not in found
    assert json.loads(found)["usage"]["total_tokens"] == 7
    assert (await there.told(f"import {path}"))[0].startswith("Nothing new")


OLD: dict[str, Any] = {
    "bare": {"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}]},
    "first": {
        "metadata": {
            "schema_version": "1.0.0",
            "exported_at": "2024-05-01T10:00:00",
            "hfs_version": "0.1.0",
            "session_name": "the first plan",
        },
        "messages": [
            {"role": "user", "content": "hello", "created_at": "2024-05-01T09:59:00"},
            {"role": "assistant", "content": "hi", "created_at": "2024-05-01T09:59:01.5"},
        ],
        "checkpoints": [{"id": 1, "message_index": 2, "trigger_event": "run.ended"}],
        "run_snapshot": None,
    },
}


@pytest.mark.parametrize("which", sorted(OLD))
async def test_old_files_are_read(there: Person, tmp_path: Path, which: str) -> None:
    path = tmp_path / f"{which}.json"
    await asyncio.to_thread(path.write_text, json.dumps(OLD[which]))
    told = await there.told(f"import {path} --format json")
    name = {"bare": "bare", "first": "the first plan"}[which]
    assert told[0] == f"Imported session 1: {name} (imported) (2 messages)"
    assert ("it says nothing of itself: read as an old export of HFS" in told) is (which == "bare")
    moments = [message.created_at.isoformat() for message in await there.store.messages(1)]
    if which == "first":
        assert moments == ["2024-05-01T09:59:00+00:00", "2024-05-01T09:59:01.500000+00:00"]
    told = await there.told(f"import {path} --format json")
    assert told[0].startswith("Nothing new: it is there as session 1")


async def test_two_imports_of_one_file_at_once_make_one_session(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    await talk(here, "a", *(f"message {n}" for n in range(700)))
    await here.run(f"export json {path} --session a")
    await asyncio.gather(*(there.run(f"import {path}") for _ in range(3)))
    assert [session.message_count for session in await there.everything()] == [700]


async def test_one_that_arrives_is_in_no_listing_and_cannot_be_restored(there: Person) -> None:
    await there.store.records(ARRIVING).apply(
        Put("half", {"owner": there.host.paths.root.name}),
        Create("half", "(arriving) half"),
        Change("half", deleted=True),
    )
    assert await there.listed(deleted=True) == {}
    for ref in ("half", "1", "'(arriving) half'"):
        with pytest.raises(CommandError, match=r"deleted session|no session"):
            await there.run(f"restore {ref}")


async def test_a_cancelled_import_leaves_nothing(here: Person, there: Person, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    await talk(here, "a", *(f"message {n}" for n in range(2000)))
    await here.run(f"export json {path} --session a")
    running = asyncio.create_task(there.run(f"import {path}"))
    while not await there.everything():  # noqa: ASYNC110 # no store tells of a session that is not there yet
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await there.everything() == []
    await there.run(f"import {path}")
    assert len(await there.everything()) == 1


async def test_progress_grows_to_the_end(here: Person, there: Person, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    await talk(here, "a", *(f"message {n} {'x' * 2000}" for n in range(2000)))
    await here.run(f"export json {path} --session a")
    for options in ("", "--dry-run"):
        there.shares.clear()
        await there.run(f"import {path} {options}")
        assert there.shares == sorted(there.shares)
        assert there.shares[-1] == 1.0
        assert len(set(there.shares)) > 2


async def test_an_imported_name_is_not_imported_twice(here: Person, there: Person, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    await talk(here, "a", "one")
    await here.store.apply(Change("a", name="a talk (imported)"))
    await here.run(f"export json {path} --session a")
    assert await there.told(f"import {path}") == ["Imported session 1: a talk (imported) (1 message)"]


async def test_a_session_may_be_called_like_the_record_of_imports(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "turn.json"
    await talk(here, TURN, "one")
    await here.run(f"export json {path} --session {TURN}")
    await there.run(f"import {path}")
    await talk(here, "b", "two")
    await here.run(f"export json {path} --force --session b")
    await there.run(f"import {path}")
    assert len(await there.listed(deleted=True)) == 2
    assert (await there.told(f"import {path}"))[0].startswith("Nothing new")
