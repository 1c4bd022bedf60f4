"""Text from elsewhere, made harmless."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs_core.tui.text import LONGEST_PLAIN, Cleaner, clean, drawable, one_line, short_time


@pytest.mark.parametrize(
    ("raw", "drawn"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;aGk=\x1b\\after", "after"),
        ("\x9b31mred", "red"),
        ("\x1bPdevice\x9cafter", "after"),
        ("\x1b(Bcharset \x1bcreset", "charset reset"),
        ("lone \x1b", "lone "),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("bell\x07 null\x00 delete\x7f", "bell null delete"),
        ("\u202eback\u202c \u2066iso\u2069", "back iso"),
        ("not \udcff utf-8", "not � utf-8"),
        ("שלום 👩\u200d👩\u200d👧 é", "שלום 👩\u200d👩\u200d👧 é"),
    ],
)
def test_only_what_draws_is_left(raw: str, drawn: str) -> None:
    assert clean(raw) == drawn


def test_one_line_has_one_line() -> None:
    assert one_line("a\n  b\x1b[1m\tc ") == "a b c"


def test_times_are_as_short_as_they_are_clear() -> None:
    now = datetime.now().astimezone().replace(hour=12, minute=5)
    this_year = now.replace(month=2 if now.month != 2 else 3, day=3)
    assert short_time(now) == "12:05"
    assert short_time(this_year) == f"{this_year:%m}-03 12:05"
    assert short_time(now.replace(year=now.year - 1, month=7, day=9)) == f"{now.year - 1}-07-09"


def test_the_length_is_bounded() -> None:
    assert drawable("x" * LONGEST_PLAIN) == "x" * LONGEST_PLAIN
    assert drawable("x" * (LONGEST_PLAIN + 1000)).endswith("[1,000 more characters are kept, but not drawn]")


@given(st.lists(st.text(alphabet="ab\x1b[]0;31m\x07\\\r\n\x9b\x9c P(")))
def test_a_stream_is_as_clean_as_the_whole(pieces: list[str]) -> None:
    cleaner = Cleaner()
    drawn = "".join(cleaner.feed(piece) for piece in pieces)
    whole = clean("".join(pieces))
    assert whole.startswith(drawn) or drawn == clean(drawn)
    assert not any(ord(letter) < 32 and letter != "\n" for letter in drawn)


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_sequence_that_is_cut_in_two_is_still_one(cut: int) -> None:
    text = "a\x1b[1;31mb\r\nc"
    cleaner = Cleaner()
    assert cleaner.feed(text[:cut]) + cleaner.feed(text[cut:]) == "ab\nc"


def test_what_never_ends_is_not_held_for_ever() -> None:
    cleaner = Cleaner()
    cleaner.feed("\x1b]0;")
    assert cleaner.feed("x" * 1000) != ""
