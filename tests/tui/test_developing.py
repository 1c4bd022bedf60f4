"""A plugin that is being written, in the chat: what it shows is its newest version, and nothing keeps an old one."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Paths
from hfs_core.cli import developing
from hfs_core.cli.developing import DevKernel
from hfs_core.plugins.source import find_source
from hfs_core.tui.app import ChatApp
from hfs_core.tui.gadget import Gadget

MANIFEST = """
name: weather
version: 1.0
description: Tells the weather
entry_point: "plugin:Weather"
capabilities: [commands, ui]
hooks: [provide_commands, provide_widgets]
contributes: {commands: [{name: weather, summary: Tell the weather, key: f8}]}
"""
PLUGIN = """
from hfs_core.api import Command, CommandResult, Notice, WidgetSpec, hookimpl

class Weather:
    @hookimpl
    def provide_commands(self):
        return [Command("weather", "Tell the weather", self.tell)]
    @hookimpl
    def provide_widgets(self):
        return [WidgetSpec("status", "Sky", self.draw), WidgetSpec("panel", "Wind", self.draw)]
    def draw(self, session_id):
        return "version 00"
    async def tell(self, invocation) -> CommandResult:
        return CommandResult((Notice("version 00"),))
"""


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 # the screen tells nobody
            await asyncio.sleep(0.01)


async def test_no_version_outlives_the_next_one_on_the_screen(
    home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(developing, "POLL", 0.02)
    monkeypatch.setattr(developing, "CALM", 0.005)
    folder = tmp_path / "weather"
    folder.mkdir()
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "__init__.py").write_text("")
    (folder / "plugin.py").write_text(PLUGIN)
    app = ChatApp(lambda: DevKernel(home, find_source(str(folder), home)))
    classes: list[weakref.ref[Any]] = []
    async with app.run_test() as pilot:
        for number in range(8):
            version = f"version {number:02}"
            (folder / "plugin.py").write_text(PLUGIN.replace("version 00", version))
            await until(lambda version=version: version in app.views.status.segments)
            await until(lambda: len(app.query(Gadget)) == 1)
            await pilot.press("f8")
            await until(lambda version=version: version in shown(app))
            classes.append(weakref.ref(sys.modules["hfs_dir_plugins.weather.plugin"].Weather))
        await pilot.pause()
        gc.collect()
        alive = [number for number, kept in enumerate(classes) if kept() is not None]
        app.sitting.leave()
        await until(lambda: not app.is_running)
    assert alive == [7]


def shown(app: ChatApp) -> str:
    """All that the chat's transcript says."""
    return "\n".join(str(each.render()) for each in app.query("Answer Static"))
