"""How sessions are named in sentences and on command lines."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_core.api import CommandError, Invocation, Session

NAMED = 5
"""How many sessions a sentence names at most."""


def ref_of(session: Session) -> str:
    """Return the word that means a session on a command line: its id, unless that would read as an option."""
    return str(session.id) if session.id > 0 else session.uid


def named(sessions: Sequence[Session]) -> str:
    """Return sessions as part of a sentence."""
    words = [f"{session.id} ({session.name})" for session in sessions[:NAMED]]
    more = len(sessions) - len(words)
    return ", ".join(words) + (f" and {more:,} more" if more else "")


def counted(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sized(size: int) -> str:
    """Return a number of bytes as people read it."""
    if size < 1000:
        return counted(size, "byte")
    amount, units = size / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.95 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f} {units[0]}"


async def current(invocation: Invocation) -> Session:
    """Return the session that the command is about; raises CommandError where there is none."""
    if invocation.session_id is None:
        raise CommandError("there is no session yet: it is made with the first message")
    return await invocation.host.store.session(invocation.session_id)


async def chosen(invocation: Invocation, words: Sequence[str], *, deleted: bool | None = False) -> Session:
    """Return the session that these words mean: a number, a name or a part of one."""
    return await invocation.host.sessions.find(" ".join(words), deleted=deleted)
