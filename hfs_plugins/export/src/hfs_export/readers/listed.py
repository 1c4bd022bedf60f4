"""What the readers of plain lists of messages share: walking a file, and handing out what it holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from itertools import chain
from typing import Any

from hfs_core.api import JSON, Draft, Incoming, Note, SourcePart
from hfs_export.json_reader import JsonReader
from hfs_export.readers.drafting import named
from hfs_export.readers.losses import Losses


class Listed:
    """A place in one part of a file.

    Attributes:
        reader: where it is.
        name: what the part is called.
        losses: what of it does not come along.
    """

    def __init__(self, reader: JsonReader, name: str, losses: Losses):
        self.reader = reader
        self.name = name
        self.losses = losses

    def lose(self, what: str) -> None:
        """Count what does not come along, here."""
        self.losses.add(what, f"{self.name}, {self.reader.place}")

    def picked(self, keys: Collection[str]) -> dict[str, Any]:
        """Read these members of an object and pass over the others; what is no object has none."""
        found: dict[str, Any] = {}
        if self.reader.peek() == "{":
            for key in self.reader.members():
                if key in keys:
                    found[key] = self.reader.value()
                else:
                    self.reader.skip()
        else:
            self.reader.skip()
        return found

    def handed_out(self, name: JSON, messages: Iterator[Draft]) -> Generator[Incoming, None, bool]:
        """Hand out a conversation and read it to its end, whoever wanted it; tells whether it has any message."""
        title, drafts = named(name, messages)
        first = next(drafts, None)
        if first is None:
            self.lose("an empty conversation is left out")
            return False
        yield Incoming(title, chain((first,), drafts))
        for _ in drafts:
            pass
        return True


def each_listed(
    parts: Sequence[SourcePart], note: Note, read: Callable[[Listed], Iterator[Incoming]]
) -> Iterator[Incoming]:
    """Go through the parts of a file, and tell of each what does not come along."""
    for part in parts:
        losses = Losses(note)
        with part.open() as file:
            yield from read(Listed(JsonReader(file), part.name, losses))
        losses.tell()
