"""The example of `on_run_complete`."""

from hfs_core.api import Command, CommandResult, Invocation, Notice, RunSnapshot, Usage, hookimpl


class Bill:
    """Adds up the tokens of all runs."""

    tokens = 0

    @hookimpl
    def on_run_complete(self, run_snapshot: RunSnapshot) -> None:
        self.tokens += run_snapshot.usage.total_tokens

    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [Command("bill", "Tell how many tokens were used", self.tell)]

    async def tell(self, invocation: Invocation) -> CommandResult:
        return CommandResult((Notice(f"{self.tokens} tokens"),))


async def test_it_adds_up(load_plugin, say, run_command):
    await load_plugin(Bill)
    await say("one", ["two", Usage(3, 4)])
    await say("three", ["four", Usage(5, 6)])
    assert (await run_command("/bill")).text == "18 tokens\n"
