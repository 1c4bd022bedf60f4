"""`/undo`: take back the last rewind."""

from __future__ import annotations

from hfs_checkpoints.checkpoint import Origin
from hfs_checkpoints.choosing import chosen_session
from hfs_checkpoints.repository import repository_of
from hfs_checkpoints.wording import counted, ref_of
from hfs_core.api import (
    CommandError,
    CommandResult,
    Conflict,
    Host,
    Invocation,
    NotFound,
    Notice,
    Session,
    SwitchTo,
)


async def undo(invocation: Invocation) -> CommandResult:
    """Take back the last rewind: its session goes to the deleted ones, and the one that it left is current again."""
    host = invocation.host
    session = await chosen_session(invocation, "")
    origin = await repository_of(host).origin(session.id)
    if origin is None:
        raise CommandError(f"session {session.id} is no rewind: there is nothing to undo")
    left = await _left(host, session, origin)
    if await host.engine.is_answering(session.id) or session.message_count != origin.message_index:
        raise _was_written_in(session, origin, left)
    try:
        await host.sessions.delete(session.id, expect=origin.message_index)
    except Conflict as error:
        raise _was_written_in(session, origin, left) from error
    text = f"Rewind to checkpoint #{origin.number} undone: back in session {left.id} ({left.name})."
    return CommandResult((Notice(text),), (SwitchTo(left.id),))


async def _left(host: Host, session: Session, origin: Origin) -> Session:
    """Return the session that was rewound; raises CommandError if there is no going back to it."""
    try:
        left = await host.store.session(origin.uid)
    except NotFound as error:
        text = (
            f"the session that session {session.id} was rewound from was purged: there is no going back to it"
        )
        raise CommandError(text) from error
    if left.deleted_at is not None:
        raise CommandError(
            f"the session that was rewound, {left.id} ({left.name}), is deleted: "
            f"`restore {ref_of(left)}` brings it back"
        )
    return left


def _was_written_in(session: Session, origin: Origin, left: Session) -> CommandError:
    new = max(session.message_count - origin.message_index, 1)
    return CommandError(
        f"session {session.id} has {counted(new, 'message')} since its rewind, which an undo would hide: "
        f"`resume {ref_of(left)}` goes back to session {left.id} ({left.name})"
    )
