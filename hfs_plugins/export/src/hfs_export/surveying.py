"""Lists the likely secrets in what would be exported, without telling them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence

from hfs_core.api import JSON, Column, CommandResult, Message, Notice, Row, Table
from hfs_export.exported import Export, first_messages
from hfs_export.redacting import Hit, found, found_in_name, texts_of

COLUMNS = (
    Column("session", "Session", "number"),
    Column("place", "Where"),
    Column("message", kind="number"),
    Column("line", "Line", "number"),
    Column("kind", "Kind"),
    Column("begins", "Begins with"),
    Column("length", "Length", "number"),
)

TOLD = 4
"""How many characters of a secret are shown: those that its issuer puts before every one."""

LONG_ENOUGH = 20
"""A secret that is shorter than this is not shown at all, for some characters of a password are much of it."""

BATCH = 200
"""How many messages are searched at once."""


async def surveyed(exports: Sequence[Export]) -> CommandResult:
    """Return a list of the likely secrets in conversations and all that goes with them."""
    rows = [row for export in exports for row in await _all_in(export)]
    if not rows:
        return CommandResult((Notice("There is nothing that looks like a secret. Nothing was written."),))
    many = "1 likely secret" if len(rows) == 1 else f"{len(rows):,} likely secrets"
    table = Table(COLUMNS, tuple(rows), title=f"{many} would be replaced; nothing was written")
    return CommandResult((table,))


async def _all_in(export: Export) -> list[Row]:
    family = export.family
    firsts = await first_messages(export.store, family)
    rows: list[Row] = []
    for kin in family.members():
        hits = found_in_name(kin.session.name, firsts)
        rows += _rows(kin.session.id, "name", kin.session.name, hits)
    for kin in (family.main, *family.others):
        async for batch in _batches(export.read(kin)):
            rows += await asyncio.to_thread(_in_messages, kin.source, batch)
    beside = [
        (f"checkpoint {each.get('number')}", export.session.id, dict(each)) for each in export.checkpoints
    ]
    beside.append(("run snapshot", export.session.id, dict(export.run_snapshot or {})))
    for namespace, session, record in export.records:
        beside.append((f"{namespace} {record.key}", session.id, record.value))
        for name in record.blobs:
            value = _read(await export.blob(namespace, name))
            beside.append((f"{namespace} {record.key}, blob", session.id, value))
    return rows + await asyncio.to_thread(lambda: [row for each in beside for row in _in_json(*each)])


async def _batches(messages: AsyncIterator[Message]) -> AsyncIterator[list[Message]]:
    batch: list[Message] = []
    async for message in messages:
        batch.append(message)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _in_messages(session_id: int, messages: Sequence[Message]) -> list[Row]:
    rows: list[Row] = []
    for message in messages:
        number = message.index + 1
        rows += _rows(session_id, f"message {number:,}", message.content, found(message.content), number)
        rows += _in_json(f"message {number:,}, metadata", session_id, message.metadata, number)
    return rows


def _in_json(place: str, session_id: int, value: JSON, number: int | None = None) -> Iterator[Row]:
    for path, text in texts_of(value):
        yield from _rows(session_id, f"{place}: {path}" if path else place, text, found(text), number)


def _rows(
    session_id: int, place: str, text: str, hits: Sequence[Hit], number: int | None = None
) -> Iterator[Row]:
    for hit in hits:
        length = hit.stop - hit.start
        yield Row(
            {
                "session": session_id,
                "place": place,
                "message": number,
                "line": text.count("\n", 0, hit.start) + 1,
                "kind": hit.kind,
                "begins": text[hit.start : hit.start + TOLD] if length >= LONG_ENOUGH else "",
                "length": length,
            }
        )


def _read(data: bytes) -> JSON:
    """Return what a blob holds as far as it has words."""
    try:
        value: JSON = json.loads(data)
    except ValueError:
        return data.decode(errors="ignore")
    return value
