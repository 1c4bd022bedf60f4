"""The memory that stands in for a store that cannot write.

A session that is written to is taken in as the primary store has it, with its id and digests. From then on the truth
about it is here, and every transaction is noted, until all of them are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from itertools import count

from hfs_core.builtin.memory_state import Branch
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.builtin.spill.backlog import Backlog, Entry
from hfs_core.builtin.spill.done import outcomes_if_done, said
from hfs_core.builtin.spill.records import SpillRecords
from hfs_core.builtin.spill.refit import draft_of, with_refs
from hfs_core.builtin.spill.state import SpillState, age, as_saved
from hfs_core.contracts import (
    Append,
    Change,
    Create,
    Delete,
    Fork,
    Operation,
    Outcome,
    Put,
    PutBlob,
    Ref,
    Store,
)
from hfs_core.errors import NotFound, StoreUnavailable
from hfs_core.models import Draft, Message, Session


class SpillMemory(MemoryStore):
    """A memory store over a store that can be read but not written.

    Attributes:
        backlog: every transaction that was done here.
        kept: the records here, over the primary store's.
    """

    def __init__(self, primary: Store, ids: count[int]):
        super().__init__()
        self._primary = primary
        self._state: SpillState = SpillState(ids)
        self.kept = SpillRecords(primary, self._state)
        self.backlog = Backlog(primary, self)

    def holds(self, ref: Ref) -> bool:
        """Tell whether the truth about a session is here."""
        return self._state.holds(ref)

    def renumbered(self) -> dict[int, int]:
        """Return the ids that the primary store has for sessions here, where they are others."""
        found = {branch.id: self.backlog.id_of(branch.uid) for branch in self._state.branches.values()}
        return {old: new for old, new in found.items() if new is not None and new != old}

    def unsaved(self) -> list[str]:
        """Return the names of the sessions of which something is only here."""
        waiting = set(self.backlog.uids())
        branches = self._state.branches.values()
        return [branch.name for branch in branches if branch.uid in waiting or branch.open_text]

    async def adopt(self, ref: Ref) -> None:
        """Take in a session and its whole conversation; one that does not exist is left to whoever asks for it.

        Raises:
            StoreUnavailable: the primary store cannot be read either.
        """
        if self.holds(ref):
            return
        try:
            session = await self._primary.session(ref)
            words = list(await self._primary.messages(session.id))
        except NotFound:
            return
        names, moments = (session.id, session.uid, session.name), (session.created_at, session.updated_at)
        branch = Branch(*names, None, 0, *moments, words, session.deleted_at)
        self._state.parents[branch.id] = session.parent
        self._state.branches[branch.id] = branch
        self._state.ids[branch.uid] = branch.id

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """Do and note a transaction; see `Store.apply`."""
        await self._prepare(operations, namespace)
        if (done := outcomes_if_done(self._state, operations, namespace)) is not None:
            return done
        outcomes = await super().apply(*operations, namespace=namespace)
        noted: list[Operation] = []
        for operation, outcome in zip(operations, outcomes, strict=True):
            noted += self._noted(operation, outcome)
        if noted:
            self.backlog.entries.append(Entry(noted, namespace))
        return outcomes

    async def said(self, ref: Ref, draft: Draft, index: int) -> Message | None:
        """Return the message that a draft has become at its place though that was refused, None if it has not."""
        await self.adopt(ref)
        return said(self._state, ref, draft, index)

    async def purge(self, ref: Ref) -> int:
        """See `Store.purge`; a session of which nothing is here goes at once, if it can."""
        if not self.holds(ref):
            try:
                return await self._primary.purge(ref)
            except StoreUnavailable:
                await self.adopt(ref)
        branch = self._state.find(ref)
        freed = await super().purge(ref)
        self._state.purged |= {branch.id, branch.uid}
        self.backlog.entries.append(Entry(purged=branch.uid))
        return freed

    async def listing(self, limit: int, before: Session | None, *, deleted: bool) -> Sequence[Session]:
        """Return what `Store.sessions` promises, of both stores; of the memory alone where the other is unreadable."""
        state = self._state
        shown = [branch for branch in state.branches.values() if not branch.is_purged]
        found = [state.session(branch) for branch in shown if deleted or branch.deleted_at is None]
        if before is not None:
            found = [session for session in found if age(session) < age(before)]
        # As many of the primary store's as are here may have to be left out.
        covered = len(state.branches) + len(state.purged)
        try:
            theirs = await self._primary.sessions(
                limit=limit + covered, before=as_saved(before), deleted=deleted
            )
        except StoreUnavailable:
            theirs = ()
        found += [session for session in theirs if not (state.holds(session.id) or state.holds(session.uid))]
        return sorted(found, key=age, reverse=True)[:limit]

    async def _prepare(self, operations: Sequence[Operation], namespace: str) -> None:
        """Take in everything that a transaction builds on."""
        made: set[Ref] = set()
        for operation in operations:
            if isinstance(operation, Create | Fork):
                made.add(operation.uid)
                with suppress(StoreUnavailable):  # only to find out whether the uid is taken
                    await self.adopt(operation.uid)
            ref = None
            if isinstance(operation, Fork):
                ref = operation.parent
            elif isinstance(operation, Append | Change | Put | Delete):
                ref = operation.session
            if ref is not None and ref not in made:
                await self.adopt(ref)
            if isinstance(operation, Put | Delete):
                await self.kept.adopt(operation, namespace)

    def _noted(self, operation: Operation, outcome: Outcome) -> list[Operation]:
        """Return an operation as it can be done later: sessions by uid, messages where they are, records anyway."""
        operation = with_refs(operation, lambda ref: self._state.find(ref).uid)
        if isinstance(outcome, Message) and isinstance(operation, Append):
            return [replace(operation, draft=draft_of(outcome), expect=outcome.index)]
        if isinstance(operation, Put):
            blobs = [
                PutBlob(self._state.blobs[name]) for name in operation.blobs if name in self._state.blobs
            ]
            return [*blobs, replace(operation, value=deepcopy(operation.value), expect=None)]
        if isinstance(operation, PutBlob):
            return [PutBlob(bytes(operation.data))]
        return [replace(operation, expect=None)] if isinstance(operation, Delete) else [operation]
