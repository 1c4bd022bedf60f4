"""What the beginning of a file tells of its format: the keys of its objects, by their place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

ITEM = "[]"
"""Stands in a path for any item of an array."""

DEEPEST = 6
"""How long the paths are that are told; deeper keys never tell a format."""

TELLING = ("mapping", "current_node", "chat_messages", "messages", "conversations")
"""The keys that a conversation of one format has, and one of no other."""

# A string, which the end of the head may cut: without `\Z` each of its quotes would be tried to the end.
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|([\[\]{}:,])', re.DOTALL)


def paths(head: bytes) -> Iterator[tuple[str, ...]]:
    """Go through the keys in the first bytes of a JSON text: each with those that it lies under, in their order.

    What is cut off, or has several values one after another, as JSONL does, only ends the paths. What begins with
    something else has none: there is JSON within databases and within prose.
    """
    encoding = json.detect_encoding(head) if head else "utf-8"
    text = head.decode(encoding, errors="replace")
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return
    under: list[str] = []
    closers: list[str] = []
    last = ""
    for token in _TOKEN.finditer(text):
        mark = token.group(2)
        if mark is None:
            last = token.group(1)
        elif mark == ":" and closers and closers[-1] == "}":
            under[-1] = last
            if len(under) <= DEEPEST:
                yield tuple(under)
        elif mark in "[{":
            closers.append("]" if mark == "[" else "}")
            under.append(ITEM if mark == "[" else "")
        elif mark in "]}" and closers:
            closers.pop()
            under.pop()


def telling_key(head: bytes) -> str:
    """Return the first of the `TELLING` keys that a conversation in the file has, "" if there is none.

    A conversation is the file's object, or one in its array, or on one of its lines. Keys further inside, such as those
    of what a tool was asked, do not count.
    """
    for path in paths(head):
        if path[-1] in TELLING and path[:-1] in ((), (ITEM,)):
            return path[-1]
    return ""
