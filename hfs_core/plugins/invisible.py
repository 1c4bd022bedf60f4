"""Finds what a reader of source code does not see: characters without a shape, and encodings that hide text."""

from __future__ import annotations

import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from hfs_core.plugins.tree import Tree

SOURCES = frozenset(
    {".py", ".pyi", ".yaml", ".yml", ".toml", ".json", ".cfg", ".ini", ".md", ".txt", ".tcss"}
)
"""The endings of files that people read."""

MOST = 200
"""How many are told at most."""

KINDS = (
    ("changes the direction of text", "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"),
    ("has no width", "\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"),
    ("is blank", "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"),
    ("selects a variation", "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"),
    ("is a tag", "\U000e0000-\U000e007f"),
    ("breaks a line unseen", "\u0085\u2028\u2029"),
    ("controls the terminal", "\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f"),
)
_HIDDEN = re.compile("|".join(f"([{characters}])" for _, characters in KINDS))
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Something that is not seen.

    Attributes:
        path: of the file in its tree.
        line: from 1; 0 for the whole file.
        what: the character and what it does, for a person to read.
    """

    path: str
    line: int
    what: str


def invisible(tree: Tree) -> list[Hidden]:
    """Return what is hidden in the files of a tree that people read, by file and line; `MOST` at most."""
    found: list[Hidden] = []
    for path, file in tree.files.items():
        if PurePosixPath(path).suffix.lower() not in SOURCES:
            continue
        for hidden in _in_file(path, file.content):
            found.append(hidden)
            if len(found) == MOST:
                return found
    return found


def _in_file(path: str, content: bytes) -> Iterator[Hidden]:
    encoding = "utf-8"
    if path.endswith(".py"):
        try:
            encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        except SyntaxError:
            yield Hidden(path, 0, "is in an encoding that is not known")
            return
        if encoding not in ("utf-8", "utf-8-sig", "ascii", "iso-8859-1"):
            yield Hidden(path, 0, f"is written in {encoding}: what is run may not be what is seen")
    if content.isascii() and not _CONTROL.search(content):
        return
    text = content.decode(encoding if encoding.startswith("utf-8") else "utf-8", "replace")
    for number, line in enumerate(re.split("\r\n|\n|\r", text.removeprefix("\ufeff")), 1):
        told: set[str] = set()
        for match in _HIDDEN.finditer(line):
            character = match.group()
            if character in told or _is_emoji_part(line, match.start()):
                continue
            told.add(character)
            kind = KINDS[(match.lastindex or 1) - 1][0]
            name = unicodedata.name(character, "")
            yield Hidden(path, number, f"U+{ord(character):04X}{name and ' ' + name} {kind}")


def _is_emoji_part(line: str, place: int) -> bool:
    """Tell a selector or joiner that gives a picture its usual look; two in a row are no picture."""
    character, before = line[place], line[place - 1 : place]
    after = line[place + 1 : place + 2]
    if character == "\ufe0f":
        has_shape = _is_picture(before) or after == "\u20e3"
        return has_shape and (after == "\u200d" or not _HIDDEN.match(after or " "))
    if character == "\u200d":
        return bool(after) and _is_picture(after) and (_is_picture(before) or before == "\ufe0f")
    return False


def _is_picture(character: str) -> bool:
    return character != "" and unicodedata.category(character) in ("So", "Sk", "Sm")
