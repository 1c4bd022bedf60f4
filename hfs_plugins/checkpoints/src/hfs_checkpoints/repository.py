"""Where checkpoints are kept: records of the store, in the plugin's own namespace."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast

from hfs_checkpoints.checkpoint import HEAD, Checkpoint, Head, Origin, is_checkpoint, key_of
from hfs_checkpoints.ledger import Ledger, first_head, merged, order, visible
from hfs_core.api import (
    Conflict,
    Delete,
    Fork,
    Host,
    NotFound,
    Operation,
    Outcome,
    Put,
    PutBlob,
    Records,
    Ref,
    Session,
    StoreError,
    now,
)

T = TypeVar("T")

NAMESPACE = "plugin.checkpoints"
"""Where `PluginContext.records` keeps what this plugin writes."""

NO_RECORDS = "the store in use keeps no records for plugins, so it keeps no checkpoints"
"""What is said where the store cannot do what a checkpoint needs."""

NO_STATE = "{}"
"""The state before any run."""

ATTEMPTS = 20
"""How often a write is tried anew that another process was quicker than."""

KNOWN = 8
"""Of how many sessions it is remembered what they hold; of others it is read again."""


class CheckpointRepository:
    """Keeps the checkpoints of all sessions; each method is one transaction.

    Two processes may work on one session: each write puts the session's head anew, as it has read it, and is done
    again if that has changed. So nobody counts, merges or prunes by what is not so any more.
    """

    def __init__(self, records: Records):
        self._records = records
        self._ledgers: dict[Ref, Ledger] = {}

    async def create(
        self,
        session_id: int,
        message_index: int,
        trigger_event: str,
        *,
        digest: str,
        state_json: str = NO_STATE,
        label: str = "",
        run_id: str | None = None,
        is_manual: bool = False,
        keep_count: int | None = None,
        created_at: datetime | None = None,
    ) -> tuple[Checkpoint, bool]:
        """Keep a checkpoint, and prune the session's automatic ones to the newest `keep_count` with it.

        An automatic one of the same run at the same position takes in the trigger and the newer state instead.

        Returns:
            The checkpoint, and whether it is a new one.

        Raises:
            NotFound: there is no such session.
            StoreError: it could not be kept.
        """
        data = state_json.encode()
        for _ in range(ATTEMPTS):
            ledger = await self._ledger(session_id)
            state = "" if state_json == NO_STATE else hashlib.sha256(data).hexdigest()
            made = Checkpoint(
                session_id,
                ledger.head.last + 1,
                message_index,
                (trigger_event,),
                label,
                is_manual,
                False,
                digest,
                created_at or now(),
                run_id,
                state,
            )
            met = None if is_manual else ledger.met(made)
            kept = made if met is None else merged(met, made)
            if await self._keep(session_id, ledger, kept, data, keep_count):
                return ledger.own[kept.number], met is None
        raise StoreError(f"session {session_id} is written to without a pause: its checkpoint was not kept")

    async def list_for_session(self, ref: Ref) -> list[Checkpoint]:
        """Return the checkpoints of a session, those of its shared past included, by position, then number."""
        found = await self._asked(lambda: self._records.list(session=ref, inherited=True))
        return sorted(visible(found), key=order)

    async def get(self, checkpoint_id: str) -> Checkpoint:
        """Return a checkpoint by its id; raises NotFound."""
        session, _, number = checkpoint_id.rpartition("#")
        if session.removeprefix("-").isdecimal() and number.isdecimal():
            record = await self._asked(lambda: self._records.get(key_of(int(number)), session=int(session)))
            if record is not None:
                return Checkpoint.from_record(record)
        raise NotFound(f"there is no checkpoint {checkpoint_id!r}")

    async def prune_oldest(self, session_id: int, keep_count: int) -> int:
        """Delete a session's automatic checkpoints but the newest `keep_count`; returns how many were deleted."""
        for _ in range(ATTEMPTS):
            self._ledgers.pop(session_id, None)  # what others have kept since counts as well
            ledger = await self._ledger(session_id)
            surplus = ledger.surplus(keep_count)
            if not surplus:
                return 0
            head = ledger.head.to_put(session_id)
            if await self._written(session_id, head, *map(_delete, surplus)) is not None:
                self._ledgers.pop(session_id, None)
                return len(surplus)
        raise StoreError(f"session {session_id} is written to without a pause: nothing was pruned")

    async def change(self, checkpoint: Checkpoint, *, pinned: bool) -> Checkpoint:
        """Pin or unpin a checkpoint; raises Conflict if it has changed since it was read."""
        wanted = replace(checkpoint, pinned=pinned)
        await self._change(checkpoint, wanted.to_put())
        return replace(wanted, revision=wanted.revision + 1)

    async def delete(self, checkpoint: Checkpoint) -> None:
        """Delete a checkpoint; raises Conflict if it has changed since it was read, NotFound if it is gone."""
        await self._change(checkpoint, _delete(checkpoint))

    async def state_json(self, state: str) -> str:
        """Return a state by its SHA-256, `{}` for none.

        Raises:
            StoreError: it is not there any more, or not what was kept.
        """
        if not state:
            return NO_STATE
        try:
            data = await self._asked(lambda: self._records.blob(state))
        except NotFound as error:
            raise StoreError(f"the state {state[:12]} is not there any more") from error
        if hashlib.sha256(data).hexdigest() != state:
            raise StoreError(f"the state {state[:12]} is damaged")
        return data.decode()

    async def origin(self, ref: Ref) -> Origin | None:
        """Return where a session was rewound from, None if it is no rewind."""
        record = await self._asked(lambda: self._records.get(HEAD, session=ref))
        return Head.from_record(record).origin if record else None

    async def head(self, ref: Ref) -> Head:
        """Return what a session knows of its numbers."""
        return (await self._read(ref)).head

    async def latest_state(self, ref: Ref) -> str:
        """Return the last known state of a session's run, `{}` if none is known."""
        ledger = await self._read(ref)
        newest = max(ledger.own.values(), key=order, default=None)
        if newest is not None:
            return await self.state_json(newest.state)
        if ledger.head.origin is not None:
            return await self.state_json(ledger.head.origin.state)
        shared = await self.list_for_session(ref)
        return await self.state_json(shared[-1].state) if shared else NO_STATE

    async def fork(
        self,
        checkpoint: Checkpoint,
        origin: Session,
        uid: str,
        name: str,
        listed: Sequence[Checkpoint] | None = None,
    ) -> Session:
        """Make a session that goes on from a checkpoint of `origin`; it keeps where it came from, and the state.

        Args:
            listed: the checkpoints of `origin`, where the caller has just read them.

        Raises:
            NotFound: the checkpoint, and with it the state, has gone meanwhile.
        """
        at = checkpoint.message_index
        if listed is None:
            listed = await self.list_for_session(origin.id)
        shared = [each for each in listed if each.message_index <= at]
        last = max(each.number for each in [*shared, checkpoint])
        head = Head(last, last, Origin(origin.uid, checkpoint.number, at, checkpoint.state))
        operations = Fork(uid, name, origin.id, at), head.to_put(uid)
        made, _ = await self._asked(lambda: self._records.apply(*operations))
        return cast(Session, made)

    async def _keep(
        self, session_id: int, ledger: Ledger, kept: Checkpoint, data: bytes, keep_count: int | None
    ) -> bool:
        """Write a checkpoint, and what is pruned for it; False if another process was quicker."""
        is_new = kept.revision == 0
        own = {**ledger.own, kept.number: kept}
        surplus = [] if keep_count is None else Ledger(ledger.head, own).surplus(keep_count, but=kept.number)
        head = replace(ledger.head, last=kept.number) if is_new else ledger.head
        operations: list[Operation] = [PutBlob(data)] if kept.state else []
        operations += [kept.to_put(), head.to_put(session_id)]
        outcomes = await self._written(session_id, *operations, *map(_delete, surplus))
        if outcomes is None:
            return False
        ledger.own[kept.number] = replace(kept, revision=kept.revision + 1)
        ledger.head = replace(head, revision=head.revision + 1)
        for each in surplus:
            del ledger.own[each.number]
        return True

    async def _change(self, checkpoint: Checkpoint, operation: Put | Delete) -> None:
        """Change or delete a checkpoint, and the head with it: so nobody prunes by what was before."""
        session_id = checkpoint.session_id
        for _ in range(ATTEMPTS):
            self._ledgers.pop(session_id, None)
            ledger = await self._read(session_id)
            if checkpoint.number not in ledger.own:
                raise NotFound(f"there is no checkpoint {checkpoint.id!r}")
            if ledger.own[checkpoint.number].revision != checkpoint.revision:
                raise Conflict(f"checkpoint {checkpoint.id!r} has changed")
            if await self._written(session_id, operation, ledger.head.to_put(session_id)) is not None:
                return
        raise StoreError(f"session {session_id} is written to without a pause: nothing was changed")

    async def _written(self, session_id: int, *operations: Operation) -> Sequence[Outcome] | None:
        """Write to a session's records; None if they are not as they were known: then they are read again."""
        outcomes = None
        try:
            outcomes = await self._asked(lambda: self._records.apply(*operations))
        except (Conflict, NotFound):
            return None
        finally:
            if outcomes is None:  # also when cancelled: the write may have happened all the same
                self._ledgers.pop(session_id, None)
        return outcomes

    async def _ledger(self, session_id: int) -> Ledger:
        ledger = self._ledgers.pop(session_id, None) or await self._read(session_id)
        if ledger.head.revision == 0:
            return ledger  # where nothing is written yet, nothing would tell that its ancestors have gone on
        self._ledgers[session_id] = ledger  # the last used is the last to go
        if len(self._ledgers) > KNOWN:
            del self._ledgers[next(iter(self._ledgers))]
        return ledger

    async def _read(self, ref: Ref) -> Ledger:
        own = await self._asked(lambda: self._records.list(session=ref))
        head = next((Head.from_record(record) for record in own if record.key == HEAD), None)
        if head is None:
            head = first_head(await self._asked(lambda: self._records.list(session=ref, inherited=True)))
        checkpoints = map(Checkpoint.from_record, filter(is_checkpoint, own))
        return Ledger(head, {each.number: each for each in checkpoints})

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            return await ask()
        except (NotImplementedError, AttributeError) as error:
            raise StoreError(NO_RECORDS) from error


def repository_of(host: Host) -> CheckpointRepository:
    """Return the checkpoints of a running HFS, for what runs once; raises StoreError where there can be none."""
    try:
        return CheckpointRepository(host.store.records(NAMESPACE))
    except (NotImplementedError, AttributeError) as error:
        raise StoreError(NO_RECORDS) from error


def _delete(checkpoint: Checkpoint) -> Delete:
    return Delete(key_of(checkpoint.number), checkpoint.session_id, expect=checkpoint.revision)
