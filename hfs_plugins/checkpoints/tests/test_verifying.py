"""What was changed behind HFS' back is not rewound to, and the newest checkpoint that is sound is named."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import CommandError

from .conftest import Start


def changed(home: Path, statement: str, *values: Any) -> None:
    """Change the file behind HFS' back."""
    database = sqlite3.connect(home / "sessions.db")
    with database:
        assert database.execute(statement, values).rowcount > 0, statement
    database.close()


def record_changed(home: Path, number: int, **changes: Any) -> None:
    """Change what the record of a checkpoint says."""
    database = sqlite3.connect(home / "sessions.db")
    with database:
        key = f"checkpoint/{number}"
        (text,) = database.execute("SELECT value FROM records WHERE key = ?", (key,)).fetchone()
        text = json.dumps(json.loads(text) | changes)
        database.execute("UPDATE records SET value = ? WHERE key = ?", (text, key))
    database.close()


def blob_changed(home: Path, number: int) -> None:
    """Damage the state of a checkpoint."""
    database = sqlite3.connect(home / "sessions.db")
    (text,) = database.execute(
        "SELECT value FROM records WHERE key = ?", (f"checkpoint/{number}",)
    ).fetchone()
    database.close()
    changed(home, "UPDATE blobs SET data = x'00' WHERE sha256 = ?", json.loads(text)["state"])


Damage = Callable[[Path], None]


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
@pytest.mark.parametrize(
    ("damage", "number", "sentence"),
    [
        (
            lambda home: changed(home, "UPDATE messages SET content = 'b2' WHERE \"index\" = 3"),
            3,
            "message #4 is not what was kept; the newest that is sound is #1",
        ),
        (
            lambda home: changed(home, 'UPDATE messages SET created_at = created_at + 1 WHERE "index" = 0'),
            2,
            "message #1 is not what was kept; no checkpoint of session 1 is sound",
        ),
        (
            lambda home: changed(home, 'DELETE FROM messages WHERE "index" = 5'),
            3,
            "message #6 is not what was kept; the newest that is sound is #2",
        ),
        (
            lambda home: record_changed(home, 2, digest="0" * 64),
            2,
            "the conversation before it is another one; the newest that is sound is #3",
        ),
        (lambda home: blob_changed(home, 3), 3, "the state .{12} is damaged; the newest that is sound is #2"),
        (lambda home: blob_changed(home, 1), 1, "the state .{12} is damaged; the newest that is sound is #3"),
    ],
)
async def test_what_was_changed_behind_its_back_is_refused(
    start: Start, tmp_path: Path, damage: Damage, number: int, sentence: str
) -> None:
    """It says what is wrong, and names the newest checkpoint that can be trusted: that one works."""
    async with start() as person:
        await person.say("one", "two", "three")
        session_id = person.session_id
    damage(tmp_path / "home")
    async with start() as person:
        person.session_id = session_id
        with pytest.raises(
            CommandError, match=f"^checkpoint #{number} cannot be trusted: {sentence}$"
        ) as raised:
            await person.run(f"rewind {number}")
        assert len(await person.host.store.sessions()) == 1
        if "no checkpoint" not in sentence:
            await person.run(f"rewind {str(raised.value).rpartition('#')[2]}")
            assert (await person.session()).id != session_id


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
async def test_a_change_behind_a_checkpoint_does_not_concern_it(start: Start, tmp_path: Path) -> None:
    async with start() as person:
        await person.say("one", "two")
        session_id = person.session_id
    changed(tmp_path / "home", "UPDATE messages SET content = 'x' WHERE \"index\" = 2")
    async with start() as person:
        person.session_id = session_id
        await person.run("rewind 1")
        assert await person.texts() == ["one", "ok"]
