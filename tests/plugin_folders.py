"""Plugins that are folders, for tests."""

from __future__ import annotations

from pathlib import Path

MANIFEST = """
name: {name}
version: 1.0.0
description: Says hello
entry_point: "plugin:Plugin"
capabilities: [commands]
hooks: [provide_commands]
contributes: {{commands: [{{name: {name}, summary: Say hello}}]}}
"""

PLUGIN = """
from hfs_core.api import Command, CommandResult, Notice, hookimpl

from .words import HELLO


class Plugin:
    @hookimpl
    def provide_commands(self):
        return [Command("{name}", "Say hello", self.hello)]

    async def hello(self, invocation, who: str = "world"):
        return CommandResult((Notice(f"{{HELLO}} {{who}}"),))
"""


def drop(plugins: Path, name: str = "greet", **files: str) -> Path:
    """Put a plugin with a command of its name into a folder of plugins; further files by their names."""
    folder = plugins / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.yaml").write_text(MANIFEST.format(name=name))
    (folder / "plugin.py").write_text(PLUGIN.format(name=name))
    (folder / "words.py").write_text('HELLO = "hello"\n')
    for file, text in files.items():
        (folder / file).write_text(text)
    return folder
