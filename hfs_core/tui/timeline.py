"""Draws points in time: one beside the other, where each lies in brackets and below it what happened there.

Plain texts, which the shell writes as they are and the chat colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from hfs_core import api
from hfs_core.tui.text import display_width, one_line

if TYPE_CHECKING:
    from hfs_core.api import Point, Table, Timeline

ROWS = 3
"""How many rows a timeline has at most where it is shortened."""

LONGEST = 6
"""Cells of a word below a point; a longer one is cut, and ends in a dot."""

WORDS = 4
"""How many words of a label stand below its point; the table has them all."""

NARROW = 60
"""Columns below which the times of other days are shown in part: what happened then needs the room."""

DATE_AND_TIME = "%Y-%m-%d %H:%M"

ARROW = "-->"

Kind = Literal["head", "arrow", "bar", "word", "mark"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A text in a line, at the column `x`; of the point at that place in the timeline, None for what is between."""

    x: int
    text: str
    kind: Kind
    point: int | None = None


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """Points side by side.

    Attributes:
        lines: the brackets, the bars, and the words; the pieces of each from left to right.
        bars: the column of each point's bar, by the point's place in the timeline.
    """

    lines: tuple[tuple[Piece, ...], ...]
    bars: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Node:
    head: str
    words: tuple[tuple[str, Kind], ...] = ()
    point: int | None = None


def timeline_rows(
    points: Sequence[Point], width: int | None = None, most: int | None = None
) -> list[TimelineRow]:
    """Return where each text of a timeline stands.

    Args:
        width: how many columns there are; where a single point needs more, it has them. None: any number.
        most: how many rows there may be; of more points than fit the first and the last ones are drawn.
    """
    nodes = [_node(place, point) for place, point in enumerate(points)]
    rows = _split(nodes, width)
    if most is not None and len(rows) > most and width is not None:
        rows = _shortened(nodes, width, most)
    return [_row(row, is_last=row is rows[-1]) for row in rows]


def timeline_lines(points: Sequence[Point], width: int | None = None, most: int | None = None) -> list[str]:
    """Return a timeline line by line, an empty one between its rows."""
    lines: list[str] = []
    for row in timeline_rows(points, width, most):
        lines += [*([""] if lines else []), *(_text(pieces) for pieces in row.lines)]
    return lines


def timeline_table(timeline: Timeline, width: int | None = None) -> Table:
    """Return the points of a timeline as rows, without its title.

    Args:
        width: of the screen, where there is one: times leave away what the person knows, or what has no room.
    """
    moments = [point.moment.astimezone() for point in timeline.points if point.moment is not None]
    form = DATE_AND_TIME if width is None else _form(moments, width)
    columns = (
        api.Column("number", "#", "number"),
        api.Column("position", "Msg", "number"),
        api.Column("event", "Event"),
        api.Column("moment", "Time" if moments else ""),
    )
    rows = (
        {
            "number": point.number,
            "position": point.position,
            "event": point.details or point.label,
            "moment": f"{point.moment.astimezone():{form}}" if point.moment is not None else None,
        }
        for point in timeline.points
    )
    return api.Table(columns, tuple(api.Row(row) for row in rows), hint=timeline.hint)


def moment_of(point: Point) -> str:
    """Return when a point was, in local time, without the date if that is today; "" where it is not known."""
    moment = point.moment.astimezone() if point.moment is not None else None
    return "" if moment is None else f"{moment:{_form([moment], NARROW)}}"


def _form(moments: Sequence[datetime], width: int) -> str:
    today = datetime.now().astimezone().date()
    if all(moment.date() == today for moment in moments):
        return "%H:%M"
    if width >= NARROW:
        return DATE_AND_TIME
    return "%m-%d %H:%M" if all(moment.year == today.year for moment in moments) else "%Y-%m-%d"


def _node(place: int, point: Point) -> _Node:
    words: list[tuple[str, Kind]] = [(_short(word), "word") for word in one_line(point.label).split()[:WORDS]]
    marks = (one_line(mark) for mark in point.marks)
    words += [(_short(mark), "mark") for mark in marks if mark]
    return _Node(f"[{point.position}]", tuple(words), place)


def _short(word: str) -> str:
    if display_width(word) <= LONGEST:
        return word
    cut = word[:LONGEST]
    while display_width(cut) >= LONGEST:
        cut = cut[:-1]
    return f"{cut}."


def _split(nodes: Sequence[_Node], width: int | None) -> list[list[_Node]]:
    """Return which points stand side by side; each row has room for the arrow that says that it goes on."""
    rows: list[list[_Node]] = []
    used = 0
    for node in nodes:
        own = len(node.head) + 1 + len(ARROW)
        if not rows or (width is not None and used + 1 + own > width):
            rows.append([])
            used = -1
        rows[-1].append(node)
        used += 1 + own
    return rows


def _shortened(nodes: list[_Node], width: int, most: int) -> list[list[_Node]]:
    """Return as many of the first and the last points as fit into `most` rows, and between them how many more."""
    rows: list[list[_Node]] = []
    narrowest = len("[0] ") + len(ARROW) + 1
    for shown in range(min(len(nodes) - 1, most * (width // narrowest + 1)), 1, -1):
        first, last = shown // 2, shown - shown // 2
        between = _Node(f"... {len(nodes) - shown:,} more ...")
        rows = _split([*nodes[:first], between, *nodes[-last:]], width)
        if len(rows) <= most:
            break
    return rows or _split(nodes, width)


def _row(nodes: Sequence[_Node], *, is_last: bool) -> TimelineRow:
    """Place points side by side, their words centred under their bars, but within the row."""
    heads: list[Piece] = []
    stems: list[Piece] = []
    bars: dict[int, int] = {}
    end = 0
    for node in nodes:
        heads.append(Piece(end, node.head, "head", node.point))
        if node.point is not None:
            bars[node.point] = end + (len(node.head) - 1) // 2
            stems.append(Piece(bars[node.point], "|", "bar", node.point))
        end += len(node.head) + 1
        heads.append(Piece(end, ARROW, "arrow"))
        end += len(ARROW) + 1
    if is_last:
        arrow = heads.pop()
        end = arrow.x
    deepest = max(len(node.words) for node in nodes)
    words = (_words(nodes, bars, depth, end - 1) for depth in range(deepest))
    return TimelineRow((tuple(heads), *([tuple(stems)] if stems else []), *words), bars)


def _words(nodes: Sequence[_Node], bars: dict[int, int], depth: int, end: int) -> tuple[Piece, ...]:
    """Place the words of one line; those of the last point give way to the left as far as there is room."""
    pieces: list[Piece] = []
    least = 0
    for node in nodes:
        if node.point is None or depth >= len(node.words):
            continue
        word, kind = node.words[depth]
        width = display_width(word)
        x = max(min(bars[node.point] - (width - 1) // 2, end - width), least)
        pieces.append(Piece(x, word, kind, node.point))
        least = x + width + 1
    return tuple(pieces)


def _text(pieces: Sequence[Piece]) -> str:
    text, at = "", 0
    for piece in pieces:
        text += " " * (piece.x - at) + piece.text
        at = piece.x + display_width(piece.text)
    return text
