"""`/import`: bring conversations in from a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from hfs_core.api import (
    IMPORT_FORMAT,
    TRAVELLER,
    Column,
    CommandError,
    CommandResult,
    Effect,
    Incoming,
    Invocation,
    Notice,
    Param,
    Part,
    PluginContext,
    Row,
    SwitchTo,
    Table,
)
from hfs_export.arrivals import Arrival
from hfs_export.arriving import Arriving
from hfs_export.detecting import Found, detected
from hfs_export.settling import Settling
from hfs_export.sources import opened
from hfs_export.sweeping import sweep

NOTES = 20
"""How many sentences about what did not come are shown."""

COLUMNS = (
    Column("id", "ID", "number"),
    Column("name", "Name"),
    Column("messages", "Messages", "number"),
    Column("fate", "Is"),
)


@dataclass(slots=True)
class _Notes:
    """What does not come along, without the end of a long list."""

    told: list[str] = field(default_factory=list)
    count: int = 0

    def __call__(self, text: str) -> None:
        self.count += 1
        if len(self.told) < NOTES:
            self.told.append(text)

    def parts(self) -> list[Part]:
        more = self.count - len(self.told)
        said = [*self.told, *([f"and {more:,} more like these"] if more else [])]
        return [Notice(text, "warning") for text in said]


class Importing:
    """The command, and what it works on."""

    def __init__(self, context: PluginContext):
        self._context = context

    async def run(
        self,
        invocation: Invocation,
        *path: Annotated[str, Param("the file: of HFS, ChatGPT, Claude, llm and others", complete="file")],
        dry_run: Annotated[bool, Param("only say what would come, and what would be lost")] = False,
        format: Annotated[  # noqa: A002 # the option is --format
            str, Param("what the file is, where that is not told by what it holds")
        ] = "",
    ) -> CommandResult:
        """Bring the conversations of a file in, as new sessions; all of them or, if something is wrong, none."""
        if not path:
            raise CommandError("say which file, such as `import ~/Downloads/conversations.json`")
        place, size = await asyncio.to_thread(_looked_up, " ".join(path))
        read = 0

        def told(count: int) -> None:
            nonlocal read
            read += count

        formats = await self._context.services.all(IMPORT_FORMAT)
        notes = _Notes()
        try:
            with opened(place, told) as parts:
                chosen = await asyncio.to_thread(detected, formats, parts, format, place)
                items = chosen.read(notes)

                def progress(written: int) -> None:
                    share = min(read / (2 * size), 1.0) if size else None
                    invocation.progress(f"{written:,} messages of {place.name}", share)

                if dry_run:
                    rows = await _looked_through(items, progress)
                    return CommandResult(
                        (_table(rows, f"{place.name} ({chosen.title}) would bring"), *notes.parts())
                    )
                return await self._bring(invocation, chosen, items, notes, progress)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{place.name} was not imported: {error or type(error).__name__}") from error

    async def _bring(
        self, invocation: Invocation, chosen: Found, items: Iterator[Any], notes: _Notes, progress: Any
    ) -> CommandResult:
        host = invocation.host
        await sweep(host.store, host.paths.state)
        travellers = await self._context.services.all(TRAVELLER)
        async with Settling(host, travellers) as settling:
            while (item := await asyncio.to_thread(next, items, None)) is not None:
                await settling.take(item)
                progress(settling.written)
            settled = await settling.finish()
        for namespace in sorted(settling.left_out):
            notes(f"what {namespace} keeps is left out: no plugin takes it in")
        return _told(chosen, settled, notes)


def _looked_up(path: str) -> tuple[Path, int]:
    place = Path(path).expanduser()
    return place, place.stat().st_size if place.is_file() else 0


async def _looked_through(items: Iterator[Any], progress: Any) -> list[Row]:
    """Read everything and keep nothing; returns a row a conversation."""
    rows: list[Row] = []
    written = 0
    while (item := await asyncio.to_thread(next, items, None)) is not None:
        if not isinstance(item, Incoming):
            continue
        count = await asyncio.to_thread(lambda: sum(1 for _ in item.messages))
        written += count
        progress(written)
        if isinstance(item, Arriving) and item.continues:
            continue
        kind = "a branch" if item.parent else "a session"
        rows.append(Row({"id": None, "name": item.name, "messages": count, "fate": kind}))
    return rows


def _table(rows: Sequence[Row], title: str) -> Table:
    return Table(COLUMNS, tuple(rows), title=title, empty="Nothing to import.")


def _told(chosen: Found, settled: Sequence[Arrival], notes: _Notes) -> CommandResult:
    shown = [each for each in settled if not each.is_hidden]
    kept = [each.session for each in shown if each.session is not None]
    words = {"new": "new", "known": "there already", "restored": "brought back"}
    rows = [
        Row(
            {
                "id": session.id,
                "name": session.name,
                "messages": session.message_count,
                "fate": words[each.fate],
            }
        )
        for each, session in zip(shown, kept, strict=True)
    ]
    mains = [session for each, session in zip(shown, kept, strict=True) if not each.is_branch]
    new = sum(each.fate == "new" for each in shown)
    if not shown:
        return CommandResult((Notice("Nothing to import.", "warning"), *notes.parts()), ok=False)
    text = f"Imported from {chosen.title}: {new:,} new of {len(shown):,} conversations."
    if len(shown) == 1:
        only = kept[0]
        verb = {"new": "Imported", "known": "Nothing new: it is there as", "restored": "Brought back"}[
            shown[0].fate
        ]
        text = f"{verb} session {only.id}: {only.name} ({only.message_count:,} messages)"
    parts: list[Part] = [Notice(text), *notes.parts()]
    if len(shown) > 1:
        parts.insert(1, _table(rows, ""))
    effects: tuple[Effect, ...] = (SwitchTo(mains[0].id),) if len(mains) == 1 else ()
    return CommandResult(tuple(parts), effects)
