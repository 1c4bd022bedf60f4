"""The shape of the first plan: sessions, messages and checkpoints, naive UTC times, no version."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hfs_core.api import (
    Draft,
    Message,
    Status,
    canonical_json,
    from_microseconds,
    replace_surrogates,
    to_microseconds,
)
from hfs_sqlite_store.opening import make_tables

CHECKPOINTS = "plugin.checkpoints"
"""The namespace in which the plugin `checkpoints` finds what the first plan kept."""

NEEDED = {
    "sessions": {"id", "name"},
    "messages": {"id", "session_id", "role", "content"},
    "checkpoints": {"id", "session_id"},
}


def migrate(connection: sqlite3.Connection) -> None:
    """Carry everything over; raises ValueError if a column is missing, or a row got lost on the way."""
    had_checkpoints = bool(
        connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'checkpoints' AND type = 'table'"
        ).fetchone()
    )
    old = ["sessions", "messages", *(["checkpoints"] if had_checkpoints else [])]
    for table in old:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if missing := NEEDED[table] - columns:
            raise ValueError(f"its table {table} has no {' and no '.join(sorted(missing))}")
        for (index,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            (table,),
        ).fetchall():
            connection.execute(f'DROP INDEX "{index}"')
        connection.execute(f"ALTER TABLE {table} RENAME TO first_plan_{table}")
    make_tables(connection)
    for session in _rows(connection, "first_plan_sessions"):
        _carry_session(connection, session)
    if had_checkpoints:
        for checkpoint in _rows(connection, "first_plan_checkpoints"):
            _carry_checkpoint(connection, checkpoint)
    _verify(connection, "sessions", "sessions")
    _verify(connection, "messages", "messages")
    if had_checkpoints:
        _verify(connection, "checkpoints", "records")
    for table in reversed(old):
        connection.execute(f"DROP TABLE first_plan_{table}")


def _carry_session(connection: sqlite3.Connection, session: dict[str, Any]) -> None:
    parent, count = "", 0
    for index, row in enumerate(_rows(connection, "first_plan_messages", session["id"])):
        draft = Draft(
            str(row["role"]),
            replace_surrogates(str(row["content"] or "")),
            _moment(row.get("created_at")),
            Status.COMPLETE,
        )
        message = Message.from_draft(draft, session_id=session["id"], index=index, parent=parent)
        parent, count = message.digest, index + 1
        connection.execute(
            'INSERT INTO messages (session_id, "index", role, content, created_at, status, metadata, digest) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                session["id"],
                index,
                message.role,
                message.content,
                to_microseconds(message.created_at),
                message.status,
                canonical_json(dict(message.metadata)),
                bytes.fromhex(message.digest),
            ),
        )
    created = to_microseconds(_moment(session.get("created_at")))
    updated = to_microseconds(_moment(session.get("updated_at") or session.get("created_at")))
    connection.execute(
        "INSERT INTO sessions (id, uid, name, parent_at, message_count, digest, created_at, updated_at) "
        "VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
        (
            session["id"],
            uuid4().hex,
            str(session["name"] or ""),
            count,
            bytes.fromhex(parent),
            created,
            updated,
        ),
    )


def _carry_checkpoint(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    position = int(row.get("message_index") or 0)
    value = {
        "message_index": position,
        "trigger_event": row.get("trigger_event") or "",
        "state_json": row.get("state_json") or "{}",
        "created_at": _moment(row.get("created_at")).isoformat(),
    }
    connection.execute(
        "INSERT INTO records (namespace, session_id, key, value, position, revision) "
        "SELECT ?, id, ?, ?, ?, 1 FROM sessions WHERE id = ?",
        (CHECKPOINTS, f"first-plan-{row['id']}", canonical_json(value), position, row["session_id"]),
    )


def _rows(connection: sqlite3.Connection, table: str, session_id: int | None = None) -> list[dict[str, Any]]:
    where, values = ("", ()) if session_id is None else (" WHERE session_id = ?", (session_id,))
    found = connection.execute(f"SELECT * FROM {table}{where} ORDER BY id", values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _moment(text: object) -> datetime:
    """Return a naive UTC time of the first plan as an aware one; 1970 where there is none."""
    if text is None:
        return from_microseconds(0)
    if not isinstance(text, str):
        raise ValueError(f"it has {text!r} where a time should be")  # the file is wrong, not the call
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _verify(connection: sqlite3.Connection, old: str, new: str) -> None:
    before = connection.execute(f"SELECT count(*) FROM first_plan_{old}").fetchone()[0]
    after = connection.execute(f"SELECT count(*) FROM {new}").fetchone()[0]
    if before != after:
        raise ValueError(f"of {before} {old} only {after} came over: some belong to no session")
