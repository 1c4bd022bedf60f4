"""`/resume`: go on with a kept session."""

from __future__ import annotations

from typing import Annotated

from hfs_core.api import CommandResult, Invocation, Notice, Param, SwitchTo
from hfs_sessions.listing import list_sessions
from hfs_sessions.wording import chosen


async def resume(
    invocation: Invocation,
    *session: Annotated[str, Param("a session's number, its name or a part of it", complete="session")],
) -> CommandResult:
    """Make a session the current one; without a word, list what there is to go on with."""
    if not session:
        return await list_sessions(invocation)
    found = await chosen(invocation, session)
    return CommandResult((Notice(f"Resumed session: {found.name}"),), (SwitchTo(found.id),))
