"""The rows of a table as a picker lists them: folded under their origins, filtered, the best first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from hfs_core.tui.matching import ELSEWHERE, Fuzzy
from hfs_core.tui.results import drawn
from hfs_core.tui.text import CURRENT, branch_mark

if TYPE_CHECKING:
    from hfs_core.api import Column, Row, Table

SLICE = 0.008
"""Seconds of filtering after which others may run."""

SAMPLE = 300
"""How many rows say how wide a column is that can be cut."""

NARROWEST = 12
"""Cells that a text keeps before a column is left out."""

SHORTEST = 26
"""Cells that a name keeps before a column is left out."""

SHORT_TIME = 11
"""Cells that a time has where it is shortened."""

GAP = 2
"""Cells between two columns."""


class Choice:
    """A row of the list.

    Attributes:
        place: in the order of the table, children after their origin.
        end: the place after its last descendant.
    """

    __slots__ = ("children", "depth", "end", "folded", "parent", "place", "row", "texts")

    def __init__(self, row: Row, parent: Choice | None, place: int):
        self.row = row
        self.parent = parent
        self.place = place
        self.end = place + 1
        self.depth: int = parent.depth + 1 if parent else 0
        self.children: list[Choice] = []
        self.texts: tuple[str, ...] = ()
        self.folded: tuple[str, ...] = ()


class Choices:
    """What there is to choose from, and what of it is listed now.

    Attributes:
        columns: those with a heading.
        stem: the place among them of the name, which stands for the row and shows its depth.
        lines: what is listed.
        query: what it is filtered by.
        best: the one that fits the query best.
        current: the one in use; what it lies under is unfolded.
        is_brief: there is no room for all as it is: times are shortened.
    """

    def __init__(self, table: Table):
        self.table = table
        self.columns: list[Column] = [column for column in table.columns if column.title]
        self.stem = next((at for at, column in enumerate(self.columns) if column.kind == "text"), 0)
        self.query = ""
        self.best: Choice | None = None
        self.is_brief = False
        self._all = _tree(table)
        self._scores: dict[Choice, float] = {}
        self.current = next((choice for choice in self._all if choice.row.is_current), None)
        self._open: set[Choice] = set(_above(self.current))
        self._widths = [self._width(at) for at in range(len(self.columns))]
        self.lines: list[Choice] = []
        self._list()

    def __len__(self) -> int:
        return len(self._all)

    @property
    def matches(self) -> int:
        """How many rows fit the query."""
        return len(self._scores) if self.query else len(self._all)

    def texts(self, choice: Choice) -> tuple[str, ...]:
        """Return what a row shows in each column."""
        if not choice.texts:
            choice.texts = tuple(drawn(choice.row, column) for column in self.columns)
        return choice.texts

    def mark(self, choice: Choice) -> str:
        """Return what says that there is something under a row."""
        if not choice.children:
            return ""
        return f" {'▾' if choice in self._open else '▸'} {len(choice.children)}"

    def unfold(self, choice: Choice) -> bool:
        """List the children of a row; False if there is nothing to unfold."""
        if not choice.children or choice in self._open:
            return False
        self._open.add(choice)
        self._list()
        return True

    def fold(self, choice: Choice) -> bool:
        """Hide the children of a row, but those that fit the query; False if there is nothing to fold."""
        if choice not in self._open:
            return False
        self._open.discard(choice)
        self._list()
        return True

    async def filter(self, query: str) -> None:
        """List what fits; others may run meanwhile, and a call that is cancelled changes nothing."""
        fuzzy = Fuzzy(query)
        scores: dict[Choice, float] = {}
        if fuzzy.words:
            # What did not fit the beginning of a query does not fit the whole of it.
            is_longer = bool(self.query) and query.startswith(self.query)
            began = time.perf_counter()
            for choice in list(self._scores) if is_longer else self._all:
                if score := self._score(choice, fuzzy):
                    scores[choice] = score
                if time.perf_counter() - began > SLICE:
                    await asyncio.sleep(0)
                    began = time.perf_counter()
        self.query = query if fuzzy.words else ""
        self._scores = scores
        self.best = max(scores, key=scores.__getitem__, default=None)
        self._list()

    def adopt(self, other: Choices) -> None:
        """Unfold what is unfolded in an earlier table of the same things, and what another current one lies under."""
        opened = {other.identity(choice) for choice in other._open}
        self._open = {choice for choice in self._all if opened and self.identity(choice) in opened}
        was = other.identity(other.current) if other.current else None
        if self.current is not None and self.identity(self.current) != was:
            self._open.update(_above(self.current))
        self._list()

    def identity(self, choice: Choice) -> str:
        """Return what a row is known by from one table to the next."""
        return str(next(iter(choice.row.values.values()), ""))

    def fit(self, width: int) -> list[tuple[int, int]]:
        """Return the columns that have room in `width` cells, and how many cells each gets.

        The name stays; numbers keep their width, times are shortened, and the columns on the right are left out
        first.
        """
        self.is_brief = sum(natural + GAP for natural in self._widths) - GAP > width
        least = [
            min(natural, NARROWEST) if column.kind == "text" else self._brief(natural, column)
            for natural, column in zip(self._widths, self.columns, strict=True)
        ]
        least[self.stem] = min(self._widths[self.stem], SHORTEST)
        shown = list(range(len(self.columns)))
        while len(shown) > 1 and sum(least[at] + GAP for at in shown) - GAP > width:
            shown.remove(max(at for at in shown if at != self.stem))
        spare = width - sum(least[at] + GAP for at in shown) + GAP
        widths = {at: least[at] for at in shown}
        texts = [at for at in shown if at != self.stem and self.columns[at].kind == "text"]
        half = max(width // 2 - least[self.stem], 0) if texts else width
        for at, most in ((self.stem, half), *((at, width) for at in texts), (self.stem, width)):
            more = min(self._widths[at] - widths[at], most, spare)
            widths[at] += more
            spare -= more
        return [(at, max(widths[at], 0)) for at in shown]

    def _brief(self, natural: int, column: Column) -> int:
        """Return the least width of a column that is not cut."""
        is_short = self.is_brief and column.kind == "time"
        return min(natural, max(cell_len(column.title), SHORT_TIME)) if is_short else natural

    def _width(self, at: int) -> int:
        column = self.columns[at]
        sampled = self._all[:SAMPLE]
        if column.kind == "number" and len(self._all) > SAMPLE:
            sampled.append(max(self._all, key=lambda choice: _size(choice.row, column)))
        widest = cell_len(column.title)
        for choice in sampled:
            size = cell_len(drawn(choice.row, column))
            if at == self.stem:
                size += len(branch_mark(choice.depth)) + len(self.mark(choice))
                size += len(CURRENT) if choice.row.is_current else 0
            widest = max(widest, size)
        return widest

    def _score(self, choice: Choice, fuzzy: Fuzzy) -> float:
        if not choice.folded:
            choice.folded = tuple(text.lower() for text in self.texts(choice))
        total = 0.0
        for word in fuzzy.words:
            best = 0.0
            for at, text in enumerate(choice.folded):
                if self.columns[at].kind == "text":
                    score = fuzzy.score(word, text)
                else:
                    score = float(len(word)) if word in text else 0.0
                best = max(best, score if at == self.stem else score * ELSEWHERE)
            if not best:
                return 0.0
            total += best
        return total

    def _list(self) -> None:
        if not self.query:
            self.lines = list(self._unfolded())
            return
        kept: set[Choice] = set()
        for choice in self._scores:
            at: Choice | None = choice
            while at is not None and at not in kept:
                kept.add(at)
                at = at.parent
        best = self._best_of_groups()
        self.lines = [
            choice
            for root in sorted(best, key=best.__getitem__, reverse=True)
            for choice in self._among(root, kept)
        ]

    def _best_of_groups(self) -> dict[Choice, float]:
        """Return the rows without an origin of which something fits, in the table's order, and how well."""
        best: dict[Choice, float] = {}
        at = 0
        for choice in sorted(self._scores, key=lambda choice: choice.place):
            while self._all[at].end <= choice.place:
                at = self._all[at].end
            root = self._all[at]
            best[root] = max(best.get(root, 0.0), self._scores[choice])
        return best

    def _unfolded(self) -> Iterator[Choice]:
        """Go through what is listed without a query."""
        at = 0
        while at < len(self._all):
            choice = self._all[at]
            yield choice
            at = at + 1 if choice in self._open else choice.end

    def _among(self, root: Choice, kept: set[Choice]) -> Iterator[Choice]:
        """Go through what is listed of a row and what is under it: what is kept, and what was unfolded."""
        listed: set[Choice | None] = {root}
        for choice in self._all[root.place : root.end]:
            if choice in kept or (choice.parent in listed and choice.parent in self._open):
                listed.add(choice)
                yield choice


def _size(row: Row, column: Column) -> float:
    """Return how large a number is, so that the widest can be found without drawing them all."""
    value = row.values.get(column.key)
    return abs(value) if isinstance(value, int | float) else 0.0


def _above(choice: Choice | None) -> Iterator[Choice]:
    while choice is not None and choice.parent is not None:
        choice = choice.parent
        yield choice


def _tree(table: Table) -> list[Choice]:
    """Return the rows in order, each linked with its origin."""
    choices: list[Choice] = []
    above: list[Choice] = []
    for depth, row in table.walk():
        del above[depth:]
        choice = Choice(row, above[-1] if above else None, len(choices))
        if above:
            above[-1].children.append(choice)
        above.append(choice)
        choices.append(choice)
    for choice in reversed(choices):
        if choice.parent is not None:
            choice.parent.end = max(choice.parent.end, choice.end)
    return choices
