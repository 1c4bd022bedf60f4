"""Formats that are imported when they are used: every chat starts with this plugin, and few of them export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import import_module

from hfs_core.api import ExportFormat, ImportFormat, Incoming, Note, Outgoing, SourcePart, Write


class LateExport:
    """A format to write.

    Args:
        name: what the format calls itself.
        place: its module and its class, with a colon.
    """

    def __init__(self, name: str, place: str):
        self.name = name
        self._place = place

    @cached_property
    def real(self) -> ExportFormat:
        """The format itself."""
        made: ExportFormat = _class(self._place)()
        return made

    @property
    def title(self) -> str:
        """See `ExportFormat.title`."""
        return self.real.title

    async def write(self, outgoing: Sequence[Outgoing], write: Write) -> int:
        """See `ExportFormat.write`."""
        return await self.real.write(outgoing, write)


class LateImport:
    """A format to read; see `LateExport`."""

    def __init__(self, name: str, place: str):
        self.name = name
        self._place = place

    @cached_property
    def real(self) -> ImportFormat:
        """The format itself."""
        made: ImportFormat = _class(self._place)()
        return made

    @property
    def title(self) -> str:
        """See `ImportFormat.title`."""
        return self.real.title

    def detects(self, head: bytes) -> bool:
        """See `ImportFormat.detects`."""
        return self.real.detects(head)

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """See `ImportFormat.read`."""
        return self.real.read(parts, note)


def _class(place: str) -> type:
    module, _, name = place.partition(":")
    found: type = getattr(import_module(f"hfs_export.{module}"), name)
    return found
