"""`/retry`: ask the last question again, in a branch of its own."""

from __future__ import annotations

from hfs_commands.conversation import last_message
from hfs_core.api import CommandError, CommandResult, Invocation, Notice, Role, Send, SwitchTo


async def retry(invocation: Invocation) -> CommandResult:
    """Branch off before the last message that was sent, and send it again; the first answer stays where it is."""
    host, session_id = invocation.host, invocation.session_id
    if session_id is None:
        raise CommandError("there is nothing to retry: nothing was sent in this session yet")
    if host.engine.is_running(session_id):
        raise CommandError("a reply is under way: Esc stops it, then /retry asks again")
    question = await last_message(host.store, session_id, Role.USER)
    if question is None:
        raise CommandError("there is nothing to retry: nothing was sent in this session yet")
    branch = await host.sessions.fork(session_id, at=question.index)
    text = f"Retrying in a new branch, {branch.name}; the first answer is kept in session {session_id}."
    return CommandResult((Notice(text),), (SwitchTo(branch.id), Send(question.content)))
