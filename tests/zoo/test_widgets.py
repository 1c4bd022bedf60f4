"""Hostile widgets: the chat lives, other widgets are drawn, the culprit is named, the third failure ends it."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from hfs_core import widgets
from hfs_core.api import PluginState, RawWidget, WidgetSpec, hookimpl
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import in_process
from hfs_core.tui import guard, raw_gadget
from tests.tui.conftest import Chat, StartChat, host_of, start_chat, store
from tests.zoo.conftest import Capture

__all__ = ["start_chat", "store"]

WIDE = (130, 40)


class Boom(Exception):
    """What the beasts of this house raise."""


def boom(*_: object) -> Any:
    raise Boom("[red]boom[/] \x1b[31m")


class Well(Static):
    """A widget that means no harm, the base of those that do."""

    can_focus = True

    def render(self) -> Any:
        return "a widget of its own"


class Renders(Well):
    def render(self) -> Any:
        boom()


class RendersLine(Well):
    def render_line(self, y: int) -> Strip:
        return boom()  # type: ignore[no-any-return]


class RendersNonsense(Well):
    def render_lines(self, crop: Any) -> Any:
        return ["not", "strips"]


class Measures(Well):
    def get_content_height(self, *_: Any) -> int:
        return boom()  # type: ignore[no-any-return]


class Composes(Widget):
    def compose(self) -> ComposeResult:
        yield Static("first")
        boom()


class ComposesNonsense(Widget):
    def compose(self) -> Any:
        return 7


class ComposesBadChild(Vertical):
    def compose(self) -> ComposeResult:
        yield Renders()


class MountsLate(Well):
    async def on_mount(self) -> None:
        self.set_timer(0.01, self._grow)

    def _grow(self) -> None:
        self.mount(Renders())


class Mounts(Well):
    def on_mount(self) -> None:
        boom()


class Exits(Well):
    def on_mount(self) -> None:
        sys.exit(3)


class Interrupts(Well):
    def on_mount(self) -> None:
        raise KeyboardInterrupt


class Cancels(Well):
    async def on_mount(self) -> None:
        raise asyncio.CancelledError


class Times(Well):
    def on_mount(self) -> None:
        self.set_interval(0.01, boom)


class TimesOut(Well):
    def on_mount(self) -> None:
        self.set_timer(0.01, sys.exit)


class TimesExit(Well):
    def on_mount(self) -> None:
        self.set_interval(0.01, sys.exit)


class HearsTimer(Well):
    def on_mount(self) -> None:
        Timer(self, 0.01)._start()

    def on_timer(self, event: events.Timer) -> None:
        boom()


class Works(Well):
    @work
    async def _work(self) -> None:
        boom()

    def on_mount(self) -> None:
        self._work()


class WorksInThread(Well):
    @work(thread=True)
    def _work(self) -> None:
        boom()

    def on_mount(self) -> None:
        self._work()


class WorksExit(Well):
    def on_mount(self) -> None:
        async def leave() -> None:
            sys.exit(1)

        self.run_worker(leave())


class ThreadExits(Well):
    def on_mount(self) -> None:
        self.run_worker(sys.exit, thread=True)


class Begins(Well):
    def __init__(self) -> None:
        super().__init__()
        boom()


class BeginsBarely(Widget):
    def __init__(self) -> None:
        pass


class Watches(Well):
    number = reactive(0)

    def watch_number(self, number: int) -> None:
        if number:
            boom()

    def on_mount(self) -> None:
        self.number = 1


class WatchesLater(Well):
    number = reactive(0)

    async def watch_number(self, number: int) -> None:
        if number:
            boom()

    def on_mount(self) -> None:
        self.number = 1


class Resizes(Well):
    def on_resize(self) -> None:
        boom()


class ShownLate(Well):
    def on_show(self) -> None:
        self.call_after_refresh(boom)


class ShownLater(Well):
    def on_show(self) -> None:
        self.screen.call_after_refresh(self._late)

    def _late(self) -> None:
        boom()


class AppLater(Well):
    def on_show(self) -> None:
        self.app.call_later(self._late)

    def _late(self) -> None:
        boom()


class Idles(Well):
    def on_idle(self) -> None:
        boom()


class Styles(Well):
    """Its styles bring it to fail: what is looked up by CSS is its own."""

    @property
    def pseudo_classes(self) -> Any:
        return super().pseudo_classes

    def notify_style_update(self) -> None:
        boom()


class BreaksStyles(Well):
    DEFAULT_CSS = "BreaksStyles { colour: ; } } {"


class BreaksChildStyles(Vertical):
    def compose(self) -> ComposeResult:
        yield BreaksStyles()


class NotAWidget:
    """No widget at all."""


AT_ONCE: list[Callable[[], Any]] = [
    Renders,
    RendersLine,
    RendersNonsense,
    Measures,
    Composes,
    ComposesNonsense,
    ComposesBadChild,
    MountsLate,
    Mounts,
    Exits,
    Interrupts,
    Cancels,
    Times,
    TimesOut,
    TimesExit,
    HearsTimer,
    Works,
    WorksInThread,
    WorksExit,
    ThreadExits,
    Begins,
    BeginsBarely,
    Watches,
    WatchesLater,
    Resizes,
    ShownLate,
    ShownLater,
    AppLater,
    Idles,
    Styles,
    BreaksStyles,
    BreaksChildStyles,
    NotAWidget,
    boom,
]
"""Those that fail without being asked to."""


def plugin(*specs: Any, name: str = "beast", capabilities: tuple[str, ...] = ("ui", "ui.raw")) -> PluginInfo:
    """A plugin with these widgets."""

    class Widgets:
        @hookimpl
        def provide_widgets(self) -> list[Any]:
            return list(specs)

    return in_process(name, Widgets, capabilities=capabilities)


def raw(kind: Callable[[], Any], slot: Any = "panel", **rest: Any) -> PluginInfo:
    """A plugin with such a widget of Textual's."""
    return plugin(RawWidget(slot, "Beast", kind), **rest)


