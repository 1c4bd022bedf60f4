"""The operations of `Store.apply` as functions of a connection; one transaction does them all or none."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, delete, insert, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from hfs_core.api import (
    Append,
    Change,
    Conflict,
    Create,
    Delete,
    Fork,
    NotFound,
    Operation,
    Outcome,
    Put,
    PutBlob,
    Record,
    Ref,
    Session,
    checked_json,
    checked_text,
    now,
    to_microseconds,
)
from hfs_sqlite_store.appending import append_all
from hfs_sqlite_store.finding import FIND_BY_UID, find
from hfs_sqlite_store.prepared import Prepared
from hfs_sqlite_store.rows import RECORD, SESSION, SessionRow, to_record, to_session
from hfs_sqlite_store.schema import blobs, messages, open_texts, record_blobs, records, sessions

Other = Create | Fork | Change | Put | Delete | PutBlob
"""What is done one by one: all but `Append`."""


def into(table: Table, *columns: str) -> Prepared:
    """Return the statement that adds a row with these columns."""
    return Prepared(insert(table).values({name: bindparam(name) for name in columns}))


# Built once: building a statement costs more than running it.
ADD_SESSION = into(
    sessions,
    "uid",
    "name",
    "parent_id",
    "parent_at",
    "message_count",
    "digest",
    "created_at",
    "updated_at",
)
CHANGE_SESSION = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("key"))
    .values(name=bindparam("title"), deleted_at=bindparam("hidden"))
)
DROP_OPEN_TEXTS = delete(open_texts).where(open_texts.c.session_id == bindparam("key"))
DIGEST_AT = Prepared(
    select(messages.c.digest).where(
        messages.c.session_id == bindparam("key"), messages.c.index == bindparam("place")
    )
)
RECORD_BY_KEY = Prepared(
    select(*RECORD).where(
        records.c.namespace == bindparam("space"),
        records.c.session_id == bindparam("owner"),
        records.c.key == bindparam("name"),
    )
)
CHANGE_RECORD = Prepared(
    update(records)
    .where(records.c.id == bindparam("row"))
    .values(
        value=bindparam("text"),
        position=bindparam("place"),
        revision=records.c.revision + literal_column("1"),
    )
)
ADD_RECORD = into(records, "namespace", "session_id", "key", "value", "position", "revision")
DROP_RECORD = Prepared(delete(records).where(records.c.id == bindparam("row")))
BLOBS_OF = (
    select(record_blobs.c.sha256)
    .where(record_blobs.c.record_id == bindparam("row"))
    .order_by(record_blobs.c.place)
)
FIND_BLOBS_OF = Prepared(BLOBS_OF)
ADD_NAME = into(record_blobs, "record_id", "sha256", "place")
DROP_NAMES = Prepared(delete(record_blobs).where(record_blobs.c.record_id == bindparam("row")))
ADD_BLOB = Prepared(
    upsert(blobs).values(sha256=bindparam("name"), data=bindparam("bytes")).on_conflict_do_nothing()
)
FIND_BLOB = Prepared(select(blobs.c.sha256).where(blobs.c.sha256 == bindparam("name")))
SWEEP = Prepared(
    delete(blobs).where(
        blobs.c.sha256 == bindparam("name"),
        ~select(record_blobs.c.sha256).where(record_blobs.c.sha256 == bindparam("name")).exists(),
    )
)


def checked_parent(row: SessionRow) -> None:
    """Raise SQLite's error for a damaged file where following parents would go round in circles."""
    if row.parent_id >= row.id:
        raise sqlite3.DatabaseError(f"session {row.id} says that it comes from session {row.parent_id}")


def digest_at(connection: Connection, row: SessionRow, position: int) -> bytes:
    """Return the digest of a conversation up to a position, which is at most its length."""
    if position == 0:
        return b""
    while position <= row.parent_at and row.parent_id is not None:
        checked_parent(row)
        row = connection.execute(select(*SESSION).where(sessions.c.id == row.parent_id)).one()
    found: bytes = DIGEST_AT.first(connection, {"key": row.id, "place": position - 1}).digest
    return found


