"""Which sessions belong together, and which part of each is exported, so that every message is there once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hfs_core.api import Host, Session


@dataclass(frozen=True, slots=True)
class Kin:
    """A session of a family, and its messages that are exported with it: `[start:stop]`.

    Attributes:
        parent: the id of the one that it branched off, 0 for none; one that begins only later is passed over.
        at: how many messages it shares.
    """

    session: Session
    parent: int
    at: int
    start: int
    stop: int

    @property
    def is_hidden(self) -> bool:
        """Tell whether it is there only for what others share with it."""
        return self.session.deleted_at is not None


@dataclass(frozen=True, slots=True)
class Family:
    """A conversation and what shares messages with it.

    Attributes:
        main: the conversation itself, all of it.
        lineage: its ancestors, the oldest first; `start` is where it leaves them.
        others: the rest, each after its parent; the ancestors that go on after `main` has left them are among them.
    """

    main: Kin
    lineage: tuple[Kin, ...]
    others: tuple[Kin, ...]

    def members(self) -> list[Kin]:
        """Return each of them once."""
        return list({kin.session.id: kin for kin in (*self.lineage, self.main, *self.others)}.values())


class Families:
    """The sessions of a store, and how they hang together."""

    def __init__(self, sessions: Mapping[int, Session]):
        self._kin: dict[int, Kin] = {}
        self._sessions = sessions
        self._heirs = _heirs(sessions)
        for session in sessions.values():
            self._place(session)
        self._below: dict[int, list[int]] = {}
        for session_id in sorted(self._kin):
            self._below.setdefault(self._kin[session_id].parent, []).append(session_id)

    def of(self, session_id: int) -> Family:
        """Return the family of a session: its ancestors, and every living descendant of theirs.

        Hidden ones are there only as far as a living one shares their messages.
        """
        main = self._kin[session_id]
        cuts: dict[int, int] = {}
        cut, above = main.at, main.parent
        while above:
            cuts[above] = cut
            cut, above = self._kin[above].at, self._kin[above].parent
        members = list(self._downwards(next(reversed(cuts), session_id)))
        needed = self._needed(members, session_id)
        others: list[Kin] = []
        lineage: list[Kin] = []
        for kin in members:
            each = kin.session.id
            if each == session_id or each not in needed:
                continue
            stop = needed[each] if kin.is_hidden else kin.stop
            placed = replace(kin, start=cuts.get(each, kin.start), stop=stop)
            if each in cuts:
                lineage.append(placed)
            if each not in cuts or placed.stop > placed.start:
                others.append(placed)
        return Family(replace(main, start=0), tuple(lineage), tuple(others))

    def alone(self, session_id: int) -> Family:
        """Return a session as a family of itself, with the one that it branched off."""
        main = self._kin[session_id]
        lineage = (self._kin[main.parent],) if main.parent else ()
        return Family(replace(main, start=0), lineage, ())

    def all(self) -> Iterator[Family]:
        """Go through all families that have a living member, the one with the oldest root first."""
        for root in self._below.get(0, ()):
            living = (kin.session.id for kin in self._downwards(root) if not kin.is_hidden)
            if oldest := min(living, default=0):
                yield self.of(oldest)

    def _place(self, session: Session) -> None:
        """Put a session below the nearest ancestor that has begun where it leaves; its ancestors before it."""
        waiting: list[Session] = []
        step: Session | None = session
        while step is not None and step.id not in self._kin:
            waiting.append(step)
            step = self._sessions.get(self._parent(step)[0])
        for each in reversed(waiting):
            parent, at = self._parent(each)
            while parent and self._kin[parent].parent and self._kin[parent].at > at:
                parent = self._kin[parent].parent
            self._kin[each.id] = Kin(each, parent, at, at, each.message_count)

    def _parent(self, session: Session) -> tuple[int, int]:
        """Return which session it branched off, and where; the heir of one that was purged stands for it."""
        if session.parent is None:
            return 0, 0
        parent = session.parent.session_id
        if parent not in self._sessions:
            parent = self._heirs[parent]
        return (0, 0) if parent == session.id else (parent, session.parent.at)

    def _needed(self, members: list[Kin], main: int) -> dict[int, int]:
        """Return up to which position each member is needed: those that are shown, and those that they hang on."""
        needed: dict[int, int] = {}
        for kin in reversed(members):  # children before their parents
            each = kin.session.id
            if not kin.is_hidden or each == main:
                needed.setdefault(each, 0)
            if each in needed and kin.parent:
                needed[kin.parent] = max(needed.get(kin.parent, 0), kin.at)
        return needed

    def _downwards(self, root: int) -> Iterator[Kin]:
        """Go through a session and all below it, parents first."""
        waiting = [root]
        while waiting:
            session_id = waiting.pop()
            yield self._kin[session_id]
            waiting += reversed(self._below.get(session_id, ()))


async def all_sessions(host: Host) -> dict[int, Session]:
    """Return every session, hidden ones too, by id."""
    return {session.id: session async for session in host.sessions.all(deleted=True)}


def _heirs(sessions: Mapping[int, Session]) -> dict[int, int]:
    """Return, for each session that was purged, which of its branches shares most of it: the others branch off that."""
    heirs: dict[int, Session] = {}
    for session in sorted(sessions.values(), key=lambda session: session.id):
        parent = session.parent
        if parent is not None and parent.session_id not in sessions:
            heir = heirs.get(parent.session_id)
            if heir is None or heir.parent is None or heir.parent.at < parent.at:
                heirs[parent.session_id] = session
    return {purged: heir.id for purged, heir in heirs.items()}
