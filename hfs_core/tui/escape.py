"""Esc over the chat: stops what is under way; where nothing is, pressed twice, runs the command that has that key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hfs_core.tui.keys import ESCAPE_TWICE

if TYPE_CHECKING:
    from hfs_core.tui.framed import Framed

AGAIN_SECONDS = 1.5
"""Within which a second Esc belongs to the first."""


class Escape:
    """What Esc does once nothing that is open, and no mode of the composer, has taken it."""

    def __init__(self, app: Framed):
        self._app = app
        self._pressed_at = 0.0

    def press(self) -> None:
        """Stop what is under way and take back what is offered; else begin or end a double press."""
        app = self._app
        had_offers = app.views.toasts.withdraw()
        is_second = time.monotonic() - self._pressed_at < AGAIN_SECONDS
        self.forget()
        if app.sitting.interrupt() or had_offers or app.views.composer.text:
            return
        if not app.keys.has(ESCAPE_TWICE):
            return
        if is_second:
            app.action_run_command(ESCAPE_TWICE)
        else:
            self._pressed_at = time.monotonic()
            app.views.status.hint(f"Esc again: {app.keys.command(ESCAPE_TWICE)}", AGAIN_SECONDS)

    def forget(self) -> None:
        """Take the next Esc for a first one: what the person did meanwhile was something else."""
        if self._pressed_at:
            self._pressed_at = 0.0
            self._app.views.status.forget_hint()
