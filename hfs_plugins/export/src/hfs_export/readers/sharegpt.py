"""ShareGPT: conversations as lists of `{"from", "value"}`, the common form of sets of conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hfs_core.api import JSON, Draft, Incoming, Note, SourcePart
from hfs_export.readers.drafting import Drafting, text_of
from hfs_export.readers.heads import ITEM, paths
from hfs_export.readers.listed import Listed, each_listed

LISTS = ("conversations", "conversation", "items")
"""What programs call the list of messages."""

SPEAKERS = ("from", "role")
WORDS = ("value", "content", "text")

PAIRS = (
    ("system", "system"),
    ("human", "user"),
    ("user", "user"),
    ("assistant", "assistant"),
    ("gpt", "assistant"),
)
"""Roles that are keys themselves, in the order of what is said: `{"human": ..., "assistant": ...}`."""

KNOWN = frozenset((*SPEAKERS, *WORDS, "timestamp", *(key for key, _ in PAIRS)))

NAMES = ("title", "name")
"""What may name a conversation."""


class ShareGptReader:
    """Reads `[{"id", "conversations": [{"from", "value"}]}]`, as JSON or with a conversation a line."""

    name = "sharegpt"
    title = "ShareGPT"

    def detects(self, head: bytes) -> bool:
        """Tell by who speaks beside what is said, in a list of that name."""
        keys: dict[tuple[str, ...], set[str]] = {}
        for path in paths(head):
            if len(path) in (3, 4) and path[-2] == ITEM and path[-3] in LISTS and path[:-3] in ((), (ITEM,)):
                found = keys.setdefault(path[:-1], set())
                found.add(path[-1])
                if "value" in found or found.intersection(SPEAKERS) or {"human", "user"} & found:
                    return True
        return False

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations of a file."""
        return each_listed(parts, note, lambda listed: _File(listed).read())


class _File:
    def __init__(self, listed: Listed):
        self._listed = listed
        self._reader = listed.reader
        self._count = 0

    def read(self) -> Iterator[Incoming]:
        is_found = False
        for item in self._conversations():
            is_found = True
            yield item
        if not is_found:
            raise ValueError(f"{self._listed.name} holds no conversation of ShareGPT")

    def _conversations(self) -> Iterator[Incoming]:
        while kind := self._reader.peek():
            if kind == "[":
                for _ in self._reader.items():
                    yield from self._conversation()
            else:
                yield from self._conversation()

    def _conversation(self) -> Iterator[Incoming]:
        if self._reader.peek() != "{":
            self._listed.lose("what is no conversation is left out")
            self._reader.skip()
            return
        self._count += 1
        drafting = Drafting(f"conversation {self._count:,} of {self._listed.name}", self._listed.losses)
        header: dict[str, JSON] = {}
        is_read = False
        for key in self._reader.members():
            if key in LISTS and self._reader.peek() == "[" and not is_read:
                is_read = True
                drafts = self._messages(drafting, header.get("system"))
                yield from self._listed.handed_out(_name_of(header), drafts)
            elif key in NAMES or key == "system":
                header[key] = self._reader.value()
            else:
                if key == "tools":
                    self._listed.lose("the list of tools is left out")
                self._reader.skip()
        if not is_read:
            self._listed.lose("what is no conversation is left out")

    def _messages(self, drafting: Drafting, system: JSON) -> Iterator[Draft]:
        if isinstance(system, str) and system.strip():
            yield drafting.draft("system", system)
        for _ in self._reader.items():
            drafts = list(_drafted(self._listed.picked(KNOWN), drafting))
            if not drafts:
                self._listed.lose("what is no message is left out")
            yield from drafts


def _name_of(header: Mapping[str, JSON]) -> JSON:
    return header.get("title") or header.get("name") or ""


def _drafted(found: Mapping[str, Any], drafting: Drafting) -> Iterator[Draft]:
    """Make a message of `{"from", "value"}`, or two of `{"human", "assistant"}`."""
    words = next((found[key] for key in WORDS if found.get(key) is not None), None)
    role = next((found[key] for key in SPEAKERS if isinstance(found.get(key), str)), None)
    said = (
        [(role, words)] if role is not None else [(role, found[key]) for key, role in PAIRS if key in found]
    )
    for who, what in said:
        missing: list[str] = []
        text = text_of(what, missing)
        yield drafting.draft(who, text, found.get("timestamp"))
        for kind in missing:
            drafting.lose(f"{kind} is left out, only marked")
