"""The line above a message: who says it, when, and what it cost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.api import Message

SIGNS = {
    "user": ("❯", "$text-primary"),
    "assistant": ("●", "$text-accent"),
    "system": ("◆", "$text-secondary"),
}
"""What stands before a message of each role, and its colour: all of the line that `compact` shows."""


class Header(Static):
    """Who says a message and when; for a reply also its tokens and seconds, where they are known."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Header { height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    .-compact Header { dock: left; width: 2; text-overflow: clip; }
    """

    def __init__(self, role: str, content: Content):
        super().__init__(content, classes=role, markup=False)


def header_of(message: Message) -> Content:
    """Return the line of a kept message."""
    return _line(message.role, _speaker(message), message.created_at, *_costs(message))


def early_header(role: str, model: str = "") -> Content:
    """Return the line of a message that is being said: a reply of this model, or the person's."""
    return _line(role, _name(role, model), datetime.now().astimezone())


def _line(role: str, speaker: str, at: datetime, *costs: str) -> Content:
    sign, colour = SIGNS.get(role, SIGNS["system"])
    rest = " · ".join((_moment(at), *costs))
    return Content.assemble((f"{sign} {speaker}", f"bold {colour}"), f"  {rest}")


def _speaker(message: Message) -> str:
    name = _name(message.role, str(message.metadata.get("model") or ""))
    agent = message.metadata.get("agent")
    return f"{one_line(agent)} · {name}" if isinstance(agent, str) and agent else name


def _name(role: str, model: str) -> str:
    if role == "assistant":
        return one_line(model) or "Assistant"
    return "You" if role == "user" else one_line(role).capitalize()


def _moment(at: datetime) -> str:
    try:
        local = at.astimezone()
    except (OverflowError, ValueError):
        local = at  # at the ends of the calendar another time zone has no such day
    is_today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M}" if is_today else f"{local:%Y-%m-%d %H:%M}"


def _costs(message: Message) -> list[str]:
    """Return the tokens and seconds of a reply; what is not kept with it, or not as a number, is left out."""
    usage, duration = message.metadata.get("usage"), message.metadata.get("duration_ms")
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    costs = [f"{tokens:,} tokens"] if isinstance(tokens, int) else []
    if isinstance(duration, (int, float)):
        costs.append(f"{duration / 1000:.1f} s")
    return costs
