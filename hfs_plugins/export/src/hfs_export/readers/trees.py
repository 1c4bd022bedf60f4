"""Turns a tree of messages into conversations: one main one, and a branch for every other end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from hfs_core.api import Draft, Incoming

LONGEST_NAME = 150
"""How many characters of a name a branch has: what tells it from the others must not be cut off."""


@dataclass(slots=True)
class Node:
    """A place in a tree.

    Attributes:
        parent: the node before it, None at a root.
        draft: what is said there, None where that is nothing.
        is_timed: the file tells when it was said; else it gets the time of what was said before.
    """

    parent: str | None
    draft: Draft | None
    is_timed: bool = True


class Tree:
    """The messages of one conversation, in the order of the file."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._twins = 0

    @property
    def last(self) -> str | None:
        """The id of the node that was added last, None if there is none."""
        return next(reversed(self._nodes), None)

    def add(self, node_id: str, node: Node) -> bool:
        """Add a node; False where the id was there already: it is kept beside the other one."""
        if node_id not in self._nodes:
            self._nodes[node_id] = node
            return True
        self._twins += 1
        self._nodes[f"{node_id}\0{self._twins}"] = node  # no file's own id: those are cleaned of NUL
        return False

    def adopt(self, children: Mapping[str, str]) -> None:
        """Give parents, told by child, to the nodes that have none."""
        for child, parent in children.items():
            node = self._nodes.get(child)
            if node is not None and node.parent is None and parent in self._nodes and parent != child:
                node.parent = parent

    def mend(self) -> tuple[list[str], list[str]]:
        """Make roots of the nodes whose parents are missing, and of one in each circle; returns the ids of both."""
        orphans = []
        for node_id, node in self._nodes.items():
            if node.parent is not None and node.parent not in self._nodes:
                orphans.append(node_id)
                node.parent = None
        circles = []
        done: set[str] = set()
        for node_id in self._nodes:
            path: dict[str, None] = {}
            at: str | None = node_id
            while at is not None and at not in done:
                if at in path:
                    circles.append(at)
                    self._nodes[at].parent = None
                    break
                path[at] = None
                at = self._nodes[at].parent
            done.update(path)
        return orphans, circles

    def conversations(
        self, *, name: str, key: str, current: str | None, since: datetime
    ) -> Iterator[Incoming]:
        """Go through the conversations of a mended tree, what is branched off before the branch; each message once.

        Args:
            key: names the tree within the file.
            current: the end of the main one; where there is no such node, it is the end that was said last.
            since: the time of what has none.
        """
        before = self._said_before()
        self._set_times(before, since)
        inner = set(before.values())
        ends = [node_id for node_id in before if node_id not in inner]
        if not ends:
            return
        main = self._end(current, ends, before)
        owners: dict[str, tuple[int, int]] = {}
        runs = [main, *(end for end in ends if end != main)]
        for number, end in enumerate(runs, 1):
            ids: list[str] = []
            at: str | None = end
            while at is not None and at not in owners:
                ids.append(at)
                at = before[at]
            ids.reverse()
            # A tree with several roots is a family still: the others share nothing with the main conversation.
            owner, start = owners[at] if at is not None else (1, 0)
            for position, node_id in enumerate(ids, start + 1):
                owners[node_id] = (number, position)
            yield Incoming(
                name=name if number == 1 else f"{name[:LONGEST_NAME]} (branch {number})".lstrip(),
                messages=self._drafts(ids),
                key=f"{key}/{number}",
                parent=None if number == 1 else (f"{key}/{owner}", start),
            )

    def _drafts(self, ids: list[str]) -> Iterator[Draft]:
        for node_id in ids:
            draft = self._nodes[node_id].draft
            if draft is not None:
                yield draft

    def _parents_first(self) -> list[str]:
        order: list[str] = []
        done: set[str] = set()
        for node_id in self._nodes:
            path: list[str] = []
            at: str | None = node_id
            while at is not None and at not in done:
                path.append(at)
                done.add(at)
                at = self._nodes[at].parent
            order.extend(reversed(path))
        return order

    def _said_before(self) -> dict[str, str | None]:
        """Return for every node where something is said the one before it where something is, in the file's order."""
        before: dict[str, str | None] = {}
        for node_id in self._parents_first():
            parent = self._nodes[node_id].parent
            silent = parent is not None and self._nodes[parent].draft is None
            before[node_id] = before[parent] if silent and parent is not None else parent
        return {node_id: before[node_id] for node_id, node in self._nodes.items() if node.draft is not None}

    def _set_times(self, before: Mapping[str, str | None], since: datetime) -> None:
        for node_id in self._parents_first():
            node = self._nodes[node_id]
            if node.draft is None or node.is_timed:
                continue
            earlier = before[node_id]
            draft = self._nodes[earlier].draft if earlier is not None else None
            node.draft = replace(node.draft, created_at=draft.created_at if draft else since)

    def _end(self, current: str | None, ends: list[str], before: Mapping[str, str | None]) -> str:
        """Return the end of the main conversation: `current`, or the last one before it that says something."""
        at = current
        while at is not None and at in self._nodes:
            if at in before:
                return at
            at = self._nodes[at].parent
        return max(enumerate(ends), key=lambda end: (self._moment(end[1]), end[0]))[1]

    def _moment(self, node_id: str) -> datetime:
        draft = self._nodes[node_id].draft
        if draft is None:
            raise AssertionError("an end says something")
        return draft.created_at
