"""What the readers ask: plain SELECTs on the asynchronous engine, each a transaction by itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from hfs_core.api import Message, NotFound, Record, Ref, Session, to_microseconds
from hfs_sqlite_store.changes import BLOBS_OF, checked_parent
from hfs_sqlite_store.finding import BY_ID, BY_UID, checked_ref
from hfs_sqlite_store.rows import MESSAGE, RECORD, SESSION, SessionRow, to_message, to_record, to_session
from hfs_sqlite_store.schema import blobs, messages, record_blobs, records, sessions

ANY_BY_ID = select(*SESSION).where(sessions.c.id == bindparam("ref"))
OWNERS = select(sessions.c.open_owner).where(sessions.c.open_owner.is_not(None))
SEGMENT = (
    select(*MESSAGE)
    .where(
        messages.c.session_id == bindparam("key"),
        messages.c.index >= bindparam("start"),
        messages.c.index < bindparam("stop"),
    )
    .order_by(messages.c.index)
)
LIST = (
    select(*SESSION)
    .where(sessions.c.uid.is_not(None))
    .order_by(sessions.c.updated_at.desc(), sessions.c.id.desc())
    .limit(bindparam("most"))
)
LIST_SHOWN = LIST.where(sessions.c.deleted_at.is_(None))
AFTER = tuple_(sessions.c.updated_at, sessions.c.id) < tuple_(bindparam("moment"), bindparam("last"))
RECORD_BY_KEY = select(*RECORD).where(
    records.c.namespace == bindparam("space"),
    records.c.session_id == bindparam("owner"),
    records.c.key == bindparam("name"),
)
RECORDS = (
    select(*RECORD, record_blobs.c.sha256)
    .join(record_blobs, records.c.id == record_blobs.c.record_id, isouter=True)
    .where(
        records.c.namespace == bindparam("space"),
        records.c.session_id == bindparam("owner"),
        records.c.position <= bindparam("cut"),
    )
    .order_by(records.c.position, records.c.id, record_blobs.c.place)
)
"""Each record once for each blob that it names, and once where it names none."""

BLOB = select(blobs.c.data).where(blobs.c.sha256 == bindparam("name"))

_END = 2**62

PAGE = 1000
"""How many messages are turned into values at once: between pages the event loop has its turn, and rows are let go
before the garbage collector walks over them again and again (measured: 3.2 raw scans instead of 4.1 for 10,000)."""


async def session_row(connection: AsyncConnection, ref: Ref) -> SessionRow:
    """Return the row of a session; raises NotFound."""
    ref = checked_ref(ref)
    found = await connection.execute(BY_UID if isinstance(ref, str) else BY_ID, {"ref": ref})
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"there is no session {ref!r}")
    return row


async def lineage(
    connection: AsyncConnection, row: SessionRow, down_to: int = -1
) -> list[tuple[int, int, int]]:
    """Return a conversation's segments, the session's own first: id of the writer, start and end.

    Those that end at or below the message `down_to` are left out, and not looked for.
    """
    segments, cut = [], row.message_count
    while True:
        segments.append((row.id, row.parent_at, cut))
        cut = min(cut, row.parent_at)
        if row.parent_id is None or cut <= down_to:
            return segments
        checked_parent(row)
        row = (await connection.execute(ANY_BY_ID, {"ref": row.parent_id})).one()


async def read_messages(
    connection: AsyncConnection, row: SessionRow, start: int = 0, stop: int | None = None
) -> list[Message]:
    """Return messages `[start:stop]` of the whole conversation."""
    found: list[Message] = []
    for session_id, begin, end in reversed(await lineage(connection, row, start)):
        last = end if stop is None else min(end, stop)
        for first in range(max(start, begin), last, PAGE):
            place = {"key": session_id, "start": first, "stop": min(first + PAGE, last)}
            found += map(to_message, (await connection.execute(SEGMENT, place)).all())
    return found


async def read_sessions(
    connection: AsyncConnection, limit: int, before: Session | None, *, deleted: bool
) -> list[Session]:
    """Return sessions, the last active first; see `Store.sessions`."""
    statement, place = LIST if deleted else LIST_SHOWN, {"most": max(limit, 0)}
    if before is not None:
        statement = statement.where(AFTER)
        place |= {"moment": to_microseconds(before.updated_at), "last": before.id}
    return [to_session(row) for row in (await connection.execute(statement, place)).all()]


async def read_record(connection: AsyncConnection, namespace: str, owner: int, key: str) -> Record | None:
    """Return one record."""
    place = {"space": namespace, "owner": owner, "name": key}
    row = (await connection.execute(RECORD_BY_KEY, place)).one_or_none()
    if row is None:
        return None
    names = (await connection.execute(BLOBS_OF, {"row": row.id})).scalars().all()
    return to_record(row, tuple(names))


async def read_records(
    connection: AsyncConnection, namespace: str, segments: Sequence[tuple[int, int]]
) -> list[Record]:
    """Return records of sessions, each with the position up to which it counts, by position, then age."""
    found = []
    for owner, cut in segments:
        rows = await connection.execute(RECORDS, {"space": namespace, "owner": owner, "cut": cut})
        for _, group in groupby(rows, key=lambda row: row.id):
            row, *more = group
            names = () if row.sha256 is None else (row.sha256, *(other.sha256 for other in more))
            found.append((row.position, row.id, to_record(row, names)))
    return [record for _, _, record in sorted(found, key=lambda item: item[:2])]


async def read_blob(connection: AsyncConnection, sha256: str) -> bytes:
    """Return a blob; raises NotFound."""
    data = (await connection.execute(BLOB, {"name": sha256})).scalar_one_or_none()
    if data is None:
        raise NotFound(f"there is no blob {sha256}")
    return bytes(data)


def own_only(owner: int) -> list[tuple[int, int]]:
    """Return the segments of one session, or of none (0), without its ancestors'."""
    return [(owner, _END)]
