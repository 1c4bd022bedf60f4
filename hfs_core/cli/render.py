"""Writes a command's result to the shell: tables, sentences and documents, or one JSON array."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TextIO

from hfs_core.contracts import (
    Column,
    CommandResult,
    Copy,
    Document,
    Notice,
    Part,
    Point,
    Row,
    Table,
    Timeline,
)
from hfs_core.models import JSON
from hfs_core.tui.text import branch_mark, clean, display_width, one_line


def write_result(result: CommandResult, out: TextIO, *, as_json: bool = False) -> None:
    """Write a result, and what it copies, to `out`; its errors and warnings go to stderr."""
    copied = [effect.text for effect in result.effects if isinstance(effect, Copy)]
    if as_json:
        rows = [row for part in result.parts for row in _rows(part)]
        rows += [{"text": text} for text in copied]
        out.write(json.dumps(rows, ensure_ascii=False, default=str) + "\n")
    else:
        out.write("".join(f"{clean(text) if out.isatty() else text}\n" for text in copied))
    for part in result.parts:
        if isinstance(part, Notice) and (part.level != "info" or as_json or copied):
            sys.stderr.write(f"{clean(part.text)}\n")
        elif not as_json:
            out.write("".join(f"{line}\n" for line in _lines(part, out)))
    out.flush()


def local_time(value: str) -> str:
    """Return an ISO 8601 time as the person's local time."""
    return f"{datetime.fromisoformat(value).astimezone():%Y-%m-%d %H:%M}"


def _rows(part: Part) -> list[JSON]:
    if isinstance(part, Table):
        return [{column.key: row.values.get(column.key) for column in part.columns} for _, row in part.walk()]
    if isinstance(part, Timeline):
        return [dict(point.values) or _values(point) for point in part.points]
    if isinstance(part, Document):
        return list(json.loads(part.text)) if part.format == "json" else [{"text": part.text}]
    return []


def _lines(part: Part, out: TextIO) -> list[str]:
    if isinstance(part, Notice):
        return [clean(part.text)]
    if isinstance(part, Document):
        return [(clean(part.text) if out.isatty() else part.text).rstrip("\n")]
    if isinstance(part, Timeline):
        return _timeline_lines(part, out)
    if not part.rows:
        return _heading(part.empty)
    shown = [column for column in part.columns if column.title]
    stem = next((place for place, column in enumerate(shown) if column.kind == "text"), 0)
    cells = [
        [
            (branch_mark(depth) if place == stem else "") + _text(row, column)
            for place, column in enumerate(shown)
        ]
        for depth, row in part.walk()
    ]
    return [*_heading(part.title), *_grid(shown, cells, out), *_heading(part.hint)]


def _values(point: Point) -> JSON:
    moment = point.moment.isoformat() if point.moment else None
    return {"number": point.number, "position": point.position, "label": point.label, "moment": moment}


def _timeline_lines(timeline: Timeline, out: TextIO) -> list[str]:
    """Draw a timeline above its points as a table; what is read by a program is neither wrapped nor shortened."""
    if not timeline.points:
        return _heading(timeline.empty)
    from hfs_core.tui.timeline import ROWS, timeline_lines, timeline_table

    width = shutil.get_terminal_size().columns if out.isatty() else None
    drawn = timeline_lines(timeline.points, width, None if width is None else ROWS)
    table = timeline_table(timeline, width)
    return [*_heading(timeline.title), "Timeline:", *drawn, "", *_lines(table, out)]


def _heading(text: str) -> list[str]:
    return [clean(text)] if text else []


def _text(row: Row, column: Column) -> str:
    drawn = row.shown.get(column.key)
    return _cell(row.values.get(column.key), column) if drawn is None else _cell(drawn, Column(column.key))


def _cell(value: JSON, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.kind == "time":
        with suppress(ValueError, TypeError):
            return local_time(value)
    return one_line(str(value)).replace("|", "\\|")


def _grid(columns: Sequence[Column], cells: list[list[str]], out: TextIO) -> list[str]:
    rows = [[column.title for column in columns], *cells]
    widths = [max(display_width(row[place]) for row in rows) for place in range(len(columns))]
    if out.isatty():
        widths = _fitted(widths, shutil.get_terminal_size().columns - 3 * len(widths) - 1)
    lines = []
    for row in rows:
        padded = (
            _padded(text, width, column.kind)
            for text, width, column in zip(row, widths, columns, strict=True)
        )
        lines.append(f"| {' | '.join(padded)} |")
    rule = "|".join(
        "-" * (width + 1) + (":" if c.kind == "number" else "-")
        for width, c in zip(widths, columns, strict=True)
    )
    if out.isatty() and "NO_COLOR" not in os.environ:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    return [lines[0], f"|{rule}|", *lines[1:]]


def _fitted(widths: list[int], room: int) -> list[int]:
    """Take from the widest column until all fit; none gets narrower than 8 cells, or than it is."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    return widths


def _padded(text: str, width: int, kind: str) -> str:
    if display_width(text) > width:
        text = cut_middle(text, width)
    space = " " * (width - display_width(text))
    return space + text if kind == "number" else text + space


def cut_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, cut in the middle: the ends of names tell branches apart."""
    if display_width(text) <= width:
        return text
    head, tail = list(text[: len(text) // 2]), list(text[len(text) // 2 :])
    while head and tail and display_width("".join([*head, "…", *tail])) > width:
        if len(head) > len(tail):
            head.pop()
        else:
            tail.pop(0)
    return "".join([*head, "…", *tail])
