"""What `llm` keeps besides words: fragments that prompts share, attachments, tools."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from hfs_export.readers.drafting import call_of
from hfs_export.readers.fences import fenced


def loaded(text: object) -> dict[str, Any]:
    """Return a JSON object that a column holds, an empty one if it holds something else."""
    if not isinstance(text, str) or not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def fragment(connection: sqlite3.Connection, number: object) -> str:
    """Return the text of a fragment, "" if it is gone."""
    if not isinstance(number, int):
        return ""
    row = connection.execute("SELECT content FROM fragments WHERE id = ?", (number,)).fetchone()
    return "" if row is None else text_in(row[0])


def attachment(connection: sqlite3.Connection, key: object) -> str:
    """Return what stands for an attachment: its type, and where it was."""
    row = None
    if isinstance(key, str):
        row = connection.execute("SELECT type, path, url FROM attachments WHERE id = ?", (key,)).fetchone()
    if row is None:
        return "[attachment]"
    where = row["url"] or row["path"] or ""
    return f"[attachment {row['type'] or ''}{f': {where}' if where else ''}]"


def part_text(connection: sqlite3.Connection, row: Mapping[str, Any], missing: list[str]) -> str:
    """Return one part of a message as text.

    Args:
        missing: gets what does not come along whole.
    """
    payload = loaded(row["payload"])
    text = row["text"]
    pieces = payload.get("text_ref")
    if isinstance(pieces, list):
        text = "".join(_piece(connection, piece) for piece in pieces)
    match row["type"]:
        case "text":
            return text_in(text)
        case "reasoning":
            missing.append("the reasoning of a model is left out")
            return ""
        case "tool_call":
            missing.append("what was asked of tools is kept as text")
            return call_of(payload.get("name"), payload.get("arguments", ""))
        case "tool_result":
            missing.append("what tools answered is kept as text")
            told = text if text is not None else payload.get("output", "")
            return tool_answer(payload.get("name"), told)
        case "attachment":
            missing.append("an attachment is left out, only marked")
            inner = payload.get("attachment")
            return attachment(connection, inner.get("id") if isinstance(inner, dict) else None)
        case kind:
            missing.append("a part of a kind that is not known is kept as it stands there")
            told = {"type": text_in(kind), **payload, "text": text_in(text)}
            return fenced(json.dumps(told, ensure_ascii=False), "json")


def tool_answer(name: object, output: object) -> str:
    """Return what a tool answered as text."""
    told = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    return f"Answer of {name if isinstance(name, str) and name else 'a tool'}:\n\n{fenced(told)}"


def _piece(connection: sqlite3.Connection, piece: object) -> str:
    if not isinstance(piece, dict):
        return ""
    literal = piece.get("literal")
    return literal if isinstance(literal, str) else fragment(connection, piece.get("fragment"))


def text_in(value: object) -> str:
    """Return what a column holds as text, whatever its type says."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
