"""Counts words; knows nothing of commands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hfs_core.api import Message


@dataclass(frozen=True, slots=True)
class Count:
    """What somebody has said: a role, or `all`."""

    who: str
    messages: int = 0
    words: int = 0
    characters: int = 0

    def plus(self, message: Message) -> Count:
        """Return the count with one more message."""
        text = message.content
        return Count(self.who, self.messages + 1, self.words + len(text.split()), self.characters + len(text))


def counted(messages: Iterable[Message]) -> list[Count]:
    """Count what each role has said, in the order in which they spoke up, and all together at last."""
    counts: dict[str, Count] = {}
    everything = Count("all")
    for message in messages:
        counts[message.role] = counts.get(message.role, Count(message.role)).plus(message)
        everything = everything.plus(message)
    return [*counts.values(), everything] if counts else []
