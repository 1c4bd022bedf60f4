"""Finds the session and the checkpoint that a person means."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.repository import CheckpointRepository, repository_of
from hfs_checkpoints.wording import ref_of, what_happened
from hfs_core.api import CommandError, Completion, Host, Invocation, NotFound, Session, UsageError


async def chosen_session(invocation: Invocation, wanted: str) -> Session:
    """Return the session that a word means, the current one where there is none; raises CommandError."""
    if wanted:
        return await invocation.host.sessions.find(wanted)
    if invocation.session_id is None:
        raise CommandError("there is no session yet: it is made with the first message")
    try:
        session = await invocation.host.store.session(invocation.session_id)
    except NotFound as error:
        raise CommandError(f"session {invocation.session_id} is not there any more: it was purged") from error
    if session.deleted_at is not None:
        raise CommandError(
            f"session {session.id} ({session.name}) was deleted: `restore {ref_of(session)}` brings it back"
        )
    return session


def number_of(word: str) -> int | None:
    """Return the number that a word is, such as `2` or `#2`; None for any other word."""
    digits = word.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None


async def chosen_checkpoint(
    repository: CheckpointRepository, host: Host, session: Session, listed: list[Checkpoint], word: str
) -> Checkpoint:
    """Return a checkpoint of a session by its number, from those that are listed for it.

    Raises:
        UsageError: the word is no number.
        CommandError: there is no such checkpoint; it says what there is instead.
    """
    number = number_of(word)
    if number is None:
        raise UsageError(f"{word!r} is not the number of a checkpoint: {_there_are(session, listed)}")
    for each in listed:
        if each.number == number:
            return each
    raise CommandError(await _missing(repository, host, session, number, listed))


async def numbers(invocation: Invocation, word: str) -> Sequence[Completion]:
    """Complete the numbers of a session's checkpoints, the newest first, of the current session or the one written."""
    try:
        session = await chosen_session(invocation, _written_session(invocation.written))
    except CommandError:
        return []
    listed = await repository_of(invocation.host).list_for_session(session.id)
    return [
        Completion(str(each.number), f"message {each.message_index:,}: {what_happened(each)}")
        for each in reversed(listed)
    ]


def _written_session(words: Sequence[str]) -> str:
    """Return what follows `--session`, "" if nothing does."""
    for option, value in zip(words, [*words[1:], ""], strict=False):
        if option.startswith("--session="):
            return option.partition("=")[2]
        if option == "--session":
            return value
    return ""


async def _missing(
    repository: CheckpointRepository, host: Host, session: Session, number: int, listed: list[Checkpoint]
) -> str:
    head = await repository.head(session.id)
    was_its_own = head.shared < number <= head.last
    owner = None if was_its_own else await _owner_above(repository, host, session, number)
    if owner is not None:
        return (
            f"checkpoint #{number} is not of session {session.id} but of session {owner.id} ({owner.name}), after the "
            f"point where they part: `rewind {number} --session {ref_of(owner)}`"
        )
    if 1 <= number <= head.last:
        return f"checkpoint #{number} is not kept any more: {_there_are(session, listed)}"
    return f"there is no checkpoint #{number}: {_there_are(session, listed)}"


async def _owner_above(
    repository: CheckpointRepository, host: Host, session: Session, number: int
) -> Session | None:
    """Return the nearest ancestor that has a checkpoint of that number, which this session does not share."""
    while session.parent is not None:
        try:
            session = await host.store.session(session.parent.session_id)
            if any(each.number == number for each in await repository.list_for_session(session.id)):
                return session
        except NotFound:  # purged
            return None
    return None


def _there_are(session: Session, listed: list[Checkpoint]) -> str:
    if not listed:
        return f"session {session.id} has none yet; one is kept after each reply"
    if len(listed) == 1:
        return f"session {session.id} has only #{listed[0].number}"
    numbers = sorted(each.number for each in listed)
    return f"session {session.id} has {len(numbers):,}, from #{numbers[0]} to #{numbers[-1]}; `checkpoints` shows them"
