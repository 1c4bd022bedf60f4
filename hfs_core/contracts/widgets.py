"""Widgets: declared and drawn by the core, or Textual's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

SLOTS = ("sidebar", "status", "panel")
"""Where a widget may be drawn."""

RAW_SLOTS = ("sidebar", "panel")
"""Where one of Textual's widgets may be put: the status line is one line of text."""


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    """A declared widget, which the core owns and draws.

    Attributes:
        render: given the id of the session that is shown, None before there is one, returns the text to show,
            in Markdown for `sidebar` and `panel`, one plain line for `status`; "" takes up no room. One that
            waits must be a coroutine: it has two seconds, and never runs twice at once.
        on_event: told each event; returns True where the widget must be drawn again. Without it, it is drawn
            again with every event but a delta; with or without, when another session is shown.
        keys: pairs of a key and the command line, without its slash, that it runs while the widget has the focus.

    Raises:
        ValueError, TypeError: a slot that there is not, or a part that is not what it must be.
    """

    slot: Literal["sidebar", "status", "panel"]
    title: str
    render: Callable[[int | None], str | Awaitable[str]]
    on_event: Callable[..., bool] | None = None
    keys: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.slot not in SLOTS:
            raise ValueError(f"a widget goes into one of {', '.join(SLOTS)}, not {self.slot!r}")
        if not isinstance(self.title, str) or not callable(self.render):
            raise TypeError("a widget has a title, and a function that gives its text")
        if isinstance(self.render, type) and hasattr(self.render, "DEFAULT_CSS"):
            raise TypeError(f"{self.render.__name__} is a widget of Textual's: it goes into a RawWidget")
        if not all(isinstance(word, str) for pair in self.keys for word in pair) or any(
            len(pair) != 2 for pair in self.keys
        ):
            raise TypeError("a widget's keys are pairs of a key and a command line")


@dataclass(frozen=True, slots=True)
class RawWidget:
    """A widget of Textual's that the plugin draws itself; for plugins that may `ui.raw`.

    It is mounted guarded: whatever its code raises is blamed on the plugin and takes it off the screen, not the
    chat. It cannot take the focus by itself, and never gets the keys that lead out of it, such as Esc, F6 and
    Ctrl+C. It mounts widgets in itself only, and opens no screens.

    Attributes:
        widget: a class of widgets, or a function that makes one; called without arguments, again after a reload.

    Raises:
        ValueError, TypeError: a slot that there is not, or a part that is not what it must be.
    """

    slot: Literal["sidebar", "panel"]
    title: str
    widget: Callable[[], Any]

    def __post_init__(self) -> None:
        if self.slot not in RAW_SLOTS:
            raise ValueError(f"a raw widget goes into one of {', '.join(RAW_SLOTS)}, not {self.slot!r}")
        if not isinstance(self.title, str) or not callable(self.widget):
            raise TypeError("a raw widget has a title, and a class or a function that makes it")
