"""`/rename`: give a session another name."""

from __future__ import annotations

from typing import Annotated

from hfs_core.api import CommandResult, Invocation, NotFound, Notice, Param, Session, UsageError
from hfs_sessions.wording import current


async def rename(
    invocation: Invocation,
    *words: Annotated[str, Param("the new name; the number of an existing session before it means that one")],
) -> CommandResult:
    """Rename the current session, or the one whose number comes first."""
    if not words:
        raise UsageError("write the new name: rename NAME, or rename ID NAME")
    session = await _numbered(invocation, words[0]) if len(words) > 1 else None
    name = " ".join(words if session is None else words[1:])
    session = session or await current(invocation)
    renamed = await invocation.host.sessions.rename(session.id, name)
    return CommandResult((Notice(f"Session renamed to: {renamed.name}"),))


async def _numbered(invocation: Invocation, word: str) -> Session | None:
    """Return the session with that number, None if there is none: then the word belongs to the name."""
    if not word.isdecimal():
        return None
    try:
        session = await invocation.host.store.session(int(word))
    except NotFound:
        return None
    return session if session.deleted_at is None else None
