"""The example of `on_event`."""

from hfs_core.api import Command, CommandResult, HfsEvent, Invocation, Notice, RunEnded, hookimpl


class Stopwatch:
    """Remembers how long the last reply took."""

    milliseconds = 0

    @hookimpl
    def on_event(self, event: HfsEvent) -> None:
        if isinstance(event, RunEnded):
            self.milliseconds = event.duration_ms

    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [Command("took", "Tell how long the last reply took", self.tell)]

    async def tell(self, invocation: Invocation) -> CommandResult:
        return CommandResult((Notice(f"{self.milliseconds} ms"),))


async def test_it_remembers(load_plugin, emit, run_command):
    await load_plugin(Stopwatch)
    await emit(RunEnded(duration_ms=1200))
    assert (await run_command("/took")).text == "1200 ms\n"
