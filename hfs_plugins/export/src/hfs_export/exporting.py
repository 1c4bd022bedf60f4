"""`/export`: write conversations to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated

from hfs_core.api import (
    CHECKPOINTS,
    TRAVELLER,
    Command,
    CommandError,
    CommandResult,
    Completion,
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
from hfs_export.known_formats import completing_formats, known_formats, write_as
from hfs_export.places import place_for, written
from hfs_export.redacting import Redactor
from hfs_export.surveying import surveyed

PARTS = ("checkpoints", "snapshot")
"""What `--include` may name."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the command was told."""

    format: str
    file: str
    session: str
    all: bool
    include: frozenset[str]
    force: bool
    redact: bool
    dry_run: bool


class Exporting:
    """The command, and what it works on."""

    def __init__(self, context: PluginContext):
        self._context = context

    def command(self) -> Command:
        """Declare it; which formats there are is asked when one is completed, for plugins come and go."""

        async def export(
            invocation: Invocation,
            format: str,  # noqa: A002 # the argument is FORMAT
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
            include: Annotated[
                str,
                Param(
                    "checkpoints, snapshot or both with a comma, for md and html",
                    complete=_completing_parts,
                ),
            ] = "",
            force: Annotated[bool, Param("write over a file that is there")] = False,
            redact: Annotated[bool, Param("put a marker in the place of what looks like a secret")] = False,
            dry_run: Annotated[bool, Param("with --redact: only list what would be replaced")] = False,
        ) -> CommandResult:
            """Write a conversation, or with --all every one, to a file."""
            if dry_run and not redact:
                raise UsageError("--dry-run lists what --redact would replace: say both")
            if all and session:
                raise UsageError("--session names one and --all means every one: say either")
            wanted = _Wanted(format, file, session, all, _included(include), force, redact, dry_run)
            return await self._run(invocation, wanted)

        # Not in the signature, where it would be evaluated outside of this function, without `self`.
        known = Param(
            "md, html, json, jsonl, or another plugin's", complete=completing_formats(self._context)
        )
        export.__annotations__["format"] = Annotated[str, known]
        return Command("export", "Write a conversation to a file", export)

    async def _run(self, invocation: Invocation, wanted: _Wanted) -> CommandResult:
        chosen = (await known_formats(self._context)).named(wanted.format)
        if wanted.file == "-" and invocation.out is None and not wanted.dry_run:
            raise UsageError("- is standard output, which only the shell has: name a file")
        redactor = None
        if wanted.redact or not isinstance(chosen, HfsJson):  # a page is mailed, and its sender should know
            redactor = Redactor(is_warning=not wanted.redact)
        read = 0

        def told(count: int) -> None:
            nonlocal read
            read += count
            invocation.progress(f"{read:,} messages", None)

        with_kin = isinstance(chosen, HfsJson)
        clean = None if wanted.dry_run else redactor
        gatherer = await self._gatherer(invocation.host, wanted, clean, told, with_kin=with_kin)
        exports = await self._exports(invocation, wanted, gatherer, with_kin=with_kin)
        if wanted.dry_run:
            return await surveyed(exports)
        if wanted.file == "-":
            assert invocation.out is not None
            await write_as(chosen, exports, invocation.out.write)
            return CommandResult(_about_secrets(redactor, to_stderr=True))
        name = "all sessions" if wanted.all else exports[0].session.name
        place = place_for(wanted.file, name, chosen.name, invocation.host.paths.exports)
        invocation.host.paths.check_writable(place)
        async with written(place, force=wanted.force) as write:
            count = await write_as(chosen, exports, write)
        messages = "message" if count == 1 else "messages"
        text = f"Exported to {place} as {chosen.title}: {count:,} {messages}."
        return CommandResult((Notice(text), *_about_secrets(redactor)))

    async def _gatherer(
        self,
        host: Host,
        wanted: _Wanted,
        redactor: Redactor | None,
        told: Callable[[int], None],
        *,
        with_kin: bool,
    ) -> Gatherer:
        checkpoints = None
        with suppress(ServiceMissing):
            checkpoints = await self._context.services.get(CHECKPOINTS)
        travellers = await self._context.services.all(TRAVELLER) if with_kin else ()
        return Gatherer(host, checkpoints, travellers, include=wanted.include, redactor=redactor, told=told)

    async def _exports(
        self, invocation: Invocation, wanted: _Wanted, gatherer: Gatherer, *, with_kin: bool
    ) -> Sequence[Export]:
        """Return what is exported; a format that knows of no kinship, and of no records, gets each session alone."""
        host = invocation.host
        if wanted.all:
            sessions = await all_sessions(host)
            families = Families(sessions)
            living = (each.id for each in sessions.values() if each.deleted_at is None)
            chosen = families.all() if with_kin else map(families.alone, living)
            found: list[Export] = []
            for family in chosen:
                found.append(replace(await gatherer.gather(family), is_of_all=True))
                invocation.progress(f"{len(found):,} conversations found", None)
            if not found:
                raise CommandError("there is no session yet")
            return found
        session = await _chosen(invocation, host, wanted.session)
        families = Families({session.id: session} | await all_sessions(host))
        family = families.of(session.id) if with_kin else families.alone(session.id)
        return [await gatherer.gather(family)]


async def _chosen(invocation: Invocation, host: Host, wanted: str) -> Session:
    if wanted:
        return await host.sessions.find(wanted)
    if invocation.session_id is None:
        raise CommandError("there is no session yet: it is made with the first message")
    return await host.store.session(invocation.session_id)


async def _completing_parts(invocation: Invocation, word: str) -> Sequence[Completion]:
    return [
        Completion("checkpoints", "the points to go back to"),
        Completion("snapshot", "the state of the last run"),
        Completion("checkpoints,snapshot", "both"),
    ]


def _included(include: str) -> frozenset[str]:
    named = frozenset(part.strip() for part in include.split(",") if part.strip())
    if unknown := named - set(PARTS):
        raise UsageError(f"--include knows {' and '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    return named


def _about_secrets(redactor: Redactor | None, *, to_stderr: bool = False) -> tuple[Notice, ...]:
    """Return what is said of secrets; where the export is standard output, a warning, which goes to stderr."""
    if redactor is None or (redactor.is_warning and not redactor.count):
        return ()
    likely = "1 likely secret" if redactor.count == 1 else f"{redactor.count:,} likely secrets"
    if not redactor.is_warning:
        verb = "was" if redactor.count == 1 else "were"
        return (Notice(f"{likely} {verb} replaced.", "warning" if to_stderr else "info"),)
    verb = "is" if redactor.count == 1 else "are"
    return (Notice(f"{likely} {verb} in it: --redact replaces, --redact --dry-run lists.", "warning"),)
