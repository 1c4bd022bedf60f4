"""What the stand-in memory holds: sessions as the primary store has them, and those made here."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from hfs_core.builtin.memory_state import Branch, MemoryState
from hfs_core.contracts import Ref
from hfs_core.models import Parent, Session

_NEWEST = 2**62


class SpillState(MemoryState):
    """The state of a memory store whose sessions may come from another one.

    Args:
        ids: gives the ids of sessions made here: negative ones, which no store gives, each once in this process.

    Attributes:
        parents: where sessions that were taken in branched off; the parent need not be here.
        purged: ids and uids of sessions removed here.
    """

    def __init__(self, ids: count[int]) -> None:
        super().__init__()
        self.next_id = ids
        self.parents: dict[int, Parent | None] = {}
        self.purged: set[Ref] = set()

    def holds(self, ref: Ref) -> bool:
        """Tell whether the truth about a session is here."""
        known = self.ids if isinstance(ref, str) else self.branches
        return ref in known or ref in self.purged

    def parent_of(self, branch: Branch) -> Parent | None:
        """Return where a session branched off."""
        return Parent(branch.parent.id, branch.at) if branch.parent else self.parents.get(branch.id)

    def session(self, branch: Branch) -> Session:
        """Return a branch as a value."""
        return replace(super().session(branch), parent=self.parent_of(branch))


def age(session: Session) -> tuple[object, int]:
    """Return the key by which sessions are listed, the greatest first: of ties an unsaved one is the newest."""
    return session.updated_at, session.id if session.id > 0 else _NEWEST - session.id


def as_saved(before: Session | None) -> Session | None:
    """Return a place in a listing for a store that knows no unsaved sessions."""
    return before if before is None or before.id > 0 else replace(before, id=_NEWEST)
