"""The formats that there are to import from: the plugin's own, and those of other plugins, which are foreign code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from hfs_core.api import (
    IMPORT_FORMAT,
    Completer,
    Completion,
    Draft,
    HfsError,
    ImportFormat,
    Incoming,
    Invocation,
    Note,
    PluginContext,
    SourcePart,
)
from hfs_export.known_formats import fault_of, maker_of
from hfs_export.late import LateImport

T = TypeVar("T")


class ForeignReader:
    """A format of another plugin: whatever goes wrong in it is told in one sentence, with its name."""

    def __init__(self, provider: ImportFormat):
        self._provider = provider
        self._who = f"the format {provider.name} of {maker_of(provider)}"
        self.name = provider.name
        self.title = provider.title

    def detects(self, head: bytes) -> bool:
        """See `ImportFormat.detects`; one that fails knows no file."""
        try:
            return bool(self._provider.detects(head))
        except (Exception, SystemExit):  # noqa: BLE001 # foreign code; the next format is asked
            return False

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """See `ImportFormat.read`."""
        for incoming in self._guarded(lambda: self._provider.read(parts, note), Incoming):
            yield replace(incoming, messages=self._drafts(incoming))

    def _drafts(self, incoming: Incoming) -> Iterator[Draft]:
        return self._guarded(lambda: incoming.messages, Draft)

    def _guarded(self, items: Callable[[], Iterable[T]], kind: type[T]) -> Iterator[T]:
        try:
            for item in items():
                if not isinstance(item, kind):
                    raise TypeError(f"{type(item).__name__} came where {kind.__name__} belongs")
                yield item
        except (
            HfsError,
            OSError,
            ValueError,
        ):  # what the contract lets it raise: its text says what is wrong
            raise
        except (Exception, SystemExit) as error:
            raise ValueError(f"{self._who} failed: {type(error).__name__}: {error}") from error


async def known_readers(context: PluginContext) -> Sequence[ImportFormat]:
    """Ask all plugins for their formats: other plugins' first, for HFS' own take all there is of some kind.

    A name keeps its first provider, and HFS' own formats keep theirs.
    """
    own: dict[str, ImportFormat] = {}
    foreign: dict[str, ImportFormat] = {}
    for provider in await context.services.all(IMPORT_FORMAT):
        if isinstance(provider, LateImport):
            own[provider.name] = provider
        elif fault := fault_of(provider, "detects", "read"):
            context.log.warning("what %s provides is no format: %s", maker_of(provider), fault)
        else:
            foreign.setdefault(provider.name, ForeignReader(provider))
    return [*(each for name, each in foreign.items() if name not in own), *own.values()]


def completing_readers(context: PluginContext) -> Completer:
    """Return what completes the name of a format."""

    async def complete(invocation: Invocation, word: str) -> Sequence[Completion]:
        return [Completion(each.name, each.title) for each in await known_readers(context)]

    return complete
