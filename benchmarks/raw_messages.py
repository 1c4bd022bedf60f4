"""The messages that exports are measured on, and the least that reading and keeping them takes."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.turns import text
from hfs_core.api import Draft

TABLE = """CREATE TABLE messages (
    session_id INTEGER NOT NULL, "index" INTEGER NOT NULL, role TEXT NOT NULL, content TEXT NOT NULL,
    created_at INTEGER NOT NULL, status TEXT NOT NULL, metadata TEXT NOT NULL, digest BLOB NOT NULL,
    UNIQUE (session_id, "index"))"""
"""What the store keeps messages in."""


def drafts(count: int, seed: int = 5) -> Iterator[Draft]:
    """Return messages as chats have them: 800 bytes on average, with a model and its usage on each answer."""
    chance = random.Random(seed)
    texts = [text(chance) for _ in range(500)]
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    for number in range(count):
        moment += timedelta(seconds=chance.randint(1, 600), microseconds=chance.randint(0, 999_999))
        metadata: dict[str, Any] = {}
        if number % 2:
            usage = {"prompt_tokens": chance.randint(9, 9_000), "completion_tokens": chance.randint(9, 900)}
            metadata = {"model": "openai/gpt-4o-mini", "run_id": uuid4().hex, "usage": usage}
        yield Draft("assistant" if number % 2 else "user", chance.choice(texts), moment, metadata=metadata)


def conversation(number: int, said: Sequence[Draft]) -> dict[str, Any]:
    """Return a conversation as ChatGPT exports it: a tree of messages, here without branches."""
    names = ["root", *(f"{number}-{place}" for place in range(len(said)))]
    mapping: dict[str, Any] = {
        name: {"id": name, "message": None, "parent": parent, "children": [child] if child else []}
        for name, parent, child in zip(names, [None, *names[:-1]], [*names[1:], None], strict=True)
    }
    for name, draft in zip(names[1:], said, strict=True):
        mapping[name]["message"] = {
            "id": name,
            "author": {"role": draft.role, "name": None, "metadata": {}},
            "create_time": draft.created_at.timestamp(),
            "content": {"content_type": "text", "parts": [draft.content]},
            "status": "finished_successfully",
            "metadata": {"model_slug": "gpt-4o"} if draft.role == "assistant" else {},
            "recipient": "all",
        }
    title, begun = f"Conversation {number}", said[0].created_at.timestamp()
    return {"title": title, "create_time": begun, "mapping": mapping, "current_node": names[-1], "id": title}


def scan_and_dump(database: Path, session_id: int) -> int:
    """Read the rows of a session and make JSON of them, and nothing else."""
    connection = sqlite3.connect(database)
    names = ("role", "content", "created_at", "status", "metadata", "digest")
    columns = "role, content, created_at, status, metadata, hex(digest)"
    query = f'SELECT {columns} FROM messages WHERE session_id = ? ORDER BY "index"'
    rows = connection.execute(query, (session_id,)).fetchall()
    connection.close()
    return len(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False))


def load_and_insert(file: Path, database: Path) -> None:
    """Read a file whole and insert its messages as they stand, as durably as the store does."""
    messages = json.loads(file.read_bytes())["messages"]
    rows = (
        (1, n, each["role"], each["content"], each["created_at"], each["status"], json.dumps(each["metadata"]),
         each["digest"])
        for n, each in enumerate(messages)
    )  # fmt: skip
    connection = opened(database)
    insert(connection, rows)
    connection.close()


def opened(database: Path) -> sqlite3.Connection:
    """Make an empty database that keeps messages as durably as the store does."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute(TABLE)
    return connection


def insert(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert messages in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("COMMIT")


def load_and_commit(file: Path, database: Path) -> None:
    """Read a file of conversations whole and insert their messages, each conversation durably by itself."""
    connection = opened(database)
    for number, each in enumerate(json.loads(file.read_bytes())):
        nodes = [node["message"] for node in each["mapping"].values() if node["message"]]
        insert(
            connection,
            (
                (number, place, node["author"]["role"], node["content"]["parts"][0], node["create_time"], "complete",
                 json.dumps(node["metadata"]), node["id"])
                for place, node in enumerate(nodes)
            ),
        )  # fmt: skip
    connection.close()
