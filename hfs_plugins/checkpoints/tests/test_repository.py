"""What is kept of checkpoints, and what becomes of it: the same on every store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from hfs_checkpoints.repository import CheckpointRepository

from hfs_core.api import (
    Delete,
    NotFound,
    Operation,
    Outcome,
    Put,
    Records,
    Store,
    StoreError,
    StoreUnavailable,
)

from .conftest import keep, numbered, talk


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def test_numbers_begin_at_one_and_are_never_given_again(
    store: Store, repository: CheckpointRepository
) -> None:
    session = await talk(store, "talk", *"abcdef")
    for position in range(1, 7):
        await keep(repository, session, position, keep_count=3)
    assert numbered(await repository.list_for_session(session.id)) == [(4, 4), (5, 5), (6, 6)]
    for each in await repository.list_for_session(session.id):
        await repository.delete(each)
    assert await repository.list_for_session(session.id) == []
    assert (await keep(repository, session, 6)).number == 7
    other = await talk(store, "other", "a")
    assert (await keep(repository, other)).number == 1


async def test_they_are_listed_by_position_then_number(
    store: Store, repository: CheckpointRepository
) -> None:
    session = await talk(store, "talk", *"abcd")
    for position in (4, 2, 4, 1, 2):
        await keep(repository, session, position, is_manual=True)
    assert numbered(await repository.list_for_session(session.id)) == [(4, 1), (2, 2), (5, 2), (1, 4), (3, 4)]
    assert numbered(await repository.list_for_session(session.uid)) == [
        (4, 1),
        (2, 2),
        (5, 2),
        (1, 4),
        (3, 4),
    ]


async def test_one_is_found_by_its_id(store: Store, repository: CheckpointRepository) -> None:
    session = await talk(store, "talk", "a")
    made = await keep(repository, session, label="before lunch", state_json='{"run_id": "x"}')
    assert made.id == f"{session.id}#1"
    assert await repository.get(made.id) == made
    assert made.created_at.utcoffset() is not None
    for missing in (f"{session.id}#2", f"{session.id + 1}#1", "#1", "1#", "x#y", "1", ""):
        with pytest.raises(NotFound):
            await repository.get(missing)


async def test_pruning_takes_the_oldest_automatic_ones(
    store: Store, repository: CheckpointRepository
) -> None:
    session = await talk(store, "talk", *"abcdefgh")
    for position in range(1, 9):
        made = await keep(repository, session, position, is_manual=position in (1, 4))
        if position == 2:
            await repository.change(made, pinned=True)
    assert await repository.prune_oldest(session.id, 9) == 0
    assert await repository.prune_oldest(session.id, 2) == 3
    kept = await repository.list_for_session(session.id)
    assert [(each.number, each.stays) for each in kept] == [
        (1, True),
        (2, True),
        (4, True),
        (7, False),
        (8, False),
    ]
    assert await repository.prune_oldest(session.id, 0) == 2
    assert [each.number for each in await repository.list_for_session(session.id)] == [1, 2, 4]
    with pytest.raises(NotFound):
        await repository.prune_oldest(session.id + 1, 1)


async def test_retention_counts_automatic_ones_only(store: Store, repository: CheckpointRepository) -> None:
    session = await talk(store, "talk", *"abcdefgh")
    for position in range(1, 9):
        await keep(repository, session, position, is_manual=position % 2 == 0, keep_count=2)
    kept = await repository.list_for_session(session.id)
    assert [each.number for each in kept] == [2, 4, 5, 6, 7, 8]


async def test_the_one_just_kept_is_not_pruned_and_others_make_room(
    store: Store, repository: CheckpointRepository
) -> None:
    """An event may name a position that lies behind those of the others."""
    session = await talk(store, "talk", *"abcdef")
    await keep(repository, session, 4, keep_count=2)
    await keep(repository, session, 6, keep_count=2)
    await keep(repository, session, 2, keep_count=2)
    assert numbered(await repository.list_for_session(session.id)) == [(3, 2), (2, 6)]
    await keep(repository, session, 2, keep_count=1, trigger="phase.ended")
    assert numbered(await repository.list_for_session(session.id)) == [(3, 2)]


async def test_triggers_of_one_run_at_one_position_are_one_checkpoint(
    store: Store, repository: CheckpointRepository
) -> None:
    """It keeps its number and its moment, lists its triggers, takes the newest state, and counts once."""
    session = await talk(store, "talk", *"abcd")
    first = await keep(repository, session, 2)
    states = [f'{{"phase": {n}}}' for n in range(9)]
    made = [
        await repository.create(
            session.id, 4, trigger, digest=session.digest, run_id="r", state_json=state, keep_count=2
        )
        for trigger, state in zip(["phase.ended"] * 8 + ["run.ended"], states, strict=True)
    ]
    assert [is_new for _, is_new in made] == [True] + [False] * 8
    kept = await repository.list_for_session(session.id)
    assert numbered(kept) == [(1, 2), (2, 4)]
    assert kept[0] == first
    assert kept[1].triggers == ("phase.ended", "run.ended")
    assert kept[1].created_at == made[0][0].created_at
    assert await repository.state_json(kept[1].state) == states[-1]
    for state in states[:-1]:
        with pytest.raises(NotFound):
            await store.records("plugin.checkpoints").blob(sha256(state))


async def test_other_runs_positions_labels_and_people_make_their_own(
    store: Store, repository: CheckpointRepository
) -> None:
    session = await talk(store, "talk", *"abcd")
    points: list[dict[str, Any]] = [
        {"at": 2, "run_id": "r"},
        {"at": 4, "run_id": "r"},
        {"at": 4, "run_id": "s"},
        {"at": 4, "run_id": "r", "is_manual": True},
        {"at": 4, "run_id": None},
        {"at": 4, "run_id": "r", "label": "one"},
        {"at": 4, "run_id": "r", "label": "one"},
        {"at": 4, "run_id": "r", "label": "two"},
        {"at": 4, "run_id": None, "is_manual": True},
    ]
    made = [(await keep(repository, session, **point)).number for point in points]
    # The label names what had none, and what has that label takes in its like.
    assert made == [1, 2, 3, 4, 5, 2, 2, 6, 7]
    assert (await repository.list_for_session(session.id))[1].label == "one"


async def test_equal_states_are_kept_once_and_go_with_their_last_reference(
    store: Store, repository: CheckpointRepository
) -> None:
    session, other = await talk(store, "talk", *"ab"), await talk(store, "other", *"ab")
    state = '{"run_id": "same"}'
    one = await keep(repository, session, 1, state_json=state)
    two = await keep(repository, other, 2, state_json=state)
    assert one.state == two.state == sha256(state)
    child = await repository.fork(two, other, "child", "child")
    records = store.records("plugin.checkpoints")
    await repository.delete(one)
    assert await records.blob(sha256(state)) == state.encode()
    await repository.prune_oldest(other.id, 0)
    assert await repository.state_json(two.state) == state, "the rewound session still needs it"
    await store.purge(child.id)
    with pytest.raises(NotFound):
        await records.blob(sha256(state))
    with pytest.raises(StoreError, match="is not there any more"):
        await repository.state_json(two.state)


async def test_the_state_before_any_run_is_empty_and_no_blob(
    store: Store, repository: CheckpointRepository
) -> None:
    session = await talk(store, "talk", "a")
    made = await keep(repository, session)
    assert (made.state, await repository.state_json(made.state)) == ("", "{}")
    (record,) = [
        each for each in await store.records("plugin.checkpoints").list(session=session.id) if each.blobs
    ] or [None]
    assert record is None


class Breaking:
    """Records that fail in the middle of a transaction: its last operation cannot be done."""

    def __init__(self, inner: Records, *, at: int):
        self._inner = inner
        self._at = at
        self.get, self.list, self.blob = inner.get, inner.list, inner.blob

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        done = (*operations[: self._at], Put("x", 0, expect=99), *operations[self._at :])
        try:
            return await self._inner.apply(*done)
        except StoreError as error:
            raise StoreUnavailable("the disk is full") from error


@pytest.mark.parametrize("at", range(5))
async def test_a_checkpoint_and_what_is_pruned_for_it_are_one_transaction(
    store: Store, repository: CheckpointRepository, at: int
) -> None:
    """Wherever it fails, the list is as it was, whole, and the same repository goes on."""
    session = await talk(store, "talk", *"abc")
    for position in (1, 2):
        await keep(repository, session, position, state_json=f'{{"n": {position}}}')
    before = await repository.list_for_session(session.id)
    records = store.records("plugin.checkpoints")
    whole = await records.list(session=session.id)
    repository._records = Breaking(records, at=at)
    with pytest.raises(StoreUnavailable):
        await keep(repository, session, 3, state_json='{"n": 3}', keep_count=2)
    assert await records.list(session=session.id) == whole
    with pytest.raises(NotFound):
        await records.blob(sha256('{"n": 3}'))
    repository._records = records
    assert await repository.list_for_session(session.id) == before
    await keep(repository, session, 3, state_json='{"n": 3}', keep_count=2)
    assert numbered(await repository.list_for_session(session.id)) == [(2, 2), (3, 3)]


async def test_all_that_a_checkpoint_writes_is_one_apply(
    store: Store, repository: CheckpointRepository
) -> None:
    session = await talk(store, "talk", *"abc")
    for position in (1, 2):
        await keep(repository, session, position)
    records = store.records("plugin.checkpoints")
    applied: list[list[str]] = []

    class Watched(Breaking):
        async def apply(self, *operations: Operation) -> Sequence[Outcome]:
            applied.append([type(operation).__name__ for operation in operations])
            return await records.apply(*operations)

    repository._records = Watched(records, at=0)
    await keep(repository, session, 3, state_json='{"n": 3}', keep_count=1)
    await repository.prune_oldest(session.id, 0)
    assert applied == [["PutBlob", "Put", "Put", "Delete", "Delete"], ["Put", "Delete"]]


async def test_what_was_pinned_elsewhere_stays_so(store: Store, repository: CheckpointRepository) -> None:
    """A repository that does not know of it yet neither unpins it by a further trigger nor prunes too much for it."""
    session = await talk(store, "talk", *"abc")
    other = CheckpointRepository(store.records("plugin.checkpoints"))
    one, two, three = [await keep(repository, session, position) for position in (1, 2, 3)]
    await other.change(three, pinned=True)
    await keep(repository, session, 3, trigger="phase.ended")
    (kept,) = [each for each in await other.list_for_session(session.id) if each.number == 3]
    assert (kept.pinned, kept.triggers) == (True, ("run.ended", "phase.ended"))
    await other.change(kept, pinned=False)
    await keep(repository, session, 3, trigger="negotiation.resolved")
    await other.change(two, pinned=True)
    await keep(repository, session, 3, trigger="late", keep_count=2)
    assert [each.number for each in await other.list_for_session(session.id)] == [one.number, 2, 3]


async def test_what_others_wrote_meanwhile_is_seen(store: Store, repository: CheckpointRepository) -> None:
    """A repository that read a session before others wrote to it loses nothing of theirs, and gives no number twice."""
    session = await talk(store, "talk", *"abcdef")
    other = CheckpointRepository(store.records("plugin.checkpoints"))
    one = await keep(repository, session, 1, keep_count=2)
    two = await keep(repository, session, 2, keep_count=2)
    await other.change(one, pinned=True)
    await keep(other, session, 3, keep_count=2)
    assert (await keep(repository, session, 4, keep_count=2)).number == 4
    kept = await repository.list_for_session(session.id)
    assert [(each.number, each.pinned) for each in kept] == [(1, True), (3, False), (4, False)]
    with pytest.raises(StoreError):
        await repository.delete(two)
    with pytest.raises(StoreError):
        await repository.change(one, pinned=False)


async def test_a_checkpoint_deleted_elsewhere_takes_no_further_trigger(
    store: Store, repository: CheckpointRepository
) -> None:
    """What comes to the same point later is a new one."""
    session = await talk(store, "talk", "a")
    other = CheckpointRepository(store.records("plugin.checkpoints"))
    await other.delete(await keep(repository, session))
    assert (await keep(repository, session, trigger="phase.ended")).number == 2


async def test_only_so_many_sessions_are_remembered(store: Store, repository: CheckpointRepository) -> None:
    sessions = [await talk(store, f"talk {n}", *"ab") for n in range(20)]
    for position in (1, 2):
        for session in sessions:
            await keep(repository, session, position)
    assert len(repository._ledgers) <= 8
    for session in sessions:
        assert numbered(await repository.list_for_session(session.id)) == [(1, 1), (2, 2)]


async def test_a_session_that_is_not_there(store: Store, repository: CheckpointRepository) -> None:
    session = await talk(store, "talk", "a")
    await keep(repository, session)
    await store.purge(session.id)
    with pytest.raises(NotFound):
        await keep(repository, session, trigger="phase.ended")
    with pytest.raises(NotFound):
        await repository.list_for_session(session.id)


async def test_a_store_without_records_says_so(store: Store, repository: CheckpointRepository) -> None:
    class Bare:
        async def list(self, **options: Any) -> Any:
            raise NotImplementedError

    repository._records = Bare()  # type: ignore[assignment] # a store that is not complete
    with pytest.raises(StoreError, match="keeps no records for plugins"):
        await repository.list_for_session(1)
    with pytest.raises(StoreError, match="keeps no records for plugins"):
        await repository.get("1#1")
    with pytest.raises(StoreError, match="keeps no records for plugins"):
        await keep(repository, await talk(store, "talk", "a"))


async def test_a_write_that_loses_every_race_says_so(store: Store, repository: CheckpointRepository) -> None:
    session = await talk(store, "talk", "a")
    await keep(repository, session)
    records = store.records("plugin.checkpoints")

    class Losing(Breaking):
        async def apply(self, *operations: Operation) -> Sequence[Outcome]:
            return await records.apply(Delete("x", expect=99), *operations)

    repository._records = Losing(records, at=0)
    with pytest.raises(StoreError, match="is written to without a pause"):
        await keep(repository, session, 0)
