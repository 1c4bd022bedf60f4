"""The plugin: it offers a format to write and a format to read, and has no command of its own."""

from __future__ import annotations

from hfs_core.api import EXPORT_FORMAT, IMPORT_FORMAT, PluginContext, hookimpl
from hfs_org_format.reading import OrgReader
from hfs_org_format.writing import OrgWriter


class OrgPlugin:
    """Conversations as Org files."""

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Offer both; they are taken back when the plugin is unloaded."""
        context.services.provide(EXPORT_FORMAT, OrgWriter())
        context.services.provide(IMPORT_FORMAT, OrgReader())
