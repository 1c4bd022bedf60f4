"""Lets checkpoints go with their sessions when these are exported, and tells exports about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hfs_checkpoints.checkpoint import HEAD, Checkpoint
from hfs_checkpoints.repository import NAMESPACE, CheckpointRepository
from hfs_core.api import JSON


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
        """Return a record as it is kept where it arrived, with the uids and the digest that hold there."""
        if key != HEAD:
            return {**value, "digest": digest}
        origin = value.get("origin")
        if not origin:
            return value
        return {**value, "origin": {**origin, "uid": uids.get(origin["uid"], origin["uid"])}}


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
