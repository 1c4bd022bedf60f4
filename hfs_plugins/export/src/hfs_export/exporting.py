"""`/export`: write conversations to a file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from hfs_core.api import (
    CHECKPOINTS,
    EXPORT_FORMAT,
    TRAVELLER,
    CommandError,
    CommandResult,
    ExportFormat,
    Host,
    Invocation,
    Notice,
    Param,
    PluginContext,
    ServiceMissing,
    Session,
    UsageError,
)
from hfs_export.exported import Export, Gatherer
from hfs_export.families import Families, all_sessions
from hfs_export.formats.hfs_json import HfsJson
from hfs_export.late import LateExport
from hfs_export.places import place_for, written

PARTS = ("checkpoints", "snapshot")
"""What `--include` may name."""


class Exporting:
    """The command, and what it works on."""

    def __init__(self, context: PluginContext):
        self._context = context

    async def run(
        self,
        invocation: Invocation,
        format: Annotated[str, Param("md, html, json or jsonl", complete=("md", "html", "json", "jsonl"))],  # noqa: A002
        file: Annotated[
            str,
            Param(
                "where to; a name alone goes into the folder of exports, - is standard output",
                complete="file",
            ),
        ] = "",
        *,
        session: Annotated[str, Param("which one; the current one by default", complete="session")] = "",
        all: Annotated[bool, Param("every session")] = False,  # noqa: A002 # the option is --all
        include: Annotated[str, Param("checkpoints, snapshot or both with a comma, for md and html")] = "",
        force: Annotated[bool, Param("write over a file that is there")] = False,
    ) -> CommandResult:
        """Write a conversation, or with --all every one, to a file."""
        chosen = await self._format(format)
        wanted = _included(include)
        exports = await self._exports(
            invocation, session, wanted, is_all=all, with_kin=isinstance(chosen, HfsJson)
        )
        name = "all sessions" if all else exports[0].session.name
        if file == "-":
            if invocation.out is None:
                raise UsageError("- is standard output, which only the shell has: name a file")
            await chosen.write(exports, invocation.out.write)
            return CommandResult()
        place = place_for(file, name, chosen.name, invocation.host.paths.exports)
        async with written(place, force=force) as write:
            count = await chosen.write(exports, write)
        messages = "message" if count == 1 else "messages"
        return CommandResult((Notice(f"Exported to {place} as {chosen.title}: {count:,} {messages}."),))

    async def _format(self, name: str) -> ExportFormat:
        formats = await self._context.services.all(EXPORT_FORMAT)
        for each in formats:
            if each.name == name:
                return each.real if isinstance(each, LateExport) else each
        raise UsageError(
            f"there is no format {name!r}: there are {', '.join(sorted(each.name for each in formats))}"
        )

    async def _exports(
        self, invocation: Invocation, wanted: str, include: frozenset[str], *, is_all: bool, with_kin: bool
    ) -> Sequence[Export]:
        """Return what is exported; a format that does not know of kinship is given each session by itself."""
        host = invocation.host
        checkpoints = None
        with suppress(ServiceMissing):
            checkpoints = await self._context.services.get(CHECKPOINTS)
        gatherer = Gatherer(host, checkpoints, await self._context.services.all(TRAVELLER), include=include)
        if is_all:
            sessions = await all_sessions(host)
            families = Families(sessions)
            living = (each.id for each in sessions.values() if each.deleted_at is None)
            chosen = families.all() if with_kin else map(families.alone, living)
            found = [await gatherer.gather(family) for family in chosen]
            if not found:
                raise CommandError("there is no session yet")
            return found
        session = await _chosen(invocation, host, wanted)
        families = Families({session.id: session} | await all_sessions(host))
        family = families.of(session.id) if with_kin else families.alone(session.id)
        return [await gatherer.gather(family)]


async def _chosen(invocation: Invocation, host: Host, wanted: str) -> Session:
    if wanted:
        return await host.sessions.find(wanted)
    if invocation.session_id is None:
        raise CommandError("there is no session yet: it is made with the first message")
    return await host.store.session(invocation.session_id)


def _included(include: str) -> frozenset[str]:
    named = frozenset(part.strip() for part in include.split(",") if part.strip())
    if unknown := named - set(PARTS):
        raise UsageError(f"--include knows {' and '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    return named
