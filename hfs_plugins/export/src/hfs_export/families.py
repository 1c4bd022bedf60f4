"""Which sessions belong together, and which part of each is exported, so that every message is there once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

from hfs_core.api import EMPTY_DIGEST, Host, Session

PURGED = "A purged conversation"
"""What one is called that is there again for what its branches share, as its name is gone."""


@dataclass(frozen=True, slots=True)
class Kin:
    """A session of a family, and its messages that are exported with it: `[start:stop]`.

    Attributes:
        parent: the id of the one that it branched off, 0 for none; one that begins only later is passed over.
        at: how many messages it shares.
        heir: the id of the branch through which its messages are read where it was purged, 0 where it was not.
    """

    session: Session
    parent: int
    at: int
    start: int
    stop: int
    heir: int = 0

    @property
    def source(self) -> int:
        """The id of the session whose messages are read."""
        return self.heir or self.session.id

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
        self._heirs = _heirs(sessions)
        self._sessions = {**sessions, **{each: _purged(each, heir) for each, heir in self._heirs.items()}}
        for session in self._sessions.values():
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
            heir = self._heirs.get(each.id)
            self._kin[each.id] = Kin(each, parent, at, at, each.message_count, heir.id if heir else 0)

    def _parent(self, session: Session) -> tuple[int, int]:
        """Return which session it branched off, and where; none where that was purged, and no other one shares it."""
        parent = session.parent
        if parent is None or parent.session_id not in self._sessions:
            return 0, 0
        shares = parent.at or parent.session_id not in self._heirs
        return (parent.session_id, parent.at) if shares else (0, 0)

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


def _heirs(sessions: Mapping[int, Session]) -> dict[int, Session]:
    """Return, for each session that was purged and of which several branches share messages, the one that has most."""
    branches: dict[int, list[tuple[int, Session]]] = {}
    for session in sessions.values():
        parent = session.parent
        if parent is not None and parent.at and parent.session_id not in sessions:
            branches.setdefault(parent.session_id, []).append((parent.at, session))
    several = {purged: those for purged, those in branches.items() if len(those) > 1}
    return {purged: max(those, key=lambda each: each[0])[1] for purged, those in several.items()}


def _purged(session_id: int, heir: Session) -> Session:
    """Return what is left of a session that was purged: hidden, and as long as its heir's share of it.

    Its uid is the same each time, so that it is known where it came before.
    """
    assert heir.parent is not None
    uid = uuid5(NAMESPACE_OID, heir.uid).hex
    moment = heir.created_at
    return Session(session_id, uid, PURGED, None, heir.parent.at, EMPTY_DIGEST, moment, moment, moment)
