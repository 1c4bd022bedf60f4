"""`/clear`: begin a new session; the old one is kept."""

from __future__ import annotations

from hfs_core.api import Action, CommandResult, Invocation, Notice, StoreError, SwitchTo


async def clear(invocation: Invocation) -> CommandResult:
    """Begin a new session, and say how to come back to the old one."""
    if invocation.session_id is None:
        return CommandResult((Notice("This is a new session."),), (SwitchTo(None),))
    host, session_id = invocation.host, invocation.session_id
    name, ref = "", str(session_id)
    try:
        session = await host.store.session(session_id)
    except StoreError:  # that it cannot be read is told elsewhere, and no reason to stay in it
        pass
    else:
        name = f" ({session.name})"
        ref = str(session.id) if session.id > 0 else session.uid  # a negative one would read as an option
    if not host.store_name:
        text = f"A new session. Nothing is saved: session {session_id}{name} is kept until you leave"
    else:
        text = f"A new session. Session {session_id}{name} is kept"
    can_resume = any(command.name == "resume" for command in host.commands.names())
    back = f"/resume {ref}" if can_resume else f"hfs -r {ref}"
    actions = (Action("b", "Back", f"resume {ref}"),) if can_resume else ()
    return CommandResult((Notice(f"{text}: {back} brings it back.", actions=actions),), (SwitchTo(None),))
