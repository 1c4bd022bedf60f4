"""What is swept is what a dead import has left, and never what a living or a finished one has brought."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from hfs_export.plugin import ExportPlugin
from hfs_export.sweeping import sweep

from hfs_core.api import (
    ARRIVING,
    Append,
    Change,
    Create,
    Delete,
    Draft,
    Paths,
    PluginContext,
    Put,
    Records,
    Store,
    StoreUnavailable,
)
from hfs_core.builtin.late_store import LateStore
from hfs_core.builtin.memory_store import MemoryStore


class Looked:
    """The records of imports, of which one ends as soon as somebody has looked at them."""

    def __init__(self, store: Store):
        self._store = store
        self._is_over = False

    def records(self, namespace: str) -> Records:
        return cast(Records, self)

    async def list(self) -> Any:
        records = self._store.records(ARRIVING)
        found = await records.list()
        if not self._is_over:
            self._is_over = True
            await records.apply(Change("whole", deleted=False), Delete("whole"))
        return found

    async def apply(self, *operations: Any) -> Any:
        return await self._store.records(ARRIVING).apply(*operations)

    async def purge(self, ref: str) -> int:
        return await self._store.purge(ref)


async def arriving(store: Store, uid: str) -> None:
    """Begin an import whose process is gone."""
    journal = Put(uid, {"owner": "1-gone"})
    await store.records(ARRIVING).apply(
        journal, Create(uid, uid), Change(uid, deleted=True), Append(uid, Draft("user", "hello"))
    )


async def test_an_import_that_ends_meanwhile_stays(tmp_path: Path) -> None:
    """What was seen as arriving may be shown before its owner is looked for, who then is gone."""
    store = MemoryStore()
    await arriving(store, "whole")
    await arriving(store, "left")
    assert await sweep(cast(Store, Looked(store)), Paths(tmp_path).state) == 1
    assert [session.uid for session in await store.sessions(deleted=True)] == ["whole"]


async def test_a_store_that_cannot_be_had_is_no_failure_of_the_plugin(tmp_path: Path) -> None:
    """HFS tells of it in words of its own; for what is left behind there is another start."""

    class Nowhere:
        """What gives a store that cannot be opened, as in a folder that is read-only."""

        paths = Paths(tmp_path)

        @property
        def services(self) -> Nowhere:
            return self

        async def get(self, kind: object) -> Store:
            async def denied() -> Store:
                raise StoreUnavailable("sessions.db: Permission denied")

            return LateStore(denied)

    plugin = ExportPlugin()
    plugin._context = cast(PluginContext, Nowhere())
    await plugin.on_start(1)
