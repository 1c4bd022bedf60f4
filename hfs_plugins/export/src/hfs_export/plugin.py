"""The plugin: which commands there are, and which formats it knows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from hfs_core.api import (
    EXPORT_FORMAT,
    IMPORT_FORMAT,
    STORE,
    Command,
    PluginContext,
    StoreUnavailable,
    hookimpl,
)
from hfs_export.late import LateExport, LateImport
from hfs_export.sweeping import sweep

WRITTEN = {
    "json": "formats.hfs_json:HfsJson",
    "md": "formats.markdown:Markdown",
    "html": "formats.html:Page",
    "jsonl": "formats.jsonl:JsonLines",
}
"""Formats to write, by their names."""

READ = {
    "json": "readers.hfs_json:HfsJsonReader",
    "chatgpt": "readers.chatgpt:ChatGptReader",
    "claude": "readers.claude:ClaudeReader",
    "openai": "readers.openai:OpenAIReader",
    "sharegpt": "readers.sharegpt:ShareGptReader",
    "llm": "readers.llm_logs:LlmLogsReader",
}
"""Formats to read, by their names; the first that knows a file again reads it."""


class ExportPlugin:
    """Conversations that leave and come back whole. It is there from the start on, so it imports little."""

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Offer the formats."""
        self._context = context
        for name, place in WRITTEN.items():
            context.services.provide(EXPORT_FORMAT, LateExport(name, place))
        for name, place in READ.items():
            context.services.provide(IMPORT_FORMAT, LateImport(name, place))

    @hookimpl
    async def on_start(self, session_id: int) -> None:
        """Remove what an import that was killed has left behind."""
        with suppress(StoreUnavailable):  # what is left behind is not seen, and goes with another start
            await sweep(await self._context.services.get(STORE), self._context.paths.state)

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the commands."""
        from hfs_export.exporting import Exporting
        from hfs_export.importing import Importing

        return [
            Exporting(self._context).command(),
            Importing(self._context).command(),
        ]
