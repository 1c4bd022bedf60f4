"""Makes sure that a checkpoint still names the conversation that it was made of."""

from __future__ import annotations

from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.repository import CheckpointRepository
from hfs_core.api import EMPTY_DIGEST, CommandError, Session, Store, StoreError


async def verify(
    repository: CheckpointRepository, store: Store, session: Session, checkpoint: Checkpoint
) -> None:
    """Check every message before a checkpoint, and the state that it holds.

    Raises:
        CommandError: something is not as it was; it names the newest checkpoint of the session that is sound.
    """
    broken = await store.verify(session.id, checkpoint.message_index)
    if broken is None:
        fault = await _fault(repository, store, session, checkpoint)
        if not fault:
            return
    else:
        fault = f"message #{broken + 1} is not what was kept"
    if broken is None:
        broken = await store.verify(session.id, session.message_count)
    sound = session.message_count if broken is None else broken
    listed = await repository.list_for_session(session.id)
    for other in reversed(listed):
        is_other = other.number != checkpoint.number and other.message_index <= sound
        if is_other and not await _fault(repository, store, session, other):
            raise CommandError(_refused(checkpoint, fault, f"the newest that is sound is #{other.number}"))
    raise CommandError(_refused(checkpoint, fault, f"no checkpoint of session {session.id} is sound"))


async def _fault(
    repository: CheckpointRepository, store: Store, session: Session, checkpoint: Checkpoint
) -> str:
    """Return what is wrong with a checkpoint whose messages hold together, "" if nothing is."""
    at = checkpoint.message_index
    last = await store.messages(session.id, at - 1, at) if at else ()
    digest = last[-1].digest if last else EMPTY_DIGEST
    if digest != checkpoint.digest or (at and not last):
        return "the conversation before it is another one"
    try:
        await repository.state_json(checkpoint.state)
    except StoreError as error:
        return str(error)
    return ""


def _refused(checkpoint: Checkpoint, fault: str, instead: str) -> str:
    return f"checkpoint #{checkpoint.number} cannot be trusted: {fault}; {instead}"
