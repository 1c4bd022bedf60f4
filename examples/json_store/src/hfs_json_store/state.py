"""All facts in memory, in the order in which they are asked for."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from hfs_core.api import EMPTY_DIGEST, Message, NotFound, Parent, Record, Ref, Session

from .facts import (
    BlobIs,
    Fact,
    LastIs,
    MessageIs,
    RecordIs,
    RecordKey,
    RecordRow,
    SessionIs,
    SessionRow,
    WordsAre,
)

K = TypeVar("K")
L = TypeVar("L")
V = TypeVar("V")

Activity = tuple[datetime, int]
"""When a session was last written to, and its id: sessions are listed by it, from the end."""


class State:
    """What is so now; only `take` changes it.

    Attributes:
        messages: each session's own, by index; shared ones are its ancestors'.
        words: the pieces of open replies, by session and number.
        records: by namespace and session, then by key.
        blobs: the size of each.
        named: how many records name each blob.
        answered: the sessions with an open reply.
        last: the last numbers that were given.
    """

    def __init__(self) -> None:
        self.sessions: dict[int, SessionRow] = {}
        self.messages: dict[int, dict[int, Message]] = {}
        self.words: dict[int, dict[int, str]] = {}
        self.records: dict[tuple[str, int | None], dict[str, RecordRow]] = {}
        self.blobs: dict[str, int] = {}
        self.named: Counter[str] = Counter()
        self.answered: set[int] = set()
        self.last: dict[str, int] = {"session": 0, "record": 0}
        self._ids: dict[str, int] = {}
        self._all: list[Activity] = []
        self._shown: list[Activity] = []

    def take(self, fact: Fact) -> Fact:
        """Let a fact be so; return its opposite, which makes everything as it was."""
        match fact:
            case SessionIs():
                return self._take_session(fact)
            case MessageIs(session, index, message):
                return MessageIs(session, index, _put(self.messages, session, index, message))
            case WordsAre(session, number, text):
                return WordsAre(session, number, _put(self.words, session, number, text))
            case RecordIs((namespace, session, key), row):
                old = _put(self.records, (namespace, session), key, row)
                self.named.subtract(old.blobs if old else ())
                self.named.update(row.blobs if row else ())
                return RecordIs(fact.key, old)
            case BlobIs(name, size):
                before = self.blobs.pop(name, None)
                if size is not None:
                    self.blobs[name] = size
                return BlobIs(name, before)
            case LastIs(kind, number):
                last, self.last[kind] = self.last[kind], number
                return LastIs(kind, last)

    def _take_session(self, fact: SessionIs) -> SessionIs:
        old = self.sessions.pop(fact.id, None)
        for row, change in ((old, _remove), (fact.row, insort)):
            if row is None or row.uid is None:
                continue
            activity = (row.updated_at, fact.id)
            change(self._all, activity)
            if row.deleted_at is None:
                change(self._shown, activity)
        if old is not None and old.uid is not None:
            del self._ids[old.uid]
        self.answered.discard(fact.id)
        if fact.row is not None:
            self.sessions[fact.id] = fact.row
            if fact.row.reply is not None:
                self.answered.add(fact.id)
            if fact.row.uid is not None:
                self._ids[fact.row.uid] = fact.id
        return SessionIs(fact.id, old)

    def facts(self) -> Iterator[Fact]:
        """Give all that is so, as facts that make a state like this one."""
        yield from (LastIs("session", self.last["session"]), LastIs("record", self.last["record"]))
        for number, row in self.sessions.items():
            yield SessionIs(number, row)
        for session, own in self.messages.items():
            yield from (MessageIs(session, index, message) for index, message in own.items())
        for session, pieces in self.words.items():
            yield from (WordsAre(session, number, text) for number, text in pieces.items())
        for name, size in self.blobs.items():
            yield BlobIs(name, size)
        for (namespace, owner), records in self.records.items():
            yield from (RecordIs((namespace, owner, key), record) for key, record in records.items())

    def has_uid(self, uid: str) -> bool:
        """Tell whether a session has that uid."""
        return uid in self._ids

    def id_of(self, ref: Ref) -> int:
        """Return the id of a session that is there; raises NotFound."""
        number = self._ids.get(ref, 0) if isinstance(ref, str) else ref
        row = self.sessions.get(number)
        if row is None or row.uid is None:
            raise NotFound(f"there is no session {ref!r}")
        return number

    def session(self, number: int) -> Session:
        """Return a session as HFS sees it."""
        row = self.sessions[number]
        parent = None if row.parent is None else Parent(row.parent, row.at)
        moments = (row.created_at, row.updated_at, row.deleted_at)
        return Session(number, row.uid or "", row.name, parent, row.count, row.digest, *moments)

    def listed(self, limit: int, before: Session | None, *, deleted: bool) -> list[int]:
        """Return the ids of sessions, the last active first; looks at no more than it returns."""
        order = self._all if deleted else self._shown
        end = len(order) if before is None else bisect_left(order, (before.updated_at, before.id))
        return [number for _, number in reversed(order[max(end - limit, 0) : end])]

    def lineage(self, number: int) -> Iterator[tuple[int, SessionRow, int]]:
        """Walk from a session to its first ancestor: each with the position up to which it is seen."""
        step: int | None = number
        cut = self.sessions[number].count
        while step is not None:
            row = self.sessions[step]
            yield step, row, cut
            step, cut = row.parent, min(cut, row.at)

    def line(self, number: int, start: int, stop: int | None) -> list[Message]:
        """Return messages `[start:stop]` of a conversation, ancestors' included; those that are missing left out."""
        parts = []
        for step, row, cut in self.lineage(number):
            own = self.messages.get(step, {})
            end = cut if stop is None else min(cut, stop)
            parts.append([own[index] for index in range(max(start, row.at), end) if index in own])
        return [message for part in reversed(parts) for message in part]

    def digest(self, number: int, position: int) -> str:
        """Return the digest of a conversation up to a position."""
        return self.line(number, position - 1, position)[0].digest if position else EMPTY_DIGEST

    def record(self, key: RecordKey) -> Record | None:
        """Return a record as HFS sees it, None if there is none."""
        row = self.records.get(key[:2], {}).get(key[2])
        if row is None:
            return None
        return Record(key[1], key[2], json.loads(row.text), row.position, row.revision, row.blobs)

    def listed_records(self, namespace: str, number: int | None, *, inherited: bool) -> list[Record]:
        """Return records by position, then as they were made; with `inherited` the ancestors' up to the cut."""
        found = [
            (row.position, row.serial, (namespace, number, key))
            for key, row in self.records.get((namespace, number), {}).items()
        ]
        if inherited and number is not None:
            for step, _, cut in list(self.lineage(number))[1:]:
                above = self.records.get((namespace, step), {})
                found += [
                    (row.position, row.serial, (namespace, step, key))
                    for key, row in above.items()
                    if row.position <= cut
                ]
        records = (self.record(key) for _, _, key in sorted(found, key=lambda each: each[:2]))
        return [record for record in records if record is not None]


def _put(table: dict[K, dict[L, V]], outer: K, inner: L, value: V | None) -> V | None:
    """Set or drop one value of a table of tables and return the one before; empty tables go."""
    part = table.setdefault(outer, {})
    old = part.pop(inner, None)
    if value is not None:
        part[inner] = value
    if not part:
        del table[outer]
    return old


def _remove(order: list[Activity], activity: Activity) -> None:
    del order[bisect_left(order, activity)]
