"""The chat under Textual's pilot, as a person sees and uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.pilot import Pilot

from hfs_core.testing.scripted_model import ScriptedModel
from hfs_core.tui.app import ChatApp, Opening

if TYPE_CHECKING:
    from hfs_core.testing.headless import HeadlessHfs

PATIENCE = 10.0
"""Seconds after which a condition is not coming true any more."""


@dataclass
class Screen:
    """The app on a screen of its own."""

    app: ChatApp
    pilot: Pilot[None]
    model: ScriptedModel

    @property
    def screen(self) -> list[str]:
        """The lines of the screen."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """All that is on the screen."""
        return "\n".join(self.screen)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Return once the condition holds."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():  # noqa: ASYNC110 # a screen has no event to wait for
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"never: {what}\n{self.text}") from None

    async def sees(self, *texts: str) -> None:
        """Return once all of these are on the screen."""
        await self.until(lambda: all(text in self.text for text in texts), f"{texts} on the screen")

    async def ready(self) -> None:
        """Return once nothing is under way."""
        await self.sees("ready")

    async def press(self, *keys: str) -> None:
        """Press keys, by Textual's names: `ctrl+p`, `enter`, `a`."""
        await self.pilot.press(*keys)

    async def say(self, text: str) -> None:
        """Write a text, a message or a `/command`, and send it."""
        self.app.views.composer.insert(text)
        await self.pilot.press("enter")


@asynccontextmanager
async def open_screen(hfs: HeadlessHfs, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Screen]:
    """Start the chat with the plugins of a test, in the session where it is."""
    resume = None if hfs.session_id is None else str(hfs.session_id)
    app = ChatApp(hfs.new_kernel, Opening(resume=resume))
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = Screen(app, pilot, hfs.model)
        await screen.ready()
        yield screen
    if app.fault is not None:
        raise app.fault
