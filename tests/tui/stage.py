"""The composer alone on a screen: what it does by itself needs no kernel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from textual.app import App
from textual.events import Paste
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.testing.screen import PATIENCE
from hfs_core.tui.composer import Composer


class Stage(App[None]):
    """An app of a composer at the bottom of the screen, which takes note of what is sent and of what goes past it."""

    ENABLE_COMMAND_PALETTE = False
    CSS = ".rest { height: 1fr; }"
    BINDINGS = [("escape", "note('escape')"), ("ctrl+y", "note('ctrl+y')"), ("alt+c", "note('alt+c')")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.composer = Composer()
        self.sent: list[str] = []
        self.noted: list[str] = []

    def compose(self) -> Iterator[Widget]:
        yield Static(classes="rest")
        yield self.composer

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        self.sent.append(event.text)

    def action_note(self, key: str) -> None:
        self.noted.append(key)

    def action_stop(self) -> None:
        self.noted.append("stop")

    def action_palette(self) -> None:
        self.noted.append("palette")


class Writing:
    """Someone who writes."""

    def __init__(self, app: Stage, pilot: Pilot[None]):
        self.app = app
        self.composer = app.composer
        self._pilot = pilot

    async def keys(self, *keys: str) -> str:
        """Press keys, each named, or typed letter by letter after a space; return what is written then."""
        for key in keys:
            await self._pilot.press(*(key[1:] if key.startswith(" ") and len(key) > 1 else [key]))
        return self.composer.text

    async def paste(self, text: str) -> str:
        """Paste a text as a terminal does."""
        self.app.post_message(Paste(text))
        await self._pilot.pause()
        return self.composer.text

    async def resize(self, width: int, height: int) -> None:
        """Give the terminal another size."""
        await self._pilot.resize_terminal(width, height)
        await self._pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once the condition holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 # a screen has no event to wait for
                await asyncio.sleep(0.01)

    @property
    def cursor(self) -> tuple[int, int]:
        """The row and the column of the cursor."""
        return self.composer.cursor_location

    @property
    def screen(self) -> list[str]:
        """The lines of the screen."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """All that is on the screen."""
        return "\n".join(self.screen)


@asynccontextmanager
async def writing(
    mode: str = "standard", text: str = "", *, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Writing]:
    """Show a composer in a key mode, with a text and the cursor at its end."""
    app = Stage()
    async with app.run_test(size=size) as pilot:
        if text:
            app.composer.write(text)
        app.composer.set_key_mode(mode)
        yield Writing(app, pilot)
