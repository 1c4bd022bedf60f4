"""Operations, which become facts, or leave nothing behind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from hfs_core.api import (
    EMPTY_DIGEST,
    Append,
    Change,
    Conflict,
    Create,
    Delete,
    Draft,
    Fork,
    Message,
    NotFound,
    Operation,
    Outcome,
    Put,
    PutBlob,
    Record,
    Session,
    checked_json,
    checked_text,
    now,
)

from .facts import BlobIs, Fact, LastIs, MessageIs, RecordIs, RecordKey, RecordRow, SessionIs, SessionRow
from .state import State


class Transaction:
    """Changes to a state that are made together.

    The state shows each of them at once, so that one operation sees what those before it did.

    Attributes:
        facts: what became of it, in order.
        new_blobs: the bytes of blobs that are not on the disk yet.
    """

    def __init__(self, state: State, namespace: str = ""):
        self.state = state
        self.facts: list[Fact] = []
        self.new_blobs: dict[str, bytes] = {}
        self._namespace = checked_text(namespace)
        self._moment = now()
        self._opposites: list[Fact] = []
        self._suspects: set[str] = set()

    def set(self, fact: Fact) -> None:
        """Let a fact be so."""
        self._opposites.append(self.state.take(fact))
        self.facts.append(fact)

    def undo(self) -> None:
        """Make the state as it was."""
        while self._opposites:
            self.state.take(self._opposites.pop())

    def run(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do all operations; raises Conflict, NotFound or ValueError in the middle, and then must be undone."""
        outcomes = [self._do(operation) for operation in operations]
        self.drop_unnamed()
        return outcomes

    def append(self, number: int, draft: Draft) -> Message:
        """Add a message at the end of a session."""
        row = self.state.sessions[number]
        message = Message.from_draft(draft, session_id=number, index=row.count, parent=row.digest)
        self.set(MessageIs(number, message.index, message))
        counted = replace(row, count=row.count + 1, digest=message.digest, updated_at=self._moment)
        self.set(SessionIs(number, counted))
        return message

    def forget(self, key: RecordKey) -> None:
        """Let a record be no more."""
        self._suspects.update(self.state.records[key[:2]][key[2]].blobs)
        self.set(RecordIs(key, None))

    def drop_unnamed(self) -> int:
        """Let those blobs go that this transaction has left without a record; return their bytes."""
        freed = 0
        for name in sorted(self._suspects):
            if name in self.state.blobs and not self.state.named[name]:
                freed += self.state.blobs[name]
                self.set(BlobIs(name, None))
        return freed

    def _do(self, operation: Operation) -> Outcome:
        match operation:
            case Create(uid, name):
                return self._begin(uid, name, None, 0, EMPTY_DIGEST)
            case Fork():
                return self._fork(operation)
            case Append():
                return self._append(operation)
            case Change():
                return self._change(operation)
            case Put():
                return self._put(operation)
            case Delete():
                self._delete(operation)
                return None
            case PutBlob(data):
                return self._put_blob(bytes(data))

    def _begin(self, uid: str, name: str, parent: int | None, at: int, digest: str) -> Session:
        if self.state.has_uid(uid):
            raise Conflict(f"there is a session {uid!r} already")
        number = self._next("session")
        words = checked_text(uid), checked_text(name)
        self.set(SessionIs(number, SessionRow(*words, parent, at, at, digest, self._moment, self._moment)))
        return self.state.session(number)

    def _fork(self, operation: Fork) -> Session:
        parent, at = self.state.id_of(operation.parent), operation.at
        count = self.state.sessions[parent].count
        if not 0 <= at <= count:
            raise NotFound(f"session {parent} has {count} messages, not {at}")
        return self._begin(operation.uid, operation.name, parent, at, self.state.digest(parent, at))

    def _append(self, operation: Append) -> Message:
        number, expect = self.state.id_of(operation.session), operation.expect
        row = self.state.sessions[number]
        if expect is not None and expect != row.count:
            text = f"session {number} has {row.count} messages, not {expect}"
            raise Conflict(text, position=expect)
        if row.reply is not None:
            raise Conflict(f"session {number} is being answered", position=row.count)
        return self.append(number, operation.draft)

    def _change(self, operation: Change) -> Session:
        number, expect = self.state.id_of(operation.session), operation.expect
        row = self.state.sessions[number]
        if expect is not None and expect != row.count:
            raise Conflict(f"session {number} has {row.count} messages, not {expect}")
        if operation.name is not None:
            row = replace(row, name=checked_text(operation.name))
        if operation.deleted is not None:
            row = replace(row, deleted_at=(row.deleted_at or self._moment) if operation.deleted else None)
        self.set(SessionIs(number, row))
        return self.state.session(number)

    def _put(self, operation: Put) -> Record:
        key = self._key(operation)
        old = self._expected(key, operation.expect)
        for name in operation.blobs:
            if name not in self.state.blobs:
                raise NotFound(f"there is no blob {name}")
        if old is not None:
            self._suspects.update(old.blobs)
        serial, revision = (old.serial, old.revision + 1) if old else (self._next("record"), 1)
        names = tuple(dict.fromkeys(operation.blobs))
        text = checked_json(operation.value)
        self.set(RecordIs(key, RecordRow(serial, text, operation.position, revision, names)))
        record = self.state.record(key)
        assert record is not None
        return record

    def _delete(self, operation: Delete) -> None:
        key = self._key(operation)
        if self._expected(key, operation.expect) is None:
            raise NotFound(f"there is no record {operation.key!r}")
        self.forget(key)

    def _put_blob(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self._suspects.add(name)
        if name not in self.state.blobs:
            self.new_blobs[name] = data
            self.set(BlobIs(name, len(data)))
        return name

    def _key(self, operation: Put | Delete) -> RecordKey:
        session = operation.session
        owner = None if session is None else self.state.id_of(session)
        return self._namespace, owner, checked_text(operation.key)

    def _expected(self, key: RecordKey, expect: int | None) -> RecordRow | None:
        row = self.state.records.get(key[:2], {}).get(key[2])
        revision = row.revision if row else 0
        if expect is not None and expect != revision:
            raise Conflict(f"the record {key[2]!r} has revision {revision}, not {expect}")
        return row

    def _next(self, kind: Literal["session", "record"]) -> int:
        number = self.state.last[kind] + 1
        self.set(LastIs(kind, number))
        return number
