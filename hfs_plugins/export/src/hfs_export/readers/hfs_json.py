"""HFS' own JSON: everything comes back, digest for digest."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO

from hfs_core.api import Incoming, Note, SourcePart
from hfs_export.arriving import ArrivingRecord, ArrivingState
from hfs_export.json_reader import LARGEST, JsonFault, JsonReader
from hfs_export.migrations import BARE, Upgraded, upgraded
from hfs_export.readers.heads import ITEM, paths
from hfs_export.readers.hfs_conversation import ConversationReader
from hfs_export.schema import MessageExport

ORDER = (
    "metadata",
    "session",
    "lineage",
    "messages",
    "branches",
    "checkpoints",
    "run_snapshot",
    "records",
    "digest",
)
"""In which order the parts of a conversation must come to be read in one go."""

BRANCH_ORDER = ("session", "from", "messages")

OWN = frozenset(
    (
        ("metadata", "schema_version"),
        ("branches",),
        ("lineage",),
        ("run_snapshot",),
        ("sessions", ITEM, "lineage"),
    )
)
"""Keys that nobody else's files have there."""

PLAIN = frozenset((key,) for key in MessageExport.model_fields)
"""What a plain message has."""


class HfsJsonReader:
    """Reads what `/export json` writes, and what earlier plans of HFS wrote."""

    name = "json"
    title = "HFS"

    def detects(self, head: bytes) -> bool:
        """Tell by its own keys, or by one list of plain messages that comes first, as the first HFS wrote it."""
        lists = 0
        is_plain = True
        for path in paths(head):
            if path in OWN:
                return True
            lists += path == ("messages",)
            is_plain &= bool(lists) and (path[:2] != ("messages", ITEM) or path[2:3] in PLAIN)
            is_plain &= path[:3] != ("messages", ITEM, "content") or len(path) == 3
        return is_plain and lists == 1

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations of a file: it is looked through as a whole before the first one."""
        known: set[str] = set()
        for part in parts:
            yield from _read(part, note, known)  # type: ignore[misc] # also records, which the plugin's own format may


@dataclass(slots=True)
class _Survey:
    """What a first look at a file tells."""

    metadata: Mapping[str, Any] | None = None
    is_ordered: bool = True
    is_archive: bool = False


def _read(
    part: SourcePart, note: Note, known: set[str]
) -> Iterator[Incoming | ArrivingRecord | ArrivingState]:
    with part.open() as file:
        survey = _surveyed(JsonReader(file))
    about = upgraded(survey.metadata)
    if about.source == BARE:
        note("it says nothing of itself: read as an old export of HFS")
    elif about.steps:
        note(f"brought up to date from schema {about.source}: {', '.join(about.steps)}")
    about = _named(about, PurePath(part.name).stem)
    with part.open() as file:
        reader = JsonReader(file if survey.is_ordered else _in_order(file))
        if not survey.is_archive:
            yield from ConversationReader(reader, about.metadata, note, known).read()
            return
        for key in reader.members():
            if key == "sessions":
                for _ in reader.items():
                    yield from ConversationReader(reader, about.metadata, note, known).read()
            else:
                reader.skip()


def _named(about: Upgraded, name: str) -> Upgraded:
    """Return what is known of a file, with a name where it has none: the file's own."""
    told = about.metadata.get("session_name")
    name = told if isinstance(told, str) and told.strip() else name
    return Upgraded({**about.metadata, "session_name": name}, about.source, about.steps)


def _surveyed(reader: JsonReader) -> _Survey:
    """Look through a whole file: that it is JSON to its end, what it says of itself, and in which order."""
    survey = _Survey()
    for key in _ranked(reader, ORDER, survey):
        if key == "metadata":
            if reader.peek() != "{":
                raise JsonFault(f"its metadata is no object ({reader.place})")
            survey.metadata = reader.value()
        elif key == "sessions" and reader.peek() == "[":
            survey.is_archive = True
            for _ in reader.items():
                _survey_conversation(reader, survey)
        else:
            _survey_member(reader, key, survey)
    reader.end()
    return survey


def _survey_conversation(reader: JsonReader, survey: _Survey) -> None:
    for key in _ranked(reader, ORDER, survey):
        _survey_member(reader, key, survey)


def _survey_member(reader: JsonReader, key: str, survey: _Survey) -> None:
    """Read a part and forget it, an array item by item."""
    if key == "branches" and reader.peek() == "[":
        for _ in reader.items():
            for member in _ranked(reader, BRANCH_ORDER, survey):
                _survey_member(reader, f"{key}/{member}", survey)
    elif reader.peek() == "[":
        for _ in reader.items():
            reader.skip()
    else:
        reader.skip()


def _ranked(reader: JsonReader, order: Sequence[str], survey: _Survey) -> Iterator[str]:
    """Go through the keys of an object; each may be there once, and it is told whether they are in order."""
    seen: list[int] = []
    for key in reader.members():
        if key in order:
            rank = order.index(key)
            if rank in seen:
                raise JsonFault(f"{key!r} is there twice ({reader.place})")
            survey.is_ordered &= not seen or rank > seen[-1]
            seen.append(rank)
        yield key


def _in_order(file: BinaryIO) -> BinaryIO:
    """Return a file whose parts were put in another order, as by `jq -S`, in the order that is read in one go."""
    try:
        whole = JsonReader(file).value()
    except JsonFault as error:
        problem = (
            f"its parts are in another order than HFS writes them, and only up to {LARGEST >> 20} MB of it"
        )
        raise JsonFault(f"{problem} can be read so: {error}") from error
    exports = whole["sessions"] if isinstance(whole.get("sessions"), list) else [whole]
    for export in exports:
        branches = export.get("branches")
        if isinstance(branches, list):
            export["branches"] = [_sorted(branch, BRANCH_ORDER) for branch in branches]
    if exports and exports[0] is not whole:
        whole["sessions"] = [_sorted(export, ORDER) for export in exports]
    return io.BytesIO(json.dumps(_sorted(whole, ORDER)).encode())


def _sorted(members: dict[str, Any], order: Sequence[str]) -> dict[str, Any]:
    def rank(key: str) -> int:
        return order.index(key) if key in order else -1

    return {key: members[key] for key in sorted(members, key=rank)}
