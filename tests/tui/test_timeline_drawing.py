"""Points side by side, as the shell writes them and the chat draws them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hfs_core.api import Point, Timeline
from hfs_core.tui.text import display_width
from hfs_core.tui.timeline import moment_of, timeline_lines, timeline_rows, timeline_table

FIVE = (
    Point(1, 1, "run ended"),
    Point(2, 3, "phase ended"),
    Point(3, 5, "negotiation resolved"),
    Point(4, 8, "run ended"),
    Point(5, 10, "manual"),
)


def text(*points: Point, width: int | None = None, most: int | None = None) -> str:
    """The drawing, as one text that begins on a line of its own."""
    return "\n" + "\n".join(timeline_lines(points, width, most))


def test_positions_stand_in_brackets_and_words_below() -> None:
    assert (
        text(*FIVE)
        == """
[1] --> [3] --> [5] --> [8] --> [10]
 |       |       |       |       |
run    phase   negot.   run   manual
ended  ended   resol.  ended"""
    )


def test_marks_stand_below_the_words() -> None:
    points = (Point(1, 2, "run ended", ("+2", "pinned")), Point(2, 4, "manual", ("", "+12 345 678")))
    assert (
        text(*points)
        == """
[2] --> [4]
 |       |
run  manual
ended +12 3.
 +2
pinned"""
    )


def test_one_point_has_room_for_its_words() -> None:
    assert text(Point(1, 2, "negotiation resolved")) == "\n[2]\n |\nnegot.\nresol."
    assert text(Point(1, 2, "")) == "\n[2]\n |"
    assert text() == "\n"


def test_words_of_the_last_point_never_touch_those_before() -> None:
    points = (Point(1, 2, "a"), Point(2, 4, "negotiation"), Point(3, 6, "negotiation"))
    assert (
        text(*points)
        == """
[2] --> [4] --> [6]
 |       |       |
 a     negot. negot."""
    )


def test_a_row_that_goes_on_ends_in_an_arrow() -> None:
    assert (
        text(*FIVE, width=24)
        == """
[1] --> [3] --> [5] -->
 |       |       |
run    phase   negot.
ended  ended   resol.

[8] --> [10]
 |       |
run   manual
ended"""
    )


def test_many_points_are_the_first_and_the_last_ones() -> None:
    points = [Point(number, 2 * number, "run ended") for number in range(1, 201)]
    assert (
        text(*points, width=40, most=3)
        == """
[2] --> [4] --> [6] --> [8] --> [10] -->
 |       |       |       |       |
run     run     run     run     run
ended  ended   ended   ended   ended

... 189 more ... --> [390] --> [392] -->
                       |         |
                      run       run
                     ended     ended

[394] --> [396] --> [398] --> [400]
  |         |         |         |
 run       run       run       run
ended     ended     ended     ended"""
    )
    assert text(*points, most=3) == text(*points), "nothing is shortened where the width is not known"
    assert "more" not in text(*points, width=40)


def test_text_from_elsewhere_does_nothing_to_a_terminal() -> None:
    drawn = text(Point(1, 2, "\x1b[31mred\x1b[0m\n\x07bell\u202e [b]x", ("\x9b31mpin",)))
    assert drawn == "\n[2]\n |\nred\nbell\n[b]x\npin"


def test_wide_letters_are_counted_as_they_are_drawn() -> None:
    assert (
        text(Point(1, 2, "日本語日本語"), Point(2, 4, "é" * 3))
        == """
[2] --> [4]
 |       |
