"""`/sessions`: the sessions that are kept, branches under their origins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from hfs_core.api import (
    Action,
    Column,
    CommandResult,
    Host,
    Invocation,
    NotFound,
    Notice,
    Param,
    Row,
    Session,
    Table,
    UsageError,
    excerpt,
)
from hfs_sessions.families import grown, origins_of
from hfs_sessions.wording import ref_of

MOST = 1_000_000
NOT_KEPT = "Persistence not available"

COLUMNS = (
    Column("id", "ID", "number"),
    Column("uid"),
    Column("name", "Name"),
    Column("message_count", "Messages", "number"),
    Column("created_at", "Created", "time"),
    Column("updated_at", "Last activity", "time"),
    Column("parent"),
    Column("current"),
    Column("deleted_at"),
)


async def list_sessions(
    invocation: Invocation,
    *,
    limit: Annotated[int, Param("how many of the last active, their origins not counted")] = 20,
    all: Annotated[bool, Param("every session, however many")] = False,  # noqa: A002 # the option is --all
    deleted: Annotated[bool, Param("the deleted ones instead")] = False,
) -> CommandResult:
    """List sessions, the last active first, each branch under its origin."""
    host = invocation.host
    if not host.store_name:
        return CommandResult((Notice(NOT_KEPT, "warning"),), ok=False)
    if not 1 <= limit <= MOST:
        raise UsageError(f"--limit must be from 1 to {MOST}; --all shows every session")
    most = MOST if all else limit
    sessions = await (_deleted(host, most) if deleted else _living(host, most))
    origins = () if deleted else await origins_of(sessions, host.store)
    current_id = await _current_id(invocation)
    rows = grown(sessions, origins, lambda session, below: _row(host, session, below, current_id))
    is_part = not all and len(sessions) == limit
    hint = f"The latest {limit}; --all shows every one." if is_part else ""
    empty = "No session is deleted." if deleted else "There is no session yet."
    return CommandResult((Table(COLUMNS, rows, hint=hint, empty=empty),))


async def _living(host: Host, most: int) -> Sequence[Session]:
    if most < MOST:
        return await host.store.sessions(limit=most)
    return [session async for session in host.sessions.all()]


async def _deleted(host: Host, most: int) -> Sequence[Session]:
    found: list[Session] = []
    async for session in host.sessions.all(deleted=True):
        if session.deleted_at is not None:
            found.append(session)
            if len(found) == most:
                break
    return found


async def _current_id(invocation: Invocation) -> int | None:
    """Return the current session's id as the store has it: one made while it could not write got another."""
    if invocation.session_id is None:
        return None
    try:
        return (await invocation.host.store.session(invocation.session_id)).id
    except NotFound:
        return None


def _row(host: Host, session: Session, branches: tuple[Row, ...], current_id: int | None) -> Row:
    values = {
        "id": session.id,
        "uid": session.uid,
        "name": session.name,
        "message_count": session.message_count,
        "created_at": session.created_at.isoformat(),
        "updated_at": session.updated_at.isoformat(),
        "parent": session.parent and {"session_id": session.parent.session_id, "at": session.parent.at},
        "current": session.id == current_id,
        "deleted_at": session.deleted_at and session.deleted_at.isoformat(),
    }
    return Row(
        values,
        shown={"name": f"{session.name} (deleted)"} if session.deleted_at else {},
        preview=partial(excerpt, host.store, session.id),
        actions=_actions(session),
        children=branches,
        is_current=session.id == current_id,
    )


def _actions(session: Session) -> tuple[Action, ...]:
    ref = ref_of(session)
    if session.deleted_at is not None:
        return (Action("enter", "Restore", f"restore {ref}"), Action("p", "Purge", f"purge {ref}"))
    return (
        Action("enter", "Resume", f"resume {ref}"),
        Action("f", "Fork", f"fork --session {ref}", confirm=True),
        Action("d", "Delete", f"delete {ref}", confirm=True),
    )
