"""Writes that were refused and done all the same, such as when a connection breaks at the commit.

They are known by their messages: the digest of a message names its time, and all that was said before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from hfs_core.builtin.memory_state import MemoryState
from hfs_core.contracts import Append, Change, Create, Delete, Fork, Operation, Outcome, Put, PutBlob, Ref
from hfs_core.errors import NotFound
from hfs_core.models import Draft, Message


def said(state: MemoryState, ref: Ref, draft: Draft, index: int) -> Message | None:
    """Return the message that a draft has become at its place, None if it is not there."""
    branch = state.find(ref)
    if not 0 <= index < branch.size:
        return None
    message, parent = state.message(branch, index), state.digest(branch, index)
    drafted = Message.from_draft(draft, session_id=branch.id, index=index, parent=parent)
    return replace(drafted, session_id=message.session_id) if message.digest == drafted.digest else None


def outcomes_if_done(
    state: MemoryState, operations: Sequence[Operation], namespace: str
) -> list[Outcome] | None:
    """Return the outcomes of a transaction that was done already, None if it was not or says nothing."""
    appends = [operation for operation in operations if isinstance(operation, Append)]
    try:
        for append in appends:
            if append.expect is None or said(state, append.session, append.draft, append.expect) is None:
                return None
        return [_outcome(state, operation, namespace) for operation in operations] if appends else None
    except NotFound:
        return None


def _outcome(state: MemoryState, operation: Operation, namespace: str) -> Outcome:
    match operation:
        case Create(uid, _) | Fork(uid, _, _, _):
            return state.session(state.find(uid))
        case Change(session):
            return state.session(state.find(session))
        case Append(session, draft, expect):
            return said(state, session, draft, expect or 0)
        case Put(key, _, session):
            wanted = (namespace, state.session_id(session), key)
            if wanted not in state.records:
                raise NotFound(f"there is no record {key!r}")
            return state.record(wanted)
        case Delete():
            return None
        case PutBlob(data):
            return hashlib.sha256(data).hexdigest()
