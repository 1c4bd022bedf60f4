"""`--redact` leaves no secret in any file, and says how many there were; `--dry-run` lists them and writes nothing."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hfs_export.redacting import found

from hfs_core.api import Append, Create, Draft, Fork, Notice, Role, Table, UsageError
from hfs_core.state import RunSnapshot

from .conftest import Person, Start

KEY = "sk-ant-api03-" + "aB3" * 31 + "AA"
PASSWORD = "hunter2-and-more"
LEAKS = (KEY[13:40], PASSWORD)
FORMATS = ("md", "html", "json", "jsonl")


@pytest.fixture
async def person(start: Start) -> AsyncIterator[Person]:
    """A person whose conversation, its branch and all that goes with them hold secrets."""
    async with start("home", "sqlite_store") as person:
        store = person.store
        first = f"Use {KEY} for\npostgres://me:{PASSWORD}@db/x"
        await store.apply(
            Create("u1", " ".join(first.split())[:60]),
            Append("u1", Draft(Role.USER, first)),
            Append("u1", Draft(Role.ASSISTANT, f"```\nKEY={KEY}\n```", metadata={"error": f"401 for {KEY}"})),
        )
        session = await store.session("u1")
        await store.apply(Fork("u2", f"with {KEY}", "u1", 1), Append("u2", Draft(Role.USER, f"again {KEY}")))
        person.session_id = (await person.host.sessions.resume(session.id)).id
        person.host.state.restore(session.id, RunSnapshot(run_id=f"run of {KEY}"))
        await person.run(f"checkpoint before {KEY}")
        yield person


def exported(home: Path) -> list[Path]:
    """The files in the folder of exports."""
    folder = home / "home" / "exports"
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("which", ["", "--all"])
async def test_no_secret_leaves(person: Person, tmp_path: Path, name: str, which: str) -> None:
    include = "--include checkpoints,snapshot" if name in ("md", "html") else ""
    said = await person.told(f"export {name} --redact {which} {include}")
    (file,) = exported(tmp_path)
    text = file.read_text()
    assert not [leak for leak in LEAKS if leak in text or leak in file.name]
    assert "sk-ant" not in text
    assert not found(text)
    assert "[REDACTED:url-password" in text.replace("\\", "")
    assert str(file) in said[0]
    assert said[1].endswith("likely secrets were replaced.")


async def test_a_redacted_file_says_so_has_no_digests_and_comes_in_again(
    person: Person, start: Start, tmp_path: Path
) -> None:
    await person.run("export json --redact")
    (file,) = exported(tmp_path)
    told = json.loads(file.read_text())
    assert told["metadata"]["redacted"] is True
    assert told["metadata"]["session_name"].startswith("Use [REDACTED:anthropic-key]")
    assert told["session"]["digest"] == ""
    assert {message["digest"] for message in told["messages"]} == {""}
    assert told["checkpoints"][0]["label"] == "before [REDACTED:anthropic-key]"
    assert told["checkpoints"][0]["digest"] == ""
    assert told["run_snapshot"]["run_id"] == "run of [REDACTED:anthropic-key]"
    blobs = [base64.b64decode(blob).decode() for record in told["records"] for blob in record["blobs"]]
    assert any("run of [REDACTED:anthropic-key]" in blob for blob in blobs)
    assert not [leak for leak in LEAKS if any(leak in blob for blob in blobs)]
    kept = (await person.store.session("u1")).digest
    assert kept
    assert kept not in file.read_text()
    async with start("other", "sqlite_store") as other:
        await other.run(f"import {file}")
        sessions = await other.listed()
        assert len(sessions) == 2
        (main,) = [each for each in sessions.values() if each.parent is None]
        contents = [message.content for message in await other.store.messages(main.id)]
        assert contents == [message["content"] for message in told["messages"]]
        assert "before [REDACTED:anthropic-key]" in repr(await other.run(f"checkpoints {main.id}"))


@pytest.mark.parametrize("name", FORMATS)
async def test_a_branch_that_begins_otherwise_has_no_secret_in_its_name(
    start: Start, tmp_path: Path, name: str
) -> None:
    """As `/retry` of the first question makes it: its name is cut from words that it does not hold."""
    async with start("home", "sqlite_store") as person:
        cut = f"Use {KEY[:20]}... (fork)"
        await person.store.apply(
            Create("u1", "whole"),
            Append("u1", Draft(Role.USER, f"Use {KEY}")),
            Fork("u2", cut, "u1", 0),
            Append("u2", Draft(Role.USER, "another question")),
        )
        await person.run(f"export {name} --redact --session u2")
    (file,) = exported(tmp_path)
    assert KEY[:20] not in file.read_text() + file.name


async def test_the_original_is_as_it_was(person: Person) -> None:
    before = await person.store.session("u1")
    await person.run("export json --redact")
    assert await person.store.session("u1") == before
    assert KEY in (await person.store.messages(before.id))[0].content


async def test_a_dry_run_lists_each_place_and_no_secret(person: Person, tmp_path: Path) -> None:
    (table,) = (await person.run("export json --redact --dry-run")).parts
    assert isinstance(table, Table)
    assert exported(tmp_path) == []
    rows = [row.values for row in table.rows]
    places = {(row["session"], row["place"], row["line"], row["kind"]) for row in rows}
    assert {
        (1, "name", 1, "anthropic-key"),
        (1, "message 1", 1, "anthropic-key"),
        (1, "message 1", 2, "url-password"),
        (1, "message 2", 2, "anthropic-key"),
        (1, "message 2, metadata: error", 1, "anthropic-key"),
        (2, "name", 1, "anthropic-key"),
        (2, "message 2", 1, "anthropic-key"),
        (1, "checkpoint 1: label", 1, "anthropic-key"),
        (1, "run snapshot: run_id", 1, "anthropic-key"),
    } <= places
    assert {row["message"] for row in rows} == {None, 1, 2}
    shown = json.dumps(rows)
    assert not [leak for leak in LEAKS if leak[:6] in shown]
    whole = next(row for row in rows if row["place"] == "message 1" and row["line"] == 1)
    assert (whole["begins"], whole["length"]) == ("sk-a", len(KEY))
    assert {row["begins"] for row in rows} == {"sk-a", ""}


async def test_a_dry_run_lists_only_what_would_be_written(person: Person) -> None:
    """No page holds the records of plugins, which a file of HFS does."""
    for name, is_listed in (("json", True), ("md", False)):
        (table,) = (await person.run(f"export {name} --redact --dry-run")).parts
        assert isinstance(table, Table)
        places = [str(row.values["place"]) for row in table.rows]
        assert any(place.startswith("plugin.checkpoints ") for place in places) is is_listed


async def test_where_there_is_none_it_says_so(start: Start) -> None:
    async with start("home", "sqlite_store") as person:
        await person.store.apply(Create("u", "tea"), Append("u", Draft(Role.USER, "tea")))
        assert await person.told("export md --redact --dry-run --session 1") == [
            "There is nothing that looks like a secret. Nothing was written."
        ]
        assert (await person.told("export md --redact --session 1"))[1] == "0 likely secrets were replaced."
        assert len(await person.told("export md again.md --session 1")) == 1


async def test_a_page_with_secrets_warns(person: Person) -> None:
    parts = (await person.run("export md")).parts
    assert [part.level for part in parts if isinstance(part, Notice)] == ["info", "warning"]
    assert "likely secrets are in it: --redact replaces" in parts[1].text  # type: ignore[union-attr]


async def test_standard_output_is_redacted_and_what_is_said_is_beside_it(person: Person) -> None:
    out = io.StringIO()
    (said,) = (await person.run("export jsonl - --redact", out)).parts
    assert not [leak for leak in LEAKS if leak in out.getvalue()]
    assert isinstance(said, Notice)
    assert said.level == "warning"  # which the shell writes to stderr


async def test_a_dry_run_of_nothing_is_a_mistake(person: Person) -> None:
    with pytest.raises(UsageError, match="say both"):
        await person.run("export md --dry-run")


async def test_one_and_every_session_is_a_mistake(person: Person) -> None:
    with pytest.raises(UsageError, match="say either"):
        await person.run("export md --all --session 1")
