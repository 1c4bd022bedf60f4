"""Messages as OpenAI's API takes them: one conversation, several, or one a line, as training files have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from hfs_core.api import JSON, Draft, Incoming, Note, SourcePart, replace_surrogates
from hfs_export.readers.drafting import Drafting, call_of, text_of, usage_of
from hfs_export.readers.heads import ITEM, paths
from hfs_export.readers.listed import Listed, each_listed

BODY = frozenset(("content", "tool_calls", "function_call", "parts"))
"""What a message has besides its role."""

KNOWN = BODY | {
    "role",
    "refusal",
    "created_at",
    "timestamp",
    "created",
    "status",
    "metadata",
    "model",
    "usage",
    "session",
    "session_name",
}
"""What is read of a message."""

HEADER = frozenset(("name", "title", "session_name", "system"))
"""What is read of a conversation where it comes before its messages."""

PLACES = ((), (ITEM,), (ITEM, ITEM), ("messages", ITEM), (ITEM, "messages", ITEM))
"""Where messages may lie."""


@dataclass(slots=True)
class _Unit:
    """Messages that belong together: a conversation, or one message of that which is under way.

    Attributes:
        conversation: which one.
    """

    conversation: int | str
    name: JSON
    messages: Iterator[Mapping[str, JSON]]


class OpenAIReader:
    """Reads lists of `{"role", "content"}`: as JSON, or as JSON lines with a conversation or a message each."""

    name = "openai"
    title = "OpenAI-style messages"

    def detects(self, head: bytes) -> bool:
        """Tell by a role beside a content."""
        keys: dict[tuple[str, ...], set[str]] = {}
        for path in paths(head):
            if path[:-1] in PLACES:
                found = keys.setdefault(path[:-1], set())
                found.add(path[-1])
                if found & BODY and ("role" in found or "messages" in path[:-1]):
                    return True
        return False

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations of a file."""
        return each_listed(parts, note, lambda listed: _File(listed).read())


class _File:
    def __init__(self, listed: Listed):
        self._listed = listed
        self._reader = listed.reader
        self._number = 0

    def read(self) -> Iterator[Incoming]:
        is_found = False
        for count, (_, units) in enumerate(groupby(self._units(), lambda unit: unit.conversation), 1):
            drafting = Drafting(f"conversation {count:,} of {self._listed.name}", self._listed.losses)
            first = next(units)
            drafts = _drafts(chain((first,), units), drafting)
            is_found |= yield from self._listed.handed_out(first.name, drafts)
        if not is_found:
            raise ValueError(f"{self._listed.name} holds no message")

    def _units(self) -> Iterator[_Unit]:
        while self._reader.peek():
            yield from self._unit(depth=0)

    def _unit(self, depth: int) -> Iterator[_Unit]:
        """Read an object: a message or a conversation; or an array of these, or of arrays of messages."""
        kind = self._reader.peek()
        if kind == "{":
            yield from self._object()
        elif kind == "[" and depth < 2:
            self._number += 1
            for _ in self._reader.items():
                yield from self._unit(depth + 1)
            self._number += 1
        else:
            self._listed.lose("what is neither a message nor a conversation is left out")
            self._reader.skip()

    def _object(self) -> Iterator[_Unit]:
        found: dict[str, JSON] = {}
        is_conversation = False
        for key in self._reader.members():
            if key == "messages" and self._reader.peek() == "[" and not is_conversation:
                is_conversation = True
                self._number += 1
                yield _Unit(self._number, _name_of(found), self._messages(found.get("system")))
                self._number += 1
            elif key in KNOWN or key in HEADER:
                found[key] = self._reader.value()
            else:
                self._reader.skip()
        if is_conversation:
            return
        if "role" in found and found.keys() & BODY:
            session = found.get("session")
            told = session if isinstance(session, str | int) else ""
            yield _Unit(f"{self._number} {told}", found.get("session_name"), iter((found,)))
        else:
            self._listed.lose("what is neither a message nor a conversation is left out")

    def _messages(self, system: JSON) -> Iterator[Mapping[str, JSON]]:
        if isinstance(system, str) and system.strip():
            yield {"role": "system", "content": system}
        for _ in self._reader.items():
            found = self._listed.picked(KNOWN)
            if "role" in found or found.keys() & BODY:
                yield found
            else:
                self._listed.lose("what is no message is left out")


def _name_of(header: Mapping[str, JSON]) -> JSON:
    return next((header[key] for key in ("title", "name", "session_name") if header.get(key)), "")


def _drafts(units: Iterable[_Unit], drafting: Drafting) -> Iterator[Draft]:
    for unit in units:
        for message in unit.messages:
            yield _drafted(message, drafting)


def _drafted(message: Mapping[str, Any], drafting: Drafting) -> Draft:
    missing: list[str] = []
    texts = [text_of(message.get("content", message.get("parts")), missing)]
    if isinstance(message.get("refusal"), str):
        texts.append(message["refusal"])
    calls = [*_listed(message.get("tool_calls")), *_listed(message.get("function_call"))]
    for call in calls:
        function = call.get("function", call) if isinstance(call, Mapping) else call
        is_told = isinstance(function, Mapping)
        texts.append(
            call_of(function.get("name"), function.get("arguments", "")) if is_told else call_of("", function)
        )
    metadata = message.get("metadata")
    facts: dict[str, JSON] = dict(metadata) if isinstance(metadata, Mapping) else {}
    if isinstance(message.get("model"), str):
        facts["model"] = replace_surrogates(message["model"])
    usage = message.get("usage")
    if isinstance(usage, Mapping):
        facts |= usage_of(usage.get("prompt_tokens"), usage.get("completion_tokens"))
    at = next(
        (message[key] for key in ("created_at", "timestamp", "created") if message.get(key) is not None), None
    )
    text = "\n\n".join(filter(None, texts))
    draft = drafting.draft(message.get("role"), text, at, message.get("status"), facts)
    if calls:
        drafting.lose("what was asked of tools is kept as text")
    for kind in missing:
        drafting.lose(f"{kind} is left out, only marked")
    return draft


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
