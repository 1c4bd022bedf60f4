"""Which sessions belong together: branches under the session that they branched off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hfs_core.api import NotFound, Row, Session, Store

LOOKUPS = 100
"""How many origins are read one by one; where more are missing, reading all sessions is quicker."""

_PAGE = 500


async def origins_of(sessions: Sequence[Session], store: Store) -> list[Session]:
    """Return the sessions, hidden ones too, on which these hang and that are not among them.

    One that was purged is not there any more: what hangs on it hangs on nothing.
    """
    known = {session.id: session for session in sessions}
    waiting = list(sessions)
    gone: set[int] = set()
    found: list[Session] = []
    lookups = 0
    while waiting:
        parent = waiting.pop().parent
        if parent is None or parent.session_id in known or parent.session_id in gone:
            continue
        lookups += 1
        if lookups > LOOKUPS:
            return _climbed(sessions, await _everything(store))
        try:
            origin = await store.session(parent.session_id)
        except NotFound:
            gone.add(parent.session_id)
            continue
        known[origin.id] = origin
        found.append(origin)
        waiting.append(origin)
    return found


def grown(
    sessions: Sequence[Session], origins: Iterable[Session], row_of: Callable[[Session, tuple[Row, ...]], Row]
) -> tuple[Row, ...]:
    """Return the families of these sessions as rows, each under its origin.

    Families and branches come in the order in which the first of theirs comes in `sessions`. A lineage may be as
    long as it likes: nothing here calls itself.

    Args:
        sessions: what is listed, the last active first.
        origins: what they hang on, as `origins_of` returns it.
        row_of: makes a session's row, with the rows of its branches.
    """
    rank = {session.id: place for place, session in enumerate(sessions)}
    members = {session.id: session for session in (*sessions, *origins)}
    branches: dict[int, list[int]] = {session_id: [] for session_id in members}
    roots: list[int] = []
    for session_id, session in members.items():
        above = session.parent.session_id if session.parent else 0  # no session has the id 0
        branches.get(above, roots).append(session_id)
    downwards = list(roots)
    for session_id in downwards:  # grows while it is walked: parents come before their branches
        downwards += branches[session_id]
    best: dict[int, int] = {}
    rows: dict[int, Row] = {}
    for session_id in reversed(downwards):
        below = sorted(branches[session_id], key=best.__getitem__)
        best[session_id] = min([rank.get(session_id, len(rank)), *(best[each] for each in below)])
        rows[session_id] = row_of(members[session_id], tuple(rows.pop(each) for each in below))
    return tuple(rows[root] for root in sorted(roots, key=best.__getitem__))


def _climbed(sessions: Sequence[Session], everything: dict[int, Session]) -> list[Session]:
    """Return the ancestors of these sessions that are not among them."""
    known = {session.id for session in sessions}
    found: list[Session] = []
    for session in sessions:
        step: Session | None = session
        while step is not None and step.parent is not None and step.parent.session_id not in known:
            step = everything.get(step.parent.session_id)
            if step is not None:
                known.add(step.id)
                found.append(step)
    return found


async def _everything(store: Store) -> dict[int, Session]:
    sessions: dict[int, Session] = {}
    before = None
    while page := await store.sessions(limit=_PAGE, before=before, deleted=True):
        sessions |= {session.id: session for session in page}
        before = page[-1]
    return sessions
