"""Widgets that are declared, and drawn by the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    """A declared widget, which the core owns and draws.

    Attributes:
        render: returns the text to show, in Markdown for `sidebar` and `panel`, plain for `status`.
        on_event: told each event; returns True where the widget must be drawn again.
        keys: pairs of a key and the command line that it runs.
    """

    slot: Literal["sidebar", "status", "panel"]
    title: str
    render: Callable[[], str]
    on_event: Callable[..., bool] | None = None
    keys: tuple[tuple[str, str], ...] = ()
