"""Puts texts from elsewhere into Markdown, so that nothing in them is markup."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:])")


def escaped(text: str) -> str:
    """Return Markdown that shows a text as one paragraph, as it stands."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def block(text: str) -> str:
    """Return Markdown that shows a text line by line, in a fence longer than any in it."""
    longest = max((len(found) for found in re.findall("~+", text)), default=0)
    fence = "~" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"
