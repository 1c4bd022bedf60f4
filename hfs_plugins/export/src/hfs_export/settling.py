"""Brings conversations into the store, hidden until all of them are there; what is left of a broken try is swept."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, cast
from uuid import uuid4

from hfs_core.api import (
    JSON,
    Append,
    Change,
    Create,
    Delete,
    Draft,
    Fork,
    Host,
    Incoming,
    Message,
    NotFound,
    Operation,
    Owner,
    PluginContext,
    Put,
    PutBlob,
    Records,
    Session,
    Store,
    Traveller,
)
from hfs_export.arriving import Arriving, ArrivingRecord, Signed

BATCH = 250
"""How many messages are written at once: a longer transaction would keep the chat waiting."""

BATCH_SIZE = 1 << 20
"""How many characters are written at once, give or take a message."""

LONGEST_NAME = 200
SUFFIX = " (imported)"
KEY = "arriving/"
OWNERS = "owners"


@dataclass(slots=True)
class Settled:
    """What became of one conversation of a file.

    Attributes:
        session: where it is now.
        fate: it is new; it was there already; it was there, hidden, and is shown again.
    """

    session: Session
    fate: Literal["new", "known", "restored"]
    is_branch: bool
    is_hidden: bool = False


@dataclass(slots=True)
class _Place:
    """Where a conversation of the file goes."""

    uid: str
    name: str
    count: int
    settled: Settled | None = None
    is_branch: bool = False
    is_hidden: bool = False


class Settling:
    """One import: an async context that leaves nothing behind unless `finish` was called.

    Raises:
        ValueError: what arrives is not what was exported, or no store can keep it; its text says where.
    """

    def __init__(self, host: Host, context: PluginContext, travellers: Sequence[Traveller]):
        self._host = host
        self._store = host.store
        self._records = context.records
        self._owner = Owner(host.paths.state / OWNERS)
        self._travellers = {traveller.namespace: traveller for traveller in travellers}
        self._places: dict[str, _Place] = {}
        self._order: list[_Place] = []
        self._by_digest: dict[str, Session] = {}
        self._uids: dict[str, str] = {}
        self._is_finished = False
        self.left_out: set[str] = set()
        self.written = 0

    async def __aenter__(self) -> Settling:
        self._owner.acquire()
        async for session in self._host.sessions.all(deleted=True):
            known = self._by_digest.get(session.digest)
            if known is None or (known.deleted_at is not None and session.deleted_at is None):
                self._by_digest[session.digest] = session
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._is_finished:
                await asyncio.shield(asyncio.ensure_future(self._abandon()))
        finally:
            self._owner.release()

    async def take(self, item: Incoming | ArrivingRecord) -> None:
        """Bring in what comes next; its messages are read to their end."""
        if isinstance(item, ArrivingRecord):
            await self._take_record(item)
            return
        place = await self._place_of(item)
        messages = iter(item.messages)
        while batch := await asyncio.to_thread(_next, messages):
            if place.settled is None:
                await self._append(place, batch)

    async def finish(self) -> list[Settled]:
        """Show everything in one transaction, and tell what became of it; what was there already goes again."""
        changes: list[Operation] = []
        told: list[Settled] = []
        twice: list[str] = []
        for place in self._order:
            if place.settled is None:
                session = await self._store.session(place.uid)
                known = self._by_digest.get(session.digest)
                if known is not None and session.message_count:
                    twice.append(place.uid)
                    place.settled = Settled(known, "known", place.is_branch, place.is_hidden)
                else:
                    self._by_digest[session.digest] = session
                    if not place.is_hidden:
                        changes.append(Change(place.uid, name=place.name, deleted=False))
                    else:
                        changes.append(Change(place.uid, name=place.name))
                    place.settled = Settled(session, "new", place.is_branch, place.is_hidden)
                changes.append(Delete(KEY + place.uid))
            elif place.settled.session.deleted_at is not None and not place.is_hidden:
                changes.append(Change(place.settled.session.id, deleted=False))
                place.settled.fate = "restored"
            told.append(place.settled)
        await self._records.apply(*changes)
        self._is_finished = True
        for uid in reversed(twice):
            await self._store.purge(uid)
        return [await self._as_kept(each) for each in told]

    async def _as_kept(self, settled: Settled) -> Settled:
        settled.session = await self._store.session(settled.session.id)
        return settled

    async def _place_of(self, item: Incoming) -> _Place:
        arriving = item if isinstance(item, Arriving) else None
        if arriving is not None and arriving.continues:
            return self._places[arriving.key]
        place = _Place(uuid4().hex, _named(item.name), 0, is_branch=item.parent is not None)
        if arriving is not None:
            place.is_branch, place.is_hidden = arriving.is_branch, arriving.is_hidden
            known = self._by_digest.get(arriving.digest) if arriving.digest else None
            if known is not None:
                place.settled = Settled(known, "known", place.is_branch, place.is_hidden)
                place.uid = known.uid
            elif arriving.key and not await self._is_taken(arriving.key):
                place.uid = arriving.key
        if place.settled is None:
            await self._make(place, item)
        self._order.append(place)
        if item.key:
            self._places[item.key] = place
            self._uids[item.key] = place.uid
        return place

    async def _make(self, place: _Place, item: Incoming) -> None:
        name = f"(arriving) {place.name}"[:LONGEST_NAME]
        made: Create | Fork = Create(place.uid, name)
        if item.parent is not None:
            key, place.count = item.parent
            parent = self._places.get(key)
            if parent is None:
                raise ValueError(f"{item.name!r} branches off {key!r}, which is not in the file before it")
            made = Fork(place.uid, name, parent.uid, place.count)
        journal = Put(KEY + place.uid, {"owner": self._owner.token})
        try:
            await self._records.apply(journal, made, Change(place.uid, deleted=True))
        except NotFound as error:
            raise ValueError(
                f"{item.name!r} shares {place.count:,} messages with a conversation that has fewer"
            ) from error

    async def _is_taken(self, uid: str) -> bool:
        try:
            await self._store.session(uid)
        except NotFound:
            return False
        return True

    async def _append(self, place: _Place, batch: Sequence[Draft]) -> None:
        """Write messages, and compare each with what the file says that it must become."""
        appends = [Append(place.uid, draft, place.count + n) for n, draft in enumerate(batch)]
        try:
            kept = cast("Sequence[Message]", await self._store.apply(*appends))
        except (ValueError, TypeError) as error:
            raise ValueError(f"in {place.name.removesuffix(SUFFIX)!r}: {error}") from error
        for draft, message in zip(batch, kept, strict=True):
            if isinstance(draft, Signed) and draft.digest and draft.digest != message.digest:
                raise ValueError(
                    f"message {message.index + 1} of {place.name.removesuffix(SUFFIX)!r} is not what was exported: "
                    "the file was altered"
                )
        place.count += len(batch)
        self.written += len(batch)

    async def _take_record(self, item: ArrivingRecord) -> None:
        traveller = self._travellers.get(item.namespace)
        place = self._places.get(item.session)
        if traveller is None:
            self.left_out.add(item.namespace)
        elif place is not None and place.settled is None:
            last = await self._store.messages(place.uid, max(item.position - 1, 0), item.position)
            digest = last[-1].digest if last else ""
            value: JSON = traveller.arrived(item.key, item.value, uids=self._uids, digest=digest)
            records = self._store.records(item.namespace)
            await records.apply(
                *map(PutBlob, item.blobs),
                Put(item.key, value, place.uid, item.position, blobs=_names(item.blobs)),
            )

    async def _abandon(self) -> None:
        for place in reversed(self._order):
            if place.settled is None:
                await _remove(self._store, self._records, place.uid)


async def sweep(context: PluginContext, store: Store, owners: Path) -> int:
    """Remove what imports have left behind whose processes are gone; returns how many sessions that were."""
    owner = Owner(owners)
    swept = 0
    for record in await context.records.list():
        if record.key.startswith(KEY) and not owner.is_alive(record.value["owner"]):
            await _remove(store, context.records, record.key.removeprefix(KEY))
            swept += 1
    return swept


async def _remove(store: Store, records: Records, uid: str) -> None:
    with suppress(NotFound):
        await store.purge(uid)
    with suppress(NotFound):
        await records.apply(Delete(KEY + uid))


def _next(messages: Iterator[Draft]) -> list[Draft]:
    """Return the next messages that are written at once, none at the end."""
    batch: list[Draft] = []
    size = 0
    for draft in messages:
        batch.append(draft)
        size += len(draft.content)
        if len(batch) == BATCH or size > BATCH_SIZE:
            break
    return batch


def _named(name: str) -> str:
    words = " ".join(name.split()) or "A conversation"
    return words[: LONGEST_NAME - len(SUFFIX)] + SUFFIX


def _names(blobs: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(hashlib.sha256(blob).hexdigest() for blob in blobs)
