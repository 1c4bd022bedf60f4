"""`/delete`, `/restore` and `/purge`: hide a session, bring it back, remove it for good."""

from __future__ import annotations

from typing import Annotated

from hfs_core.api import (
    Action,
    CommandError,
    CommandResult,
    Conflict,
    Effect,
    Invocation,
    Notice,
    Param,
    Session,
    SwitchTo,
)
from hfs_sessions.wording import chosen, counted, current, named, ref_of, sized


async def delete(
    invocation: Invocation,
    session: Annotated[
        str, Param("a number, a name or a part of it; the current session by default", complete="session")
    ] = "",
    *more: Annotated[str, Param("further words of its name")],
) -> CommandResult:
    """Hide a session; restore brings it back. It asks before the current one, and where part of a name was given."""
    found = await (chosen(invocation, (session, *more)) if session else current(invocation))
    is_current = await _is_current(invocation, found)
    is_exact = " ".join((session, *more)) in (str(found.id), found.uid, found.name)
    which = "the current session" if is_current else f"session {found.id}"
    question = f"Delete {which}, {found.name}? `restore {ref_of(found)}` brings it back."
    if (is_current or not is_exact) and not await invocation.confirm(question):
        return CommandResult((Notice("Nothing was deleted."),), ok=False)
    await invocation.host.sessions.delete(found.id)
    undo = Action("u", "Undo", f"restore {ref_of(found)}")
    return CommandResult((Notice(f"Session deleted: {found.name}", actions=(undo,)),), _leaving(is_current))


async def restore(
    invocation: Invocation,
    session: Annotated[
        str, Param("a deleted session's number, its name or a part of it", complete="deleted session")
    ],
    *more: Annotated[str, Param("further words of its name")],
) -> CommandResult:
    """Bring a deleted session back."""
    found = await chosen(invocation, (session, *more), deleted=True)
    await invocation.host.sessions.restore(found.id)
    resume = Action("r", "Resume", f"resume {ref_of(found)}")
    return CommandResult((Notice(f"Session restored: {found.name}", actions=(resume,)),))


async def purge(
    invocation: Invocation,
    session: Annotated[
        str, Param("a session's number, its name or a part of it", complete="deleted session")
    ],
    *more: Annotated[str, Param("further words of its name")],
) -> CommandResult:
    """Remove a session for good, deleted or not; what living branches share with it stays. It asks first."""
    host = invocation.host
    found = await chosen(invocation, (session, *more), deleted=None)
    if host.engine.is_running(found.id):
        raise _answering(found)
    is_current = await _is_current(invocation, found)
    branches = await _branches(invocation, found)
    which = "the current session" if is_current else f"session {found.id}"
    question = f"Purge {which}, {found.name}, with its {counted(found.message_count, 'message')}, for good?"
    kept = _kept(found, branches)
    if not await invocation.confirm(" ".join(filter(None, (question, kept, "This cannot be undone.")))):
        return CommandResult((Notice("Nothing was purged."),), ok=False)
    try:
        freed = await host.sessions.purge(found.id)
    except Conflict as error:
        raise _answering(found) from error
    text = " ".join(filter(None, (f"Session purged: {found.name}; {sized(freed)} freed.", kept)))
    return CommandResult((Notice(text),), _leaving(is_current))


def _answering(session: Session) -> CommandError:
    return CommandError(
        f"session {session.id} ({session.name}) is getting an answer: stop it or wait for it, then purge the session"
    )


def _leaving(is_current: bool) -> tuple[Effect, ...]:
    return (SwitchTo(None),) if is_current else ()


async def _is_current(invocation: Invocation, session: Session) -> bool:
    if invocation.session_id is None:
        return False
    return (await invocation.host.store.session(invocation.session_id)).id == session.id


async def _branches(invocation: Invocation, session: Session) -> list[Session]:
    """Return the sessions, hidden ones too, that share messages with it."""
    return [
        one
        async for one in invocation.host.sessions.all(deleted=True)
        if one.parent is not None and one.parent.session_id == session.id and one.parent.at > 0
    ]


def _kept(session: Session, branches: list[Session]) -> str:
    """Return the sentence about what outlives a session, "" if nothing does."""
    own = session.parent.at if session.parent else 0
    shared = max((min(one.parent.at, session.message_count) for one in branches if one.parent), default=0)
    if shared <= own:
        return ""
    who = "its branch" if len(branches) == 1 else f"its {len(branches):,} branches"
    verb = "keeps" if len(branches) == 1 else "keep"
    return f"{who.capitalize()} {verb} the first {counted(shared, 'message')}: {named(branches)}."
