"""Gathers what is exported of a conversation, with secrets taken out where that is wanted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

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

PAGE = 500
"""How many messages are read at once."""

Redact = Callable[[str], str]
"""Takes secrets out of a text."""


@dataclass(frozen=True, slots=True)
class Export(Outgoing):
    """A conversation that is being exported, with all that belongs to it.

    Attributes:
        family: the sessions that share messages with it.
        read: reads a part of a session's messages.
        records: what plugins send along, each with its namespace and session.
        store: where a record's blobs are.
        redact: takes secrets out of a text, None where none are taken out.
    """

    family: Family = field(kw_only=True)
    read: Callable[[Kin], AsyncIterator[Message]] = field(kw_only=True)
    records: Sequence[tuple[str, Session, Record]] = field(kw_only=True)
    store: Store = field(kw_only=True)
    redact: Redact | None = field(kw_only=True)

    @property
    def is_redacted(self) -> bool:
        """Tell whether secrets are taken out."""
        return self.redact is not None

    async def digest_of(self, kin: Kin) -> str:
        """Return the digest of what is exported of a session, "" where secrets are taken out."""
        if self.is_redacted or not kin.stop:
            return EMPTY_DIGEST
        if kin.stop == kin.session.message_count:
            return kin.session.digest
        (last,) = await self.store.messages(kin.session.id, kin.stop - 1, kin.stop)
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
        redact: Redact | None = None,
        told: Callable[[int], None] = lambda count: None,
    ):
        self._host = host
        self._store = host.store
        self._checkpoints = checkpoints
        self._travellers = travellers
        self._include = include
        self._redact = redact
        self._told = told

    async def gather(self, family: Family) -> Export:
        """Return what is exported of a family; messages are read when they are asked for."""
        session = family.main.session
        checkpoints: Sequence[Mapping[str, JSON]] = ()
        state = self._host.state.get_snapshot(session.id)
        snapshot: Mapping[str, JSON] | None = None if state is None else json.loads(state.to_json())
        if self._checkpoints is not None:
            checkpoints = await self._checkpoints.told(session.id)
            if snapshot is None:
                snapshot = await self._checkpoints.latest_state(session.id)
        if self._redact is not None:
            checkpoints = cast(Sequence[Mapping[str, JSON]], redacted_json(checkpoints, self._redact))
            snapshot = redacted_json(snapshot, self._redact)
        records = [
            (traveller.namespace, kin.session, record)
            for traveller in self._travellers
            for kin in family.members()
            for record in await self._store.records(traveller.namespace).list(session=kin.session.id)
            if record.position <= kin.stop
        ]
        return Export(
            session=session,
            origin=next((kin.session for kin in family.lineage[-1:]), None),
            messages=lambda: self._read(family.main),
            checkpoints=checkpoints,
            run_snapshot=snapshot,
            include=self._include,
            family=family,
            read=self._read,
            records=records,
            store=self._store,
            redact=self._redact,
        )

    async def _read(self, kin: Kin) -> AsyncIterator[Message]:
        for start in range(kin.start, kin.stop, PAGE):
            page = await self._store.messages(kin.session.id, start, min(start + PAGE, kin.stop))
            for message in page:
                yield message if self._redact is None else _redacted(message, self._redact)
            self._told(len(page))


def _redacted(message: Message, redact: Redact) -> Message:
    """Return a message without secrets: it has no digest, for it is another one now."""
    metadata = cast(Mapping[str, JSON], redacted_json(message.metadata, redact))
    return replace(message, content=redact(message.content), metadata=metadata, digest=EMPTY_DIGEST)


def redacted_json(value: JSON, redact: Redact) -> JSON:
    """Return a JSON value without the secrets in its texts; keys stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: redacted_json(part, redact) for key, part in value.items()}
    return [redacted_json(part, redact) for part in value] if isinstance(value, list | tuple) else value
