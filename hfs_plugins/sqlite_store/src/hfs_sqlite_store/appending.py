"""Puts messages at the end of sessions: many at once cost each what its row costs, and its session once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, null, update

from hfs_core.api import Append, Conflict, Message, Ref, canonical_json, to_microseconds
from hfs_sqlite_store.finding import find
from hfs_sqlite_store.prepared import Prepared
from hfs_sqlite_store.rows import SessionRow
from hfs_sqlite_store.schema import messages, sessions

ADD_MESSAGE = Prepared(insert(messages))
GROW = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("key"))
    .values(
        message_count=bindparam("count"),
        digest=bindparam("head"),
        updated_at=bindparam("moment"),
        open_owner=null(),
        open_since=null(),
    )
)


@dataclass(slots=True)
class _End:
    """Where a session ends by now."""

    row: SessionRow
    count: int
    digest: str


def append_all(connection: Connection, operations: Iterable[Append], moment: int) -> list[Message]:
    """Put messages at the ends of their sessions, in this order.

    Raises:
        NotFound: there is no such session.
        Conflict: it does not end where that was expected, or is being answered.
        ValueError: what no store keeps.
    """
    by_ref: dict[Ref, _End] = {}
    by_id: dict[int, _End] = {}
    kept = []
    for operation in operations:
        end = by_ref.get(operation.session)
        if end is None:
            row = find(connection, operation.session)
            end = by_id.setdefault(row.id, _End(row, row.message_count, row.digest.hex()))
            by_ref[operation.session] = end
        kept.append(_next(end, operation))
    ADD_MESSAGE.run_all(connection, list(map(_values, kept)))
    for end in by_id.values():
        _grow(connection, end.row.id, end.count, end.digest, moment)
    return kept


def add_message(connection: Connection, row: SessionRow, message: Message, moment: int) -> None:
    """Put a message at the end of a session, which thereby has no open reply any more."""
    ADD_MESSAGE.run(connection, _values(message))
    _grow(connection, row.id, message.index + 1, message.digest, moment)


def _next(end: _End, operation: Append) -> Message:
    """Return what an operation puts at the end, which then lies behind it."""
    row, position = end.row, end.count
    if operation.expect is not None and operation.expect != position:
        text = f"session {row.id} has {position} messages, not {operation.expect}"
        raise Conflict(text, position=operation.expect)
    if row.open_owner is not None:
        raise Conflict(f"session {row.id} is being answered", position=position)
    message = Message.from_draft(operation.draft, session_id=row.id, index=position, parent=end.digest)
    end.count, end.digest = position + 1, message.digest
    return message


def _values(message: Message) -> dict[str, Any]:
    return {
        "session_id": message.session_id,
        "index": message.index,
        "role": message.role,
        "content": message.content,
        "created_at": to_microseconds(message.created_at),
        "status": message.status,
        "metadata": canonical_json(message.metadata) if message.metadata else "{}",
        "digest": bytes.fromhex(message.digest),
    }


def _grow(connection: Connection, session_id: int, count: int, digest: str, moment: int) -> None:
    head = bytes.fromhex(digest)
    GROW.run(connection, {"key": session_id, "count": count, "head": head, "moment": moment})
