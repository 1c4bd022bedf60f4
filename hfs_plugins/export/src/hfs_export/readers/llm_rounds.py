"""The older tables of `llm`: a row for each prompt with its response."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain, groupby
from typing import Any

from hfs_core.api import JSON, Draft, Incoming
from hfs_export.readers.drafting import Drafting, call_of, named, usage_of
from hfs_export.readers.llm_parts import attachment, fragment, text_in, tool_answer
from hfs_export.readers.losses import Losses
from hfs_export.readers.moments import moment_of

NEEDED = {
    "conversations": frozenset(("id", "name")),
    "responses": frozenset(
        ("id", "model", "prompt", "system", "response", "conversation_id", "datetime_utc")
    ),
}
"""The tables and columns without which there is nothing to read; later versions added more."""

OPTIONAL = ("duration_ms", "input_tokens", "output_tokens", "reasoning")

_JOINED = {
    "prompt_fragments": 'SELECT fragment_id FROM prompt_fragments WHERE response_id = ? ORDER BY "order"',
    "system_fragments": 'SELECT fragment_id FROM system_fragments WHERE response_id = ? ORDER BY "order"',
    "prompt_attachments": 'SELECT attachment_id FROM prompt_attachments WHERE response_id = ? ORDER BY "order"',
    "tool_calls": "SELECT name, arguments FROM tool_calls WHERE response_id = ? ORDER BY id",
    "tool_results": "SELECT name, output FROM tool_results WHERE response_id = ? ORDER BY id",
}
"""What else belongs to a response, by the table that says so."""

_NEEDS = {
    "prompt_fragments": "fragments",
    "system_fragments": "fragments",
    "prompt_attachments": "attachments",
}


class _Log:
    def __init__(self, connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]]):
        self.connection = connection
        self._tables = tables
        columns = tables["responses"]
        optional = "".join(f", r.{name}" if name in columns else f", NULL AS {name}" for name in OPTIONAL)
        # One that was gone on with by a newer version is a thread now, with all that was said before.
        newer = (
            "WHERE coalesce(r.conversation_id, r.id) NOT IN (SELECT id FROM threads)"
            if "threads" in tables
            else ""
        )
        self._rows = f"""
            SELECT r.id, r.model, r.prompt, r.system, r.response, r.datetime_utc, c.name{optional},
                coalesce(r.conversation_id, r.id) AS conversation
            FROM responses r LEFT JOIN conversations c ON c.id = r.conversation_id {newer}
            ORDER BY conversation, r.datetime_utc, r.id"""

    def rows(self) -> Iterator[sqlite3.Row]:
        """Go through the rounds, those of a conversation one after the other."""
        yield from self.connection.execute(self._rows)

    def joined(self, table: str, response: object) -> list[Any]:
        """Return what a table has for a response; nothing if this version has no such table."""
        if table not in self._tables or _NEEDS.get(table, table) not in self._tables:
            return []
        return self.connection.execute(_JOINED[table], (response,)).fetchall()


def conversations(
    connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]], losses: Losses
) -> Iterator[Incoming]:
    """Go through the conversations that only the older tables have."""
    log = _Log(connection, tables)
    for conversation, rows in groupby(log.rows(), lambda row: row["conversation"]):
        yield from _conversation(log, str(conversation), rows, losses)


def _conversation(
    log: _Log, conversation: str, rows: Iterator[sqlite3.Row], losses: Losses
) -> Iterator[Incoming]:
    first = next(rows)
    drafting = Drafting(str(first["name"] or conversation), losses)
    name, messages = named(first["name"], _drafts(log, chain((first,), rows), drafting))
    yield Incoming(name, messages)
    for _ in messages:
        pass  # what nobody wanted is passed over, to come to the next one


def _drafts(log: _Log, rows: Iterable[sqlite3.Row], drafting: Drafting) -> Iterator[Draft]:
    system = ""
    for row in rows:
        told = _said(log, "system_fragments", row, row["system"])
        if told and told != system:
            system = told
            yield drafting.draft("system", told, row["datetime_utc"])
        yield from _round(log, row, drafting)


def _said(log: _Log, table: str, row: sqlite3.Row, text: object) -> str:
    """Return what was sent: fragments first, as llm put them together."""
    shared = [fragment(log.connection, each[0]) for each in log.joined(table, row["id"])]
    return "\n".join(filter(None, [*shared, text_in(text)]))


def _round(log: _Log, row: sqlite3.Row, drafting: Drafting) -> Iterator[Draft]:
    attached = [attachment(log.connection, each[0]) for each in log.joined("prompt_attachments", row["id"])]
    answers = [
        tool_answer(each["name"], text_in(each["output"])) for each in log.joined("tool_results", row["id"])
    ]
    calls = [
        call_of(each["name"], text_in(each["arguments"])) for each in log.joined("tool_calls", row["id"])
    ]
    if answers:
        yield drafting.draft("assistant", "\n\n".join(answers), row["datetime_utc"])
        drafting.lose("what tools answered is kept as text")
    prompt = _said(log, "prompt_fragments", row, row["prompt"])
    if prompt or attached:
        yield drafting.draft("user", "\n\n".join(filter(None, [prompt, *attached])), row["datetime_utc"])
        if attached:
            drafting.lose("an attachment is left out, only marked")
    facts: dict[str, JSON] = usage_of(row["input_tokens"], row["output_tokens"])
    if isinstance(row["model"], str):
        facts["model"] = row["model"]
    duration = row["duration_ms"]
    if isinstance(duration, int) and 0 <= duration < 1 << 40:
        facts["duration_ms"] = duration
    response = "\n\n".join(filter(None, [text_in(row["response"]), *calls]))
    yield drafting.draft("assistant", response, _ended(row["datetime_utc"], duration), metadata=facts)
    if calls:
        drafting.lose("what was asked of tools is kept as text")
    if row["reasoning"]:
        drafting.lose("the reasoning of a model is left out")


def _ended(moment: object, duration: object) -> object:
    """Return when a response was there: the log tells when it was asked for, and how long it took."""
    try:
        began = moment_of(moment)
        if began and isinstance(duration, int):
            return (began + timedelta(milliseconds=duration)).isoformat()
    except (ValueError, OverflowError):
        pass
    return moment
