"""What vim's text objects take of a text: `iw`, `a"`, `i(` and their like."""

from __future__ import annotations

from hfs_core.tui.composer.vim.motions import PAIRS, kind, line_end, line_start, pair_end, pair_start

_ALIASES = {"b": "(", ")": "(", "]": "[", "}": "{", "B": "{", ">": "<"}


def span(text: str, at: int, name: str, count: int) -> tuple[int, int] | None:
    """Return the offsets of an object at the cursor, such as `iw`; None where there is none."""
    how, what = name[0], _ALIASES.get(name[1], name[1])
    if what in "wW":
        return _words(text, at, count, big=what == "W", around=how == "a")
    if what in "\"'`":
        return _quoted(text, at, what, around=how == "a")
    return _bracketed(text, at, what, count, around=how == "a")


def _words(text: str, at: int, count: int, *, big: bool, around: bool) -> tuple[int, int] | None:
    first, last = line_start(text, at), line_end(text, at)
    if at >= last:
        return at, at
    start = at
    while start > first and kind(text[start - 1], big=big) == kind(text[at], big=big):
        start -= 1
    end = start
    for _ in range(count):
        end = _run_end(text, end, last, big=big)
        if around:
            end = _run_end(text, end, last, big=big, only_blank=not text[at].isspace())
    if around and not text[at].isspace() and not text[end - 1].isspace():
        while start > first and text[start - 1].isspace():  # no blank follows: those before go along
            start -= 1
    return start, end


def _run_end(text: str, at: int, last: int, *, big: bool, only_blank: bool = False) -> int:
    if at >= last or (only_blank and not text[at].isspace()):
        return at
    here = kind(text[at], big=big)
    while at < last and kind(text[at], big=big) == here:
        at += 1
    return at


def _quoted(text: str, at: int, quote: str, *, around: bool) -> tuple[int, int] | None:
    first, last = line_start(text, at), line_end(text, at)
    places = [
        place for place in range(first, last) if text[place] == quote and text[place - 1 : place] != "\\"
    ]
    for start, end in zip(places[::2], places[1::2], strict=False):
        if at <= end:
            if not around:
                return start + 1, end
            end += 1
            if end < last and text[end].isspace():
                while end < last and text[end].isspace():
                    end += 1
            else:
                while start > first and text[start - 1].isspace():
                    start -= 1
            return start, end
    return None


def _bracketed(text: str, at: int, opener: str, count: int, *, around: bool) -> tuple[int, int] | None:
    start: int | None = at
    if at < len(text) and text[at] == PAIRS[opener]:
        start = pair_start(text, at, opener)
    else:
        start = _enclosing(text, at, opener)
    for _ in range(count - 1):
        start = None if not start else _enclosing(text, start - 1, opener)
    end = None if start is None else pair_end(text, start, opener)
    if start is None or end is None:
        return None
    return (start, end + 1) if around else (start + 1, end)


def _enclosing(text: str, at: int, opener: str) -> int | None:
    """Return where the bracket is that is open at `at`."""
    depth = 0
    for position in range(min(at, len(text) - 1), -1, -1):
        if text[position] == opener:
            if depth == 0:
                return position
            depth -= 1
        elif text[position] == PAIRS[opener]:
            depth += 1
    return None
