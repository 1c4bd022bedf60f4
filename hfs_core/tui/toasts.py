"""Sentences that come and go over the screen: what failed, and what can be done about what was just done."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING, Any, Literal, cast

from rich.cells import cell_len
from textual.binding import Binding
from textual.content import Content
from textual.notifications import Notification, Notify
from textual.style import Style
from textual.widget import Widget
from textual.widgets._toast import Toast

from hfs_core.tui.text import drawable, one_line

if TYPE_CHECKING:
    from textual.app import App

    from hfs_core.api import Action, Notice

SECONDS = 10.0
"""How long a failure stays, and how long an offer holds."""

SHARE, WIDEST = 0.4, 60
"""How much of the screen's height toasts may take, and how many columns; the styles of the app say the same."""

KEYS = frozenset(ascii_lowercase + digits)
"""The keys that an offer can have, each with Alt: alone they are letters that somebody types."""

OFFER_BINDINGS = [
    Binding(f"alt+{key}", f"take_offer('{key}')", priority=True, show=False) for key in sorted(KEYS)
]
"""For the app: they come before all other keys, and are theirs only while something is offered by them."""

_SEVERITIES: dict[str, Literal["information", "warning", "error"]] = {
    "info": "information",
    "warning": "warning",
    "error": "error",
}


@dataclass(slots=True, eq=False)
class Offer:
    """An action that can be taken for a while."""

    action: Action
    run: Callable[[str], None]
    toast: Notification
    is_armed: bool = False


class Toasts:
    """Shows them, on whatever screen the person is."""

    def __init__(self, app: App[Any]):
        self._app = app
        self._told: set[tuple[str, str]] = set()
        self._offers: list[Offer] = []
        self._shown: list[Notification] = []

    def fail(self, plugin: str, text: str, severity: Literal["warning", "error"] = "error") -> None:
        """Say that something of a plugin failed, of each distinct failure once."""
        if (plugin, text) not in self._told:
            self._told.add((plugin, text))
            self._show(Notification(drawable(text), one_line(plugin), severity, SECONDS))

    def say(self, notice: Notice, run: Callable[[str], None]) -> None:
        """Say something, and offer what can be done about it; `run` gets the command line that is taken."""
        text = Content(drawable(notice.text))
        actions = [action for action in notice.actions if action.key]
        for action in actions:
            text = text.append(Content("\n") + _label(action))
        timeout = SECONDS if actions else self._app.NOTIFICATION_TIMEOUT
        # A notification takes markup or `Content`, which is not parsed, though its type says that it is a string.
        toast = Notification(
            cast(str, text), severity=_SEVERITIES[notice.level], timeout=timeout, markup=True
        )
        self._offers += [Offer(action, run, toast) for action in actions]
        self._show(toast)

    def offers(self, key: str) -> bool:
        """Tell whether there is something to be taken by Alt and this key."""
        return self._offer(key) is not None

    def take(self, key: str) -> None:
        """Take what was offered last by a key; what is to be confirmed, at the second time."""
        offer = self._offer(key)
        if offer is None:
            return
        if offer.action.confirm and not offer.is_armed:
            offer.is_armed = True
            again = f"Alt+{key.upper()} again: {one_line(offer.action.label)}"
            self._show(Notification(again, severity="warning", timeout=offer.toast.time_left))
            return
        self._drop(offer.toast)
        offer.run(offer.action.command.removeprefix("/"))

    def withdraw(self) -> bool:
        """Offer nothing any more; tell whether something was offered."""
        offers = list(self._offers)
        for offer in offers:
            self._drop(offer.toast)
        return any(not offer.toast.has_expired for offer in offers)

    def _show(self, toast: Notification) -> None:
        self._shown = [*(other for other in self._shown if not other.has_expired), toast]
        self.fit(*self._app.size)
        self._app.post_message(Notify(toast))

    def fit(self, width: int, height: int) -> None:
        """Take the oldest away where there is no room for all."""
        while len(self._shown) > 1 and sum(_lines(other, width) for other in self._shown) > height * SHARE:
            self._drop(self._shown[0])

    def _offer(self, key: str) -> Offer | None:
        now = time.time()
        self._offers = [offer for offer in self._offers if offer.toast.raised_at + offer.toast.timeout > now]
        return next((offer for offer in reversed(self._offers) if offer.action.key == key), None)

    def _drop(self, toast: Notification) -> None:
        self._offers = [offer for offer in self._offers if offer.toast is not toast]
        self._shown = [other for other in self._shown if other is not toast]
        self._app._unnotify(toast, refresh=False)  # Textual offers to take away all or none
        for screen in self._app.screen_stack:
            for widget in screen.query(Toast):
                if widget._notification is toast and isinstance(widget.parent, Widget):
                    widget.parent.remove()  # its holder: an empty one would take the place of others


def _label(action: Action) -> Content:
    """Return an action's key and label; a click on them takes it, too."""
    key = f"Alt+{action.key.upper()} " if action.key in KEYS else ""
    text = f"{key}{one_line(action.label)}"
    click = Style(underline=True, bold=True) + Style.from_meta({"@click": f"app.take_offer({action.key!r})"})
    return Content(text).stylize(click)


def _lines(toast: Notification, width: int) -> int:
    """Return about how many lines a toast takes."""
    room = max(min(width, WIDEST) - 3, 1)
    texts = [*([toast.title] if toast.title else []), *str(toast.message).split("\n")]
    return sum(max(math.ceil(cell_len(text) / room), 1) for text in texts)
