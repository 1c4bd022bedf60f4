"""ChatGPT's export: `conversations.json`, alone or in its zip, whole or in numbered files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from hfs_core.api import EPOCH, JSON, Incoming, Note, SourcePart, replace_surrogates
from hfs_export.json_reader import JsonReader
from hfs_export.readers.chatgpt_message import draft_of
from hfs_export.readers.heads import telling_key
from hfs_export.readers.losses import Losses
from hfs_export.readers.moments import moment_of
from hfs_export.readers.numbered import conversation_files, conversations_in
from hfs_export.readers.trees import Node, Tree


class ChatGptReader:
    """Reads what ChatGPT's "Export data" gives: every branch of every conversation."""

    name = "chatgpt"
    title = "ChatGPT"

    def detects(self, head: bytes) -> bool:
        """Tell by the keys of a conversation: `mapping` or `current_node`."""
        return telling_key(head) in ("mapping", "current_node")

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations, in the order of the files' names; other files of the zip are passed over."""
        losses = Losses(note)
        number = 0
        for part in conversation_files(parts, self.detects):
            with part.open() as file:
                reader = JsonReader(file)
                for _ in conversations_in(reader):
                    number += 1
                    yield from _Conversation(reader, number, losses).read()
                reader.end()
        losses.tell()


class _Conversation:
    """Reads one conversation, its parts in any order, and then tells its branches."""

    def __init__(self, reader: JsonReader, number: int, losses: Losses):
        self._reader = reader
        self._number = number
        self._losses = losses
        self._tree = Tree()
        self._children: dict[str, str] = {}
        self._facts: dict[str, JSON] = {}

    @property
    def _place(self) -> str:
        title = self._facts.get("title")
        named = f" {title[:40]!r}" if isinstance(title, str) and title else ""
        return f"conversation {self._number:,}{named}"

    def read(self) -> Iterator[Incoming]:
        if self._reader.peek() != "{":
            self._reader.skip()
            self._losses.add("what is no conversation is left out", self._place)
            return
        for key in self._reader.members():
            if key == "mapping" and self._reader.peek() == "{":
                for node_id in self._reader.members():
                    self._add(node_id, self._reader.value())
            elif key in ("title", "create_time", "update_time", "current_node"):
                self._facts[key] = self._reader.value()
            else:
                self._reader.skip()
        yield from self._told()

    def _told(self) -> Iterator[Incoming]:
        self._tree.adopt(self._children)
        orphans, circles = self._tree.mend()
        for node_id in orphans:
            self._losses.add(
                "a message whose parent is missing begins anew", f"{node_id[:40]} of {self._place}"
            )
        for node_id in circles:
            self._losses.add("messages go round in a circle: it is cut", f"{node_id[:40]} of {self._place}")
        title, current = self._facts.get("title"), self._facts.get("current_node")
        since = self._moment(self._facts.get("create_time"), self._place)
        is_empty = True
        for incoming in self._tree.conversations(
            name=self._losses.text(title, self._place) if isinstance(title, str) else "",
            key=f"{self._number}",
            current=_clean(current) if isinstance(current, str) else None,
            since=since or self._moment(self._facts.get("update_time"), self._place) or EPOCH,
        ):
            is_empty = False
            yield incoming
        if is_empty:
            self._losses.add("an empty conversation is left out", self._place)

    def _add(self, node_id: str, value: JSON) -> None:
        node_id = _clean(node_id)
        place = f"message {node_id[:40]} of {self._place}"
        if not isinstance(value, Mapping):
            self._losses.add("what is no message is left out", place)
            return
        parent = value.get("parent")
        children = value.get("children")
        for child in children if isinstance(children, list) else ():
            if isinstance(child, str):
                self._children.setdefault(_clean(child), node_id)
        message = value.get("message")
        node = Node(_clean(parent) if isinstance(parent, str) else None, None)
        if isinstance(message, Mapping):
            moment = self._moment(message.get("create_time"), place)
            node.is_timed = moment is not None
            node.draft = draft_of(message, moment or EPOCH, place, self._losses)
        elif message is not None:
            self._losses.add("what is no message is left out", place)
        if not self._tree.add(node_id, node):
            self._losses.add("of two messages with one id, the second ends a branch", place)

    def _moment(self, value: JSON, place: str) -> datetime | None:
        try:
            return moment_of(value)
        except ValueError:
            self._losses.add("a time that no calendar has is replaced by the one before", place)
            return None


def _clean(node_id: str) -> str:
    return replace_surrogates(node_id).replace("\0", "")
