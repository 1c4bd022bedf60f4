"""Checks the chain of digests of a conversation, straight from the rows.

A person waits for it at each rewind, and it is work for the processor alone. So it runs on a thread, with a connection
of its own and one row in memory at a time; and SQLite puts together what is hashed, which takes neither Python's lock
nor a value that is only compared. Where that is not what the digest says, the message itself is judged.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from threading import Event

from hfs_core.api import EMPTY_DIGEST, message_digest, to_microseconds
from hfs_sqlite_store.engines import lone_reader
from hfs_sqlite_store.rows import to_message

ROWS = """SELECT digest, CAST(
    json_quote(role) || ',' || json_quote(content)
    || (',' || created_at || ',' || json_quote(status) || ',' || metadata)
    AS BLOB) FROM messages WHERE session_id = ? AND "index" >= ? AND "index" < ? ORDER BY "index"
"""
"""Each message with the JSON of what its digest is of, but the parent's; see `hfs_core.api.message_digest`."""

ROW = """SELECT session_id, "index", role, content, created_at, status, metadata, digest FROM messages
    WHERE session_id = ? AND "index" = ?
"""


async def first_broken(path: Path, segments: Sequence[tuple[int, int, int]], at: int) -> int | None:
    """Return the index of the first message below `at` whose digest does not hold; see `Store.verify`.

    Args:
        segments: of the conversation, its own first; see `reading.lineage`.
    """
    is_over = Event()
    try:
        return await asyncio.to_thread(_look, path, segments, at, is_over)
    finally:
        is_over.set()  # when cancelled, the thread looks no further


def _look(path: Path, segments: Sequence[tuple[int, int, int]], at: int, is_over: Event) -> int | None:
    index, parent = 0, EMPTY_DIGEST
    with closing(lone_reader(path)) as connection:
        for session_id, begin, end in reversed(segments):
            for kept, facts in connection.execute(ROWS, (session_id, begin, min(end, at))):
                if is_over.is_set():
                    return index
                digest = sha256(b'["%b",%b]' % (parent.encode(), facts or b""))
                if digest.digest() != kept and not _holds(connection, session_id, index, parent):
                    return index
                parent, index = kept.hex(), index + 1
    return index if index < at else None


def _holds(connection: sqlite3.Connection, session_id: int, index: int, parent: str) -> bool:
    """Tell whether a message's digest is that of its values, however they are written down."""
    try:
        message = to_message(connection.execute(ROW, (session_id, index)).fetchone())
        moment = to_microseconds(message.created_at)
        facts = (message.role, message.content, moment, message.status, message.metadata)
        return message.digest == message_digest(parent, *facts)
    except (TypeError, ValueError):
        return False
    except sqlite3.DatabaseError as error:
        if hasattr(error, "sqlite_errorcode"):
            raise
        return False  # no code: not SQLite's own, but that of a value which HFS never writes
