"""Keeps what a plugin's own widgets raise from the rest of the screen.

Textual ends the app for any error in any widget. So the widgets of a plugin, and all that they mount, are given a
class that stands before theirs wherever the screen calls them.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, cast

from rich.text import Text
from textual import events
from textual.content import Content
from textual.css.stylesheet import Stylesheet
from textual.strip import Strip
from textual.widget import Widget

from hfs_core.tui.gadget import KEPT_KEYS

if TYPE_CHECKING:
    from textual.app import App
    from textual.geometry import Region
    from textual.message import Message

END_SECONDS = 1.0
"""How long a widget may take to end."""

HIGHEST = 1_000
"""Lines that a widget may ask for."""

LONGEST = 100_000
"""Characters that a widget may draw: laying out more would stall the screen."""


class Keeper(Protocol):
    """Whoever is told of a plugin's widgets."""

    @property
    def has_failed(self) -> bool:
        """Tell whether they are off the screen, so that they need not be drawn."""

    @property
    def may_focus(self) -> bool:
        """Tell whether they may move the focus: it is among them already."""

    def acting(self) -> AbstractContextManager[None]:
        """Let what runs inside count as the plugin's."""

    def fail(self, error: BaseException) -> None:
        """Hear of what one of them raised."""

    def post_message(self, message: Message) -> bool:
        """Take a message in their place."""


if TYPE_CHECKING:
    _Guarded = Widget
else:
    _Guarded = object


