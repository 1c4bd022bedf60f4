"""The example of `on_exit`."""

from hfs_core.api import PluginContext, hookimpl


class Farewell:
    """Writes down that HFS has ended, while all else is still in use."""

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        self.context = context

    @hookimpl
    def on_exit(self) -> None:
        (self.context.data_dir / "farewell").write_text("until tomorrow")


async def test_it_says_farewell(load_plugin, hfs_host):
    await load_plugin(Farewell)
    await hfs_host.stop()
    assert (hfs_host.paths.data / "farewell" / "farewell").read_text() == "until tomorrow"
