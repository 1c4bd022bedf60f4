"""Leases: while a run answers in a session, no other process may start one there.

A lease is a record that names its process; that the process lives is shown by an OS lock (`hfs_core.owner`).
"""

from __future__ import annotations

import logging

from hfs_core.contracts import Put, Ref, Store
from hfs_core.errors import Conflict, NotFound, SessionBusy, StoreError
from hfs_core.models import Record
from hfs_core.owner import Owner
from hfs_core.sessions import NAMESPACE

log = logging.getLogger("hfs.leases")

KEY = "lease"


class Leases:
    """The leases that this process takes."""

    def __init__(self, store: Store, owner: Owner):
        self._store = store
        self._owner = owner

    async def claim(self, ref: Ref | None, run_id: str) -> Put:
        """Return the write that takes a session's lease, to go into the transaction that keeps the message.

        `ref` is None for a session that does not exist yet. A lease whose owner died is taken over.

        Raises:
            SessionBusy: a living process holds it.
        """
        held = None if ref is None else await self._held(ref)
        owner = held.value["owner"] if held else ""
        if owner and ref is not None and self._owner.is_alive(owner):
            raise SessionBusy(
                f"session {ref} is busy: another HFS is getting an answer in it; wait for it, or fork the session",
                session_id=ref,
            )
        value = {"owner": self._owner.token, "run_id": run_id}
        return Put(KEY, value, session=ref, expect=held.revision if held else 0)

    async def is_held(self, ref: Ref) -> bool:
        """Tell whether a living process has a run in the session."""
        held = await self._held(ref)
        return held is not None and bool(held.value["owner"]) and self._owner.is_alive(held.value["owner"])

    async def release(self, ref: Ref) -> None:
        """Give back a session's lease, if this process holds it; one that cannot be ends with the process."""
        try:
            held = await self._held(ref)
            if held is None or held.value["owner"] != self._owner.token:
                return
            # Given back, not deleted: revisions go on rising: nobody's old view of a lease can take a new one.
            free = Put(KEY, {"owner": ""}, session=ref, expect=held.revision)
            await self._store.apply(free, namespace=NAMESPACE)
        except (Conflict, NotFound):
            return  # taken over in between: it is not ours to give back
        except StoreError as error:
            log.warning("the lease of session %s is not given back: %s", ref, error)

    async def _held(self, ref: Ref) -> Record | None:
        try:
            return await self._store.records(NAMESPACE).get(KEY, session=ref)
        except NotFound:
            return None
