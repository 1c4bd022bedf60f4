"""Rows of the database as values, and back."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from hfs_core.api import JSON, Message, Parent, Record, Session, from_microseconds
from hfs_sqlite_store.schema import messages, records, sessions

SessionRow = Any
"""A row of `SESSION`; SQLAlchemy's own type of it says no more."""

SESSION = (
    sessions.c.id,
    sessions.c.uid,
    sessions.c.name,
    sessions.c.parent_id,
    sessions.c.parent_at,
    sessions.c.message_count,
    sessions.c.digest,
    sessions.c.created_at,
    sessions.c.updated_at,
    sessions.c.deleted_at,
    sessions.c.open_owner,
    sessions.c.open_since,
)
MESSAGE = (
    messages.c.session_id,
    messages.c.index,
    messages.c.role,
    messages.c.content,
    messages.c.created_at,
    messages.c.status,
    messages.c.metadata,
    messages.c.digest,
)
RECORD = (
    records.c.id,
    records.c.session_id,
    records.c.key,
    records.c.value,
    records.c.position,
    records.c.revision,
)

WRONG = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What a row raises that holds what HFS never writes."""


def to_session(row: Any) -> Session:
    """Return the session of a row of `SESSION`."""
    try:
        return _session(row)
    except WRONG as error:
        raise _damaged("sessions", error) from error


def _session(row: Any) -> Session:
    if not isinstance(row.name, str):
        raise TypeError("its name is no text")
    return Session(
        id=row.id,
        uid=row.uid,
        name=row.name,
        parent=None if row.parent_id is None else Parent(row.parent_id, row.parent_at),
        message_count=row.message_count,
        digest=row.digest.hex(),
        created_at=from_microseconds(row.created_at),
        updated_at=from_microseconds(row.updated_at),
        deleted_at=None if row.deleted_at is None else from_microseconds(row.deleted_at),
    )


def to_message(row: Any) -> Message:
    """Return the message of a row of `MESSAGE`; called for every message of a conversation, so it is quick."""
    session_id, index, role, content, created_at, status, metadata, digest = row
    try:
        if content.__class__ is not str:
            raise TypeError("its content is no text")
        return Message(
            session_id,
            index,
            role,
            content,
            from_microseconds(created_at),
            status,
            {} if metadata == "{}" else dict(json.loads(metadata)),
            digest.hex(),
        )
    except WRONG as error:
        raise _damaged("messages", error) from error


def to_record(row: Any, blobs: tuple[str, ...]) -> Record:
    """Return the record of a row of `RECORD`."""
    try:
        value: JSON = json.loads(row.value)
    except WRONG as error:
        raise _damaged("records", error) from error
    return Record(row.session_id or None, row.key, value, row.position, row.revision, blobs)


def _damaged(table: str, error: Exception) -> sqlite3.Error:
    """Return SQLite's own error for a damaged file, which the borders turn into `StoreUnusable`."""
    return sqlite3.DatabaseError(f"a row of the table {table} cannot be read: {error}")
