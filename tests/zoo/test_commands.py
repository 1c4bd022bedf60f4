"""Whatever a command does, or what completes its words: the chat goes on, and its plugin keeps the traceback."""

from __future__ import annotations

import asyncio
from types import CoroutineType
from typing import Annotated, Any

import pytest

from hfs_core.api import Command, CommandError, Invocation, Param, Paths, hookimpl
from hfs_core.completing import complete
from hfs_core.testing import in_process
from tests.zoo.life import life
from tests.zoo.misdeeds import FAILING, WRONG, Act, answered

ENDLESS = ("never answers", "ignores cancellation", "sleeps")
"""A command may take as long as it likes."""

ENDING = [misdeed for misdeed in FAILING if misdeed not in ENDLESS]


def commander(act: Act) -> Any:
    async def handler(
        invocation: Invocation, word: Annotated[str, Param(complete=lambda *_: answered(act()))] = ""
    ) -> Any:
        answer = act()
        return await answer if type(answer) is CoroutineType else answer

    class Commander:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command("bad", "Is bad", handler)]

    return in_process("bad", Commander, commands=(("bad", "Is bad"),))


@pytest.mark.parametrize("misdeed", ENDING)
async def test_a_command_that_fails_is_told_and_never_quarantined(home: Paths, misdeed: str) -> None:
    async with life(home, commander(FAILING[misdeed])) as alive:
        for _ in range(4):
            with pytest.raises(CommandError, match="/bad"):
                await alive.command("bad")
        entry = alive.host.plugins.entries["bad"]
        assert (entry.state, "/bad" in entry.reason, bool(entry.details)) == ("failing", True, True)
        await alive.chat()


@pytest.mark.parametrize("answer", WRONG)
async def test_a_command_that_answers_wrongly_is_told(home: Paths, answer: str) -> None:
    async with life(home, commander(WRONG[answer])) as alive:
        with pytest.raises(CommandError, match="/bad"):
            await alive.command("bad")
        await alive.chat()


@pytest.mark.parametrize("misdeed", [*ENDING, *WRONG])
async def test_what_completes_its_words_cannot_end_the_chat(home: Paths, misdeed: str) -> None:
    async with life(home, commander((FAILING | WRONG)[misdeed])) as alive:
        try:
            found = await asyncio.wait_for(complete("bad w", alive.invocation()), 5)
        except Exception:  # noqa: BLE001 # the surface offers nothing then
            found = None
        assert found is None or not found.candidates
        await alive.chat()


async def test_a_command_that_is_stopped_ends_in_time(home: Paths) -> None:
    async with life(home, commander(FAILING["never answers"])) as alive:
        running = asyncio.create_task(alive.command("bad"))
        await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 5)
        await alive.chat()
