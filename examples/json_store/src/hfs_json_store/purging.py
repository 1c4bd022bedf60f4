"""The one operation that takes facts away for good."""

from __future__ import annotations

from dataclasses import replace

from hfs_core.api import Conflict, Ref

from .facts import MessageIs, SessionIs, SessionRow
from .transaction import Transaction


def purge(transaction: Transaction, ref: Ref) -> int:
    """Remove a session for good and return the bytes freed; what living children share stays."""
    state = transaction.state
    number = state.id_of(ref)
    row = state.sessions[number]
    if row.reply is not None:
        raise Conflict(f"session {number} is being answered", position=row.count)
    freed = _drop_records(transaction, number)
    transaction.set(SessionIs(number, replace(row, uid=None, name="", deleted_at=None)))
    step: int | None = number
    while step is not None and state.sessions[step].uid is None:
        above = state.sessions[step].parent
        freed += _trim(transaction, step, state.sessions[step])
        step = above
    return freed


def _drop_records(transaction: Transaction, number: int) -> int:
    freed = 0
    for (namespace, owner), records in list(transaction.state.records.items()):
        if owner == number:
            for key, row in list(records.items()):
                freed += len(row.text.encode())
                transaction.forget((namespace, owner, key))
    return freed + transaction.drop_unnamed()


def _trim(transaction: Transaction, number: int, row: SessionRow) -> int:
    """Drop of a purged session what no child shares, and the session itself where it has none; return the bytes."""
    state = transaction.state
    children = [child.at for child in state.sessions.values() if child.parent == number]
    shared = max(children, default=0)
    freed = 0
    for index, message in list(state.messages.get(number, {}).items()):
        if index >= shared:
            freed += len(message.content.encode())
            transaction.set(MessageIs(number, index, None))
    kept = replace(row, count=shared, at=min(row.at, shared)) if children else None
    transaction.set(SessionIs(number, kept))
    return freed
