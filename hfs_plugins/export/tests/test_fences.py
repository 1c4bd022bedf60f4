"""What is no prose stands between fences."""

from __future__ import annotations

from typing import Any

import pytest
from hfs_export.readers.fences import as_json, fenced, quoted


@pytest.mark.parametrize(
    ("text", "language", "block"),
    [
        ("x = 1\n", "python", "```python\nx = 1\n```"),
        ("a\n```\nb\n````", "", "`````\na\n```\nb\n````\n`````"),
        ("x", "c++", "```c++\nx\n```"),
        ("x", "py\n```", "```\nx\n```"),
    ],
)
def test_nothing_breaks_out_of_a_fence(text: str, language: str, block: str) -> None:
    """It is longer than any in the text, and its language is a word."""
    assert fenced(text, language) == block


def test_a_quotation_holds_every_line() -> None:
    """Empty ones, too."""
    assert quoted("a\n\nb") == "> a\n>\n> b"


def test_any_value_is_shown() -> None:
    """One that no program can write is not."""
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert as_json({"ä": [float("nan")]}) == '```json\n{\n  "ä": [\n    NaN\n  ]\n}\n```'
    assert as_json(deep) == "```\n(nested too deeply to be shown)\n```"
