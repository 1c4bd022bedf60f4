"""`/new` and `/fork`: a session of its own, with nothing or with everything that was said."""

from __future__ import annotations

from typing import Annotated

from hfs_core.api import CommandResult, Invocation, Notice, Param, SwitchTo
from hfs_sessions.wording import chosen, counted, current


async def new(invocation: Invocation) -> CommandResult:
    """Begin a session, which the next message makes; the one that was shown stays as it is."""
    return CommandResult(effects=(SwitchTo(None),))


async def fork(
    invocation: Invocation,
    *words: Annotated[str, Param("the fork's name; by default the session's own and `(fork)`")],
    session: Annotated[
        str, Param("the session to fork; the current one by default", complete="session")
    ] = "",
) -> CommandResult:
    """Make a session that begins with all that is kept of another, and go on in it.

    A reply under way is not kept yet: it stays in the session that asked.
    """
    origin = await (chosen(invocation, (session,)) if session else current(invocation))
    made = await invocation.host.sessions.fork(origin.id, name=" ".join(words) if words else None)
    text = f"Session forked: {made.name} (shares {counted(made.message_count, 'message')} with {origin.name})"
    return CommandResult((Notice(text),), (SwitchTo(made.id),))
