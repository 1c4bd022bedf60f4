"""Finds the conversations among the files of an archive, and in a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from hfs_core.api import SourcePart
from hfs_export.json_reader import JsonFault, JsonReader
from hfs_export.sources import head_of

_CONVERSATIONS = re.compile(r"conversations([-_]?\d+)?\.json", re.IGNORECASE)


def conversation_files(parts: Sequence[SourcePart], detects: Callable[[bytes], bool]) -> Iterator[SourcePart]:
    """Go through the parts that hold conversations, `conversations-2.json` before `conversations-10.json`.

    A file alone is one; in an archive those are that are called so, and those that are told by what they hold.
    """
    for part in sorted(parts, key=lambda part: _in_order(part.name)):
        name = PurePosixPath(part.name).name
        if len(parts) == 1 or _CONVERSATIONS.fullmatch(name) or detects(head_of(part)):
            yield part


def conversations_in(reader: JsonReader) -> Iterator[None]:
    """Stop before each conversation of a file: the items of its array, or its objects, one or one a line."""
    is_first = True
    while is_first or reader.peek():
        is_first = False
        if reader.peek() == "[":
            for _ in reader.items():
                yield
        elif reader.peek() == "{":
            yield
        else:
            raise JsonFault(f"neither conversations nor one conversation begins there ({reader.place})")


def _in_order(name: str) -> list[tuple[int, str]]:
    """Return a key by which numbers in names count as numbers."""
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"(\d{1,9})", name)]
