"""A timeline on the screen: moved along by keys, looked at, acted on and gone on from."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hfs_core.api import Action, CommandResult, Invocation, Notice, Paths, Point, Timeline
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.plugins.discovery import PluginInfo, discover
from hfs_core.testing import ScriptedModel
from hfs_core.tui.timeline_screen import TimelineScreen
from tests.tui.conftest import Chat, StartChat, answers, commands_plugin


@pytest.fixture
def checkpoints(home: Paths) -> PluginInfo:
    """The plugin as it is installed."""
    return next(info for info in discover(home) if info.name == "checkpoints")


class Trail:
    """A command that shows points, and those that they run."""

    def __init__(
        self,
        count: int = 5,
        preview: Callable[[int], Any] = lambda number: f"said at {number}",
        title: str = "Trail [i]",
    ):
        self.title = title
        self.points = [self.point(number, preview(number)) for number in range(1, count + 1)]
        self.went: list[int] = []

    @staticmethod
    def point(number: int, preview: Any) -> Point:
        """A point that can be pinned and, at the second key, dropped."""
        actions = (
            Action("p", "Pin", f"/pin {number}"),
            Action("d", "Drop", f"drop {number}", confirm=True),
            Action("f", "Fail", "fail"),
            Action("o", "Drop the oldest", "oldest"),
        )
        return Point(
            number,
            2 * number,
            "run [b]ended",
            details=f"run [b]ended: as {number}",
            preview=preview,
            actions=actions,
        )

    @property
    def plugin(self) -> Any:
        """The plugin that has them."""
        return commands_plugin(
            trail=self._trail,
            go=self._go,
            pin=self._pin,
            drop=self._drop,
            fail=self._fail,
            oldest=self._oldest,
            back=self._back,
        )

    async def _trail(self, invocation: Invocation) -> CommandResult:
        points = tuple(self.points)
        return CommandResult((Timeline(points, self.title, "walk", "/go {number}", "Walk", "no trail yet"),))

    async def _go(self, invocation: Invocation, number: int) -> CommandResult:
        self.went.append(number)
        return CommandResult((Notice(f"went to {number}"),))

    async def _pin(self, invocation: Invocation, number: int) -> CommandResult:
        self.points = [
            replace(each, marks=("pinned",)) if each.number == number else each for each in self.points
        ]
        return CommandResult((Notice(f"pinned {number}"),))

    async def _drop(self, invocation: Invocation, number: int) -> CommandResult:
        self._dropped = next(each for each in self.points if each.number == number)
        self.points.remove(self._dropped)
        back = Action("b", "Bring back", "/back")
        return CommandResult((Notice(f"dropped {number}", actions=(back,)),))

    async def _back(self, invocation: Invocation) -> CommandResult:
        self.points = sorted([*self.points, self._dropped], key=lambda each: each.number)
        return CommandResult((Notice(f"brought back {self._dropped.number}"),))

    async def _oldest(self, invocation: Invocation) -> CommandResult:
        return await self._drop(invocation, self.points[0].number)

    async def _fail(self, invocation: Invocation) -> CommandResult:
        raise RuntimeError("no [wind]")


async def opened(chat: Chat) -> TimelineScreen:
    """Ask for the timeline."""
    await chat.say("/trail")
    await chat.until(lambda: isinstance(chat.app.screen, TimelineScreen), "a timeline")
    screen = chat.app.screen
    assert isinstance(screen, TimelineScreen)
    return screen


def chosen(chat: Chat) -> int:
    """The number of the point under the cursor, as the screen tells it."""
    found = re.search(r"#(\d+) · message", chat.text)
    return int(found[1]) if found else 0


async def presses(chat: Chat, *keys: str) -> int:
    """Press keys and return the number of the point that is chosen then."""
    await chat.pilot.press(*keys)
    await chat.pilot.pause()
    return chosen(chat)


async def test_begins_at_the_last_point_and_keys_move_along(start_chat: StartChat) -> None:
    trail = Trail()
    async with start_chat(trail.plugin) as chat:
        await opened(chat)
        await chat.sees(
            "Trail [i]", "walk · 5", "[2] --> [4] --> [6] --> [8] --> [10]", "run [b]ended", "said at 5"
        )
        await chat.sees(
            "#5 · message 10 · run [b]ended",
            "as 5",
            "Enter Walk   p Pin   d Drop   f Fail   o Drop the oldest   Esc Close",
        )
        assert await presses(chat, "left") == 4
        await chat.sees("said at 4")
        assert await presses(chat, "h", "left") == 2
        assert await presses(chat, "l", "right") == 4
        assert await presses(chat, "home") == 1
        assert await presses(chat, "left") == 1
        assert await presses(chat, "down") == 2, "there is one row: down is the next point"
        assert await presses(chat, "pageup") == 1
        assert await presses(chat, "end") == 5
        assert await presses(chat, "right", "up") == 4
        await chat.pilot.press("enter")
        await chat.sees("went to 4")
        assert trail.went == [4]
        assert "Trail" not in chat.text


async def test_rows_are_moved_between(start_chat: StartChat) -> None:
    trail = Trail(200)
    async with start_chat(trail.plugin, size=(80, 40)) as chat:
        await opened(chat)
        await chat.sees("[398] --> [400]", "#200 ·")
        assert "[2] -->" not in chat.text
        assert await presses(chat, "home") == 1
        await chat.sees("[2] --> [4]")
        below = await presses(chat, "down")
        assert below > 2
        await chat.sees(f"[{2 * below}]")
        assert await presses(chat, "k") == 1
        assert await presses(chat, "j") == below
        assert await presses(chat, "up", "pagedown") > below
        assert await presses(chat, "pageup") == 1
        assert await presses(chat, *["pagedown"] * 15) == 200


async def test_a_number_is_gone_to(start_chat: StartChat) -> None:
    trail = Trail(130)
    async with start_chat(trail.plugin) as chat:
        await opened(chat)
        assert await presses(chat, "1", "2", "9") == 129
        assert await presses(chat, "5") == 5, "1295 is none: another number begins"
        assert await presses(chat, "left", "7") == 7, "another key ends a number"
        assert await presses(chat, "left", "9", "9", "9") == 9


async def test_actions_are_carried_out_and_the_timeline_shown_anew(start_chat: StartChat) -> None:
    trail = Trail(3)
    async with start_chat(trail.plugin) as chat:
        await opened(chat)
        await chat.pilot.press("left", "p")
        await chat.sees("pinned 2")
        await chat.until(lambda: re.search(r"pinned *│", chat.text), "the mark")
        assert chosen(chat) == 2
        await chat.pilot.press("d")
        await chat.sees("d again: Drop")
        await chat.pilot.press("left")
        await chat.until(lambda: "d again" not in chat.text)
        assert len(trail.points) == 3
        await chat.pilot.press("right", "d", "d")
        await chat.sees("dropped 2", "[2] --> [6]", "walk · 2")
        assert chosen(chat) == 3
        await chat.pilot.press("f")
        await chat.sees("RuntimeError: no [wind]", "[2] --> [6]")
        for left in (1, 0):
            await chat.pilot.press("d", "d")
            await chat.until(lambda left=left: len(trail.points) == left, "one less")  # type: ignore[misc]
        await chat.until(lambda: not isinstance(chat.app.screen, TimelineScreen))
        await chat.sees("no trail yet")


async def test_the_cursor_stays_on_its_point(start_chat: StartChat) -> None:
    trail = Trail(6)
    async with start_chat(trail.plugin) as chat:
        await opened(chat)
        assert await presses(chat, "left", "left") == 4
        await chat.pilot.press("o")
        await chat.sees("dropped 1", "walk · 5")
        await chat.until(lambda: "[2] -->" not in chat.text)
        assert chosen(chat) == 4
        assert await presses(chat, "left") == 3


async def test_what_a_toast_offers_is_taken_over_the_timeline(start_chat: StartChat) -> None:
    trail = Trail(3)
    async with start_chat(trail.plugin) as chat:
        await opened(chat)
        await chat.pilot.press("left", "d", "d")
        await chat.sees("dropped 2", "Alt+B Bring back", "walk · 2")
        await chat.pilot.press("alt+b")
        await chat.sees("brought back 2", "[2] --> [4] --> [6]", "walk · 3")
        assert chosen(chat) == 3


async def test_escape_closes(start_chat: StartChat) -> None:
    trail = Trail()
    async with start_chat(trail.plugin) as chat:
        for key in ("escape", "ctrl+c"):
            await opened(chat)
            await chat.pilot.press("left", key)
            await chat.until(lambda: not isinstance(chat.app.screen, TimelineScreen))
            assert "Trail" not in chat.text
        await chat.pilot.press(*"typed")
        assert chat.written == "typed"
    assert not trail.went


async def test_the_mouse_chooses_and_takes(start_chat: StartChat) -> None:
    trail = Trail()
    async with start_chat(trail.plugin) as chat:
        await opened(chat)
        await chat.pilot.click("#track", offset=(10, 0))
        await chat.until(lambda: chosen(chat) == 2, "the second point")
        await chat.pilot.click("#track", offset=(26, 2), times=2)
        await chat.until(lambda: trail.went == [4], "the fourth was taken")


async def test_previews_are_fetched_and_faults_told(start_chat: StartChat) -> None:
    async def broken() -> str:
        raise RuntimeError("no [preview]")

    never = asyncio.Event()

    async def slow() -> str:
        await never.wait()
        return "late"

    previews = {
        1: "\n\n".join(["# what was said", *map(str, range(50)), "the last word"]),
        2: slow,
        3: broken,
    }
    async with start_chat(Trail(3, previews.__getitem__).plugin) as chat:
        await opened(chat)
        await chat.sees("RuntimeError: no [preview]")
        await chat.pilot.press("left", "left")
        await chat.sees("the last word")


@pytest.mark.parametrize("size", [(132, 40), (80, 24), (40, 12), (20, 8), (30, 1), (8, 3)])
async def test_fits_any_screen(start_chat: StartChat, size: tuple[int, int]) -> None:
    trail = Trail(60)
    async with start_chat(trail.plugin, size=size, awaits=False) as chat:
        await chat.until(lambda: chat.app.runner, "a start")
        await opened(chat)
        for key, position in (("end", 120), ("left", 118), ("home", 2), ("down", None), ("pagedown", None)):
            await chat.pilot.press(key)
            if position is not None:
                await chat.sees(f"[{position}]")
        assert all(len(line) <= size[0] for line in chat.screen)
        if size[0] >= 20 and size[1] >= 8:
            await chat.sees("Walk", "· message")
        await chat.pilot.resize_terminal(size[0] + 30, size[1] + 2)
        await chat.pilot.press("end")
        await chat.sees("[120]")
        await chat.pilot.press("enter")
        await chat.until(lambda: trail.went == [60], "the last one")


async def test_a_timeline_with_nothing_to_do_is_drawn_in_the_transcript(start_chat: StartChat) -> None:
    points = tuple(Point(number, 2 * number, "run ended", ("[i]",)) for number in range(1, 9))
    show = answers(Timeline(points, "Points [b]", "that is all"))
    nothing = answers(Timeline((), on_select="go {number}", empty="no [x] points"))
    async with start_chat(commands_plugin(show=show, nothing=nothing), size=(50, 44)) as chat:
        await chat.say("/show")
        await chat.say("/nothing")
        await chat.sees(
            "Points [b]", "[2] --> [4] --> [6] --> [8] --> [10] -->", "Event", "that is all", "no [x] points"
        )
        await chat.sees("run", "ended", "[i]", "[12] --> [14] --> [16]")
        await chat.pilot.resize_terminal(30, 44)
        await chat.sees("[2] --> [4] -->\n", "... 4 more ... -->\n", "[14] --> [16]\n")


async def test_the_whole_way_by_keys(
    start_chat: StartChat, checkpoints: PluginInfo, store: MemoryStore
) -> None:
    """Chat, Esc Esc, move to a checkpoint, look at it, rewind, go on from there, undo."""
    model = ScriptedModel("first answer", "second answer", "third answer", "another way")
    async with start_chat(checkpoints, model=model) as chat:
        for question, answer in (("one?", "first"), ("two?", "second"), ("three?", "third")):
            await chat.say(question)
            await chat.sees(f"{answer} answer", "ready")
        await chat.pilot.press("escape")
        await chat.sees("Esc again: checkpoints")
        await chat.pilot.press("escape")
        await chat.sees(
            "Checkpoints for Session 1", "[2] --> [4] --> [6]", "#3 · message 6 · run ended", "third answer"
        )
        await chat.pilot.press("left")
        await chat.sees("#2 · message 4", "second answer")
        await chat.pilot.press("enter")
        await chat.sees(
            "Rewound to checkpoint #2. Original session preserved.", "Alt+U Undo", "(rewind from #2)"
        )
        await chat.until(lambda: chat.indexes == [0, 1, 2, 3], "the messages up to the checkpoint")
        assert "three?" not in chat.text
        await chat.pilot.press("alt+u")
        await chat.sees("three?", "third answer")
        await chat.until(lambda: chat.indexes == [0, 1, 2, 3, 4, 5], "the session that was left")
        await chat.until(lambda: "rewind from" not in chat.screen[-1], "its name")
        await chat.pilot.press("escape", "escape")
        await chat.sees("Checkpoints for Session 1")
        await chat.pilot.press("1", "enter")
        await chat.until(lambda: chat.indexes == [0, 1], "the first two messages")
        await chat.say("other?")
        await chat.sees("another way", "ready")
    sent = [(message.role, message.content) for message in model.requests[-1].messages]
    assert sent == [("user", "one?"), ("assistant", "first answer"), ("user", "other?")]
    assert [message.content for message in await store.messages(1)][-2:] == ["three?", "third answer"]


async def test_without_checkpoints_there_is_a_sentence(
    start_chat: StartChat, checkpoints: PluginInfo, store: MemoryStore
) -> None:
    async with start_chat(checkpoints) as chat:
        await chat.pilot.press("escape", "escape")
        await chat.sees("there is no session yet")


async def test_a_title_is_cut_where_it_tells_nothing_apart(start_chat: StartChat) -> None:
    trail = Trail(3, title="Checkpoints for a plan about the refactoring of storage (rewind from #3)")
    async with start_chat(trail.plugin, size=(60, 24)) as chat:
        await opened(chat)
        await chat.sees("Checkpoints for a plan", "… (rewind from #3) ─")
        await chat.pilot.resize_terminal(100, 24)
        await chat.sees(trail.title)


async def test_what_is_said_at_once_after_a_rewind_is_said_in_its_session(
    start_chat: StartChat, checkpoints: PluginInfo, store: MemoryStore
) -> None:
    model = ScriptedModel("first answer", "second answer", "another way")
    async with start_chat(checkpoints, model=model) as chat:
        for question, answer in (("one?", "first"), ("two?", "second")):
            await chat.say(question)
            await chat.sees(f"{answer} answer", "ready")
        sitting = chat.app.sitting
        sitting.submit("/rewind 1")
        sitting.submit("other?")
        await chat.sees("another way", "ready", "(rewind from #1)")
        assert [(await store.session(number)).message_count for number in (1, 2)] == [4, 4]
        sitting.submit("/rewind 99")
        sitting.submit("to nobody")
        await chat.sees("there is no checkpoint #99", "to nobody")
        await chat.until(lambda: chat.app.views.composer.text == "to nobody", "the words given back")
    assert len(model.requests) == 3
