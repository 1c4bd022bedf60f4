"""Writes a setting for good, and says whether it is in force."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hfs_core.api import JSON, Host


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of a setting that was written, or taken out.

    Attributes:
        overridden_by: the file or the variable that goes before it, "" if nothing does.
    """

    overridden_by: str = ""

    @property
    def but(self) -> str:
        """The rest of a sentence that tells of what goes before it; empty where nothing does."""
        return f", but {self.overridden_by} goes before it" if self.overridden_by else ""


async def remember(host: Host, key: str, value: JSON) -> Remembered:
    """Write a setting into the person's settings; raises ConfigError, which names the values that are allowed."""
    await asyncio.to_thread(host.settings.write, key, value)
    return _remembered(host, key)


async def forget(host: Host, key: str) -> Remembered | None:
    """Take a setting out of the person's settings; None if it was not there. Raises ConfigError."""
    is_there = await asyncio.to_thread(host.settings.unset, key)
    return _remembered(host, key) if is_there else None


def _remembered(host: Host, key: str) -> Remembered:
    written = ".".join(key.split(".")[:3])  # sources know a plugin's settings, not what is inside of one
    source = host.settings.current.sources.get(written, "")
    return Remembered("" if source in ("", str(host.paths.config)) else source)