class Guard(_Guarded):
    """Stands before a plugin's class of widgets.

    Later messages are not dropped after a failure: mounting and removing wait for them.
    """

    _keeper: Keeper

    async def _dispatch_message(self, message: Message) -> None:
        await self._contained(super()._dispatch_message, message, is_last=isinstance(message, events.Unmount))

    async def _process_messages(self) -> None:
        try:
            await super()._process_messages()
        except (SystemExit, KeyboardInterrupt) as error:  # these would go through the loop itself
            self._keeper.fail(error)

    def _forward_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and event.key in KEPT_KEYS:
            event._set_forwarded()
            self._keeper.post_message(event)
        else:
            super()._forward_event(event)

    def focus(self, scroll_visible: bool = True) -> Any:
        """Take the focus only from another widget of the same plugin: typing is the person's."""
        return super().focus(scroll_visible) if self._keeper.may_focus else self

    def call_next(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a function after the message under way."""
        super().call_next(self._guarded(callback), *args, **kwargs)

    def call_after_refresh(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Call a function after the next refresh; here, as the screen would wait for it."""
        call = functools.partial(callback, *args, **kwargs)
        return super().call_after_refresh(super().call_next, self._guarded(call))

    def set_interval(self, interval: float, callback: Any = None, **options: Any) -> Any:
        """Call a function again and again."""
        guarded = None if callback is None else self._guarded(callback)
        return super().set_interval(interval, guarded, **options)

    def run_worker(self, work: Any, *args: Any, **options: Any) -> Any:
        """Run something in the background that cannot end HFS."""
        return super().run_worker(_no_exit(self._keeper, work), *args, **options)

    def render(self) -> Any:
        """Return what is drawn, if it is not too much."""
        drawn = super().render()
        if isinstance(drawn, str | Content | Text) and len(drawn) > LONGEST:
            raise ValueError(f"it drew {len(drawn):,} characters, and {LONGEST:,} are the most")
        return drawn

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines; empty ones where the widget fails."""
        lines = self._kept(super().render_lines, None, crop)
        if isinstance(lines, list) and all(isinstance(line, Strip) for line in lines):
            return lines
        if lines is not None:
            self._keeper.fail(TypeError("it drew no list of strips"))
        return [Strip.blank(crop.width)] * crop.height

    def render_line(self, y: int) -> Strip:
        """Draw a line; an empty one where the widget fails."""
        return cast(Strip, self._kept(super().render_line, Strip.blank(self.size.width), y))

    def get_content_height(self, *sizes: Any) -> int:
        """Return the height that the widget asks for."""
        return min(int(self._kept(super().get_content_height, 0, *sizes)), HIGHEST)

    def act(self, dispatch: Callable[..., Any], action: str, params: Any) -> bool:
        """Do what a key is bound to; here, as the whole app would wait for it."""
        if not any(callable(getattr(self, f"{prefix}action_{action}", None)) for prefix in ("_", "")):
            return False
        self.call_next(dispatch, self, action, params)
        return True

    async def _contained(
        self, function: Callable[..., Any], *args: Any, is_last: bool = False, **kwargs: Any
    ) -> Any:
        """Await the plugin's code; what it raises is told, but a cancellation from outside."""
        try:
            with self._keeper.acting():
                async with asyncio.timeout(END_SECONDS if is_last else None):
                    answer = function(*args, **kwargs)
                    return await answer if inspect.isawaitable(answer) else answer
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._keeper.fail(error)
        except BaseException as error:  # noqa: BLE001 # a plugin's widget may raise anything
            self._keeper.fail(error)
        return None

    def _guarded(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._contained(callback, *args, **kwargs)

        return call

    def _kept(self, function: Callable[..., Any], instead: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the plugin's code from where the screen is drawn; not again once it has failed."""
        if self._keeper.has_failed:
            return instead
        try:
            with self._keeper.acting():
                return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 # a plugin's widget may raise anything
            self._keeper.fail(error)
            return instead


def _standing_before(name: str, instead: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Guard, *args: Any, **kwargs: Any) -> Any:
        return self._kept(getattr(super(Guard, self), name), instead(*args), *args, **kwargs)

    method.__name__ = name
    return method


for _name, _instead in {
    "get_content_width": lambda *_: 0,
    "process_layout": lambda placements: placements,
    "pre_layout": lambda *_: None,
    "check_action": lambda *_: False,
    "check_consume_key": lambda *_: False,
    "notify_style_update": lambda *_: None,
    "selection_updated": lambda *_: None,
    "get_selection": lambda *_: None,
    "_size_updated": lambda *_: False,
}.items():
    setattr(Guard, _name, _standing_before(_name, _instead))


def guard(widget: Widget, keeper: Keeper, app: App[Any]) -> None:
    """Put a guard before a widget that is not mounted yet.

    Raises:
        Exception: its styles cannot be read, or its class cannot be stood before.
    """
    if isinstance(widget, Guard):
        return
    check_styles(widget, app)
    kind = _guarded_class(type(widget))
    widget.__class__ = kind
    cast(Guard, widget)._keeper = keeper
    for key in KEPT_KEYS & widget._bindings.key_to_bindings.keys():
        del widget._bindings.key_to_bindings[key]


def check_styles(widget: Widget, app: App[Any]) -> None:
    """Raise for styles that cannot be read, before they are among those of the whole screen."""
    sheet = Stylesheet(variables=app.get_css_variables())
    for place, css, tie_breaker, scope in widget._get_default_css():
        sheet.add_source(css, read_from=place, is_default_css=True, tie_breaker=tie_breaker, scope=scope)
    sheet.parse()


def keeper_of(node: Any) -> Keeper | None:
    """Return the keeper of a widget of a plugin; None for HFS' own."""
    return node._keeper if isinstance(node, Guard) else None


def is_asking() -> bool:
    """Tell whether a plugin's widget is among those who have called."""
    frame = sys._getframe(1).f_back
    while frame is not None and not issubclass(type(frame.f_locals.get("self")), Guard):
        frame = frame.f_back
    return frame is not None


def owners(error: BaseException) -> Iterator[Keeper]:
    """Go through the keepers of the widgets in whose methods an error arose, the innermost first."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    for frame in reversed(frames):
        own = frame.f_locals.get("self")
        if issubclass(type(own), Guard):  # not isinstance: the local variable is a stranger's
            yield cast(Guard, own)._keeper


@functools.cache
def _guarded_class(kind: type[Widget]) -> type[Widget]:
    derive: Callable[..., type[Widget]] = type(kind)  # a plugin's class may have a metaclass of its own
    return derive(kind.__name__, (Guard, kind), {"__module__": kind.__module__})


def _no_exit(keeper: Keeper, work: Any) -> Any:
    """Return work that does the same, but in which nobody can end HFS."""
    if inspect.iscoroutinefunction(work) or inspect.iscoroutinefunction(getattr(work, "func", None)):

        @functools.wraps(getattr(work, "func", work))
        async def awaited() -> Any:
            try:
                with keeper.acting():
                    return await work()
            except (SystemExit, KeyboardInterrupt) as error:
                keeper.fail(error)

        return awaited
    if inspect.isawaitable(work):

        async def waiting() -> Any:
            try:
                with keeper.acting():
                    return await work
            except (SystemExit, KeyboardInterrupt) as error:
                keeper.fail(error)

        return waiting()
    if callable(work):

        @functools.wraps(getattr(work, "func", work))
        def called() -> Any:
            try:
                with keeper.acting():
                    return work()
            except (SystemExit, KeyboardInterrupt) as error:
                keeper.fail(error)
                return None

        return called
    return work
