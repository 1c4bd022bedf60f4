"""Files of other programs through the real command: looked at first, brought in, and brought in again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from hfs_core.api import CommandError, CommandResult, Notice, Table

from .conftest import Person, Start
from .test_llm_logs import database

FIXTURES = Path(__file__).with_name("fixtures")

COMES = {
    "chatgpt.json": 0,
    "claude.json": 0,
    "openai.json": 2,
    "openai.jsonl": 2,
    "messages.jsonl": 2,
    "sharegpt.json": 3,
    "sharegpt.jsonl": 2,
    "llm_threads.sql": 5,
    "llm_rounds.sql": 2,
}
"""How many conversations are in each fixture; 0 where the format's own tests say it."""


def rows(result: CommandResult) -> list[tuple[object, ...]]:
    """Return name, number of messages and fate of each conversation that is listed."""
    (table,) = (part for part in result.parts if isinstance(part, Table))
    return [tuple(row.values[key] for key in ("name", "messages", "fate")) for row in table.rows]


def sentences(result: CommandResult) -> list[str]:
    return [part.text for part in result.parts if isinstance(part, Notice)]


async def digests(person: Person) -> set[str]:
    return {session.digest for session in await person.everything()}


@pytest.mark.parametrize("name", COMES)
async def test_every_format_is_looked_at_brought_in_and_known_again(
    name: str, start: Start, tmp_path: Path
) -> None:
    """`--dry-run` keeps nothing and tells the same losses; a file that comes twice makes nothing new."""
    path = database(tmp_path / "logs.db", name) if name.endswith(".sql") else FIXTURES / name
    async with start("home", "sqlite_store") as person:
        dry = await person.run(f"import --dry-run {path}")
        assert await person.everything() == []
        count = len(rows(dry))
        assert count == (COMES[name] or count) > 0
        real = await person.run(f"import {path}")
        sessions = await person.everything()
        assert len(sessions) == count
        told = sorted(int(str(row[1])) for row in rows(dry))
        assert told == sorted(session.message_count for session in sessions)
        assert sentences(real)[1:] == sentences(dry)
        before = await digests(person)
        again = await person.run(f"import {path}")
        assert all(row[2] == "there already" for row in rows(again))
        assert (await digests(person), len(await person.everything())) == (before, count)


async def test_threads_of_llm_are_branches_here(start: Start, tmp_path: Path) -> None:
    """A fork shares what it shared there."""
    path = database(tmp_path / "logs.db", "llm_threads.sql")
    async with start("home", "sqlite_store") as person:
        await person.run(f"import {path}")
        sessions = {session.uid: session for session in await person.everything()}
        branches = sorted(
            (session.parent.at, session.message_count, session.name)
            for session in sessions.values()
            if session.parent
        )
        assert branches == [
            (2, 3, "What is the capital of France? (imported)"),
            (3, 5, "Another question (imported)"),
        ]


async def test_an_archive_may_hold_files_of_several_formats(start: Start, tmp_path: Path) -> None:
    """Each is read by its own; what is in none is told; one that is numbered like another goes with it."""
    path = tmp_path / "all.zip"
    late = [{"title": "x" * 70_000, "messages": [{"role": "user", "content": "late"}]}]
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("sharegpt.jsonl", "openai.json"):
            archive.write(FIXTURES / name, f"mine/{name}")
        archive.writestr("user.json", '{"id": 1}')
        archive.writestr("part-1.json", (FIXTURES / "openai.json").read_bytes())
        archive.writestr("part-2.json", json.dumps(late))
        archive.writestr("__MACOSX/._part-1.json", b"\0\5\x16\7")
        archive.writestr("photo.png", b"\x89PNG")
    async with start("home", "memory") as person:
        result = await person.run(f"import --dry-run {path}")
        assert [row[1] for row in rows(result)] == [5, 2, 5, 2, 1, 5, 2]
        assert "OpenAI-style messages and ShareGPT" in str(
            next(part.title for part in result.parts if isinstance(part, Table))
        )
        assert sentences(result)[-1] == "what is in no known format is left out: user.json"
        only = await person.run(f"import --dry-run --format sharegpt {path}")
        assert [row[1] for row in rows(only)] == [5, 2]
        assert sentences(only)[-1].endswith("left out: mine/openai.json and 3 more")


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("chatgpt", ("user.json", "shopping.json", "message_feedback.json", "shared_conversations.json")),
        ("claude", ("users.json", "projects.json", "memories.json")),
    ],
)
async def test_what_every_export_has_beside_conversations_is_not_told(
    start: Start, tmp_path: Path, name: str, beside: tuple[str, ...]
) -> None:
    """It is no loss; another file is, and so is the same name in the export of somebody else."""
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(FIXTURES / f"{name}.json", "mine/conversations.json")
        for each in beside:
            archive.writestr(f"mine/{each}", "[]")
    async with start("home", "memory") as person:
        for words in ("", f"--format {name} "):
            result = await person.run(f"import --dry-run {words}{path}")
            assert not [each for each in sentences(result) if "no known format" in each]
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("mine/notes.json", "{}")
            archive.writestr({"chatgpt": "users.json", "claude": "user.json"}[name], "{}")
        result = await person.run(f"import --dry-run {path}")
        assert sentences(result)[-1] == "what is in no known format is left out: mine/notes.json and 1 more"


async def test_a_format_may_be_named(start: Start, tmp_path: Path) -> None:
    """Where the beginning does not tell it; a name that is none is answered with those that there are."""
    path = tmp_path / "late.json"
    path.write_text(json.dumps([{"about": "x" * 70_000, "messages": [{"role": "user", "content": "late"}]}]))
    async with start("home", "memory") as person:
        with pytest.raises(
            CommandError, match="in no known format: --format may name one of chatgpt, claude"
        ):
            await person.run(f"import {path}")
        with pytest.raises(CommandError, match="there is no format 'opensky': there are chatgpt, claude"):
            await person.run(f"import --format opensky {path}")
        with pytest.raises(CommandError, match="holds no conversation of ShareGPT"):
            await person.run(f"import --format sharegpt {path}")
        assert await person.told(f"import --format openai {path}") == [
            "Imported session 1: late (imported) (1 message)"
        ]


async def test_the_progress_of_a_foreign_file_grows_evenly(start: Start, tmp_path: Path) -> None:
    """It is read once, and is not at its half when its end is reached."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"role": "user", "content": "%s"}\n' % ("x" * 2000) * 3000)
    async with start("home", "memory") as person:
        for options in ("--dry-run", ""):
            person.shares.clear()
            await person.run(f"import {path} {options}")
            assert person.shares == sorted(person.shares)
            assert max(share for share in person.shares if share < 1.0) > 0.7
