"""`/rewind`: go on from a checkpoint, in a new session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import uuid4

from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.choosing import chosen_checkpoint, chosen_session, numbers
from hfs_checkpoints.repository import NO_STATE, CheckpointRepository, repository_of
from hfs_checkpoints.verifying import verify
from hfs_checkpoints.wording import rewound_name
from hfs_core.api import (
    Action,
    CommandError,
    CommandResult,
    Host,
    Invocation,
    NotFound,
    Notice,
    Param,
    RunSnapshot,
    Session,
    SessionForked,
    SwitchTo,
    UsageError,
)


async def rewind(
    invocation: Invocation,
    checkpoint: Annotated[str, Param("the number of a checkpoint", complete=numbers)] = "",
    *,
    session: Annotated[
        str, Param("the session to go back in; the current one by default", complete="session")
    ] = "",
) -> CommandResult:
    """Go on from a checkpoint, in a new session that shares what was said until then; the old one stays as it is."""
    host = invocation.host
    repository = repository_of(host)
    origin = await chosen_session(invocation, session)
    if not checkpoint:
        raise UsageError("say to which checkpoint, such as `rewind 2`; `checkpoints` shows them")
    listed = await repository.list_for_session(origin.id)
    wanted = await chosen_checkpoint(repository, host, origin, listed, checkpoint)
    if await host.engine.is_answering(origin.id):
        raise CommandError(f"session {origin.id} is getting an answer: stop it or wait for it, then rewind")
    invocation.progress("checking what was said", None)
    await verify(repository, host.store, origin, wanted)
    made = await _fork(repository, host, origin, wanted, listed)
    text = f"Rewound to checkpoint #{wanted.number}. Original session preserved."
    notices = [Notice(text, actions=(Action("u", "Undo", "undo"),))]
    if fault := await _restore(repository, host, made, wanted):
        notices.append(Notice(f"The state of its agents could not be brought back: {fault}", "warning"))
    return CommandResult(tuple(notices), (SwitchTo(made.id),))


async def _fork(
    repository: CheckpointRepository,
    host: Host,
    origin: Session,
    wanted: Checkpoint,
    listed: Sequence[Checkpoint],
) -> Session:
    name = rewound_name(origin.name, wanted.number)
    try:
        made = await repository.fork(wanted, origin, uuid4().hex, name, listed)
    except NotFound as error:
        raise CommandError(f"checkpoint #{wanted.number} went at this very moment") from error
    event = SessionForked(
        name=made.name,
        parent_id=origin.id,
        at=wanted.message_index,
        session_id=made.id,
        message_index=made.message_count,
        digest=made.digest,
    )
    await host.bus.emit(event)
    return made


async def _restore(repository: CheckpointRepository, host: Host, made: Session, wanted: Checkpoint) -> str:
    """Bring the state of a checkpoint back in its new session; returns why it cannot be, "" if it is."""
    state_json = await repository.state_json(wanted.state)
    if state_json != NO_STATE:
        try:
            host.state.restore(made.id, RunSnapshot.from_json(state_json))
        except ValueError as error:
            return f"it was written by another version of HFS ({type(error).__name__})"
    return ""
