"""Records while the store cannot write: those written to since are in memory, the others where they were."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_core.builtin.memory_state import Kept, RecordKey
from hfs_core.builtin.spill.state import SpillState
from hfs_core.contracts import Delete, Put, Ref, Store
from hfs_core.errors import NotFound, StoreUnavailable
from hfs_core.models import Record, canonical_json

Cuts = dict[int | None, int | None]
"""The sessions whose records are seen, own first, each with the position up to which; None is without end."""


class SpillRecords:
    """Lays what was written to records in memory over the primary store's."""

    def __init__(self, primary: Store, state: SpillState):
        self._primary = primary
        self._state = state
        self._written: set[RecordKey] = set()

    async def adopt(self, operation: Put | Delete, namespace: str) -> None:
        """Take in what a write to a record builds on: its revision, and the blobs that it names.

        Raises:
            StoreUnavailable: the primary store cannot be read either, and it matters.
        """
        own = None
        if operation.session is not None:
            try:
                own = self._state.find(operation.session).id
            except NotFound:
                return  # made in the same transaction, or not there, which that will tell
        records = self._primary.records(namespace)
        key = (namespace, own, operation.key)
        if not self._is_here(key):
            try:
                record = await records.get(operation.key, session=own)
            except NotFound:
                record = None
            except StoreUnavailable:
                if operation.expect is not None:
                    raise
                record = None
            self._written.add(key)
            if record is not None:
                text = canonical_json(record.value)
                self._state.records[key] = Kept(0, text, record.position, record.revision, record.blobs)
        for name in operation.blobs if isinstance(operation, Put) else ():
            if name not in self._state.blobs:
                try:
                    self._state.blobs[name] = await records.blob(name)
                except NotFound:
                    continue  # kept by the same transaction, or not there, which that will tell

    async def get(self, namespace: str, key: str, session: Ref | None) -> Record | None:
        """See `Records.get`."""
        records = self._primary.records(namespace)
        if session is not None and not self._state.holds(session):
            return await records.get(key, session=session)
        own = self._state.session_id(session)
        wanted = (namespace, own, key)
        if self._is_here(wanted):
            return self._state.record(wanted) if wanted in self._state.records else None
        try:
            return await records.get(key, session=own)
        except NotFound:
            return None  # the session was purged elsewhere, but is still here

    async def list(self, namespace: str, session: Ref | None, *, inherited: bool) -> list[Record]:
        """See `Records.list`."""
        state, cuts = self._state, await self._cuts(session, inherited=inherited)
        found: list[Record] = []
        seen: set[RecordKey] = set()
        for record in await self._theirs(namespace, cuts, inherited=inherited):
            key = (namespace, record.session_id, record.key)
            if not self._is_here(key):
                found.append(record)
            elif key in state.records and not state.records[key].serial:
                seen.add(key)  # not made anew, so it keeps its place
                found.append(state.record(key))
        ours = [key for key in state.records if key[0] == namespace and key[1] in cuts and key not in seen]
        found += [state.record(key) for key in sorted(ours, key=lambda key: state.records[key].serial)]
        shown = [record for record in found if _is_below(record, cuts.get(record.session_id))]
        return sorted(shown, key=lambda record: record.position)

    async def blob(self, namespace: str, sha256: str) -> bytes:
        """See `Records.blob`."""
        if sha256 in self._state.blobs:
            return self._state.blobs[sha256]
        return await self._primary.records(namespace).blob(sha256)

    def _is_here(self, key: RecordKey) -> bool:
        """Tell whether the truth about a record is in memory."""
        return key in self._written or (key[1] is not None and key[1] < 0)

    async def _cuts(self, session: Ref | None, *, inherited: bool) -> Cuts:
        if session is None:
            return {None: None}
        is_here = self._state.holds(session)
        own = self._state.find(session).id if is_here else (await self._primary.session(session)).id
        cuts: Cuts = {own: None}
        step, cut = own, None
        while inherited:
            branch = self._state.branches.get(step)
            try:
                parent = (
                    self._state.parent_of(branch) if branch else (await self._primary.session(step)).parent
                )
            except NotFound:
                break  # purged: what it inherited is not told any more
            if parent is None:
                break
            step, cut = parent.session_id, parent.at if cut is None else min(cut, parent.at)
            cuts[step] = cut
        return cuts

    async def _theirs(self, namespace: str, cuts: Cuts, *, inherited: bool) -> Sequence[Record]:
        """Return what the primary store shows of them, through the nearest session that it has."""
        nearest = next((own for own in cuts if own is None or own > 0), 0)
        if nearest == 0 or (not inherited and nearest not in list(cuts)[:1]):
            return ()
        try:
            found = await self._primary.records(namespace).list(session=nearest, inherited=inherited)
        except NotFound:
            return ()  # purged elsewhere
        return [record for record in found if _is_below(record, cuts[nearest])]


def _is_below(record: Record, cut: int | None) -> bool:
    return cut is None or record.position <= cut