def friend() -> PluginInfo:
    """A plugin whose widgets do well."""
    return plugin(
        WidgetSpec("panel", "Friend", lambda _: "all is well"), RawWidget("panel", "", Well), name="friend"
    )


async def goes_on(chat: Chat) -> None:
    """Check that the person can chat, and see what others draw."""
    await chat.sees("all is well", "a widget of its own")
    await chat.say("hello")
    await chat.sees("Good day.", "ready", "all is well")
    assert chat.app.fault is None


async def test_all_that_fail_by_themselves_are_named_at_once(start_chat: StartChat) -> None:
    names = {f"zoo_{kind.__name__.lower()}": kind for kind in AT_ONCE}
    beasts = [raw(kind, name=name) for name, kind in names.items()]
    async with start_chat(friend(), *beasts, size=(130, 300)) as chat:  # all of them in view
        entries = host_of(chat).plugins.entries
        await chat.until(lambda: all(entries[name].details for name in names), "all are blamed")
        assert not [name for name in names if name not in entries[name].reason]
        await goes_on(chat)


@pytest.mark.slow
@pytest.mark.parametrize("kind", AT_ONCE, ids=lambda kind: kind.__name__)
async def test_what_fails_by_itself_is_named_and_away(start_chat: StartChat, kind: Callable[[], Any]) -> None:
    async with start_chat(raw(kind), friend(), size=WIDE) as chat:
        entry = host_of(chat).plugins.entries["beast"]
        await chat.until(lambda: entry.details, "it is blamed")
        assert entry.state in (PluginState.FAILING, PluginState.QUARANTINED)
        assert "beast" in entry.reason
        await goes_on(chat)
        if entry.state is PluginState.FAILING:
            await chat.sees("Beast", "plugin beast failed")
        assert "\x1b" not in chat.text


