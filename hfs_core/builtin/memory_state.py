"""What the memory store holds, and the one transaction that changes it.

Every change notes how to undo it, so that a failed `apply` leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from hfs_core.contracts import Append, Change, Create, Delete, Fork, Operation, Outcome, Put, PutBlob, Ref
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import EMPTY_DIGEST, Message, Parent, Record, Session, checked_json, checked_text, now

RecordKey = tuple[str, int | None, str]
"""Namespace, session and key."""


@dataclass(slots=True)
class Branch:
    """A session's own part: its messages begin where it forked off.

    Attributes:
        open_text: the words of an open reply, None where there is none.
    """

    id: int
    uid: str
    name: str
    parent: Branch | None
    at: int
    moment: datetime
    updated_at: datetime
    own: list[Message] = field(default_factory=list)
    deleted_at: datetime | None = None
    is_purged: bool = False
    open_text: list[str] | None = None

    @property
    def size(self) -> int:
        """The number of its messages, inherited ones included."""
        return self.at + len(self.own)


@dataclass(slots=True)
class Kept:
    """A record as it is held: its value as JSON text, so that nobody else's hands are on it."""

    serial: int
    text: str
    position: int
    revision: int
    blobs: tuple[str, ...]


class MemoryState:
    """Everything in the store."""

    def __init__(self) -> None:
        self.branches: dict[int, Branch] = {}
        self.ids: dict[str, int] = {}
        self.records: dict[RecordKey, Kept] = {}
        self.blobs: dict[str, bytes] = {}
        self.next_id = count(1)
        self.next_serial = count(1)

    def find(self, ref: Ref) -> Branch:
        """Return a session's branch; raises NotFound."""
        branch = self.branches.get(self.ids.get(ref, 0) if isinstance(ref, str) else ref)
        if branch is None or branch.is_purged:
            raise NotFound(f"there is no session {ref!r}")
        return branch

    def session_id(self, ref: Ref | None) -> int | None:
        """Return the id behind a reference; raises NotFound."""
        return None if ref is None else self.find(ref).id

    def lineage(self, branch: Branch) -> Iterator[tuple[Branch, int]]:
        """Walk from a branch to its root: each with the position up to which it is seen."""
        cut, step = branch.size, branch
        while True:
            yield step, cut
            if step.parent is None:
                return
            cut, step = min(cut, step.at), step.parent

    def message(self, branch: Branch, index: int) -> Message:
        """Return one message of a conversation."""
        for step, _ in self.lineage(branch):
            if index >= step.at:
                return step.own[index - step.at]
        raise NotFound(f"session {branch.id} has no message {index}")

    def digest(self, branch: Branch, position: int) -> str:
        """Return the digest of a conversation up to a position."""
        return self.message(branch, position - 1).digest if position else EMPTY_DIGEST

    def session(self, branch: Branch) -> Session:
        """Return a branch as a value."""
        parent = Parent(branch.parent.id, branch.at) if branch.parent else None
        digest = self.digest(branch, branch.size)
        moments = (branch.moment, branch.updated_at, branch.deleted_at)
        return Session(branch.id, branch.uid, branch.name, parent, branch.size, digest, *moments)

    def record(self, key: RecordKey) -> Record:
        """Return a record as a value."""
        kept = self.records[key]
        return Record(key[1], key[2], json.loads(kept.text), kept.position, kept.revision, kept.blobs)

    def sweep(self, suspects: set[str]) -> int:
        """Drop those of some blobs that no record names; return the bytes freed."""
        if not suspects:
            return 0
        named = {name for kept in self.records.values() for name in kept.blobs}
        return sum(len(self.blobs.pop(name)) for name in suspects - named if name in self.blobs)


