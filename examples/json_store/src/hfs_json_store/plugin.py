"""The plugin: it offers a store, which HFS uses where `config.yaml` says `store: json_store`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from hfs_core.api import PluginContext, StoreFactory, hookimpl

from .store import open_store


class Settings(BaseModel):
    """What can be set under `plugins.json_store`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    folder: Path | None = Field(None, description="where the files are; the plugin's own folder by default")


class JsonStorePlugin:
    """Keeps sessions in a folder of JSON files."""

    Settings = Settings

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Learn where the folder is."""
        chosen: Path | None = context.settings.folder
        self._folder = chosen.expanduser() if chosen else context.data_dir

    @hookimpl
    def provide_store(self) -> StoreFactory:
        """Offer the store; HFS enters what this returns once, when it starts."""
        return lambda: open_store(self._folder)
