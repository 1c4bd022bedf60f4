"""Gathers what is exported of a conversation, with secrets taken out where that is wanted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from hfs_core.api import (
    EMPTY_DIGEST,
    JSON,
    Checkpoints,
    Host,
    Message,
    Outgoing,
    Record,
    Session,
    Store,
    Traveller,
)
from hfs_export.families import Family, Kin
from hfs_export.redacting import Redact, Redactor, redacted_json, redacted_record

SentRecord = tuple[str, Session, Record]
"""A record of a plugin: its namespace, the session that it is about, and itself."""

PAGE = 500
"""How many messages are read at once."""


@dataclass(frozen=True, slots=True)
class Export(Outgoing):
    """A conversation that is being exported, with all that belongs to it.

    Attributes:
        family: the sessions that share messages with it.
        read: reads a part of a session's messages.
        records: what plugins send along, each with its namespace and session.
        store: where a record's blobs are.
        redactor: takes secrets out, None where none are taken out.
        is_of_all: every session is exported, so that it stands in a list, even if it is the only one.
    """

    family: Family = field(kw_only=True)
    read: Callable[[Kin], AsyncIterator[Message]] = field(kw_only=True)
    records: Sequence[SentRecord] = field(kw_only=True)
    store: Store = field(kw_only=True)
    redactor: Redactor | None = field(kw_only=True)
    is_of_all: bool = field(kw_only=True, default=False)

    @property
    def is_redacted(self) -> bool:
        """Tell whether secrets are taken out."""
        return self.redactor is not None

    async def blob(self, namespace: str, name: str) -> bytes:
        """Return what a record names; without secrets it is another one, if it is a text that had any."""
        data = await self.store.records(namespace).blob(name)
        if self.redactor is None:
            return data
        return await asyncio.to_thread(redacted_blob, data, self.redactor.at("blob", name))

    async def digest_of(self, kin: Kin) -> str:
        """Return the digest of what is exported of a session, "" where secrets are taken out."""
        if self.is_redacted or not kin.stop:
            return EMPTY_DIGEST
        if kin.stop == kin.session.message_count and not kin.heir:
            return kin.session.digest
        (last,) = await self.store.messages(kin.source, kin.stop - 1, kin.stop)
        return last.digest


class Gatherer:
    """Makes exports of a running HFS' conversations."""

    def __init__(
        self,
        host: Host,
        checkpoints: Checkpoints | None,
        travellers: Sequence[Traveller],
        *,
        include: frozenset[str] = frozenset(),
        redactor: Redactor | None = None,
        told: Callable[[int], None] = lambda count: None,
    ):
        self._host = host
        self._store = host.store
        self._checkpoints = checkpoints
        self._travellers = travellers
        self._include = include
        self._redactor = redactor
        self._told = told

    async def gather(self, family: Family) -> Export:
        """Return what is exported of a family; messages are read when they are asked for."""
        if self._redactor is not None:
            family = await self._renamed(family, self._redactor)
        session = family.main.session
        checkpoints: Sequence[Mapping[str, JSON]] = ()
        state = self._host.state.get_snapshot(session.id)
        snapshot: Mapping[str, JSON] | None = None if state is None else json.loads(state.to_json())
        if self._checkpoints is not None:
            checkpoints = await self._checkpoints.told(session.id)
            if snapshot is None:
                snapshot = await self._checkpoints.latest_state(session.id)
        records = [
            (traveller.namespace, kin.session, record)
            for traveller in self._travellers
            for kin in family.members()
            if not kin.heir
            for record in await self._store.records(traveller.namespace).list(session=kin.session.id)
            if record.position <= kin.stop
        ]
        redactor = None
        if self._redactor is not None and not self._redactor.is_warning:
            redactor = self._redactor
            checkpoints, snapshot, records = await asyncio.to_thread(
                _redacted_beside, redactor, session.id, checkpoints, snapshot, records
            )
        return Export(
            session=session,
            origin=next((kin.session for kin in family.lineage[-1:] if not kin.heir), None),
            messages=lambda: self._read(family.main),
            checkpoints=checkpoints,
            run_snapshot=snapshot,
            include=self._include,
            family=family,
            read=self._read,
            records=records,
            store=self._store,
            redactor=redactor,
        )

    async def _renamed(self, family: Family, redactor: Redactor) -> Family:
        """Return a family without secrets in its names."""
        firsts = await first_messages(self._store, family)

        def renamed(kin: Kin) -> Kin:
            return replace(kin, session=redactor.name(kin.session, firsts))

        def every() -> Family:
            lineage, others = map(renamed, family.lineage), map(renamed, family.others)
            return replace(family, main=renamed(family.main), lineage=tuple(lineage), others=tuple(others))

        return await asyncio.to_thread(every)

    async def _read(self, kin: Kin) -> AsyncIterator[Message]:
        for start in range(kin.start, kin.stop, PAGE):
            page = await self._store.messages(kin.source, start, min(start + PAGE, kin.stop))
            if self._redactor is not None:
                page = await asyncio.to_thread(_redacted, page, self._redactor)
            for message in page:
                yield message
            self._told(len(page))


async def first_messages(store: Store, family: Family) -> list[str]:
    """Return what the names of a family may begin as: a branch has its name of a parent that may begin otherwise."""
    own = (family.main, *family.lineage, *(kin for kin in family.others if not kin.at))
    found = [await store.messages(session_id, 0, 1) for session_id in {kin.source for kin in own}]
    return list({message.content for page in found for message in page})


def _redacted(page: Sequence[Message], redactor: Redactor) -> Sequence[Message]:
    """Return messages without secrets: they have no digests, for they are others now."""
    clean: list[Message] = []
    for message in page:
        redact = redactor.at("message", message.session_id, message.index)
        content = redact(message.content)
        metadata = cast(Mapping[str, JSON], redacted_json(message.metadata, redact))
        clean.append(replace(message, content=content, metadata=metadata, digest=EMPTY_DIGEST))
    return page if redactor.is_warning else clean


def _redacted_beside(
    redactor: Redactor, session_id: int, checkpoints: Any, snapshot: Any, records: Sequence[SentRecord]
) -> tuple[Any, Any, list[SentRecord]]:
    """Return checkpoints, the last state and the records of plugins without secrets."""
    clean = []
    for namespace, session, record in records:
        redact = redactor.at("record", namespace, record.session_id, record.key)
        value = redacted_record(record.value, redact)
        clean.append((namespace, session, replace(record, value=value)))
    return (
        [
            redacted_record(each, redactor.at("checkpoint", session_id, place))
            for place, each in enumerate(checkpoints)
        ],
        redacted_json(snapshot, redactor.at("snapshot", session_id)),
        clean,
    )


def redacted_blob(data: bytes, redact: Redact) -> bytes:
    """Return what a record names without secrets: JSON and other texts, as anything else has no words."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    try:
        value = json.loads(text)
    except ValueError:
        return redact(text).encode()
    clean = redacted_json(value, redact)
    return data if clean == value else json.dumps(clean, ensure_ascii=False).encode()
