"""The widgets of plugins on the screen: drawn when something happened, and in nobody's way when they fail."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hfs_core import widgets
from hfs_core.api import HfsEvent, Notice, PluginEvent, PluginState, WidgetSpec, hookimpl
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import in_process
from hfs_core.tui.app import Opening
from hfs_core.tui.gadget import Gadget
from hfs_core.tui.panel import Panel
from tests.tui.conftest import StartChat, answers, commands_plugin, host_of, keep

WIDE = (130, 30)


def gadgets(*specs: WidgetSpec, name: str = "gadgets") -> PluginInfo:
    """A plugin with these widgets."""

    class Widgets:
        @hookimpl
        def provide_widgets(self) -> list[WidgetSpec]:
            return list(specs)

    return in_process(name, Widgets)


def counter(slot: Any, text: str = "drawn", **rest: Any) -> tuple[WidgetSpec, list[int | None]]:
    """A widget, and the sessions that it was drawn for."""
    drawn: list[int | None] = []

    def render(session_id: int | None) -> str:
        drawn.append(session_id)
        return f"{text} {len(drawn)}"

    return WidgetSpec(slot, "Counter", render, **rest), drawn


async def test_each_slot_has_its_place(start_chat: StartChat) -> None:
    specs = (
        WidgetSpec("sidebar", "Left", lambda _: "- one\n- *two*"),
        WidgetSpec("panel", "Middle", lambda _: "**bold** words"),
        WidgetSpec("status", "Below", lambda _: "one\n[red]line"),
    )
    async with start_chat(gadgets(*specs), size=WIDE) as chat:
        await chat.sees("Left", "• one", "• two", "Middle", "bold words", "one [red]line")
        assert "**" not in chat.text


async def test_what_shows_nothing_takes_no_room(start_chat: StartChat) -> None:
    text = ""
    spec = WidgetSpec("panel", "Middle", lambda _: text)
    async with start_chat(gadgets(spec)) as chat:
        await chat.until(lambda: chat.app.query(Panel), "it is placed")
        height = chat.app.views.transcript.size.height
        assert not chat.app.query_one(Panel).display
        text = "now"
        await host_of(chat).bus.emit(PluginEvent(event_type="gadgets.changed"))
        await chat.sees("Middle", "now")
        assert chat.app.views.transcript.size.height == height - 3
        text = ""
        await host_of(chat).bus.emit(PluginEvent(event_type="gadgets.changed"))
        await chat.until(lambda: "Middle" not in chat.text, "it goes")
        await chat.until(lambda: chat.app.views.transcript.size.height == height, "the room is back")


async def test_a_panel_takes_a_third_at_most(start_chat: StartChat) -> None:
    spec = WidgetSpec("panel", "Middle", lambda _: "\n\n".join(f"line {n}" for n in range(100)))
    async with start_chat(gadgets(spec), size=(80, 30)) as chat:
        await chat.sees("Middle", "line 1", "Type a message")
        assert chat.app.query_one(Panel).outer_size.height <= 10
        await chat.pilot.press("f6", "pagedown")
        await chat.until(lambda: chat.app.query_one(Panel).max_scroll_y > 0, "it can be scrolled")
        for size in ((40, 12), (20, 8), (20, 1), (80, 30)):
            await chat.pilot.resize_terminal(*size)
            await chat.pilot.pause()
        await chat.sees("Type a message")


async def test_is_drawn_for_the_session_that_is_shown(start_chat: StartChat, store: MemoryStore) -> None:
    first = await keep(store, "what is up", "not much")
    second = await keep(store, "other", "thing", name="other")
    spec = WidgetSpec("panel", "Middle", lambda session_id: f"session {session_id}", on_event=lambda _: False)
    async with start_chat(gadgets(spec), size=WIDE, opening=Opening(resume=str(second))) as chat:
        await chat.sees(f"session {second}")
        await chat.pilot.press("f6")
        await chat.pilot.press("down", "enter")
        await chat.sees("not much", f"session {first}")


@pytest.mark.parametrize("slot", ["sidebar", "panel"])
@pytest.mark.parametrize("error", [RuntimeError("[red]boom[/]"), SystemExit(3), asyncio.CancelledError()])
async def test_one_that_raises_says_so_in_its_place(
    start_chat: StartChat, slot: Any, error: BaseException
) -> None:
    def render(session_id: int | None) -> str:
        raise error

    good = WidgetSpec(slot, "Good", lambda _: "all is well")
    async with start_chat(
        gadgets(WidgetSpec(slot, "Bad", render), name="bad"), gadgets(good, name="good"), size=(140, 40)
    ) as chat:
        await chat.sees("Bad", "plugin bad failed", type(error).__name__, "all is well")
        await chat.say("hello")
        await chat.sees("Good day.", "ready")


async def test_one_that_goes_on_failing_is_taken_away(start_chat: StartChat) -> None:
    drawn = 0

    def render(session_id: int | None) -> str:
        nonlocal drawn
        drawn += 1
        raise RuntimeError("boom")

    async with start_chat(gadgets(WidgetSpec("panel", "Bad", render))) as chat:
        entry = host_of(chat).plugins.entries["gadgets"]
        while entry.state != PluginState.QUARANTINED:
            await host_of(chat).bus.emit(PluginEvent(event_type="gadgets.changed"))
            await chat.pilot.pause()
        await chat.until(lambda: not chat.app.query_one(Panel).display, "it is away")
        assert drawn == 3


async def test_a_slow_one_holds_nobody_up(start_chat: StartChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widgets, "DRAW_SECONDS", 0.1)

    async def forever(session_id: int | None) -> str:
        await asyncio.Event().wait()
        return ""

    slow, good = WidgetSpec("panel", "Slow", forever), WidgetSpec("panel", "Good", lambda _: "all is well")
    async with start_chat(gadgets(slow, name="slow"), gadgets(good, name="good"), size=WIDE) as chat:
        await chat.sees("all is well")
        await chat.sees("plugin slow did not answer provide_widgets within 0.1 s")


async def test_a_storm_of_events_is_one_drawing(start_chat: StartChat) -> None:
    spec, drawn = counter("panel", on_event=lambda event: event.event_type == "gadgets.changed")
    async with start_chat(gadgets(spec)) as chat:
        await chat.sees("drawn 1")
        started = asyncio.get_running_loop().time()
        for _ in range(1000):
            await host_of(chat).bus.emit(PluginEvent(event_type="gadgets.changed"))
        await chat.until(lambda: len(drawn) > 1, "it is drawn again")
        await chat.until(lambda: chat.app.frame._widgets.drawings[0]._task.done(), "it rests")  # type: ignore[union-attr]
        passed = asyncio.get_running_loop().time() - started
        assert 2 <= len(drawn) <= 2 + passed * 10


async def test_never_runs_twice_at_once(start_chat: StartChat) -> None:
    running = most = 0
    may_go_on = asyncio.Event()

    async def render(session_id: int | None) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await may_go_on.wait()
        running -= 1
        return "done"

    async with start_chat(gadgets(WidgetSpec("panel", "Waiting", render))) as chat:
        await chat.until(lambda: running, "it runs")
        for _ in range(20):
            await host_of(chat).bus.emit(PluginEvent(event_type="gadgets.changed"))
            await chat.pilot.pause()
        may_go_on.set()
        await chat.sees("done")
        assert most == 1


async def test_nothing_is_drawn_while_nothing_happens(start_chat: StartChat) -> None:
    spec, drawn = counter("panel")
    async with start_chat(gadgets(spec)) as chat:
        await chat.sees("drawn 1")
        drawings = chat.app.frame._widgets.drawings  # type: ignore[union-attr]
        await chat.until(lambda: drawings[0]._task.done(), "it rests")  # type: ignore[union-attr]
        assert drawn
        assert not drawings[0]._is_wanted


async def test_a_folded_sidebar_draws_when_it_is_seen(start_chat: StartChat) -> None:
    spec, drawn = counter("sidebar")
    async with start_chat(gadgets(spec)) as chat:
        await chat.until(lambda: chat.app.frame._widgets, "it is placed")
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        assert not drawn
        await chat.pilot.press("ctrl+b")
        await chat.sees("Counter", "drawn 1")


async def test_on_event_hears_of_everything_and_may_fail(start_chat: StartChat) -> None:
    heard: list[str] = []

    def on_event(event: HfsEvent) -> bool:
        heard.append(event.event_type)
        if event.event_type == "run.started":
            raise RuntimeError("boom")
        return False

    spec = WidgetSpec("panel", "Middle", lambda _: "here", on_event=on_event)
    async with start_chat(gadgets(spec)) as chat:
        await chat.sees("here")
        await chat.say("hello")
        await chat.until(lambda: "run.ended" in heard, "the end of the run")
        assert {"session.created", "message.added", "message.delta", "run.started"} <= set(heard)
        await chat.sees("boom", "Good day.")


async def test_keys_run_its_commands_while_it_has_the_focus(start_chat: StartChat) -> None:
    done = commands_plugin(greet=answers(Notice("greeted")))
    spec = WidgetSpec("panel", "Middle", lambda _: "here", keys=(("g", "greet"), ("escape", "greet")))
    async with start_chat(done, gadgets(spec), size=WIDE) as chat:
        await chat.sees("here")
        await chat.pilot.press("g")
        assert chat.written == "g"
        while not isinstance(chat.app.focused, Gadget):
            await chat.pilot.press("f6")
        await chat.sees("g /greet")
        await chat.pilot.press("escape")
        assert chat.app.focused is chat.app.views.composer
        assert "greeted" not in chat.text
        chat.app.query_one(Gadget).focus()
        await chat.pilot.press("g")
        await chat.sees("greeted")
        assert chat.written == "g"


async def test_control_characters_do_no_harm(start_chat: StartChat) -> None:
    bad = "a\x1b[2Jb\x00\u202ec [red"
    specs = [WidgetSpec(slot, bad, lambda _: bad) for slot in ("sidebar", "panel", "status")]  # type: ignore[arg-type]
    async with start_chat(gadgets(*specs), size=WIDE) as chat:
        await chat.sees("abc [red")
        assert "\x1b" not in chat.text
        assert "\u202e" not in chat.text


async def test_a_plugin_that_fails_to_declare_is_told(start_chat: StartChat) -> None:
    class Broken:
        @hookimpl
        def provide_widgets(self) -> list[WidgetSpec]:
            return [WidgetSpec("footer", "x", lambda _: "")]  # type: ignore[arg-type]

    async with start_chat(in_process("broken", Broken), size=(119, 30)) as chat:
        await chat.sees("plugin broken failed in provide_widgets: ValueError")
