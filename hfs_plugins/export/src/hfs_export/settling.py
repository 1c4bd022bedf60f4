"""Brings conversations into the store, hidden until all of them are there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import cast
from uuid import uuid4

from hfs_core.api import (
    ARRIVING,
    EMPTY_DIGEST,
    Append,
    Change,
    CommandError,
    Conflict,
    Create,
    Draft,
    Fork,
    Host,
    Incoming,
    Message,
    NotFound,
    Owner,
    Put,
    RunSnapshot,
    Session,
    StoreError,
    Traveller,
    canonical_json,
)
from hfs_export.arrivals import LONGEST_NAME, Arrival, batch_of, imported_name, let_go
from hfs_export.arriving import Arriving, ArrivingRecord, ArrivingState, Chain
from hfs_export.known import Known
from hfs_export.luggage import Luggage, digest_at
from hfs_export.sweeping import OWNERS, remove
from hfs_export.watching import Watched

TURN = "turn"
"""The key of the record that every import changes as its last act: of two at once, the later one looks again."""

ATTEMPTS = 10


def new_uid() -> str:
    """Return a uid that no session has."""
    return uuid4().hex


class Settling:
    """One import: an async context that leaves nothing behind unless `finish` was called.

    Raises:
        ValueError: what arrives is not what was exported, or no store can keep it; its text says where.
    """

    def __init__(self, host: Host, travellers: Sequence[Traveller], watched: Watched):
        self._host = host
        self._watched = watched
        self._store = host.store
        self._records = host.store.records(ARRIVING)
        self._owner = Owner(host.paths.state / OWNERS)
        self._known = Known()
        self._luggage = Luggage(host.store, travellers)
        self._arrivals: list[Arrival] = []
        self._by_key: dict[str, Arrival] = {}
        self._uids: dict[str, str] = {}
        self._states: list[ArrivingState] = []
        self._turn = 0
        self._is_finished = False

    @property
    def left_out(self) -> set[str]:
        """The namespaces of records that nobody here takes in."""
        return self._luggage.left_out

    async def __aenter__(self) -> Settling:
        await asyncio.to_thread(self._owner.acquire)
        try:
            self._check_kept()
            await self._look()
        except BaseException:
            self._owner.release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._is_finished:
                await asyncio.shield(asyncio.ensure_future(self._abandon()))
        finally:
            self._owner.release()

    async def take(self, item: Incoming | ArrivingRecord | ArrivingState) -> None:
        """Bring in what comes next; its messages are read to their end."""
        if isinstance(item, ArrivingState):
            self._states.append(item)
        elif isinstance(item, ArrivingRecord):
            arrival = self._by_key[item.session]
            if arrival.is_new:
                await self._luggage.take(item, arrival, self._uids)
        else:
            await self._take_conversation(item)

    async def finish(self) -> list[Arrival]:
        """Show everything in one transaction, and tell what became of it; what was there already goes again."""
        await self._luggage.flush()
        for _ in range(ATTEMPTS):
            for arrival in self._arrivals:
                if arrival.is_new:
                    self._meet(arrival)
            let_go(self._arrivals)
            changes = [change for arrival in self._arrivals for change in arrival.last_changes()]
            try:
                outcomes = await self._records.apply(Put(TURN, {}, expect=self._turn), *changes)
                break
            except Conflict:  # another import was quicker: perhaps it has brought the same
                await self._look()
        else:
            raise CommandError("other imports end all the time, so this one could not: try again")
        self._is_finished = True
        await self._abandon()
        shown = {outcome.uid: outcome for outcome in outcomes if isinstance(outcome, Session)}
        self._arrivals = [arrival for arrival in self._arrivals if arrival.fate != "spare"]
        for arrival in self._arrivals:  # thousands perhaps, so what is known is not asked for
            arrival.session = shown.get(arrival.uid, arrival.session)
            if arrival.session is None:
                arrival.session = await self._store.session(arrival.uid)
        for state in self._states:
            self._restore(state)
        return self._arrivals

    async def _look(self) -> None:
        turn = await self._records.get(TURN)
        self._turn = turn.revision if turn else 0
        await self._known.load(self._host)

    async def _take_conversation(self, item: Incoming) -> None:
        is_family = isinstance(item, Arriving) and item.key != ""
        if isinstance(item, Arriving) and item.continues:
            arrival = self._by_key[item.key]
        else:
            arrival = await self._begun(item)
        messages = iter(item.messages)
        batch, is_last = await self._watched.run(batch_of, messages)
        if not is_family and is_last:
            self._compare(arrival, batch)
        while True:
            if arrival.fate == "new" and not arrival.is_shared:
                await self._write(arrival, batch)
            elif not is_last or is_family:
                for draft in batch:
                    arrival.chain.add(draft)
            self._watched.written += len(batch)
            self._watched.tell()
            if is_last:
                break
            batch, is_last = await self._watched.run(batch_of, messages)
        if not is_family and arrival.is_new and self._meet(arrival):
            await remove(self._store, arrival.made)

    async def _begun(self, item: Incoming) -> Arrival:
        """Decide where a conversation goes."""
        origin: Arrival | None = None
        chain = Chain(item.name, 0, EMPTY_DIGEST)
        if item.parent is not None:
            key, at = item.parent
            origin = self._by_key.get(key)
            if origin is None:
                raise ValueError(f"{item.name!r} branches off {key!r}, which is not in the file before it")
            chain = Chain(item.name, at, await digest_at(self._store, origin, at))
        arrival = Arrival(imported_name(item.name), "", chain, item.key, origin, origin is not None)
        if isinstance(item, Arriving) and item.key:
            arrival.is_branch, arrival.is_hidden = item.is_branch, item.is_hidden
            await self._recognise(arrival, item)
        self._arrivals.append(arrival)
        if item.key:
            self._by_key[item.key] = arrival
            self._uids[item.key] = arrival.uid
        return arrival

    async def _recognise(self, arrival: Arrival, item: Arriving) -> None:
        """Look whether the store has a session of an HFS file already, by itself or as the beginning of another."""
        if item.digest or not item.count:
            known = self._claim(arrival, item.digest)
            if known is not None:
                arrival.meet(known)
                return
        grown = self._known.uid(item.key)
        if grown is None:
            arrival.uid = item.key if item.key != TURN else ""
        elif grown.message_count >= item.count and (item.digest or not item.count):
            last = await self._store.messages(grown.id, max(item.count - 1, 0), item.count)
            if not last or last[-1].digest == item.digest:
                if item.is_hidden:
                    arrival.meet(grown)
                else:
                    arrival.is_shared = True
                    await self._make(arrival, Fork("", "", grown.id, item.count), ())

    def _claim(self, arrival: Arrival, digest: str) -> Session | None:
        names = (arrival.name, arrival.chain.name)
        return self._known.claim(digest, uid=arrival.key, names=names, is_hidden=arrival.is_hidden)

    def _meet(self, arrival: Arrival) -> bool:
        """Look whether the store has had a conversation that was just written."""
        known = self._claim(arrival, arrival.chain.digest or EMPTY_DIGEST)
        if known is not None:
            arrival.meet(known)
        return known is not None

    def _compare(self, arrival: Arrival, messages: Sequence[Draft]) -> None:
        """Look whether a conversation, of which these are all messages, is there already; nothing is written then."""
        chain = replace(arrival.chain)
        for draft in messages:
            chain.add(draft)
        digest = chain.digest or EMPTY_DIGEST
        known = self._claim(arrival, digest)
        if known is not None:
            arrival.meet(known)
            arrival.chain = chain

    async def _write(self, arrival: Arrival, batch: Sequence[Draft]) -> None:
        """Write messages, and compare each with what the file says that it must become."""
        try:
            if not arrival.made:
                made: Create | Fork = Create("", "")
                if arrival.origin is not None:
                    made = Fork("", "", arrival.origin.uid, arrival.chain.count)
                kept = await self._make(arrival, made, batch)
            else:
                appends = [
                    Append(arrival.made, draft, arrival.chain.count + n) for n, draft in enumerate(batch)
                ]
                kept = cast("Sequence[Message]", await self._store.apply(*appends))
        except (ValueError, TypeError):
            chain = replace(arrival.chain)
            for draft in batch:
                chain.add(draft)  # tells which one it is
            raise
        self._check_kept()
        for draft, message in zip(batch, kept, strict=True):
            arrival.chain.check(draft, message.digest)
            arrival.chain.count, arrival.chain.digest = message.index + 1, message.digest

    async def _make(
        self, arrival: Arrival, made: Create | Fork, messages: Sequence[Draft]
    ) -> Sequence[Message]:
        """Make the session of a conversation with its first messages, hidden, and noted as one that arrives."""
        name = f"(arriving) {arrival.name}"[:LONGEST_NAME]
        for uid in (arrival.uid or new_uid(), new_uid()):
            appends = [Append(uid, draft, arrival.chain.count + n) for n, draft in enumerate(messages)]
            begun = replace(made, uid=uid, name=name), Change(uid, deleted=True)
            journal = Put(uid, {"owner": self._owner.token})
            try:
                outcomes = await self._records.apply(journal, *begun, *appends)
            except Conflict:  # another import at this moment brings the same
                continue
            except NotFound as error:
                raise ValueError(f"what {arrival.chain.name!r} branches off has gone meanwhile") from error
            arrival.uid = arrival.made = uid
            if arrival.key:
                self._uids[arrival.key] = uid
            return cast("Sequence[Message]", outcomes[3:])
        raise CommandError("no new session can be made: its uid is always taken")

    def _check_kept(self) -> None:
        """Raise CommandError where what is written is only in memory: an import is kept, or it is none."""
        is_saved, reason = self._host.is_saved()
        if self._host.store_name and not is_saved:
            raise CommandError(f"nothing was imported, for it could not be kept: {reason}")

    async def _abandon(self) -> None:
        """Remove the sessions that were made for nothing: those that still carry this import's mark."""
        with suppress(StoreError):  # what cannot be removed now is swept later
            for record in reversed(await self._records.list()):
                if record.value.get("owner") == self._owner.token:
                    await remove(self._store, record.key)

    def _restore(self, state: ArrivingState) -> None:
        """Bring the state of a run back for a new session; one that another version of HFS wrote is left out."""
        arrival = self._by_key.get(state.session)
        if arrival is not None and arrival.is_new and arrival.session is not None:
            with suppress(ValueError):
                snapshot = RunSnapshot.from_json(canonical_json(state.snapshot))
                self._host.state.restore(arrival.session.id, snapshot)
