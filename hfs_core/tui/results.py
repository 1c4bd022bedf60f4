"""Draws what commands answer, and what else is said to the person, as notes of the transcript."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from textual.containers import VerticalGroup
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from hfs_core import api
from hfs_core.tui.entry import Note
from hfs_core.tui.text import LONGEST, drawable, one_line, short_time

if TYPE_CHECKING:
    from hfs_core.api import JSON, Column, Part, Row, Table, Timeline

Level = Literal["info", "warning", "error"]


class Answer(VerticalGroup):
    """A block of the transcript that is no message."""

    DEFAULT_CSS = """
    Answer { margin: 0 0 1 0; padding: 0 2; }
    Answer > Markdown { margin: 0; padding: 0; background: transparent; }
    Answer.-notice { padding: 0 1; border-left: outer $surface-lighten-2; color: $text-muted; }
    Answer.-warning { border-left: outer $warning; color: $text-warning; }
    Answer.-error { border-left: outer $error; color: $text-error; }
    """


def notice(text: str, level: Level = "info") -> Note:
    """Return the note of a sentence."""
    words = drawable(text)
    return lambda: Answer(_plain(words), classes=f"-notice -{level}")


def note_of(part: Part) -> Note:
    """Return the note of one part of a command's answer."""
    if isinstance(part, api.Notice):
        return notice(part.text, part.level)
    if isinstance(part, api.Document):
        if part.format == "markdown":
            markdown = drawable(part.text, LONGEST)
            return lambda: Answer(_markdown(markdown))
        text = drawable(part.text)
        return lambda: Answer(_plain(text))
    if isinstance(part, api.Timeline):
        timeline = part
        return lambda: _timeline_of(timeline)
    table = part
    return lambda: _table_of(table)


def cell(value: JSON, column: Column) -> str:
    """Return a table's value as it is shown: times in local time, truth as yes and no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.kind == "time":
        try:
            return f"{datetime.fromisoformat(str(value)).astimezone():%Y-%m-%d %H:%M}"
        except ValueError:
            return one_line(str(value))
    return one_line(str(value))


def drawn(row: Row, column: Column) -> str:
    """Return what a row shows in a column."""
    shown = row.shown.get(column.key)
    return cell(row.values.get(column.key), column) if shown is None else one_line(shown)


def brief(row: Row, column: Column) -> str:
    """Return what a row shows in a column of times, as short as it is clear."""
    value = row.values.get(column.key)
    try:
        return (
            drawn(row, column) if column.key in row.shown else short_time(datetime.fromisoformat(str(value)))
        )
    except ValueError:
        return drawn(row, column)


def _table_of(table: Table) -> Widget:
    if not table.rows:
        return Answer(_plain(table.empty or "nothing there"), classes="-notice")
    from hfs_core.tui.listing import Listing

    parts: list[Widget] = [Static(Listing(table))]
    if table.title:
        parts.insert(0, _plain(drawable(table.title)))
    if table.hint:
        parts.append(_plain(drawable(table.hint)))
    return Answer(*parts)


def _timeline_of(timeline: Timeline) -> Widget:
    if not timeline.points:
        return Answer(_plain(drawable(timeline.empty) or "nothing there"), classes="-notice")
    from hfs_core.tui.listing import Listing, TimelineListing
    from hfs_core.tui.timeline import timeline_table

    parts: list[Widget] = [Static(TimelineListing(timeline)), Static(Listing(timeline_table(timeline)))]
    if timeline.title:
        parts.insert(0, _plain(drawable(timeline.title)))
    if timeline.hint:
        parts.append(_plain(drawable(timeline.hint)))
    return Answer(*parts)


def _plain(text: str) -> Static:
    return Static(Content(text), markup=False)


def _markdown(text: str) -> Widget:
    from hfs_core.tui.prose import Prose

    return Prose(text)
