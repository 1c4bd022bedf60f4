"""What a reader of a plugin's source does not see is told with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.plugins.invisible import MOST, Hidden, invisible
from hfs_core.plugins.tree import read_tree


def found(folder: Path, text: str | bytes, name: str = "words.py") -> list[Hidden]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return invisible(read_tree(folder))


@pytest.mark.parametrize(
    ("character", "words"),
    [
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE changes the direction of text"),
        ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE changes the direction"),
        ("\u200b", "U+200B ZERO WIDTH SPACE has no width"),
        ("\u2060", "U+2060 WORD JOINER has no width"),
        ("\ufe01", "U+FE01 VARIATION SELECTOR-2 selects a variation"),
        ("\U000e0100", "U+E0100 VARIATION SELECTOR-17 selects a variation"),
        ("\U000e0041", "U+E0041 TAG LATIN CAPITAL LETTER A is a tag"),
        ("\u3164", "U+3164 HANGUL FILLER is blank"),
        ("\u2028", "U+2028 LINE SEPARATOR breaks a line unseen"),
        ("\x1b", "U+001B controls the terminal"),
    ],
)
def test_each_kind_is_told_by_name_and_place(tmp_path: Path, character: str, words: str) -> None:
    (hidden,) = found(tmp_path, f"a = 1\nb = 'x{character}{character}y'\r\n")
    assert (hidden.path, hidden.line) == ("words.py", 2)
    assert hidden.what.startswith(words)


def test_a_payload_in_variation_selectors_is_found(tmp_path: Path) -> None:
    """As the worm that hid its code in them did: a string that looks empty and is decoded."""
    payload = "".join(
        chr(0xFE00 + each % 16) if each < 16 else chr(0xE0100 + each - 16) for each in b"import os\x01\x0f"
    )
    assert found(tmp_path, f"run('{payload}')\n")
    assert found(tmp_path, f"run('\u2764{chr(0xFE0F) * 3}')\n")


@pytest.mark.parametrize(
    "text",
    ["x = 'é שלום 漢字 🍵'", "x = '❤️ ✔️ 1️⃣ 👩‍💻 🏳️‍🌈'", "\ufeffx = 1", "x = 'a\tb'\r\ny = 2\x0c"],
)
def test_what_people_write_is_not_told(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


def test_an_encoding_that_hides_text_is_told(tmp_path: Path) -> None:
    (hidden,) = found(tmp_path, b"# coding: utf-7\nx = '+AGEAYg-'\n")
    assert (hidden.line, hidden.what) == (0, "is written in utf-7: what is run may not be what is seen")
    (hidden,) = found(tmp_path, b"# coding: nonsense\n")
    assert "not known" in hidden.what


def test_only_what_people_read_is_looked_through_and_not_for_ever(tmp_path: Path) -> None:
    assert found(tmp_path, "\u200b", "picture.png") == []
    assert len(found(tmp_path, "\u200b", "manifest.yaml")) == 1
    assert len(found(tmp_path, "\u200b\n" * (MOST + 50), "many.md")) == MOST
