"""Tables on a terminal: what is cut, and what is not."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from hfs_core.api import Column, CommandResult, Row, Table
from hfs_core.cli.render import write_result

NAME = "a plan about the refactoring of storage"
COLUMNS = (Column("id", "ID", "number"), Column("name", "Name"), Column("made", "Created", "time"))


class Screen(io.StringIO):
    """What a terminal is written."""

    def isatty(self) -> bool:
        return True


def family() -> CommandResult:
    made = datetime(2020, 5, 17, 12, tzinfo=UTC).isoformat()
    branches = tuple(
        Row({"id": n, "name": f"{NAME} (rewind from #{n})", "made": made}, is_current=n == 2) for n in (1, 2)
    )
    return CommandResult((Table(COLUMNS, (Row({"id": 3, "name": NAME, "made": made}, children=branches),)),))


def lines(columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = Screen()
    write_result(family(), screen)
    return screen.getvalue().splitlines()[2:]


def test_a_wide_terminal_shows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    origin, first, second = lines(120, monkeypatch)
    assert f"{NAME}  " in origin
    assert f"└ {NAME} (rewind from #1)  " in first
    assert f"└ {NAME} (rewind from #2) (current) |" in second
    assert "| 2020-05-17 " in second


@pytest.mark.parametrize("columns", [55, 60, 70, 80])
def test_where_there_is_little_room_branches_are_told_apart(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, first, second = lines(columns, monkeypatch)
    assert "└ a pl" in first
    assert "(rewind from #1)" in first
    assert "(rewind from #2)" in second
    assert " * |" in second or " (current) |" in second
    assert " *" not in first
    assert origin.endswith("| 2020-05-17 |")
    assert {len(line) for line in (origin, first, second)} <= set(range(columns + 1))


def test_what_is_no_terminal_is_given_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = io.StringIO()
    write_result(family(), out)
    assert f"└ {NAME} (rewind from #2) (current) | 2020-05-17 " in out.getvalue()