class Transaction:
    """One `apply`."""

    def __init__(self, connection: Connection, namespace: str):
        self._connection = connection
        self._namespace = checked_text(namespace)
        self._moment = to_microseconds(now())
        self._suspects: set[str] = set()
        self._session_ids: dict[Ref, int] = {}

    def run(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do all operations; the caller's transaction is rolled back if one raises."""
        outcomes: list[Outcome] = []
        for is_append, some in groupby(operations, key=lambda operation: isinstance(operation, Append)):
            if is_append:
                outcomes += append_all(self._connection, cast("Iterator[Append]", some), self._moment)
            else:
                outcomes += map(self._do, cast("Iterator[Other]", some))
        for name in self._suspects:
            SWEEP.run(self._connection, {"name": name})
        return outcomes

    def _do(self, operation: Other) -> Outcome:
        match operation:
            case Create(uid, name):
                return self._add_session(uid, name, {})
            case Fork(uid, name, parent, at):
                return self._fork(uid, name, find(self._connection, parent), at)
            case Change():
                return self._change(operation)
            case Put():
                return self._put(operation)
            case Delete():
                self._delete(operation)
                return None
            case PutBlob(data):
                return self._put_blob(data)

    def _add_session(self, uid: str, name: str, parent: dict[str, Any]) -> Session:
        if FIND_BY_UID.first(self._connection, {"ref": checked_text(uid)}) is not None:
            raise Conflict(f"there is a session {uid!r} already")
        values: dict[str, Any] = {"uid": uid, "name": checked_text(name), "parent_id": None, "parent_at": 0}
        values |= {"message_count": 0, "digest": b"", "created_at": self._moment, "updated_at": self._moment}
        ADD_SESSION.run(self._connection, values | parent)
        return to_session(find(self._connection, uid))

    def _fork(self, uid: str, name: str, parent: SessionRow, at: int) -> Session:
        if not 0 <= at <= parent.message_count:
            raise NotFound(f"session {parent.id} has {parent.message_count} messages, not {at}")
        head = digest_at(self._connection, parent, at)
        place = {"parent_id": parent.id, "parent_at": at, "message_count": at, "digest": head}
        return self._add_session(uid, name, place)

    def _change(self, operation: Change) -> Session:
        row = find(self._connection, operation.session)
        if operation.expect is not None and operation.expect != row.message_count:
            raise Conflict(f"session {row.id} has {row.message_count} messages, not {operation.expect}")
        title, hidden = row.name, row.deleted_at
        if operation.name is not None:
            title = checked_text(operation.name)
        if operation.deleted is not None:
            hidden = (hidden or self._moment) if operation.deleted else None
        if (title, hidden) != (row.name, row.deleted_at):
            CHANGE_SESSION.run(self._connection, {"key": row.id, "title": title, "hidden": hidden})
        return to_session(find(self._connection, row.id))

    def _session_id(self, ref: Ref | None) -> int:
        if ref is None:
            return 0
        if ref not in self._session_ids:  # none goes within a transaction
            self._session_ids[ref] = int(find(self._connection, ref).id)
        return self._session_ids[ref]

    def _expected(self, owner: int, key: str, expect: int | None) -> Any | None:
        place = {"space": self._namespace, "owner": owner, "name": key}
        row = RECORD_BY_KEY.first(self._connection, place)
        revision = 0 if row is None else row.revision
        if expect is not None and expect != revision:
            raise Conflict(f"the record {key!r} has revision {revision}, not {expect}")
        return row

    def _put(self, operation: Put) -> Record:
        owner, key = self._session_id(operation.session), checked_text(operation.key)
        row = self._expected(owner, key, operation.expect)
        text = checked_json(operation.value)
        names = tuple(dict.fromkeys(operation.blobs))
        if row is None:
            values = {"namespace": self._namespace, "session_id": owner, "key": key, "value": text}
            values |= {"position": operation.position, "revision": 1}
            ADD_RECORD.run(self._connection, values)
        else:
            CHANGE_RECORD.run(self._connection, {"row": row.id, "text": text, "place": operation.position})
        place = {"space": self._namespace, "owner": owner, "name": key}
        kept = RECORD_BY_KEY.first(self._connection, place)
        self._name_blobs(kept.id, names, () if row is None else self._blobs_of(row.id))
        return to_record(kept, names)

    def _name_blobs(self, record_id: int, names: tuple[str, ...], before: tuple[str, ...]) -> None:
        """Let a record name these blobs instead of those that it named before."""
        if names == before:
            return
        if before:
            self._suspects.update(before)
            DROP_NAMES.run(self._connection, {"row": record_id})
        for place, name in enumerate(names):
            if FIND_BLOB.first(self._connection, {"name": name}) is None:
                raise NotFound(f"there is no blob {name}")
            ADD_NAME.run(self._connection, {"record_id": record_id, "sha256": name, "place": place})
            self._suspects.discard(name)

    def _blobs_of(self, record_id: int) -> tuple[str, ...]:
        return tuple(row.sha256 for row in FIND_BLOBS_OF.all(self._connection, {"row": record_id}))

    def _delete(self, operation: Delete) -> None:
        owner = self._session_id(operation.session)
        row = self._expected(owner, operation.key, operation.expect)
        if row is None:
            raise NotFound(f"there is no record {operation.key!r}")
        self._suspects.update(self._blobs_of(row.id))
        DROP_RECORD.run(self._connection, {"row": row.id})

    def _put_blob(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        ADD_BLOB.run(self._connection, {"name": name, "bytes": data})
        self._suspects.add(name)
        return name
