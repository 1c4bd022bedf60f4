"""The plugin's section of the configuration."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What can be set under `plugins.sqlite_store`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: Path | None = Field(
        None, description="the database file; sessions.db in the folder of HFS by default"
    )
