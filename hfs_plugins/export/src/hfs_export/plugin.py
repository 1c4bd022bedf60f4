"""The plugin: which commands there are, and which formats it knows."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_core.api import EXPORT_FORMAT, IMPORT_FORMAT, STORE, Command, PluginContext, hookimpl
from hfs_export.exporting import Exporting
from hfs_export.formats.hfs_json import HfsJson
from hfs_export.formats.html import Page
from hfs_export.formats.jsonl import JsonLines
from hfs_export.formats.markdown import Markdown
from hfs_export.importing import Importing
from hfs_export.readers.chatgpt import ChatGptReader
from hfs_export.readers.claude import ClaudeReader
from hfs_export.readers.hfs_json import HfsJsonReader
from hfs_export.sweeping import sweep


class ExportPlugin:
    """Conversations that leave and come back whole."""

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Offer the formats."""
        self._context = context
        from hfs_core import __version__

        for each in (HfsJson(__version__), Markdown(), Page(), JsonLines()):
            context.services.provide(EXPORT_FORMAT, each)
        context.services.provide(IMPORT_FORMAT, HfsJsonReader())
        context.services.provide(IMPORT_FORMAT, ChatGptReader())
        context.services.provide(IMPORT_FORMAT, ClaudeReader())

    @hookimpl
    async def on_start(self, session_id: int) -> None:
        """Remove what an import that was killed has left behind."""
        store = await self._context.services.get(STORE)
        await sweep(store, self._context.paths.state)

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the commands."""
        return [
            Command("export", "Write a conversation to a file", Exporting(self._context).run),
            Command("import", "Bring conversations in from a file", Importing(self._context).run),
        ]
