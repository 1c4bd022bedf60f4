"""Reads conversations from the Org files that `writing` makes, line by line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from hfs_core.api import Draft, Incoming, Note, SourcePart, Status, now, replace_surrogates
from hfs_org_format.writing import BEGIN, END, FIRST_LINE

_ESCAPED = re.compile(r"^,(?=,*(?:\*|#\+))")
_PROPERTY = re.compile(r":([A-Z]+): (.*)")


class OrgReader:
    """`/import FILE`, and `--format org` where it is not known as one."""

    name = "org"
    title = "Org"

    def detects(self, head: bytes) -> bool:
        """Tell by the first line, for a file may be called anything."""
        return head.startswith(FIRST_LINE.encode())

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations; their messages are read one by one, while HFS keeps them."""
        for part in parts:
            with part.open() as file, io.TextIOWrapper(file, "utf-8", newline="\n") as text:
                lines = _Lines(text)
                while (line := lines.next()) is not None:
                    if line.startswith("* "):
                        yield Incoming(line[2:], _messages(lines, note))


class _Lines:
    """The lines of a file, of which one may be put back.

    Attributes:
        number: of the last line, for people.
    """

    def __init__(self, text: io.TextIOWrapper):
        self.number = 0
        self._text = text
        self._back: str | None = None

    def next(self) -> str | None:
        """Return the next line, None at the end."""
        line, self._back = self._back, None
        if line is None:
            line = next(self._text, None)
            self.number += 1
        return None if line is None else line.removesuffix("\n")

    def put_back(self, line: str) -> None:
        """Let `next` return this line again."""
        self._back = line


def _messages(lines: _Lines, note: Note) -> Iterator[Draft]:
    """Read messages up to the headline of the next conversation."""
    while (line := lines.next()) is not None:
        if line.startswith("* "):
            lines.put_back(line)
            return
        if line.startswith("** "):
            yield _message(line[3:], lines, note)


def _message(role: str, lines: _Lines, note: Note) -> Draft:
    headline = lines.number
    properties: dict[str, str] = {}
    while (line := lines.next()) is not None and line != BEGIN:
        if match := _PROPERTY.fullmatch(line):
            properties[match[1]] = match[2]
    content: list[str] = []
    while (line := lines.next()) is not None and line != END:
        content.append(_ESCAPED.sub("", line))
    if line is None:
        raise ValueError(f"the message of line {headline:,} has no end: the file was cut off")
    moment = _moment(properties.get("CREATED", ""))
    if moment is None:
        note(f"line {headline:,}: no time that can be read, so it is the time of the import")
    status = properties.get("STATUS", Status.COMPLETE)
    known = Status(status) if status in tuple(Status) else Status.COMPLETE
    return Draft(role, replace_surrogates("\n".join(content)), moment or now(), known)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
