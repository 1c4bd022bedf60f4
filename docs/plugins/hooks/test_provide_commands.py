"""The example of `provide_commands`."""

from random import randint
from typing import Annotated

from hfs_core.api import Column, Command, CommandResult, Invocation, Param, Row, Table, hookimpl


class Dice:
    """Adds `/roll` to the chat and `hfs roll` to the shell."""

    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [Command("roll", "Roll dice", self.roll)]

    async def roll(
        self,
        invocation: Invocation,
        count: Annotated[int, Param("how many")] = 1,
        *,
        sides: Annotated[int, Param("of each die")] = 6,
    ) -> CommandResult:
        rows = tuple(Row({"die": die + 1, "shows": randint(1, sides)}) for die in range(count))
        return CommandResult((Table((Column("die", "Die"), Column("shows", "Shows")), rows),))


async def test_dice_show_what_dice_show(load_plugin, run_command):
    await load_plugin(Dice)
    answer = await run_command("/roll 2 --sides 3")
    assert [row["die"] for row in answer.rows] == [1, 2]
    assert all(1 <= row["shows"] <= 3 for row in answer.rows)
