"""Lets checkpoints go with their sessions when these are exported, and tells exports about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from hfs_checkpoints.checkpoint import HEAD, Checkpoint, Head, key_of
from hfs_checkpoints.repository import NAMESPACE, CheckpointRepository
from hfs_core.api import JSON, Record

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class Travelling:
    """The plugin's records as they leave and arrive."""

    namespace = NAMESPACE

    def __init__(self, repository: CheckpointRepository):
        self._repository = repository

    async def told(self, session_id: int) -> Sequence[Mapping[str, JSON]]:
        """Return a session's checkpoints as `hfs checkpoints --json` tells them."""
        return [told(each) for each in await self._repository.list_for_session(session_id)]

    async def latest_state(self, session_id: int) -> Mapping[str, JSON] | None:
        """Return the last known state of a session's run, None if none is known."""
        state: dict[str, Any] = json.loads(await self._repository.latest_state(session_id))
        return state or None

    def arrived(self, key: str, value: JSON, *, uids: Mapping[str, str], digest: str) -> JSON:
        """Return a record as it is kept where it arrived, with the uids and the digest that hold there.

        Raises:
            ValueError: it is none that this plugin writes.
        """
        if not isinstance(value, dict):
            raise ValueError("its value is no object")
        if key == HEAD:
            origin = value.get("origin")
            if isinstance(origin, dict):
                origin = {**origin, "uid": uids.get(str(origin.get("uid")), origin.get("uid"))}
            made: JSON = {**value, "origin": origin}
        else:
            made = {**value, "digest": digest}
        _check(Record(0, key, made, 0, 1))
        return made


def _check(record: Record) -> None:
    """Raise ValueError for a record that could not be read again."""
    try:
        if record.key == HEAD:
            head = Head.from_record(record)
            is_sound = _types(Head).validate_python(asdict(head)) == head
        else:
            kept = Checkpoint.from_record(record)
            is_sound = _types(Checkpoint).validate_python(asdict(kept)) == kept
            is_sound &= record.key == key_of(kept.number)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"it lacks something, or holds too much: {error}") from error
    if not is_sound:
        raise ValueError("it does not hold what its key says")


@cache
def _types(kind: type) -> TypeAdapter[Any]:
    """Return what checks the types of a value's parts; to make it takes milliseconds, and a file has many records."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def told(checkpoint: Checkpoint) -> Mapping[str, JSON]:
    """Return what `--json` tells of a checkpoint."""
    return {
        "number": checkpoint.number,
        "session_id": checkpoint.session_id,
        "message_index": checkpoint.message_index,
        "triggers": list(checkpoint.triggers),
        "label": checkpoint.label,
        "pinned": checkpoint.pinned,
        "digest": checkpoint.digest,
        "created_at": checkpoint.created_at.isoformat(),
    }
