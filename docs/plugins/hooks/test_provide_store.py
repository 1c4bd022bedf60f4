"""The example of `provide_store`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hfs_json_store.store import open_store

from hfs_core.api import PluginContext, Store, StoreFactory, hookimpl


class Shelf:
    """Offers a store in a folder of its own; chosen by `store: shelf` in `config.yaml`.

    The store itself is a longer story: `examples/json_store` tells it.
    """

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        self.context = context

    @hookimpl
    def provide_store(self) -> StoreFactory:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Store]:
            async with open_store(self.context.data_dir) as store:
                yield store

        return opened


async def test_it_keeps_what_is_said(load_plugin, say, hfs_host):
    await load_plugin(Shelf)
    assert hfs_host.host.store_name == "shelf"
    await say("one", "two")
    await hfs_host.restart()
    assert [message.content for message in await hfs_host.messages()] == ["one", "two"]
