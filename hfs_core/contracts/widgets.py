"""Widgets that are declared, and drawn by the core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    """A declared widget, which the core owns and draws.

    Attributes:
        render: given the id of the session that is shown, None before there is one, returns the text to show,
            in Markdown for `sidebar` and `panel`, plain for `status`; "" takes up no room.
        on_event: told each event; returns True where the widget must be drawn again. Without it, it is drawn
            again with every event but a delta; with or without, when another session is shown.
        keys: pairs of a key and the command line that it runs.
    """

    slot: Literal["sidebar", "status", "panel"]
    title: str
    render: Callable[[int | None], str | Awaitable[str]]
    on_event: Callable[..., bool] | None = None
    keys: tuple[tuple[str, str], ...] = ()
