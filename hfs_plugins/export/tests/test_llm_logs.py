"""The logs of `llm`, of old and of new versions, are read whole and left alone."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hfs_export.readers.llm_logs import LlmLogsReader

from hfs_core.api import Draft, Incoming, SourcePart

from .fuzzing import mutants, part_of, survives

FIXTURES = Path(__file__).with_name("fixtures")


def database(path: Path, *scripts: str) -> Path:
    """Make a database of these fixtures, or of SQL."""
    with closing(sqlite3.connect(path)) as connection:
        for script in scripts:
            is_file = script.endswith(".sql")
            connection.executescript((FIXTURES / script).read_text() if is_file else script)
        connection.commit()
    return path


def came(path: Path) -> tuple[list[tuple[Incoming, list[Draft]]], list[str]]:
    """Read a database; returns the conversations with their messages, and what was noted."""
    notes: list[str] = []
    part = SourcePart(path.name, lambda: path.open("rb"), path)
    return [(item, list(item.messages)) for item in LlmLogsReader().read([part], notes.append)], notes


def texts(drafts: list[Draft]) -> list[tuple[str, str]]:
    return [(str(each.role), each.content) for each in drafts]


def test_threads_come_with_their_branches(tmp_path: Path) -> None:
    """A fork shares the past, so does an answer that was left; fragments are put in, attachments are marked."""
    conversations, notes = came(database(tmp_path / "logs.db", "llm_threads.sql"))
    items = [item for item, _ in conversations]
    assert [(item.name, item.parent and (item.parent[1])) for item in items] == [
        ("What is the capital of France?", None),
        ("A fragment, kept once. What is …", None),
        ("Another question", 3),
        ("Weather", None),
        ("What is the capital of France?", 2),
    ]
    assert {item.parent[0] for item in items if item.parent} == {items[0].key}
    assert texts(conversations[0][1]) == [
        ("system", "You answer briefly."),
        ("user", "What is the capital of France?"),
        ("assistant", "Paris is the capital of France."),
        ("user", "How many live there?"),
        ("assistant", "About two million people live there."),
    ]
    assert conversations[0][1][2] == Draft(
        "assistant",
        "Paris is the capital of France.",
        datetime(2026, 11, 21, 11, 36, 28, 205_008, UTC),
        metadata={
            "duration_ms": 96,
            "model": "scripted",
            "usage": {"prompt_tokens": 7, "completion_tokens": 5},
        },
    )
    assert texts(conversations[1][1])[0] == (
        "user",
        "A fragment, kept once.\n\nWhat is in this picture?\n\n[attachment image/png: /home/ann/one.png]",
    )
    assert texts(conversations[2][1]) == [("user", "What is its river?"), ("assistant", "The Seine.")]
    assert texts(conversations[3][1])[1:] == [
        ("assistant", 'Call of weather:\n\n```json\n{"city": "Oslo"}\n```'),
        ("assistant", "Answer of weather:\n\n````\n-3 C, ``` snow\n````"),
        ("assistant", "It snows."),
    ]
    assert texts(conversations[4][1]) == [("assistant", "Paris, on the Seine.")]
    assert "an attachment is left out, only marked: message 1 of A fragment, kept once. What is …" in notes
    assert "the reasoning of a model is left out: message 2 of Weather" in notes


def test_older_tables_hold_a_row_a_round(tmp_path: Path) -> None:
    """Prompt, response, system prompt, fragments, attachments, model, tokens and times come along."""
    conversations, notes = came(database(tmp_path / "logs.db", "llm_rounds.sql"))
    assert [(item.name, len(drafts)) for item, drafts in conversations] == [
        ("What is the capital of France?", 5),
        ("A fragment, kept once. What is …", 2),
    ]
    assert [str(each.role) for each in conversations[0][1]] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert conversations[0][1][2].created_at == datetime(2026, 11, 21, 11, 41, 0, 529_473, UTC)
    assert conversations[0][1][2].metadata["model"] == "scripted"
    assert conversations[1][1][0].content.startswith(
        "A fragment, kept once.\n\nWhat is in this picture?\n\n[attach"
    )
    assert notes == ["an attachment is left out, only marked: message 1 of A fragment, kept once. What is …"]


def test_the_first_versions_had_fewer_columns(tmp_path: Path) -> None:
    """Neither tokens nor fragments; a response of no conversation is one by itself; tools are kept as text."""
    path = database(
        tmp_path / "logs.db",
        """CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
        CREATE TABLE responses (id TEXT, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT,
            response TEXT, response_json TEXT, conversation_id TEXT, duration_ms INTEGER, datetime_utc TEXT);
        CREATE TABLE tool_calls (id INTEGER, response_id TEXT, tool_id INTEGER, name TEXT, arguments TEXT);
        CREATE TABLE tool_results (id INTEGER, response_id TEXT, tool_id INTEGER, name TEXT, output TEXT);
        INSERT INTO responses (id, prompt, response, datetime_utc) VALUES ('b', 'And?', 'So.', '0000-13-01');
        INSERT INTO tool_calls VALUES (1, 'b', 1, 'version', '{}');
        INSERT INTO tool_results VALUES (1, 'b', 1, 'version', '0.26');
        INSERT INTO responses (id, prompt, response, datetime_utc) VALUES ('c', X'C328', NULL, 5);""",
    )
    conversations, notes = came(path)
    assert [(item.name, texts(drafts)) for item, drafts in conversations] == [
        (
            "And?",
            [
                ("assistant", "Answer of version:\n\n```\n0.26\n```"),
                ("user", "And?"),
                ("assistant", "So.\n\nCall of version:\n\n```json\n{}\n```"),
            ],
        ),
        ("\ufffd(", [("user", "\ufffd("), ("assistant", "")]),
    ]
    assert "a time that no calendar has is left out: message 1 of b and 4 more" in notes


def test_a_conversation_that_was_gone_on_with_after_the_upgrade_comes_once(tmp_path: Path) -> None:
    """The thread has all of it; what only the older tables have comes, too."""
    path = database(
        tmp_path / "logs.db",
        "llm_threads.sql",
        "INSERT INTO conversations VALUES ('01m7yy9epb2pbdqma20d7b15sy', 'Old', 'm'), ('other', 'Other', 'm');"
        "INSERT INTO responses (id, prompt, response, conversation_id) VALUES"
        " ('1', 'p', 'r', '01m7yy9epb2pbdqma20d7b15sy'), ('2', 'q', 's', 'other');",
    )
    assert [item.name for item, _ in came(path)[0]][5:] == ["Other"]


def test_a_log_in_wal_mode_is_read_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    """Also what its program has not yet written into it."""
    folder = tmp_path / "llm"
    folder.mkdir()
    path = database(folder / "logs.db", "llm_rounds.sql", "PRAGMA journal_mode = WAL;")
    before = path.read_bytes()
    assert len(came(path)[0]) == 2
    assert (os.listdir(folder), path.read_bytes()) == (["logs.db"], before)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("INSERT INTO responses (id, prompt, response) VALUES ('x', 'Late', 'words')")
        writer.commit()
        files = {name: (folder / name).read_bytes() for name in os.listdir(folder)}
        assert len(files) == 3
        assert len(came(path)[0]) == 3
        assert {name: (folder / name).read_bytes() for name in os.listdir(folder)} == files


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("CREATE TABLE notes (x); CREATE TABLE people (y)", r"of something else \(notes, people\)"),
        ("PRAGMA user_version = 3", "without a table"),
        (
            "CREATE TABLE sessions (x); CREATE TABLE messages (x); CREATE TABLE records (x); CREATE TABLE blobs (x)",
            "of HFS itself: `hfs export json --all`",
        ),
        ("CREATE TABLE log (chat_id)", "of a very old llm"),
        (
            "CREATE VIEW responses AS SELECT 1 AS id; CREATE VIEW conversations AS SELECT 1 AS id",
            "without a table",
        ),
    ],
)
def test_a_database_of_something_else_is_named(tmp_path: Path, sql: str, text: str) -> None:
    """It says what it is."""
    with pytest.raises(ValueError, match=text):
        came(database(tmp_path / "a.db", sql))


def test_a_cycle_and_a_parent_that_is_gone_are_told(tmp_path: Path) -> None:
    """What can be read is read."""
    path = database(
        tmp_path / "logs.db",
        "llm_threads.sql",
        "UPDATE messages SET parent_hash = 'gone' WHERE hash = 'b2:15898a6f99c50c34f58e1058d2274103';"
        "UPDATE messages SET parent_hash = 'b2:1ed708963b9bba318517ff49c37ae748'"
        " WHERE hash = 'b2:3facfb48fb0470ea6c345b3a9ba29854';",
    )
    conversations, notes = came(path)
    assert [(item.name, len(drafts)) for item, drafts in conversations][:4] == [
        ("What is the capital of France?", 5),
        ("A fragment, kept once. What is …", 2),
        ("Another question", 2),
        ("Weather", 4),
    ]
    assert notes[0].startswith("a message that is not there begins its conversation too late: message gone")
    assert "a message that follows itself" in notes[2]


@pytest.mark.parametrize("name", ["llm_threads.sql", "llm_rounds.sql"])
@pytest.mark.parametrize("count", [30, pytest.param(600, marks=pytest.mark.slow)])
def test_damaged_databases_are_read_or_refused(tmp_path: Path, name: str, count: int) -> None:
    """A page that went wrong ends in a sentence, or in fewer words; never in anything else."""
    path = database(tmp_path / "logs.db", "PRAGMA page_size = 512;", name)
    outcomes = []
    for each in mutants(path.read_bytes(), count):
        path.write_bytes(each)
        outcomes.append(survives(LlmLogsReader(), part_of(each, path=path)))
    assert any(outcomes)
    assert None in outcomes
