"""`/sessions`: the sessions that are kept."""

from __future__ import annotations

from typing import Annotated

from hfs_core.api import (
    Action,
    Column,
    CommandResult,
    Invocation,
    Notice,
    Param,
    Row,
    Session,
    Table,
    UsageError,
)

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
)


async def list_sessions(
    invocation: Invocation,
    *,
    limit: Annotated[int, Param("how many")] = 20,
    all: Annotated[bool, Param("every session, however many")] = False,  # noqa: A002 # the option is --all
) -> CommandResult:
    """List sessions, the last active first."""
    host = invocation.host
    if not host.store_name:
        return CommandResult((Notice(NOT_KEPT, "warning"),), ok=False)
    if not 1 <= limit <= MOST:
        raise UsageError(f"--limit must be from 1 to {MOST}; --all shows every session")
    if all:
        sessions = [session async for session in host.sessions.all()]
    else:
        sessions = list(await host.store.sessions(limit=limit))
    rows = tuple(_row(session, is_current=session.id == invocation.session_id) for session in sessions)
    hint = "" if all or len(sessions) < limit else f"The latest {limit}; --all shows every one."
    return CommandResult((Table(COLUMNS, rows, hint=hint, empty="There is no session yet."),))


def _row(session: Session, *, is_current: bool) -> Row:
    parent = session.parent and {"session_id": session.parent.session_id, "at": session.parent.at}
    values = {
        "id": session.id,
        "uid": session.uid,
        "name": session.name,
        "message_count": session.message_count,
        "created_at": session.created_at.isoformat(),
        "updated_at": session.updated_at.isoformat(),
        "parent": parent,
        "current": is_current,
    }
    shown = {"name": f"{session.name} (current)"} if is_current else {}
    return Row(values, actions=(Action("enter", "Resume", f"resume {session.id}"),), shown=shown)
