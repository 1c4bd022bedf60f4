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
from hfs_core.tui.text import (
    CURRENT,
    CURRENT_SHORT,
    branch_mark,
    clean,
    cut_middle,
    display_width,
    escaped_json,
    one_line,
    short_time,
)


def write_result(result: CommandResult, out: TextIO, *, as_json: bool = False) -> None:
    """Write a result, and what it copies, to `out`; its errors and warnings go to stderr."""
    copied = [effect.text for effect in result.effects if isinstance(effect, Copy)]
    if as_json:
        rows = [row for part in result.parts for row in _rows(part)]
        rows += [{"text": text} for text in copied]
        text = json.dumps(rows, ensure_ascii=False, default=str)
        out.write((escaped_json(text) if out.isatty() else text) + "\n")
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
    return _table_lines(part, out) if part.rows else _heading(part.empty)


def _table_lines(table: Table, out: TextIO) -> list[str]:
    """Draw a table; on a terminal that is too narrow times are shortened, then the mark, then what is widest."""
    columns = [column for column in table.columns if column.title]
    room = shutil.get_terminal_size().columns - 3 * len(columns) - 1 if out.isatty() else None
    for mark, is_brief in ((CURRENT, False), (CURRENT, True), (CURRENT_SHORT, True)):
        cells = _cells(table, columns, mark, is_brief=is_brief)
        if room is None or sum(_widths(columns, cells)) <= room:
            break
    return [*_heading(table.title), *_grid(columns, cells, room), *_heading(table.hint)]


def _cells(table: Table, columns: Sequence[Column], mark: str, *, is_brief: bool) -> list[list[str]]:
    stem = next((place for place, column in enumerate(columns) if column.kind == "text"), 0)
    rows = []
    for depth, row in table.walk():
        cells = [_text(row, column, is_brief) for column in columns]
        cells[stem] = branch_mark(depth) + cells[stem] + (mark if row.is_current else "")
        rows.append(cells)
    return rows


def _widths(columns: Sequence[Column], cells: list[list[str]]) -> list[int]:
    rows = [[column.title for column in columns], *cells]
    return [max(display_width(row[place]) for row in rows) for place in range(len(columns))]


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


def _text(row: Row, column: Column, is_brief: bool) -> str:
    drawn = row.shown.get(column.key)
    if drawn is not None:
        return _cell(drawn, Column(column.key), is_brief)
    return _cell(row.values.get(column.key), column, is_brief)


def _cell(value: JSON, column: Column, is_brief: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.kind == "time":
        with suppress(ValueError, TypeError):
            return short_time(datetime.fromisoformat(value)) if is_brief else local_time(value)
    return one_line(str(value)).replace("|", "\\|")


def _grid(columns: Sequence[Column], cells: list[list[str]], room: int | None) -> list[str]:
    widths = _widths(columns, cells)
    if room is not None:
        widths = _fitted(widths, room)
    lines = []
    for row in [[column.title for column in columns], *cells]:
        padded = (
            _padded(text, width, column.kind)
            for text, width, column in zip(row, widths, columns, strict=True)
        )
        lines.append(f"| {' | '.join(padded)} |")
    rule = "|".join(
        "-" * (width + 1) + (":" if c.kind == "number" else "-")
        for width, c in zip(widths, columns, strict=True)
    )
    if room is not None and "NO_COLOR" not in os.environ:
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
        text = cut_middle(text, width, display_width)
    space = " " * (width - display_width(text))
    return space + text if kind == "number" else text + space
