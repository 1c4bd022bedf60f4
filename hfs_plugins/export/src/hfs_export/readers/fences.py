"""Puts text that is not prose into a message: between fences that it cannot break out of."""

from __future__ import annotations

import json
import re

from hfs_core.api import JSON

_RUN = re.compile(r"`{3,}")


def fenced(text: str, language: str = "") -> str:
    """Return `text` as a code block of Markdown; `language` only where it is a plain word."""
    ticks = "`" * max(3, 1 + max(map(len, _RUN.findall(text)), default=0))
    word = language if re.fullmatch(r"[\w+#.-]{1,30}", language) else ""
    return f"{ticks}{word}\n{text.rstrip()}\n{ticks}"


def quoted(text: str) -> str:
    """Return `text` as a quotation of Markdown."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def as_json(value: JSON) -> str:
    """Return a part of a file that HFS has no words for, as it stands there, as a code block."""
    try:
        return fenced(json.dumps(value, ensure_ascii=False, indent=2), "json")
    except RecursionError:
        return fenced("(nested too deeply to be shown)")