class Transaction:
    """A run of operations, all of which happen or none."""

    def __init__(self, state: MemoryState, namespace: str):
        self._state = state
        self._namespace = checked_text(namespace)
        self._moment = now()
        self._undo: list[Callable[[], object]] = []
        self._suspects: set[str] = set()

    def run(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do all operations; on any error undo them and raise it."""
        try:
            outcomes = [self._do(operation) for operation in operations]
        except BaseException:
            for undo in reversed(self._undo):
                undo()
            raise
        self._state.sweep(self._suspects)
        return outcomes

    def _do(self, operation: Operation) -> Outcome:
        match operation:
            case Create(uid, name):
                return self._add_branch(uid, name, None, 0)
            case Fork(uid, name, parent, at):
                return self._fork(uid, name, self._state.find(parent), at)
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
                return self._put_blob(data)

    def _fork(self, uid: str, name: str, parent: Branch, at: int) -> Session:
        if not 0 <= at <= parent.size:
            raise NotFound(f"session {parent.id} has {parent.size} messages, not {at}")
        return self._add_branch(uid, name, parent, at)

    def _add_branch(self, uid: str, name: str, parent: Branch | None, at: int) -> Session:
        state = self._state
        if uid in state.ids:
            raise Conflict(f"there is a session {uid!r} already")
        names = checked_text(uid), checked_text(name)
        branch = Branch(next(state.next_id), *names, parent, at, self._moment, self._moment)
        state.branches[branch.id] = branch
        state.ids[uid] = branch.id
        self._undo += [lambda: state.branches.pop(branch.id), lambda: state.ids.pop(uid)]
        return state.session(branch)

    def _append(self, operation: Append) -> Message:
        branch = self._state.find(operation.session)
        position, draft = branch.size, operation.draft
        if operation.expect is not None and operation.expect != position:
            raise Conflict(
                f"session {branch.id} has {position} messages, not {operation.expect}",
                position=operation.expect,
            )
        if branch.open_text is not None:
            raise Conflict(f"session {branch.id} is being answered", position=position)
        parent = self._state.digest(branch, position)
        message = Message.from_draft(draft, session_id=branch.id, index=position, parent=parent)
        previous = branch.updated_at
        branch.own.append(message)
        branch.updated_at = self._moment
        self._undo += [lambda: setattr(branch, "updated_at", previous), branch.own.pop]
        return message

    def _change(self, operation: Change) -> Session:
        branch = self._state.find(operation.session)
        if operation.expect is not None and operation.expect != branch.size:
            raise Conflict(f"session {branch.id} has {branch.size} messages, not {operation.expect}")
        before = branch.name, branch.deleted_at

        def undo() -> None:
            branch.name, branch.deleted_at = before

        self._undo.append(undo)
        if operation.name is not None:
            branch.name = checked_text(operation.name)
        if operation.deleted is not None:
            branch.deleted_at = (branch.deleted_at or self._moment) if operation.deleted else None
        return self._state.session(branch)

    def _expect(self, key: RecordKey, expect: int | None) -> Kept | None:
        kept = self._state.records.get(key)
        revision = kept.revision if kept else 0
        if expect is not None and expect != revision:
            raise Conflict(f"the record {key[2]!r} has revision {revision}, not {expect}")
        return kept

    def _put(self, operation: Put) -> Record:
        state = self._state
        key = (self._namespace, state.session_id(operation.session), checked_text(operation.key))
        kept = self._expect(key, operation.expect)
        for name in operation.blobs:
            if name not in state.blobs:
                raise NotFound(f"there is no blob {name}")
        serial, revision = (kept.serial, kept.revision + 1) if kept else (next(state.next_serial), 1)
        text = checked_json(operation.value)
        self._replace(key, Kept(serial, text, operation.position, revision, tuple(operation.blobs)))
        return state.record(key)

    def _delete(self, operation: Delete) -> None:
        key = (self._namespace, self._state.session_id(operation.session), operation.key)
        if self._expect(key, operation.expect) is None:
            raise NotFound(f"there is no record {operation.key!r}")
        self._replace(key, None)

    def _replace(self, key: RecordKey, new: Kept | None) -> None:
        records = self._state.records
        old = records.pop(key, None)
        if new is not None:
            records[key] = new
        if old is not None:
            self._suspects.update(old.blobs)

        def undo() -> None:
            records.pop(key, None)
            if old is not None:
                records[key] = old

        self._undo.append(undo)

    def _put_blob(self, data: bytes) -> str:
        blobs, name = self._state.blobs, hashlib.sha256(data).hexdigest()
        self._suspects.add(name)
        if name not in blobs:
            blobs[name] = bytes(data)
            self._undo.append(lambda: blobs.pop(name))
        return name
