"""How the screen looks and which keys it has, in line with the settings while they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from hfs_core import api

if TYPE_CHECKING:
    from hfs_core.api import JSON, Host, UserConfig
    from hfs_core.tui.app import ChatApp
    from hfs_core.tui.opening import Opening

MODES = ("compact", "verbose")
"""How much is shown beside the words."""


class Appearance:
    """Applies the settings `theme`, `output_mode` and `keybinding_mode`, and changes the second for good."""

    def __init__(self, app: ChatApp, opening: Opening):
        self._app = app
        self._applied = {
            "theme": opening.theme,
            "output_mode": opening.output_mode,
            "keybinding_mode": opening.keybinding_mode,
        }
        self._apply: dict[str, Callable[[str], None]] = {
            "theme": self._use_theme,
            "output_mode": self.show_as,
            "keybinding_mode": self._use_keys,
        }
        self._shown_as = opening.output_mode
        self._to_write: dict[str, JSON] = {}
        self._writing: asyncio.Task[None] | None = None

    def apply_first(self) -> None:
        """Look as the settings said when HFS was called, before the first paint."""
        self.show_as(self._applied["output_mode"])
        self._use_keys(self._applied["keybinding_mode"])

    def follow(self, config: UserConfig) -> None:
        """Take over the settings that are others than they were; what the person chose since then stays."""
        for name, apply in self._apply.items():
            value = getattr(config, name)
            if value != self._applied[name]:
                self._applied[name] = value
                apply(value)

    def show_as(self, mode: str) -> None:
        """Show as much beside the words as this mode says."""
        self._shown_as = mode
        screen = self._app.screen_stack[0]
        for each in MODES:
            screen.set_class(each == mode, f"-{each}")

    def toggle_output_mode(self, host: Host | None) -> str:
        """Show more, or less, from now on and for good; returns the mode."""
        mode = MODES[1] if self._shown_as == MODES[0] else MODES[0]
        self.show_as(mode)
        if host is not None:
            self._to_write["output_mode"] = mode
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write(host), name="hfs:tui:setting")
        return mode

    async def settle(self) -> None:
        """Return once what was chosen is written."""
        if self._writing is not None:
            await self._writing

    async def _write(self, host: Host) -> None:
        """Write what was chosen, the last choice last; elsewhere than on the event loop, which a disk may stall."""
        while self._to_write:
            key, value = self._to_write.popitem()
            try:
                await asyncio.to_thread(host.settings.write, key, value)
            except api.ConfigError as error:
                self._app.hint(f"not remembered: {error}")

    def _use_theme(self, name: str) -> None:
        self._app.theme = name

    def _use_keys(self, mode: str) -> None:
        self._app.views.composer.set_key_mode(mode)
