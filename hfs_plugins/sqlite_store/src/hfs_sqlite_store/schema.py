"""The tables, and the version of their shape that is written into the file (`PRAGMA user_version`).

Moments are whole microseconds since 1970-01-01 UTC, digests are 32 bytes (none for an empty conversation).
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = 1
APPLICATION_ID = 0x48465331  # "HFS1": tells `file` and us whose database it is
FIRST_PLAN = frozenset({"sessions", "messages"})
"""The tables by which a database of the first plan is known: it has neither version nor application id."""

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Text, unique=True),  # NULL once purged: the row stays while children share its messages
    Column("name", Text, nullable=False),
    Column("parent_id", Integer, ForeignKey("sessions.id")),
    Column("parent_at", Integer, nullable=False, default=0),
    Column("message_count", Integer, nullable=False, default=0),
    Column("digest", LargeBinary, nullable=False, default=b""),
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Column("deleted_at", Integer),
    # An open reply: who writes it, since when; its text is in `open_texts`.
    Column("open_owner", Text),
    Column("open_since", Integer),
    Index("sessions_by_activity", "updated_at", "id"),
    # Listing what is not hidden must not walk past what is.
    Index(
        "sessions_shown",
        "updated_at",
        "id",
        sqlite_where=text("uid IS NOT NULL AND deleted_at IS NULL"),
    ),
    Index("sessions_by_parent", "parent_id"),
    Index("sessions_open", "open_owner", sqlite_where=text("open_owner IS NOT NULL")),
    sqlite_autoincrement=True,  # an id is never given twice, not even a purged one's
)

messages = Table(
    "messages",
    metadata,
    Column("session_id", Integer, ForeignKey("sessions.id"), nullable=False),
    Column("index", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("session_id", "index"),
)

open_texts = Table(
    "open_texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", Integer, ForeignKey("sessions.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("namespace", Text, nullable=False),
    Column("session_id", Integer, nullable=False, default=0),  # 0: of no session; NULLs would not be unique
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("namespace", "session_id", "key"),
    Index("records_in_order", "namespace", "session_id", "position", "id"),
    Index("records_by_session", "session_id"),
    sqlite_autoincrement=True,
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

record_blobs = Table(
    "record_blobs",
    metadata,
    Column("record_id", Integer, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", Text, ForeignKey("blobs.sha256"), primary_key=True, index=True),
    Column("place", Integer, nullable=False),
    sqlite_with_rowid=False,
)
