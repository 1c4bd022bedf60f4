"""JSON: everything, so that it comes back whole. The schema is `hfs_export.schema`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import cast

from hfs_core.api import JSON, Message, Outgoing, Write, canonical_json, now
from hfs_export.exported import Export
from hfs_export.families import Kin
from hfs_export.migrations import EXPORT_SCHEMA_VERSION


class HfsJson:
    """The format of HFS itself."""

    name = "json"
    title = "everything, to be imported again"

    async def write(self, outgoing: Sequence[Outgoing], write: Write) -> int:
        """Write one conversation, or several under `sessions`, with their families; each message once."""
        exports = cast("Sequence[Export]", outgoing)  # the plugin's own formats are given its own exports
        first = exports[0]
        metadata = {
            "schema_version": EXPORT_SCHEMA_VERSION,
            "exported_at": now().isoformat(),
            "hfs_version": await asyncio.to_thread(_hfs_version),
            "session_name": first.session.name,
            "redacted": first.is_redacted,
        }
        write(f'{{"metadata": {_json(metadata)},\n')
        if len(exports) == 1 and not first.is_of_all:
            count = await _Writer(first, write).write()
        else:
            count = 0
            write('"sessions": [')
            for place, export in enumerate(exports):
                write(",\n{" if place else "\n{")
                count += await _Writer(export, write).write()
                write("}")
            write("]")
        write("}\n")
        return count


def _hfs_version() -> str:
    from importlib.metadata import version  # 20 ms, which no start of a chat needs

    return version("hfs-core")


class _Writer:
    """Writes the members of one `SessionExport`."""

    def __init__(self, export: Export, write: Write):
        self._export = export
        self._write = write
        self._uids = {kin.session.id: kin.session.uid for kin in export.family.members()}
        self._digests: list[str] = []
        self._count = 0

    async def write(self) -> int:
        export, write = self._export, self._write
        family = export.family
        write(f'"session": {_json(await self._info(family.main))},\n')
        lineage: JSON = [{"session": await self._info(kin), "to": kin.start} for kin in family.lineage]
        write(f'"lineage": {_json(lineage)},\n"messages": ')
        await self._messages(family.main)
        write(',\n"branches": [')
        for place, kin in enumerate(family.others):
            write(",\n" if place else "\n")
            write(f'{{"session": {_json(await self._info(kin))}, "from": {kin.start}, "messages": ')
            await self._messages(kin)
            write("}")
        write(f'],\n"checkpoints": {_json(list(export.checkpoints))},\n')
        write(f'"run_snapshot": {_json(export.run_snapshot)},\n"records": [')
        for place, (namespace, session, record) in enumerate(export.records):
            blobs = [await export.blob(namespace, name) for name in record.blobs]
            told: JSON = {
                "namespace": namespace,
                "session": session.uid,
                "key": record.key,
                "value": _renamed(record.value, dict(zip(record.blobs, map(_sha256, blobs), strict=True))),
                "position": record.position,
                "blobs": [base64.b64encode(blob).decode() for blob in blobs],
            }
            write((",\n" if place else "\n") + _json(told))
        digest = closing_digest(self._digests, len(export.checkpoints), len(export.records))
        write(f'],\n"digest": "{digest}"')
        return self._count

    async def _info(self, kin: Kin) -> JSON:
        session = kin.session
        return {
            "uid": session.uid,
            "name": session.name,
            "created_at": session.created_at.isoformat(),
            "updated_at": session.updated_at.isoformat(),
            "message_count": kin.stop,
            "digest": await self._export.digest_of(kin),
            "parent": {"uid": self._uids[kin.parent], "at": kin.at} if kin.parent else None,
            "deleted": kin.is_hidden,
        }

    async def _messages(self, kin: Kin) -> None:
        """Write an array of messages, a line each."""
        self._write("[")
        last = ""
        is_first = True
        async for message in self._export.read(kin):
            self._write(("\n" if is_first else ",\n") + _json(_message(message)))
            is_first, last = False, message.digest
            self._count += 1
        self._write("]")
        self._digests.append(last)


def closing_digest(digests: Sequence[str], checkpoints: int, records: int) -> str:
    """Return the digest of a whole `SessionExport`: of the last digest of each array of messages, and two counts."""
    return hashlib.sha256(canonical_json([list(digests), checkpoints, records]).encode()).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _renamed(value: JSON, names: Mapping[str, str]) -> JSON:
    """Return a record's value that names its blobs as they are in the file: without secrets they are others."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {key: _renamed(part, names) for key, part in value.items()}
    return [_renamed(part, names) for part in value] if isinstance(value, list | tuple) else value


def _message(message: Message) -> JSON:
    return {
        "role": message.role,
        "content": message.content,
        "created_at": message.created_at.isoformat(),
        "status": message.status,
        "metadata": message.metadata,
        "digest": message.digest,
    }


def _json(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)
