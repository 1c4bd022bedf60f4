"""Makes text from elsewhere harmless to a terminal: no escape sequence, no control character, no hidden order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime

LONGEST = 100_000
"""Characters of one reply that are drawn; laying out more would stall the screen."""

LONGEST_PLAIN = 20_000
"""Characters of any other text that are drawn: it is laid out in one piece, 2 ms for each thousand."""

LEAST_HEAD = 3
"""Cells that stay of a name's beginning where what stands in brackets behind it stays whole."""

DEEPEST = 10
"""How many steps the branches of a tree are drawn to the right: a lineage of thousands would be a wall of blanks."""

_CSI, _STRING = "(?:\x1b\\[|\x9b)[0-?]*[ -/]*", "(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*"
_ESCAPES = re.compile(
    f"{_CSI}[@-~]"  # control sequences such as colours
    f"|{_STRING}(?:\x07|\x9c|\x1b\\\\)"  # strings such as titles and clipboard writes
    "|\x1b[ -/]*[0-~]"
)
_UNFINISHED = re.compile(f"(?:\r|{_CSI}|{_STRING}\x1b?|\x1b[ -/]*)$")
_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_STAMP = re.compile(r"(?:\.\.\.)? - \d{4}-\d\d-\d\d_\d\d-\d\d")
_SUFFIX = re.compile(r"(?: \([^()]*\))+(?: \*)?$")
_HELD = 256

CURRENT, CURRENT_SHORT = " (current)", " *"
"""What is drawn behind the name of what is in use now, and where that would cut the name."""


def clean(text: str) -> str:
    """Return `text` as it may be drawn: line breaks and tabs stay, other control characters go.

    A lone surrogate, such as a file's name may have, is drawn as one that could not be read: no terminal can.
    """
    text = _SURROGATES.sub("\ufffd", _ESCAPES.sub("", text))
    return _CONTROLS.sub("", _NEWLINES.sub("\n", text))


def drawable(text: str, longest: int = LONGEST_PLAIN) -> str:
    """Return the cleaned text, cut where it is too long to draw."""
    if len(text) > longest:
        hidden = len(text) - longest
        text = f"{text[:longest]}\n\n[{hidden:,} more characters are kept, but not drawn]"
    return clean(text)


def one_line(text: str) -> str:
    """Return the cleaned text in one line."""
    return " ".join(clean(text).split())


def escaped_json(text: str) -> str:
    """Return JSON that says the same, and in which no control character stands as it is."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def display_width(text: str) -> int:
    """Return how many cells a terminal takes for a text."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def short_time(moment: datetime) -> str:
    """Return a time as short as it is clear: today's without the date, this year's without the year."""
    local, today = moment.astimezone(), datetime.now().astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


def cut_middle(text: str, width: int, measure: Callable[[str], int] | None = None) -> str:
    """Return `text` in at most `width` cells, cut in its middle: the ends of names tell branches apart."""
    head, tail = ends(text, width, measure)
    if head + tail >= len(text):
        return text
    return f"{text[:head]}…{text[len(text) - tail :]}" if width > 1 else ""


def ends(text: str, width: int, measure: Callable[[str], int] | None = None) -> tuple[int, int]:
    """Return how many characters at the beginning and at the end of `text` stay if it has `width` cells.

    The time in a name that HFS gave is the first to go: the words say more, and lists have a column for it. What
    stands in brackets at the end, such as `(rewind from #2)`, is the last to go: it tells branches apart.

    Args:
        measure: says how many cells a text takes, Rich's measure by default.
    """
    if measure is None:
        from rich.cells import cell_len  # here, as the shell cuts texts, too, and must not pay for Rich

        measure = cell_len
    if len(text) <= 4 * width and measure(text) <= width:
        return len(text), 0
    room = max(width - 1, 0)
    stamp, suffix = _STAMP.search(text), _SUFFIX.search(text[-2 * width :])
    rest = text[stamp.end() :] if stamp else ""
    if stamp and measure(rest) <= room // 2:
        return min(_fitting(text, room - measure(rest), measure), stamp.start()), len(rest)
    if suffix and len(suffix.group()) <= room and measure(suffix.group()) <= room - LEAST_HEAD:
        most = stamp.start() if stamp else len(text)
        return min(_fitting(text, room - measure(suffix.group()), measure), most), len(suffix.group())
    tail = _fitting(text[: -room - 1 : -1], room // 2, measure)
    head = _fitting(text, room - measure(text[len(text) - tail :]), measure)
    return head, tail


def _fitting(text: str, width: int, measure: Callable[[str], int]) -> int:
    """Return how many characters of the beginning fit into `width` cells."""
    used = 0
    for place, character in enumerate(text):
        used += measure(character)
        if used > width:
            return place
    return len(text)


def branch_mark(depth: int) -> str:
    """Return what is drawn before a row of a tree that lies `depth` below its root; the deepest go no further."""
    return f"{'  ' * (min(depth, DEEPEST) - 1)}└ " if depth else ""


def current_mark(name: str, width: int, measure: Callable[[str], int]) -> str:
    """Return what is drawn behind the name of what is in use now, if it and the name have `width` cells."""
    return CURRENT if measure(name + CURRENT) <= width else CURRENT_SHORT


class Cleaner:
    """Cleans a stream: an escape sequence that is cut between two pieces is held until it is whole."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what can be drawn now."""
        text = self._held + piece
        found = _UNFINISHED.search(text)
        start = found.start() if found and len(text) - found.start() <= _HELD else len(text)
        self._held = text[start:]
        return clean(text[:start])
