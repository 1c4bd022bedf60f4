"""Gathers each conversation of a foreign file, its parts in any order, until its branches can be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from hfs_core.api import EPOCH, JSON, Incoming, Note, SourcePart, replace_surrogates
from hfs_export.json_reader import JsonReader
from hfs_export.readers.drafting import named
from hfs_export.readers.losses import Losses
from hfs_export.readers.moments import moment_of
from hfs_export.readers.numbered import conversation_files, conversations_in
from hfs_export.readers.trees import Node, Tree

LARGEST = 128 << 20
"""How many characters a conversation may have: its tree is held whole."""

ENTRY = 400
"""How many characters anything that is remembered counts as, besides its text."""


class Gathering:
    """What is known so far of one conversation.

    Attributes:
        title: as the file has it, and so the others: of any type.
        current: the id of the message that its main branch ends with.
        began: when that was, the time of messages without one.
        ended: stands in for it.
    """

    def __init__(self, number: int, losses: Losses):
        self.title: JSON = None
        self.current: JSON = None
        self.began: JSON = None
        self.ended: JSON = None
        self._number = number
        self._losses = losses
        self._tree = Tree()
        self._children: dict[str, str] = {}
        self._size = 0

    @property
    def place(self) -> str:
        """Name it for people."""
        named = f" {self.title[:40]!r}" if isinstance(self.title, str) and self.title else ""
        return f"conversation {self._number:,}{named}"

    @property
    def last(self) -> str | None:
        """The id of the message that was added last, None before the first."""
        return self._tree.last

    def add(self, node_id: str, node: Node, place: str) -> None:
        """Add a message; `place` names it.

        Raises:
            ValueError: it is more than a conversation may have.
        """
        self._weigh(node_id, node.parent or "", node.draft.content if node.draft else "")
        if not self._tree.add(node_id, node):
            self._losses.add("of two messages with one id, the second ends a branch", place)

    def adopt(self, parent: str, children: JSON) -> None:
        """Remember whom a message has for children: they may not tell their parent. Raises as `add`."""
        for child in children if isinstance(children, list) else ():
            if isinstance(child, str):
                self._weigh(child)
                self._children.setdefault(id_of(child), parent)

    def moment(self, value: JSON, place: str) -> datetime | None:
        """Return a time, None where there is none."""
        try:
            return moment_of(value)
        except ValueError:
            self._losses.add("a time that no calendar has is replaced by the one before", place)
            return None

    def told(self) -> Iterator[Incoming]:
        """Go through what became of it: the main conversation, then its branches."""
        self._tree.adopt(self._children)
        orphans, circles = self._tree.mend()
        for what, node_ids in (
            ("a message whose parent is missing begins anew", orphans),
            ("messages go round in a circle: it is cut", circles),
        ):
            for node_id in node_ids:
                self._losses.add(what, f"message {node_id[:40]} of {self.place}")
        moments = (self.moment(value, self.place) for value in (self.began, self.ended))
        conversations = self._tree.conversations(
            name=self._losses.text(self.title, self.place).strip() if isinstance(self.title, str) else "",
            key=f"{self._number}",
            current=id_of(self.current) if isinstance(self.current, str) else None,
            since=next((moment for moment in moments if moment is not None), EPOCH),
        )
        first = next(conversations, None)
        if first is None:
            self._losses.add("an empty conversation is left out", self.place)
            return
        name, messages = named(first.name, iter(first.messages))
        yield replace(first, name=name, messages=messages)
        for branch in conversations:
            yield branch if first.name else replace(branch, name=f"{name} {branch.name}".lstrip())

    def _weigh(self, *texts: str) -> None:
        self._size += ENTRY + sum(map(len, texts))
        if self._size > LARGEST:
            raise ValueError(f"{self.place} has more than {LARGEST:,} characters: it is not read")


def gathered(
    parts: Sequence[SourcePart],
    detects: Callable[[bytes], bool],
    read: Callable[[JsonReader, Gathering, Losses], None],
    note: Note,
) -> Iterator[Incoming]:
    """Go through the conversations of a file, in the order of its parts' names.

    Args:
        detects: tells by its beginning whether a part of an archive holds conversations.
        read: reads one, which is an object.
    """
    losses = Losses(note)
    number = 0
    for part in conversation_files(parts, detects):
        with part.open() as file:
            reader = JsonReader(file)
            for _ in conversations_in(reader):
                number += 1
                gathering = Gathering(number, losses)
                if reader.peek() == "{":
                    read(reader, gathering, losses)
                    yield from gathering.told()
                else:
                    reader.skip()
                    losses.add("what is no conversation is left out", gathering.place)
    losses.tell()


def id_of(value: JSON) -> str:
    """Return an id as a tree takes it, "" for what is none."""
    return replace_surrogates(value).replace("\0", "") if isinstance(value, str) else ""
