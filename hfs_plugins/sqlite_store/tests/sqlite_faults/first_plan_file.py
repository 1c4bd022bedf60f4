"""Makes a database as the first plan's models did, through SQLAlchemy's ORM on SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

START = datetime(2024, 2, 29, 23, 59, 59, 999_999)  # the first plan's times were naive, and UTC
ODD = "NUL \x00, U+2028 \u2028, \U0001f642, \r\n, ''"

TABLES = """
CREATE TABLE sessions (
    id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE messages (
    id INTEGER NOT NULL, session_id INTEGER NOT NULL, role VARCHAR(50) NOT NULL, content TEXT NOT NULL,
    created_at DATETIME NOT NULL, PRIMARY KEY (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_messages_session_id ON messages (session_id);
CREATE TABLE checkpoints (
    id INTEGER NOT NULL, session_id INTEGER NOT NULL, message_index INTEGER NOT NULL,
    trigger_event VARCHAR(100) NOT NULL, state_json TEXT NOT NULL, created_at DATETIME NOT NULL, PRIMARY KEY (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
"""


def moment(seconds: int) -> str:
    """Return a time as SQLAlchemy wrote it."""
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f")


def make(path: Path, sessions: int = 3, messages: int = 4, *, checkpoints: bool = True) -> Path:
    """Make sessions 5, 6, ... whose messages were written in turns, and a checkpoint of each."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
        if not checkpoints:
            connection.execute("DROP TABLE checkpoints")
        for number in range(5, 5 + sessions):
            row = (number, f"talk {number} {ODD}", moment(number), moment(number + 1000))
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
        for n in range(messages):
            for number in range(5, 5 + sessions):
                said = (number, ["user", "assistant"][n % 2], f"{number}:{n} {ODD}", moment(number * 100 + n))
                connection.execute(
                    "INSERT INTO messages (session_id, role, content, created_at) VALUES (?, ?, ?, ?)", said
                )
        for number in range(5, 5 + sessions) if checkpoints else ():
            kept = (number, messages // 2, "run.ended", f'{{"run_id": "{number}"}}', moment(number * 100))
            connection.execute(
                "INSERT INTO checkpoints (session_id, message_index, trigger_event, state_json, created_at) "
                "VALUES (?, ?, ?, ?, ?)",
                kept,
            )
        connection.commit()
    return path
