"""The records of plugins that come with imported sessions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from hfs_core.api import EMPTY_DIGEST, Operation, Put, PutBlob, Store, Traveller
from hfs_export.arrivals import Arrival
from hfs_export.arriving import ArrivingRecord

BATCH = 200
BATCH_SIZE = 1 << 20
"""How many records, and bytes in their blobs, are written at once."""


class Luggage:
    """Takes records in, some at a time."""

    def __init__(self, store: Store, travellers: Sequence[Traveller]):
        self._store = store
        self._travellers = {traveller.namespace: traveller for traveller in travellers}
        self._waiting: list[Operation] = []
        self._namespace = ""
        self._size = 0
        self.left_out: set[str] = set()

    async def take(self, item: ArrivingRecord, arrival: Arrival, uids: Mapping[str, str]) -> None:
        """Bring in a record of a session that is new, or note that nobody here takes it; raises ValueError."""
        traveller = self._travellers.get(item.namespace)
        if traveller is None:
            self.left_out.add(item.namespace)
            return
        digest = await digest_at(self._store, arrival, item.position)
        try:
            value = traveller.arrived(item.key, item.value, uids=uids, digest=digest)
        except Exception as error:  # another plugin's code, on what a file says
            raise ValueError(f"the record {item.key!r} of {item.namespace}: {error}") from error
        if item.namespace != self._namespace:
            await self.flush()
            self._namespace = item.namespace
        names = tuple(hashlib.sha256(blob).hexdigest() for blob in item.blobs)
        self._waiting += map(PutBlob, item.blobs)
        self._waiting.append(Put(item.key, value, arrival.uid, item.position, blobs=names))
        self._size += sum(map(len, item.blobs))
        if len(self._waiting) >= BATCH or self._size > BATCH_SIZE:
            await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            await self._store.records(self._namespace).apply(*self._waiting)
        self._waiting, self._size = [], 0


async def digest_at(store: Store, arrival: Arrival, position: int) -> str:
    """Return the digest of a conversation at a position; raises ValueError where it does not come so far."""
    chain = arrival.chain
    if not position:
        return EMPTY_DIGEST
    if position > chain.count:
        raise ValueError(f"{chain.name!r} has {chain.count:,} messages, not {position:,}")
    if position == chain.count and chain.digest is not None:
        return chain.digest
    (message,) = await store.messages(arrival.uid, position - 1, position)
    return message.digest
