"""The log of the program `llm`: a SQLite database with trees of messages, or in older tables rounds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hfs_core.api import Incoming, Note, SourcePart
from hfs_export.readers import llm_rounds, llm_threads
from hfs_export.readers.losses import Losses
from hfs_export.readers.sqlite_files import MAGIC, opened, sentenced, tables_of


class LlmLogsReader:
    """Reads `logs.db` of `llm`: 0.32 and later with all branches, and what earlier versions kept."""

    name = "llm"
    title = "llm"

    def detects(self, head: bytes) -> bool:
        """Tell a SQLite database: which tables it has may stand anywhere in it."""
        return head.startswith(MAGIC)

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations; the database is not written to."""
        losses = Losses(note)
        for part in parts:
            if part.path is None:
                raise ValueError(f"{part.name}: a database in an archive is not read, unpack it first")
            with opened(part.path) as connection:
                tables = tables_of(connection)
                for item in _conversations(connection, tables, losses):
                    yield replace(item, messages=sentenced(item.messages))
        losses.tell()


def _conversations(
    connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]], losses: Losses
) -> Iterator[Incoming]:
    is_tree = all(tables.get(table, frozenset()) >= columns for table, columns in llm_threads.NEEDED.items())
    is_rounds = all(tables.get(table, frozenset()) >= columns for table, columns in llm_rounds.NEEDED.items())
    if not is_tree and not is_rounds:
        raise ValueError(f"it is not the logs.db of llm, but a database {_whose(tables)}")
    if is_tree:
        yield from llm_threads.conversations(connection, tables, losses)
    if is_rounds:
        yield from llm_rounds.conversations(connection, tables, losses)


def _whose(tables: Mapping[str, frozenset[str]]) -> str:
    """Tell whose a database is, by its tables."""
    names = tables.keys()
    if names >= {"sessions", "messages", "records", "blobs"}:
        return "of HFS itself: `hfs export json --all` writes what can be imported"
    if not names:
        return "without a table"
    if "log" in names and "chat_id" in tables["log"]:
        return "of a very old llm: `llm logs` of a newer one brings it up to date"
    return f"of something else ({', '.join(sorted(names)[:5])})"
