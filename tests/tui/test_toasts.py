"""What comes and goes over the screen: failures with their plugin's name, and offers with their keys."""

from __future__ import annotations

from typing import Any

import pytest

from hfs_core.api import (
    Action,
    CommandResult,
    ErrorOccurred,
    Invocation,
    Notice,
    PluginStateChanged,
    hookimpl,
)
from hfs_core.testing import ScriptedModel, in_process
from hfs_core.tui import toasts
from hfs_core.tui.picker import Picker
from tests.tui.conftest import Chat, StartChat, answers, commands_plugin, host_of
from tests.tui.test_picker import Shelf, opened

UNDO = Action("u", "Undo [b]", "/undo it")


def undoing(done: list[str]) -> Any:
    """A command that offers to undo it, and the one that does."""

    async def undo(invocation: Invocation, what: str) -> CommandResult:
        done.append(what)
        return CommandResult((Notice(f"undone: {what}"),))

    return commands_plugin(undo=undo, drop=answers(Notice("dropped [red]", actions=(UNDO,))))


async def test_a_plugin_that_fails_is_named_once(start_chat: StartChat) -> None:
    class Weak:
        @hookimpl
        async def on_event(self, event: Any) -> None:
            raise RuntimeError("[red]kaput[/]")

    async with start_chat(in_process("weak", Weak)) as chat:
        await chat.say("hello")
        await chat.sees("▌ weak", "[red]kaput[/]", "Good day.", "times in a row and is off")
        assert chat.text.count("plugin weak failed in on_event") == 2  # that it fails, then that it is off
        assert not chat.app.views.transcript.query("Answer")


async def test_one_failure_is_one_toast(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        bus = host_of(chat).bus
        for _ in range(2):
            await bus.emit(ErrorOccurred(source="weak", error="X", text="weak fell"))
            await bus.emit(PluginStateChanged(plugin="weak", state="quarantined", reason="weak fell"))
        await bus.emit(ErrorOccurred(source="other", error="X", text="other fell"))
        await chat.sees("weak fell", "other fell")
        assert chat.text.count("weak fell") == 1


async def test_failures_of_the_conversation_stay_in_it(start_chat: StartChat) -> None:
    async with start_chat(model=ScriptedModel([RuntimeError("no model")])) as chat:
        await chat.say("hello")
        await chat.sees("failed", "ready")
        assert not list(chat.app._notifications)


async def test_an_offer_is_taken_by_alt_and_its_key(start_chat: StartChat) -> None:
    done: list[str] = []
    async with start_chat(undoing(done)) as chat:
        await chat.pilot.press("alt+u")
        assert not done
        await chat.say("/drop")
        await chat.sees("dropped [red]", "Alt+U Undo [b]")
        await chat.pilot.press(*"usual")
        assert chat.written == "usual"
        await chat.pilot.press("alt+u")
        await chat.sees("undone: it")
        assert chat.written == "usual"
        await chat.until(lambda: "Alt+U" not in chat.text, "the offer is gone")
        await chat.pilot.press("alt+u")
        assert done == ["it"]


async def test_an_offer_is_taken_by_a_click(start_chat: StartChat) -> None:
    done: list[str] = []
    async with start_chat(undoing(done)) as chat:
        await chat.say("/drop")
        await chat.sees("Alt+U Undo")
        line = next(y for y, text in enumerate(chat.screen) if "Alt+U" in text)
        await chat.pilot.click(offset=(chat.screen[line].index("Undo") + 1, line))
        await chat.until(lambda: done == ["it"])


async def test_escape_and_time_end_an_offer(start_chat: StartChat, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    async with start_chat(undoing(done)) as chat:
        await chat.say("/drop")
        await chat.sees("Alt+U")
        await chat.pilot.press("escape")
        await chat.until(lambda: "Alt+U" not in chat.text)
        await chat.pilot.press("alt+u")
        monkeypatch.setattr(toasts, "SECONDS", 0.2)
        await chat.say("/drop")
        await chat.sees("Alt+U")
        await chat.until(lambda: "Alt+U" not in chat.text)
        await chat.pilot.press("alt+u")
        assert not done


async def test_what_is_to_be_confirmed_takes_its_key_twice(start_chat: StartChat) -> None:
    done: list[str] = []

    async def wipe(invocation: Invocation) -> CommandResult:
        done.append("wiped")
        return CommandResult()

    said = Notice("full", actions=(Action("w", "Wipe", "wipe", confirm=True),))
    async with start_chat(commands_plugin(wipe=wipe, look=answers(said))) as chat:
        await chat.say("/look")
        await chat.sees("Alt+W Wipe")
        await chat.pilot.press("alt+w")
        await chat.sees("Alt+W again: Wipe")
        assert not done
        await chat.pilot.press("alt+w")
        await chat.until(lambda: done == ["wiped"])


class Attic(Shelf):
    """A shelf whose lost books can be brought back."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: dict[int, str] = {}

    @property
    def plugin(self) -> Any:
        """The plugin that has it."""
        return commands_plugin(shelf=self._shelf, read=self._read, drop=self._drop, fetch=self._fetch)

    async def _drop(self, invocation: Invocation, number: int) -> CommandResult:
        self.lost[number] = self.names.pop(number)
        undo = Action("u", "Undo", f"fetch {number}")
        return CommandResult((Notice(f"gone: {self.lost[number]}", actions=(undo,)),))

    async def _fetch(self, invocation: Invocation, number: int) -> CommandResult:
        self.names[number] = self.lost.pop(number)
        return CommandResult((Notice(f"back: {self.names[number]}"),))


async def dropped_two(chat: Chat) -> None:
    """Take the first two books away."""
    await opened(chat)
    await chat.pilot.press("d", "d")
    await chat.sees(" 4 ─╯", "gone: weekly report")
    await chat.pilot.press("d", "d")
    await chat.sees(" 3 ─╯", "gone: design")


async def test_an_offer_is_taken_in_a_picker_too(start_chat: StartChat) -> None:
    attic = Attic()
    async with start_chat(attic.plugin) as chat:
        await dropped_two(chat)
        await chat.pilot.press("alt+u")  # the last one first
        await chat.sees(" 4 ─╯", "back: design")
        await chat.pilot.press("escape")
        await chat.until(lambda: not isinstance(chat.app.screen, Picker))
        await chat.pilot.press("alt+u")
        await chat.until(lambda: not attic.lost)
        await chat.sees("back: weekly report")


@pytest.mark.parametrize("size", [(20, 8), (20, 3), (30, 1)])
async def test_toasts_leave_the_composer_in_view(start_chat: StartChat, size: tuple[int, int]) -> None:
    async with start_chat(undoing([]), size=(80, 24)) as chat:
        for number in range(4):
            await host_of(chat).bus.emit(ErrorOccurred(source="weak", error="X", text=f"weak fell {number}"))
        await chat.say("/drop")
        await chat.sees("weak fell", "Alt+U")
        await chat.pilot.resize_terminal(*size)
        await chat.pilot.press(*"typed")
        await chat.sees("typed")
        await chat.until(lambda: ("Alt+U" in chat.text) is (size[1] >= 5))
        assert chat.screen[-1] == "typed" or size[1] > 3
