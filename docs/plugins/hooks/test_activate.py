"""The example of `activate`."""

from hfs_core.api import Command, CommandResult, Invocation, Notice, PluginContext, hookimpl


class Diary:
    """Keeps a file of its own, open as long as the plugin is in use."""

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        self.context = context
        self.file = (context.data_dir / "diary.txt").open("a", encoding="utf-8")
        context.on_unload(self.file.close)

    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [Command("diary", "Write a line into the diary", self.write)]

    async def write(self, invocation: Invocation, line: str) -> CommandResult:
        await self.context.run_blocking(self.file.write, f"{line}\n")
        return CommandResult((Notice("written"),))


async def test_the_diary_is_kept_and_let_go(hfs_host, load_plugin, run_command):
    await load_plugin(Diary)
    assert (await run_command("/diary 'a quiet day'")).text == "written\n"
    await hfs_host.stop()
    assert (hfs_host.paths.data / "diary" / "diary.txt").read_text() == "a quiet day\n"
