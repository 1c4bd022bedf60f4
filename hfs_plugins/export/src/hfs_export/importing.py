"""`/import`: bring conversations in from a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from hfs_core.api import (
    EMPTY_DIGEST,
    TRAVELLER,
    Column,
    Command,
    CommandError,
    CommandResult,
    Effect,
    Host,
    Incoming,
    Invocation,
    Notice,
    Param,
    Part,
    PluginContext,
    Row,
    Session,
    SwitchTo,
    Table,
)
from hfs_export.arrivals import Arrival, batch_of, imported_name
from hfs_export.arriving import Arriving, Chain
from hfs_export.detecting import Found, detected
from hfs_export.known import Known
from hfs_export.known_readers import completing_readers, known_readers
from hfs_export.settling import Settling
from hfs_export.sources import opened, size_of
from hfs_export.sweeping import sweep
from hfs_export.watching import Watched

NOTES = 20
"""How many sentences about what did not come are shown."""

OWN = "json"
"""The format that reads a file twice: to look through it, and to bring it in."""

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

    def command(self) -> Command:
        """Declare it; which formats there are is asked when one is completed, for plugins come and go."""

        async def bring_in(
            invocation: Invocation,
            *path: Annotated[
                str, Param("the file: of HFS, ChatGPT, Claude, llm and others", complete="file")
            ],
            dry_run: Annotated[bool, Param("only say what would come, and what would be lost")] = False,
            format: str = "",  # noqa: A002 # the option is --format
        ) -> CommandResult:
            """Bring the conversations of a file in, as new sessions; all of them or, if something is wrong, none."""
            return await self._run(invocation, " ".join(path), format, is_dry=dry_run)

        # Not in the signature, where it would be evaluated outside of this function, without `self`.
        known = Param(
            "what the file is, where that is not told by what it holds",
            complete=completing_readers(self._context),
        )
        bring_in.__annotations__["format"] = Annotated[str, known]
        return Command("import", "Bring conversations in from a file", bring_in)

    async def _run(self, invocation: Invocation, path: str, wanted: str, *, is_dry: bool) -> CommandResult:
        if not path:
            raise CommandError("say which file, such as `import ~/Downloads/conversations.json`")
        place, size = await asyncio.to_thread(_looked_up, path)
        formats = await known_readers(self._context)
        notes = _Notes()
        watched = Watched(place.name, size, invocation.progress)
        try:
            with ExitStack() as stack:
                parts = await watched.run(stack.enter_context, opened(place, watched.told))
                chosen = await watched.run(detected, formats, parts, wanted, place)
                watched.begin(passes=2 if any(each.name == OWN for each, _ in chosen.formats) else 1)
                items = chosen.read(notes)
                if is_dry:
                    rows = await _looked_through(items, watched, invocation.host)
                    return CommandResult(
                        (_table(rows, f"{place.name} ({chosen.title}) would bring"), *notes.parts())
                    )
                return await self._bring(invocation.host, chosen, items, notes, watched)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{place.name} was not imported: {error or type(error).__name__}") from error

    async def _bring(
        self, host: Host, chosen: Found, items: Iterator[Any], notes: _Notes, watched: Watched
    ) -> CommandResult:
        await sweep(host.store, host.paths.state)
        travellers = await self._context.services.all(TRAVELLER)
        async with Settling(host, travellers, watched) as settling:
            while (item := await watched.run(next, items, None)) is not None:
                await settling.take(item)
                watched.tell()
            settled = await settling.finish()
        watched.tell(1.0)
        for namespace in sorted(settling.left_out):
            notes(f"what {namespace} keeps is left out: no plugin takes it in")
        return _told(chosen, settled, notes)


def _looked_up(path: str) -> tuple[Path, int]:
    try:
        place = Path(path).expanduser()
    except RuntimeError as error:
        raise CommandError(f"{path}: nobody here has that name") from error
    return place, size_of(place)


async def _looked_through(items: Iterator[Any], watched: Watched, host: Host) -> list[Row]:
    """Read everything as if it were brought in, and keep nothing; returns a row for each that would be shown."""
    come: list[tuple[Incoming, Chain]] = []
    chains: dict[str, Chain] = {}
    while (item := await watched.run(next, items, None)) is not None:
        if not isinstance(item, Incoming):
            continue
        continues = isinstance(item, Arriving) and item.continues
        chain = chains[item.key] if continues else _chain(item, chains)
        chains[item.key] = chain
        messages = iter(item.messages)
        is_last = False
        while not is_last:
            batch, is_last = await watched.run(batch_of, messages)
            for draft in batch:
                chain.add(draft)
            watched.written += len(batch)
            watched.tell()
        if not continues and not (isinstance(item, Arriving) and item.is_hidden):
            come.append((item, chain))
    watched.tell(1.0)
    known = Known()
    await known.load(host)
    return [_foreseen(item, chain, known) for item, chain in come]


def _foreseen(item: Incoming, chain: Chain, known: Known) -> Row:
    """Tell what would become of a conversation; of a branch that may not be known before it is written."""
    found: Session | None = None
    digest = chain.digest if not isinstance(item, Arriving) else item.digest or chain.digest
    if digest is not None:
        names = (item.name, imported_name(item.name))
        found = known.claim(digest, uid=item.key, names=names, is_hidden=False)
    fate = "a branch" if item.parent else "a session"
    if found is not None:
        fate = "there already" if found.deleted_at is None else "there, deleted"
    told = found.id if found is not None else None
    return Row({"id": told, "name": item.name, "messages": chain.count, "fate": fate})


def _chain(item: Incoming, chains: Mapping[str, Chain]) -> Chain:
    """Return how a conversation begins; its digest is known there, or where its origin has just come so far."""
    if item.parent is None:
        return Chain(item.name, 0, EMPTY_DIGEST)
    key, at = item.parent
    origin = chains.get(key)
    return Chain(item.name, at, origin.digest if origin is not None and origin.count == at else None)


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
        messages = "message" if only.message_count == 1 else "messages"
        text = f"{verb} session {only.id}: {only.name} ({only.message_count:,} {messages})"
    parts: list[Part] = [Notice(text), *notes.parts()]
    if len(shown) > 1:
        parts.insert(1, _table(rows, ""))
    effects: tuple[Effect, ...] = (SwitchTo(mains[0].id),) if len(mains) == 1 else ()
    return CommandResult(tuple(parts), effects)
