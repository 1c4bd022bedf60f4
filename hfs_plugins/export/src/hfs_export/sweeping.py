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
    swept = 0
    for record in reversed(await store.records(ARRIVING).list()):
        if "owner" in record.value and not owner.is_alive(record.value["owner"]):
            await remove(store, record.key)
            swept += 1
    return swept


async def remove(store: Store, uid: str) -> None:
    """Remove a session that was to arrive."""
    with suppress(NotFound):
        await store.purge(uid)
    with suppress(NotFound):
        await store.records(ARRIVING).apply(Delete(uid))