class Presses(Well):
    """Fails at the keys that a person presses, each in another place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "fail", "Fail"),
        Binding("e", "leave", "Leave"),
        Binding("escape,f1", "fail", "Fail", priority=True),
    ]

    def on_key(self, event: events.Key) -> None:
        if event.key in ("k", "escape"):
            boom()

    def key_m(self) -> None:
        boom()

    def action_fail(self) -> None:
        boom()

    async def action_leave(self) -> None:
        sys.exit(2)


async def focus(chat: Chat, kind: type[Widget]) -> None:
    """Go to a widget as a person does."""
    await chat.until(lambda: chat.app.query(kind), "it is there")
    while not isinstance(chat.app.focused, kind):
        await chat.pilot.press("f6")


@pytest.mark.parametrize(
    "key", [pytest.param("k", marks=pytest.mark.slow), pytest.param("m", marks=pytest.mark.slow), "b", "e"]
)
async def test_keys(start_chat: StartChat, key: str) -> None:
    async with start_chat(raw(Presses), friend(), size=WIDE) as chat:
        await focus(chat, Presses)
        await chat.pilot.press(key)
        await chat.sees("plugin beast failed in its widget 'Beast'")
        await chat.until(lambda: chat.app.focused is chat.app.views.composer, "the composer has the focus")
        await goes_on(chat)


@pytest.mark.parametrize("key", ["escape", "f6"])
async def test_the_keys_that_lead_out_of_a_widget_always_do(start_chat: StartChat, key: str) -> None:
    async with start_chat(raw(Presses), size=WIDE) as chat:
        await focus(chat, Presses)
        await chat.pilot.press(key, "a")
        await chat.until(lambda: chat.written == "a", "it is written in the composer")
        assert host_of(chat).plugins.entries["beast"].state == PluginState.ACTIVE


async def test_takes_no_focus(start_chat: StartChat) -> None:
    class Grabs(Input):
        def on_mount(self) -> None:
            self.focus()
            self.set_interval(0.01, self.focus)

    async with start_chat(raw(Grabs), friend(), size=WIDE) as chat:
        await chat.until(lambda: chat.app.query(Grabs), "it is there")
        await chat.pilot.press(*"hello")
        assert chat.written == "hello"


async def test_the_third_failure_quarantines_and_a_revival_brings_back(start_chat: StartChat) -> None:
    fails = True

    class Twice(Well):
        def on_mount(self) -> None:
            self.set_interval(0.01, self._tick)

        def _tick(self) -> None:
            if fails:
                boom()

    declared = WidgetSpec("panel", "Other", lambda _: "of the beast")
    status = WidgetSpec("status", "", lambda _: "beastly")
    async with start_chat(
        plugin(RawWidget("panel", "Beast", Twice), declared, status), friend(), size=WIDE
    ) as chat:
        entry = host_of(chat).plugins.entries["beast"]
        await chat.until(lambda: entry.state is PluginState.QUARANTINED, "it is quarantined")
        await chat.until(lambda: not chat.app.query(Twice), "it is away")
        await chat.until(lambda: "of the beast" not in chat.text and "beastly" not in chat.text, "all are")
        await goes_on(chat)
        fails = False
        await revive(chat)
        await chat.sees("of the beast", "beastly", "Beast")
        assert len(chat.app.query(Twice)) == 1


async def revive(chat: Chat) -> None:
    """Bring the beast back, as a person does who has mended it."""
    await host_of(chat).deciding.revive("beast")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["raises", "never ends", "ignores its end"])
@pytest.mark.parametrize("moment", ["on_unmount", "on_mount"])
async def test_one_that_does_not_end_keeps_nobody(
    start_chat: StartChat, ending: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (guard, raw_gadget):
        monkeypatch.setattr(module, "END_SECONDS", 0.05)
    may_end = asyncio.Event()

    async def handler(self: Widget) -> None:
        if ending == "raises":
            boom()
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                if ending == "never ends":
                    raise

    kind = type("Stays", (Well,), {moment: handler})
    async with start_chat(raw(kind), friend(), size=WIDE) as chat:
        await chat.until(lambda: chat.app.query(kind), "it is there")
        registry = host_of(chat).plugins
        registry.set_state("beast", PluginState.QUARANTINED, "the test says so")
        await chat.until(lambda: not chat.app.query(kind), "it is away")
        await goes_on(chat)
        may_end.set()


@pytest.mark.slow
async def test_what_is_huge_takes_its_share(start_chat: StartChat) -> None:
    class Huge(Well):
        def render(self) -> Any:
            return "\n".join(["a long line"] * 20_000)

    class High(Well):
        def render(self) -> Any:
            return "\n".join(["high"] * 5_000)

    many = WidgetSpec("panel", "Many", lambda _: "many words " * 200_000)
    async with start_chat(
        raw(Huge), raw(High, name="high"), plugin(many, name="many"), friend(), size=WIDE
    ) as chat:
        await chat.sees("it drew 239,999 characters", "Type a message")
        assert chat.app.query_one(High).size.height <= guard.HIGHEST
        await chat.say("hello")
        await chat.sees("Good day.", "ready")


async def test_one_that_does_not_say_how_high_it_is_is_as_high_as_what_it_draws(
    start_chat: StartChat,
) -> None:
    class Plain(Widget):
        def render(self) -> Any:
            return "one line\nand another"

    class Low(Plain):
        DEFAULT_CSS = "Low { height: 1; }"

    async with start_chat(raw(Plain), raw(Low, name="low"), size=WIDE) as chat:
        await chat.sees("one line", "and another")
        assert [chat.app.query_one(kind.__name__).size.height for kind in (Plain, Low)] == [2, 1]


def test_a_widget_of_textuals_where_a_function_is_wanted_says_where_it_goes() -> None:
    with pytest.raises(TypeError, match="Well is a widget of Textual's: it goes into a RawWidget"):
        WidgetSpec("panel", "Beast", Well)


async def test_without_the_capability_it_is_not_shown(start_chat: StartChat) -> None:
    beast = plugin(
        RawWidget("panel", "Beast", Well),
        WidgetSpec("panel", "Tame", lambda _: "drawn"),
        capabilities=("ui",),
    )
    async with start_chat(beast, size=WIDE) as chat:
        await chat.sees("Tame", "drawn", "does not list ui.raw")
        assert not chat.app.query(Well)


@pytest.mark.parametrize("slot", ["sidebar", "panel"])
async def test_a_good_one_lives_in_its_place(start_chat: StartChat, slot: Any) -> None:
    class Counts(Vertical):
        def compose(self) -> ComposeResult:
            yield Input(placeholder="a number")
            yield Static("nothing", id="sum")

        def on_input_changed(self, event: Input.Changed) -> None:
            self.query_one("#sum", Static).update(f"twice is {2 * int(event.value or 0)}")

    async with start_chat(raw(Counts, slot), size=WIDE) as chat:
        await chat.sees("Beast", "nothing")
        await focus(chat, Input)
        await chat.pilot.press(*"21")
        await chat.sees("twice is 42")
        await chat.pilot.press("escape", "x")
        assert chat.written == "x"


async def test_declared_ones_that_block(start_chat: StartChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widgets, "DRAW_SECONDS", 0.05)
    blocking = WidgetSpec("panel", "Blocks", lambda _: time.sleep(0.1) or "")
    numbers: Any = WidgetSpec("panel", "Numbers", lambda _: 7)  # type: ignore[arg-type,return-value]
    async with start_chat(
        plugin(blocking, name="blocks"), plugin(numbers, name="numbers"), friend(), size=WIDE
    ) as chat:
        await chat.sees("plugin blocks held everything up", "plugin numbers failed")
        await goes_on(chat)


ENDLESS = """
from textual.widgets import Static
from hfs_core.api import RawWidget

