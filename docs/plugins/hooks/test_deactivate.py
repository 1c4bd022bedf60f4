"""The example of `deactivate`."""

from hfs_core.api import PluginContext, hookimpl


class Lights:
    """Lets somebody see, in a file, whether HFS is in use."""

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        self.sign = context.data_dir / "sign"
        self.sign.write_text("on")

    @hookimpl
    def deactivate(self, context: PluginContext, reason: str) -> None:
        self.sign.write_text(f"off: {reason}")


async def test_the_lights_go_out(hfs_host, load_plugin):
    await load_plugin(Lights)
    sign = hfs_host.paths.data / "lights" / "sign"
    assert sign.read_text() == "on"
    await hfs_host.stop()
    assert sign.read_text() == "off: exit"