日本.   ééé"""
    )


points_of_any_kind = st.lists(
    st.builds(
        Point,
        st.integers(1, 10**6),
        st.integers(0, 10**7),
        st.text(max_size=40),
        st.lists(st.text(max_size=12), max_size=3).map(tuple),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(points_of_any_kind, st.integers(1, 130), st.none() | st.integers(1, 5))
def test_never_wider_than_the_screen_and_every_point_is_shown_or_counted(
    points: list[Point], width: int, most: int | None
) -> None:
    lines = timeline_lines(points, width, most)
    heads = [line for line in lines if re.match(r"\[\d+\]|\.\.\. ", line)]
    shown = re.findall(r"\[(\d+)\]", " ".join(heads))
    more = re.findall(r"\.\.\. ([\d,]+) more \.\.\.", " ".join(heads))
    widest = max((len(f"[{point.position}] -->") for point in points), default=0)
    widest = max(widest, *(len(f"... {count} more ... -->") for count in more), 0)
    assert all(display_width(line) <= max(width, widest) for line in lines)
    hidden = sum(int(count.replace(",", "")) for count in more)
    assert len(shown) + hidden == len(points)
    positions = [str(point.position) for point in points]
    assert not shown or shown[-1] == positions[-1]
    assert [
        *positions[: shown_before(heads)],
        *positions[len(positions) - (len(shown) - shown_before(heads)) :],
    ] == shown
    assert all(line.endswith("-->") for line in heads[:-1]), "a row that goes on says so"
    assert not heads or not heads[-1].endswith("-->")
    if most is not None and width >= widest:
        assert len(heads) <= max(most, 3), "the first, the number of the others and the last at least"


def shown_before(heads: list[str]) -> int:
    """How many points stand before the others' number."""
    return len(re.findall(r"\[\d+\]", " ".join(heads).partition("...")[0]))


@settings(max_examples=60, deadline=None)
@given(points_of_any_kind, st.none() | st.integers(1, 130))
def test_texts_of_a_line_never_touch(points: list[Point], width: int | None) -> None:
    for row in timeline_rows(points, width):
        for line in row.lines:
            ends = [(piece.x, piece.x + display_width(piece.text)) for piece in line]
            assert all(end < start for (_, end), (start, _) in pairwise(ends))


def times(timeline: Timeline, width: int | None = None) -> list[Any]:
    """What the table of a timeline says of the time."""
    return [row.values["moment"] for row in timeline_table(timeline, width).rows]


def test_the_table_says_what_happened_and_when() -> None:
    before = datetime(2020, 1, 2, 3, 4, tzinfo=UTC)
    now = datetime.now(UTC)
    timeline = Timeline(
        (Point(1, 2, "run ended", details="phase, run ended"), Point(2, 4, "manual", moment=before))
    )
    full = [dict(row.values) for row in timeline_table(timeline).rows]
    assert full == [
        {"number": 1, "position": 2, "event": "phase, run ended", "moment": None},
        {"number": 2, "position": 4, "event": "manual", "moment": f"{before.astimezone():%Y-%m-%d %H:%M}"},
    ]
    today = Timeline((Point(1, 2, "run", moment=now), Point(2, 4, "run", moment=now)))
    assert times(today, 40) == times(today, 200) == [f"{now.astimezone():%H:%M}"] * 2
    assert times(timeline, 80) == [None, f"{before.astimezone():%Y-%m-%d %H:%M}"]
    assert times(timeline, 40) == [None, f"{before.astimezone():%Y-%m-%d}"]
    assert times(today) == [f"{now.astimezone():%Y-%m-%d %H:%M}"] * 2
    day = timedelta(days=1)
    earlier = now - day if (now - day).astimezone().year == now.astimezone().year else now + day
    lately = Timeline((Point(1, 2, "run", moment=earlier), Point(2, 4, "run", moment=now)))
    assert times(lately, 40)[0] == f"{earlier.astimezone():%m-%d %H:%M}"
    assert [column.title for column in timeline_table(Timeline((Point(1, 2, "run"),))).columns] == [
        "#", "Msg", "Event", "",
    ]  # fmt: skip
    long_ago = Point(1, 2, "run", moment=now - timedelta(days=800))
    assert len(moment_of(long_ago)) == len("2020-01-02 03:04")
    assert moment_of(Point(1, 2, "run")) == ""