class Endless(Static):
    def render(self):
        return self.{where}()

    def end(self):
        while True:
            pass

    def draw(self):
        return "drawn"

    def on_show(self):
        self.set_timer(0.05, self.{then})

class Plugin:
    @hookimpl
    def provide_widgets(self):
        return [{spec}]
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm")
@pytest.mark.parametrize(
    ("where", "then", "spec"),
    [
        ("end", "draw", 'RawWidget("panel", "Beast", Endless)'),
        ("draw", "end", 'RawWidget("panel", "Beast", Endless)'),
        ("draw", "draw", 'WidgetSpec("panel", "Beast", lambda session_id: time.sleep(60))'),
    ],
)
async def test_one_without_end_is_broken_out_of(
    start_chat: StartChat, capture: Capture, where: str, then: str, spec: str
) -> None:
    source = ENDLESS.format(where=where, then=then, spec=spec)
    beast = capture("beast", source, "provide_widgets", attribute="Plugin")
    async with start_chat(beast, friend(), size=WIDE, environ={"HFS_HANG_SECONDS": "0.3"}) as chat:
        entry = host_of(chat).plugins.entries["beast"]
        await chat.until(lambda: entry.state is PluginState.QUARANTINED, "it is off")
        assert "beast_animal.py" in entry.details
        await goes_on(chat)
