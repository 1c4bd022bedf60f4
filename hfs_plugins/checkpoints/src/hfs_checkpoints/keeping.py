"""`/checkpoint`: keep a point to go back to, or pin, unpin or delete one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.choosing import chosen_checkpoint, chosen_session, number_of, numbers
from hfs_checkpoints.service import CheckpointService
from hfs_checkpoints.wording import checked_label, ref_of
from hfs_core.api import (
    CommandError,
    CommandResult,
    Completion,
    Conflict,
    Invocation,
    NotFound,
    Notice,
    Param,
    Session,
)

VERBS = {
    "pin": "Keep a checkpoint when older ones are pruned",
    "unpin": "Let a checkpoint be pruned like the others",
    "delete": "Delete a checkpoint",
}


async def _complete(invocation: Invocation, word: str) -> Sequence[Completion]:
    if not invocation.written:
        return [Completion(verb, summary) for verb, summary in VERBS.items()]
    return (
        await numbers(invocation, word)
        if len(invocation.written) == 1 and invocation.written[0] in VERBS
        else ()
    )


class Keeping:
    """The command, and what it works on."""

    def __init__(self, service: CheckpointService):
        self._service = service
        self._repository = service.repository

    async def checkpoint(
        self,
        invocation: Invocation,
        *words: Annotated[str, Param("a label; or pin, unpin or delete, and a number", complete=_complete)],
        session: Annotated[
            str, Param("the session that it is about; the current one by default", complete="session")
        ] = "",
    ) -> CommandResult:
        """Keep the point where a session is now; or pin, unpin or delete the checkpoint with that number."""
        found = await chosen_session(invocation, session)
        if len(words) == 2 and words[0] in VERBS and number_of(words[1]) is not None:
            return await self._change(invocation, found, *words)
        ref = found.id if session else invocation.session_id or found.id
        made = await self._service.create_manual_checkpoint(ref, label=checked_label(" ".join(words)))
        text = f"Checkpoint created at message #{made.message_index}. `rewind {made.number}` goes back to it."
        return CommandResult((Notice(text),))

    async def _change(self, invocation: Invocation, session: Session, verb: str, word: str) -> CommandResult:
        wanted = await chosen_checkpoint(
            self._repository,
            invocation.host,
            session,
            await self._repository.list_for_session(session.id),
            word,
        )
        if wanted.session_id != session.id:
            owner = await invocation.host.store.session(wanted.session_id)
            raise CommandError(
                f"checkpoint #{wanted.number} is of session {owner.id} ({owner.name}), whose past this one shares: "
                f"`checkpoint {verb} {wanted.number} --session {ref_of(owner)}`"
            )
        try:
            return CommandResult((Notice(await self._do(verb, wanted)),))
        except (Conflict, NotFound) as error:
            text = f"checkpoint #{wanted.number} has changed at this very moment: look at `checkpoints`, and try again"
            raise CommandError(text) from error

    async def _do(self, verb: str, wanted: Checkpoint) -> str:
        name = f"Checkpoint #{wanted.number}"
        if verb == "delete":
            await self._repository.delete(wanted)
            return f"{name} deleted; the messages stay."
        is_pin = verb == "pin"
        if wanted.is_manual and not is_pin and not wanted.pinned:
            return f"{name} was made on purpose: it stays until it is deleted."
        if wanted.pinned != is_pin:
            await self._repository.change(wanted, pinned=is_pin)
        return f"{name} {'pinned: it stays when older ones are pruned' if is_pin else 'unpinned'}."
