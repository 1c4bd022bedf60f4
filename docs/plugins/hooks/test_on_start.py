"""The example of `on_start`."""

from hfs_core.api import Command, CommandResult, Invocation, Notice, hookimpl


class Trail:
    """Remembers through which sessions one has come."""

    def __init__(self) -> None:
        self.sessions: list[int] = []

    @hookimpl
    def on_start(self, session_id: int) -> None:
        self.sessions.append(session_id)

    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [Command("trail", "Tell through which sessions one has come", self.tell)]

    async def tell(self, invocation: Invocation) -> CommandResult:
        return CommandResult((Notice(" -> ".join(map(str, self.sessions))),))


async def test_it_remembers_the_way(load_plugin, say, run_command, hfs_host):
    await load_plugin(Trail)
    await say("one", "two")
    await hfs_host.switch_to(None)
    await say("three", "four")
    assert (await run_command("/trail")).text == "1 -> 2\n"
