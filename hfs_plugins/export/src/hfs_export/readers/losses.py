"""Keeps count of what does not come along."""

from __future__ import annotations

from hfs_core.api import Note, replace_surrogates


class Losses:
    """Counts what is lost, and tells it at the end: a sentence a kind, with the place of the first."""

    def __init__(self, note: Note):
        self._note = note
        self._first: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def add(self, what: str, place: str) -> None:
        """Count a loss; `what` is a clause such as "an empty message is left out", `place` one such as "message 3"."""
        self._first.setdefault(what, place)
        self._count[what] = self._count.get(what, 0) + 1

    def text(self, text: str, place: str) -> str:
        """Return `text` as a store takes it: lone surrogates become U+FFFD, which is counted."""
        kept = replace_surrogates(text)
        if kept != text:
            self.add("what is no character became U+FFFD", place)
        return kept

    def tell(self) -> None:
        """Note what was counted, in the order in which it was met first."""
        for what, place in self._first.items():
            more = self._count[what] - 1
            self._note(f"{what}: {place}{f' and {more:,} more' if more else ''}")
