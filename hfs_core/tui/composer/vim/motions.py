"""Where vim's motions go in a text: pure functions of the text and an offset in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}

END = 1 << 30
"""The column that j and k keep after $."""


class Reach(Enum):
    """What an operator takes of the text between the cursor and where a motion goes."""

    EXCLUSIVE = auto()
    INCLUSIVE = auto()
    LINES = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a motion goes."""

    at: int
    reach: Reach = Reach.EXCLUSIVE


def line_start(text: str, at: int) -> int:
    """Return where the line of `at` begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Return where the line of `at` ends, at its line break."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def first_letter(text: str, at: int) -> int:
    """Return where the first letter of the line of `at` is."""
    start, end = line_start(text, at), line_end(text, at)
    return start + len(text[start:end]) - len(text[start:end].lstrip())


def kind(letter: str, *, big: bool) -> int:
    """Return 0 for a blank, else a number that the letters of one word share."""
    if letter.isspace():
        return 0
    return 1 if big or letter.isalnum() or letter == "_" else 2


def next_word(text: str, at: int, *, big: bool) -> int:
    """Return where the next word begins; an empty line is one."""
    position, size = at, len(text)
    if position < size and (here := kind(text[position], big=big)):
        while position < size and kind(text[position], big=big) == here:
            position += 1
    while position < size and text[position].isspace():
        if position > at and _is_empty_line(text, position):
            break
        position += 1
    return position


def last_word(text: str, at: int, *, big: bool) -> int:
    """Return where this word began, or the one before; an empty line is one."""
    position = at - 1
    while position > 0 and text[position].isspace() and not _is_empty_line(text, position):
        position -= 1
    if position <= 0:
        return 0
    here = kind(text[position], big=big)
    while here and position > 0 and kind(text[position - 1], big=big) == here:
        position -= 1
    return position


def word_end(text: str, at: int, *, big: bool) -> int:
    """Return where this word ends, or the next one: at its last letter."""
    position, size = at + 1, len(text)
    while position < size and text[position].isspace():
        position += 1
    if position >= size:
        return max(size - 1, 0)
    here = kind(text[position], big=big)
    while position + 1 < size and kind(text[position + 1], big=big) == here:
        position += 1
    return position


def find(text: str, at: int, how: str, letter: str, count: int, *, again: bool = False) -> Target | None:
    """Return where f, F, t or T goes; None where the letter is not found so often in the line.

    Args:
        again: it is repeated: a till-motion does not stay before the same letter.
    """
    step = 1 if how in "ft" else -1
    stop = line_end(text, at) if step > 0 else line_start(text, at) - 1
    position = at + step if again and how in "tT" else at
    for _ in range(count):
        position += step
        while position != stop and (stop - position) * step > 0 and text[position] != letter:
            position += step
        if (stop - position) * step <= 0:
            return None
    position -= step if how in "tT" else 0
    return Target(position, Reach.INCLUSIVE if step > 0 else Reach.EXCLUSIVE)


def matching(text: str, at: int) -> Target | None:
    """Return where the bracket is that belongs to the next one in the line."""
    closers = {closer: opener for opener, closer in PAIRS.items() if opener != "<"}
    for position in range(at, line_end(text, at)):
        letter = text[position]
        if letter in closers or letter in closers.values():
            opener = closers.get(letter, letter)
            end = pair_end(text, position, opener) if letter == opener else pair_start(text, position, opener)
            return None if end is None else Target(end, Reach.INCLUSIVE)
    return None


def pair_end(text: str, at: int, opener: str) -> int | None:
    """Return where the bracket is that closes the one at `at`."""
    depth = 0
    for position in range(at, len(text)):
        depth += (text[position] == opener) - (text[position] == PAIRS[opener])
        if depth == 0:
            return position
    return None


def pair_start(text: str, at: int, opener: str) -> int | None:
    """Return where the bracket is that opened what ends at `at`."""
    depth = 0
    for position in range(at, -1, -1):
        depth += (text[position] == PAIRS[opener]) - (text[position] == opener)
        if depth <= 0 and text[position] == opener:
            return position
    return None


def up_or_down(text: str, at: int, lines: int, column: int) -> Target | None:
    """Return the place so many lines below (above where negative), None where there is no line."""
    start = line_start(text, at)
    for _ in range(abs(lines)):
        if lines > 0:
            end = line_end(text, start)
            if end == len(text):
                return None
            start = end + 1
        elif start == 0:
            return None
        else:
            start = line_start(text, start - 1)
    end = line_end(text, start)
    return Target(min(start + column, max(end - 1, start)), Reach.LINES)


def line_number(text: str, number: int) -> Target:
    """Return the first letter of a line, counted from 1; of the last one where there are fewer."""
    at = 0
    for _ in range(number - 1):
        end = line_end(text, at)
        if end == len(text):
            break
        at = end + 1
    return Target(first_letter(text, at), Reach.LINES)


def simple(text: str, at: int, name: str, count: int) -> Target | None:
    """Return where a motion goes that needs nothing but the text; None where it goes nowhere."""
    start, end = line_start(text, at), line_end(text, at)
    if name == "h":
        return Target(max(at - count, start)) if at > start else None
    if name == "l":
        return Target(min(at + count, end)) if at < end else None
    if name == "0":
        return Target(start)
    if name == "^":
        return Target(first_letter(text, at))
    if name == "$":
        below = up_or_down(text, at, count - 1, 0)
        return None if below is None else Target(max(line_end(text, below.at), below.at))
    if name == "%":
        return matching(text, at)
    step = {"w": next_word, "b": last_word, "e": word_end}[name.lower()]
    position = at
    for _ in range(count):
        if position == (moved := step(text, position, big=name.isupper())):
            break
        position = moved
    return Target(position, Reach.INCLUSIVE if name in "eE" else Reach.EXCLUSIVE)


def _is_empty_line(text: str, at: int) -> bool:
    return text[at] == "\n" and (at == 0 or text[at - 1] == "\n")
