"""Files such as ChatGPT exports them, and what is read of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hfs_export.readers.chatgpt import ChatGptReader

from hfs_core.api import Draft, Incoming, SourcePart

from .fuzzing import part_of

FIXTURE = (Path(__file__).parent / "fixtures" / "chatgpt.json").read_bytes()


def read(*values: Any, names: Sequence[str] = ()) -> tuple[list[tuple[Incoming, list[Draft]]], list[str]]:
    """Read files; returns the conversations with their messages, and what was noted."""
    notes: list[str] = []
    parts: list[SourcePart] = []
    for number, value in enumerate(values):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        parts.append(part_of(data, names[number] if names else "conversations.json"))
    items = [(item, list(item.messages)) for item in ChatGptReader().read(parts, notes.append)]
    return items, notes


def node(parent: str | None, text: Any = None, role: str = "user", **more: Any) -> dict[str, Any]:
    """Make a node of a tree."""
    message = {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, **more}
    return {"parent": parent, "children": [], "message": None if text is None else message}


def conversation(mapping: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a conversation of one tree."""
    return {"title": "T", "create_time": 1_700_000_000, "mapping": mapping} | more


def at(seconds: float) -> datetime:
    """Return a time as HFS keeps it."""
    return datetime.fromtimestamp(seconds, UTC)
