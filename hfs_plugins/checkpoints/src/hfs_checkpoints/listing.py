"""`/checkpoints`: the points to go back to, as a timeline."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.choosing import chosen_session
from hfs_checkpoints.repository import repository_of
from hfs_checkpoints.travelling import told
from hfs_checkpoints.wording import ref_of, spoken, what_happened
from hfs_core.api import Action, CommandResult, Invocation, Param, Point, Session, Store, Timeline, excerpt

HINT = "Use /rewind <#> to restore to a checkpoint."
EMPTY = "There is no checkpoint yet: one is kept after each reply, and where /checkpoint is written."


async def checkpoints(
    invocation: Invocation,
    *session: Annotated[
        str,
        Param("a session's number, its name or a part of it; the current one by default", complete="session"),
    ],
) -> CommandResult:
    """Show the points of a session to go back to, those of the past that it shares included."""
    found = await chosen_session(invocation, " ".join(session))
    listed = await repository_of(invocation.host).list_for_session(found.id)
    timeline = Timeline(
        tuple(_point(invocation.host.store, found, each) for each in listed),
        title=f"Checkpoints for Session {found.id}: {found.name}",
        hint=HINT,
        on_select=f"rewind {{number}} --session {ref_of(found)}",
        select="Rewind",
        empty=EMPTY,
    )
    return CommandResult((timeline,))


def _point(store: Store, session: Session, checkpoint: Checkpoint) -> Point:
    others = len(checkpoint.triggers) - 1
    return Point(
        number=checkpoint.number,
        position=checkpoint.message_index,
        label=spoken(checkpoint.triggers[-1]),
        marks=(*([f"+{others}"] if others else []), *(["pinned"] if checkpoint.pinned else [])),
        details=what_happened(checkpoint),
        moment=checkpoint.created_at,
        preview=partial(excerpt, store, session.id, at=checkpoint.message_index),
        values=told(checkpoint),
        actions=_actions(session, checkpoint),
    )


def _actions(session: Session, checkpoint: Checkpoint) -> tuple[Action, ...]:
    if checkpoint.session_id != session.id:
        return ()  # the session in which it was made has it too
    about = f"{checkpoint.number} --session {ref_of(session)}"
    pin = (
        Action("p", "Unpin", f"checkpoint unpin {about}")
        if checkpoint.pinned
        else Action("p", "Pin", f"checkpoint pin {about}")
    )
    return (pin, Action("d", "Delete", f"checkpoint delete {about}", confirm=True))
