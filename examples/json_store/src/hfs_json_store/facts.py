"""What a store may know: one small value for each kind of fact, and how it is written as JSON.

A fact says what is so from now on, not what is to be done: a session is this, a message is that, a record is no
more (None). So taking a fact twice does nothing the second time, and the opposite of a fact is the fact before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hfs_core.api import JSON, Message, canonical_json


@dataclass(frozen=True, slots=True)
class OpenReply:
    """A reply under way: who writes it, and since when."""

    token: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session.

    Attributes:
        uid: None once it is purged and only kept for its children.
        parent: the id of the session whose messages `[0:at]` it shares.
        count: how many messages it has, shared ones included.
    """

    uid: str | None
    name: str
    parent: int | None
    at: int
    count: int
    digest: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    reply: OpenReply | None = None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record.

    Attributes:
        serial: counts records as they were first put: it orders those of one position.
        text: its value as JSON text, so that nobody else's hands are on it.
    """

    serial: int
    text: str
    position: int
    revision: int
    blobs: tuple[str, ...]


RecordKey = tuple[str, int | None, str]
"""Namespace, session, key."""


@dataclass(frozen=True, slots=True)
class SessionIs:
    """There is this session."""

    id: int
    row: SessionRow | None


@dataclass(frozen=True, slots=True)
class MessageIs:
    """A session has this message of its own."""

    session: int
    index: int
    message: Message | None


@dataclass(frozen=True, slots=True)
class WordsAre:
    """The open reply of a session has this piece."""

    session: int
    number: int
    text: str | None


@dataclass(frozen=True, slots=True)
class RecordIs:
    """There is this record."""

    key: RecordKey
    row: RecordRow | None


@dataclass(frozen=True, slots=True)
class BlobIs:
    """There is a blob of that size, in a file of its own."""

    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class LastIs:
    """The last number that was given to a session, or to a record, is this; none is given twice."""

    kind: Literal["session", "record"]
    number: int


Fact = SessionIs | MessageIs | WordsAre | RecordIs | BlobIs | LastIs


def to_json(fact: Fact) -> JSON:
    """Return a fact as it is written."""
    match fact:
        case SessionIs(number, row):
            return {"session": number, "is": row and _session(row)}
        case MessageIs(session, index, message):
            return {"message": [session, index], "is": message and _message(message)}
        case WordsAre(session, number, text):
            return {"words": [session, number], "is": text}
        case RecordIs(key, record):
            return {"record": list(key), "is": record and _record(record)}
        case BlobIs(name, size):
            return {"blob": name, "is": size}
        case LastIs(kind, number):
            return {"last": kind, "is": number}


def from_json(written: JSON) -> Fact:
    """Return the fact that was written so; raises KeyError, TypeError or ValueError for anything else."""
    value = written["is"]
    if "session" in written:
        return SessionIs(written["session"], None if value is None else _session_row(value))
    if "message" in written:
        session, index = written["message"]
        return MessageIs(session, index, None if value is None else _as_message(session, index, value))
    if "words" in written:
        session, number = written["words"]
        return WordsAre(session, number, value)
    if "record" in written:
        namespace, session, key = written["record"]
        return RecordIs((namespace, session, key), None if value is None else _record_row(value))
    if "blob" in written:
        return BlobIs(written["blob"], value)
    return LastIs(written["last"], value)


def _session(row: SessionRow) -> JSON:
    return {
        "uid": row.uid,
        "name": row.name,
        "parent": row.parent,
        "at": row.at,
        "count": row.count,
        "digest": row.digest,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "deleted_at": row.deleted_at and row.deleted_at.isoformat(),
        "reply": row.reply and {"token": row.reply.token, "since": row.reply.since.isoformat()},
    }


def _session_row(value: dict[str, Any]) -> SessionRow:
    reply, deleted = value["reply"], value["deleted_at"]
    moments = {
        "created_at": datetime.fromisoformat(value["created_at"]),
        "updated_at": datetime.fromisoformat(value["updated_at"]),
        "deleted_at": datetime.fromisoformat(deleted) if deleted else None,
        "reply": OpenReply(reply["token"], datetime.fromisoformat(reply["since"])) if reply else None,
    }
    return SessionRow(**{**value, **moments})


def _message(message: Message) -> JSON:
    return {
        "role": message.role,
        "content": message.content,
        "created_at": message.created_at.isoformat(),
        "status": message.status,
        "metadata": message.metadata,
        "digest": message.digest,
    }


def _as_message(session: int, index: int, value: dict[str, Any]) -> Message:
    created_at = datetime.fromisoformat(value["created_at"])
    return Message(session, index, **{**value, "created_at": created_at})


def _record(row: RecordRow) -> JSON:
    return {
        "value": json.loads(row.text),
        "position": row.position,
        "revision": row.revision,
        "blobs": list(row.blobs),
        "serial": row.serial,
    }


def _record_row(value: dict[str, Any]) -> RecordRow:
    text, blobs = canonical_json(value["value"]), tuple(value["blobs"])
    return RecordRow(value["serial"], text, value["position"], value["revision"], blobs)
