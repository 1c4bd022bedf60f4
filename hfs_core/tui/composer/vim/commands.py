"""Reads vim's commands from the keys of the normal and the visual mode."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST = 9_999
"""The highest count that is taken."""

REDO = "\x12"

_COUNT = r"(?P<count>[1-9]\d*)?"
_OPERATOR = r"(?:(?P<operator>[dcy])(?P<more>[1-9]\d*)?)?"
_OBJECT = r"(?P<object>[ia][wW\"'`()b\[\]{}B<>])"
_MOTION = r"(?P<motion>gg|[hjklwbeWBE0^$G;,%]|[fFtT](?P<letter>.))"
_NORMAL = re.compile(
    rf"{_COUNT}{_OPERATOR}(?:{_OBJECT}|(?P<lines>[dcy])|{_MOTION}|(?P<action>r(?P<by>.)|[xXsSDCYpPJu.~iIaAoOvV{REDO}]))",
    re.DOTALL,
)
_VISUAL = re.compile(
    rf"{_COUNT}(?:{_OBJECT}|{_MOTION}|(?P<action>r(?P<by>.)|[dxXcsSyYDCJpP~uUoOvV]))", re.DOTALL
)
_NORMAL_BEGUN = re.compile(rf"(?:{_COUNT})(?:{_OPERATOR})(?:(?(operator)[ia]|r)|[gfFtT])?")
_VISUAL_BEGUN = re.compile(rf"{_COUNT}(?:[iagfFtTr])?")


@dataclass(frozen=True, slots=True)
class Command:
    """One command, such as `2daw`; what it does not have is "".

    Attributes:
        count: None where none was typed.
        lines: the operator is doubled.
        letter: what `f`, `t` or `r` take.
    """

    count: int | None = None
    operator: str = ""
    object: str = ""
    motion: str = ""
    action: str = ""
    letter: str = ""
    lines: bool = False

    @property
    def times(self) -> int:
        """The count, 1 where none was typed."""
        return self.count or 1


def read(keys: str, *, is_visual: bool) -> Command | None:
    """Return the command that the keys are, None while they are only the beginning of one.

    Raises:
        ValueError: no command begins so.
    """
    if (_VISUAL_BEGUN if is_visual else _NORMAL_BEGUN).fullmatch(keys):
        return None
    found = (_VISUAL if is_visual else _NORMAL).fullmatch(keys)
    if found is None:
        raise ValueError(keys)
    parts = {name: part or "" for name, part in found.groupdict().items()}
    operator, doubled = parts.get("operator", ""), parts.get("lines", "")
    is_right = (bool(parts["object"]) <= (bool(operator) or is_visual)) and doubled in ("", operator)
    if not is_right or (operator and parts["action"]):
        raise ValueError(keys)
    counts = [int(count[:6]) for count in (parts["count"], parts.get("more", "")) if count]
    count = min(counts[0] * (counts[1] if len(counts) > 1 else 1), MOST) if counts else None
    return Command(
        count,
        operator,
        parts["object"],
        parts["motion"][:1] if parts["letter"] else parts["motion"],
        parts["action"][:1],
        parts["letter"] or parts["by"],
        bool(doubled),
    )
