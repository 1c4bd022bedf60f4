"""Removes what imports have left behind that did not come to their end."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hfs_core.api import ARRIVING, Delete, NotFound, Owner, Store

OWNERS = "imports"
"""The folder, among the state of HFS, where a running import shows that it lives."""


async def sweep(store: Store, state: Path) -> int:
    """Remove the sessions of imports whose processes are gone; returns how many that were."""
    owner = Owner(state / OWNERS)
    records = store.records(ARRIVING)
    owners = {record.value["owner"] for record in await records.list() if "owner" in record.value}
    dead = {token for token in owners if not owner.is_alive(token)}
    swept = 0
    # Looked at again: an import that has just come to its end is gone, too, but has shown what it brought.
    for record in reversed(await records.list() if dead else ()):
        if record.value.get("owner") in dead:
            await remove(store, record.key)
            swept += 1
    return swept


async def remove(store: Store, uid: str) -> None:
    """Remove a session that was to arrive."""
    with suppress(NotFound):
        await store.purge(uid)
    with suppress(NotFound):
        await store.records(ARRIVING).apply(Delete(uid))
