"""A screen on which the person chooses from what a command lists, and does something with what is listed."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from textual import events
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from hfs_core.api import Action
from hfs_core.tui.keys import key_name
from hfs_core.tui.text import one_line

Choice = TypeVar("Choice")
Listing = TypeVar("Listing")

Act = Callable[[Action], Awaitable[Listing | None]]
"""Carries an action out and returns what is listed then, None if there is nothing left to choose from."""


class Chooser(ModalScreen[Choice | None], Generic[Choice, Listing]):
    """Carries out what a row or a point offers while it stays open: one action at a time.

    Dismissed with what was chosen, or with None.
    """

    AUTO_FOCUS = ""

    def __init__(self, act: Act[Listing] | None):
        super().__init__()
        self._act = act
        self._armed: Action | None = None
        self._acting: asyncio.Task[None] | None = None
        self._keys = Static(id="keys", markup=False)

    @abstractmethod
    async def show(self, listing: Listing) -> None:
        """Show what is listed now, the cursor where it was."""

    @abstractmethod
    def _told_keys(self) -> Sequence[tuple[str, str]]:
        """Return which keys there are, and what they do."""

    def _offer(self, action: Action) -> None:
        """Carry an action out; one that is to be confirmed, at its second key."""
        if self._act is None or self._acting is not None:
            return
        if action.confirm and self._armed != action:
            self._arm(action)
        else:
            self._arm(None)
            self._acting = asyncio.create_task(self._carry_out(self._act, action), name="hfs:tui:action")

    async def _carry_out(self, act: Act[Listing], action: Action) -> None:
        try:
            listing = await act(action)
            if self.is_attached and self.is_running:
                if listing is None:
                    self.dismiss(None)
                else:
                    await self.show(listing)
        finally:
            self._acting = None

    def _arm(self, action: Action | None) -> None:
        if action != self._armed:
            self._armed = action
            self._say_keys()

    def _say_keys(self) -> None:
        if self._armed is not None:
            text = f"{key_name(self._armed.key)} again: {one_line(self._armed.label)}"
            self._keys.update(Content.assemble((text, "$text-warning bold")))
            return
        parts = [Content.assemble((key, "$text-accent bold"), " ", label) for key, label in self._told_keys()]
        self._keys.update(Content("   ").join(parts))


def told(actions: Sequence[Action]) -> list[tuple[str, str]]:
    """Return the keys of actions, and what they do."""
    return [(key_name(action.key), one_line(action.label)) for action in actions]


def is_key(action: Action, event: events.Key) -> bool:
    """Tell whether a key is an action's."""
    return action.key in (event.key, event.character) if event.is_printable else action.key == event.key
