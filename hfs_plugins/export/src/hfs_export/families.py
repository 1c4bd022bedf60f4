"""Which sessions belong together, and which part of each is exported, so that every message is there once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hfs_core.api import Host, Session


@dataclass(frozen=True, slots=True)
class Kin:
    """A session of a family, and its messages that are exported with it: `[start:stop]`.

    Attributes:
        parent: the id of the one that it branched off, 0 for none; one that shared nothing of its own is passed over.
        at: how many messages it shares.
    """

    session: Session
    parent: int
    at: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Family:
    """A conversation and what shares messages with it.

    Attributes:
        main: the conversation itself, all of it.
        lineage: its ancestors, the oldest first; `start` is where it leaves them.
        others: the rest, each after its parent; first the ancestors that go on after `main` has left them.
    """

    main: Kin
    lineage: tuple[Kin, ...]
    others: tuple[Kin, ...]


async def all_sessions(host: Host) -> dict[int, Session]:
    """Return every session, hidden ones too, by id."""
    return {session.id: session async for session in host.sessions.all(deleted=True)}


def family_of(session: Session, sessions: dict[int, Session]) -> Family:
    """Return the family of a session: its ancestors, and every living descendant of theirs.

    Hidden ones are there only as far as a living one shares their messages.
    """
    kin = {each.id: _placed(each, sessions) for each in sessions.values()}
    main = _placed(session, {**sessions, session.id: session})
    lineage: list[Kin] = []
    cut, above = main.at, main.parent
    while above:
        ancestor = kin[above]
        lineage.insert(0, replace(ancestor, start=cut))
        cut, above = min(cut, ancestor.at), ancestor.parent
    root = lineage[0].session.id if lineage else session.id
    needed = _needed(kin, session.id)
    leaves = {each.session.id: each for each in lineage}
    others = []
    for each in _downwards(root, kin):
        if each.session.id == session.id or each.session.id not in needed:
            continue
        if each.session.id in leaves:
            each = leaves[each.session.id]
        stop = each.session.message_count if each.session.deleted_at is None else needed[each.session.id]
        if each.session.id not in leaves or stop > each.start:
            others.append(replace(each, stop=max(stop, each.start)))
    return Family(replace(main, start=0), tuple(lineage), tuple(others))


def alone(session: Session, sessions: dict[int, Session]) -> Family:
    """Return a session as a family of itself, with the one that it branched off."""
    main = _placed(session, sessions)
    lineage = (_placed(sessions[main.parent], sessions),) if main.parent else ()
    return Family(replace(main, start=0), lineage, ())


def families(sessions: dict[int, Session]) -> Iterable[Family]:
    """Go through all families that have a living member, the one with the oldest root first."""
    seen: set[int] = set()
    for session_id in sorted(sessions):
        session = sessions[session_id]
        if session_id in seen or session.deleted_at is not None:
            continue
        family = family_of(session, sessions)
        seen |= {session_id, *(each.session.id for each in (*family.lineage, *family.others))}
        yield family


def _placed(session: Session, sessions: dict[int, Session]) -> Kin:
    """Return a session below the nearest ancestor whose own messages it shares."""
    parent, at = (session.parent.session_id, session.parent.at) if session.parent else (0, 0)
    while parent in sessions:
        above = sessions[parent].parent
        if above is None or above.at < at:
            break
        parent = above.session_id
    if parent not in sessions:
        parent, at = 0, 0
    return Kin(session, parent, at, at, session.message_count)


def _needed(kin: dict[int, Kin], main: int) -> dict[int, int]:
    """Return up to which position each session is needed: those that are shown, and those that they hang on."""
    needed: dict[int, int] = {}
    for each in kin.values():
        if each.session.deleted_at is not None and each.session.id != main:
            continue
        needed.setdefault(each.session.id, 0)
        step = each
        while step.parent:
            is_known = needed.get(step.parent, -1) >= step.at
            needed[step.parent] = max(needed.get(step.parent, 0), step.at)
            if is_known:
                break
            step = kin[step.parent]
    return needed


def _downwards(root: int, kin: dict[int, Kin]) -> Iterable[Kin]:
    below: dict[int, list[int]] = {}
    for each in kin.values():
        below.setdefault(each.parent, []).append(each.session.id)
    waiting = [root]
    while waiting:
        session_id = waiting.pop()
        yield kin[session_id]
        waiting += sorted(below.get(session_id, ()), reverse=True)
