"""Removes a session for good, and keeps what living children share."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select, update

from hfs_core.api import Conflict, Ref
from hfs_sqlite_store.changes import SWEEP
from hfs_sqlite_store.finding import find
from hfs_sqlite_store.rows import SESSION, SessionRow
from hfs_sqlite_store.schema import blobs, messages, record_blobs, records, sessions


def purge(connection: Connection, ref: Ref) -> int:
    """Remove a session for good and return the bytes freed; what living children share stays."""
    row = find(connection, ref)
    if row.open_owner is not None:
        raise Conflict(f"session {row.id} is being answered", position=row.message_count)
    freed = _drop_records(connection, row.id)
    gone = {"uid": None, "name": "", "deleted_at": None}
    connection.execute(update(sessions).where(sessions.c.id == row.id).values(**gone))
    step: SessionRow | None = row
    while step is not None:
        freed += _trim(connection, step)
        above = select(*SESSION).where(sessions.c.id == step.parent_id, sessions.c.uid.is_(None))
        step = connection.execute(above).one_or_none()
    return freed


def _drop_records(connection: Connection, session_id: int) -> int:
    mine = records.c.session_id == session_id
    size = func.coalesce(func.sum(func.length(records.c.value)), 0)
    freed = int(connection.execute(select(size).where(mine)).scalar_one())
    named = select(record_blobs.c.sha256).join(records, records.c.id == record_blobs.c.record_id).where(mine)
    suspects = set(connection.execute(named).scalars())
    connection.execute(delete(records).where(mine))
    for name in suspects:
        length = select(func.length(blobs.c.data)).where(blobs.c.sha256 == name)
        bytes_held = int(connection.execute(length).scalar_one())
        freed += bytes_held * SWEEP.run(connection, {"name": name})
    return freed


def _trim(connection: Connection, row: SessionRow) -> int:
    """Drop of a purged session what no child shares; return the bytes freed."""
    children = sessions.c.parent_id == row.id
    shared = connection.execute(select(func.max(sessions.c.parent_at)).where(children)).scalar_one()
    dropped = (messages.c.session_id == row.id) & (messages.c.index >= (shared or 0))
    size = func.coalesce(func.sum(func.length(messages.c.content.cast(messages.c.digest.type))), 0)
    freed = int(connection.execute(select(size).where(dropped)).scalar_one())
    connection.execute(delete(messages).where(dropped))
    if shared is None:
        connection.execute(delete(sessions).where(sessions.c.id == row.id))
    else:
        kept = {"message_count": shared, "parent_at": min(row.parent_at, shared)}
        connection.execute(update(sessions).where(sessions.c.id == row.id).values(**kept))
    return freed
