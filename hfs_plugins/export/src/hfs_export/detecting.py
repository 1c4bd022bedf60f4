"""Tells by what a file holds which format it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hfs_core.api import CommandError, ImportFormat, Incoming, Note, SourcePart
from hfs_export.sources import HEAD, head_of

KINDS = (
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
)
"""What must be unpacked first, by how it begins."""

ALONGSIDE = {
    "chatgpt": frozenset(
        {
            "export_manifest.json",
            "group_chats.json",
            "message_feedback.json",
            "model_comparisons.json",
            "shared_conversations.json",
            "shopping.json",
            "sora.json",
            "user.json",
            "user_settings.json",
        }
    ),
    "claude": frozenset({"memories.json", "projects.json", "users.json"}),
}
"""What else is in everybody's export of a format, none of it a conversation that is not in the others."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is.

    Attributes:
        formats: each with those parts of the file that are in it.
        rest: the names of what is in no known format, and not known to come with these.
    """

    formats: Sequence[tuple[ImportFormat, Sequence[SourcePart]]]
    rest: Sequence[str] = ()

    @property
    def title(self) -> str:
        """The formats, for people."""
        return " and ".join(each.title for each, _ in self.formats)

    def read(self, note: Note) -> Iterator[Incoming]:
        """Go through the conversations of all parts; see `ImportFormat.read`."""
        for each, parts in self.formats:
            yield from each.read(parts, note)
        if self.rest:
            more = f" and {len(self.rest) - 1:,} more" if len(self.rest) > 1 else ""
            note(f"what is in no known format is left out: {self.rest[0]}{more}")


def detected(formats: Sequence[ImportFormat], parts: Sequence[SourcePart], wanted: str, place: Path) -> Found:
    """Return what a file is; reads the beginning of each part.

    Formats are asked in their order.

    Args:
        wanted: the name of the format that it is said to be in, "" where nobody says so.

    Raises:
        CommandError: it is in no known format.
    """
    names = ", ".join(sorted(each.name for each in formats))
    if wanted:
        for each in formats:
            if each.name == wanted:
                return _taken(each, parts)
        raise CommandError(f"there is no format {wanted!r}: there are {names}")
    found: dict[str, tuple[ImportFormat, list[SourcePart]]] = {}
    chosen: dict[str, str] = {}
    head = b""
    for part in parts:
        head = head_of(part)
        claiming = next((each for each in formats if each.detects(head)), None)
        if claiming is not None:
            found[claiming.name] = (claiming, [])
            chosen[part.name] = claiming.name
    # What is numbered as another part is goes with that: a beginning may be too long to tell.
    kin = {_NUMBER.sub("#", part): name for part, name in chosen.items()}
    rest: list[str] = []
    for part in parts:
        name = chosen.get(part.name) or kin.get(_NUMBER.sub("#", part.name), "")
        if name:
            found[name][1].append(part)
        else:
            rest.append(part.name)
    if not found:
        raise CommandError(_refusal(head, place, names, is_archive=len(parts) > 1))
    return _found(list(found.values()), rest)


def _found(formats: Sequence[tuple[ImportFormat, Sequence[SourcePart]]], rest: Sequence[str]) -> Found:
    known = frozenset[str]().union(*(ALONGSIDE.get(each.name, frozenset()) for each, _ in formats))
    return Found(formats, [name for name in rest if PurePosixPath(name).name not in known])


def _taken(wanted: ImportFormat, parts: Sequence[SourcePart]) -> Found:
    """Return the parts in the format that was named: all of them, where it knows none of them again."""
    if len(parts) == 1:
        return Found([(wanted, parts)])
    known: list[SourcePart] = []
    rest: list[str] = []
    for part in parts:
        if wanted.detects(head_of(part)):
            known.append(part)
        else:
            rest.append(part.name)
    return _found([(wanted, known)], rest) if known else Found([(wanted, parts)])


def _refusal(head: bytes, place: Path, names: str, *, is_archive: bool) -> str:
    """Tell what a file is that nobody reads, by the beginning of it or of its last part."""
    if not is_archive:
        for begin, kind in KINDS:
            if head.startswith(begin):
                return f"{place.name} is {kind}: unpack it first"
        if not head.strip():
            what = "empty" if len(head) < HEAD else f"nothing but blanks for its first {HEAD:,} bytes"
            return f"{place.name} was not imported: it is {what}"
        if not head.strip(b"\0"):
            return f"{place.name} was not imported: it begins with {len(head):,} zeros, no text"
    return f"{place.name} is in no known format: --format may name one of {names}"
