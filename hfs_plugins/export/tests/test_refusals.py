"""What is wrong with an HFS file is told with its place, and nothing of it is imported."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hfs_checkpoints.repository import CheckpointRepository
from hfs_export.json_reader import LARGEST

from hfs_core.api import Append, CommandError, Create, Draft, Fork, Notice

from .conftest import Person, person_at

Document = dict[str, Any]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Person]:
    async with person_at(tmp_path, "memory") as person:
        yield person


@pytest.fixture
async def document(here: Person, tmp_path: Path) -> Document:
    """The export of `main`, which branches off `root`, another branch and a checkpoint; it is in no store now."""
    store = here.store
    await store.apply(
        Create("root", "the root"),
        *(Append("root", Draft("user", f"said {n} é", metadata={"n": n})) for n in range(4)),
        Fork("main", "the main one", "root", 2),
        *(Append("main", Draft("assistant", f"answered {n}")) for n in range(3)),
        Fork("leaf", "the leaf", "main", 4),
        Append("leaf", Draft("user", "a leaf")),
    )
    main = await store.session("main")
    repository = CheckpointRepository(store.records("plugin.checkpoints"))
    await repository.create(main.id, 5, "run.ended", digest=main.digest, state_json='{"run_id": "a"}')
    path = tmp_path / "good.json"
    await here.run(f"export json {path} --session main")
    for uid in ("leaf", "main", "root"):
        await store.purge(uid)
    document: Document = json.loads(path.read_bytes())
    return document


async def refused(here: Person, path: Path, options: str = "") -> str:
    """Import a file that cannot be, and return why."""
    with pytest.raises(CommandError) as caught:
        await here.run(f"import {path} {options}")
    assert await here.everything() == []
    assert not [each for each in await here.store.records("hfs.arriving").list() if each.key != "turn"]
    text = str(caught.value)
    assert text.startswith(path.name)
    return text


async def test_a_file_cut_anywhere_brings_nothing(here: Person, document: Document, tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    text = (tmp_path / "good.json").read_bytes()
    for cut in range(1, len(text) - 2, 37):
        path.write_bytes(text[:cut])
        await refused(here, path)
    path.write_bytes(text)
    assert (await here.run(f"import {path}")).ok


def at(*steps: str | int) -> Callable[[Document, Any], None]:
    """Return what puts a value at a place of a document."""

    def put(document: Document, value: Any) -> None:
        step: Any = document
        for each in steps[:-1]:
            step = step[each]
        if value is ...:
            del step[steps[-1]]
        else:
            step[steps[-1]] = value

    return put


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


FAULTS: list[tuple[tuple[str | int, ...], Any, str]] = [
    (
        ("messages", 1, "content"),
        "changed",
        "message 2 of 'the root' is not what was exported: the file was altered",
    ),
    (("messages", 3, "metadata"), {"a": 1}, "message 4 of 'the main one' is not what was exported"),
    (
        ("branches", 0, "messages", 0, "content"),
        "changed",
        "message 3 of 'the root' is not what was exported",
    ),
    (("branches", 1, "messages", 0, "role"), "system", "message 5 of 'the leaf' is not what was exported"),
    (
        ("digest",),
        "0" * 64,
        "its closing digest does not fit: the file was altered, or put together from others",
    ),
    (("digest",), ..., "its closing digest is missing"),
    (("checkpoints",), [], "its closing digest does not fit"),
    (("records",), [], "its closing digest does not fit"),
    (("branches",), [], "'the root' has 2 messages, not 4"),
    (
        ("session", "parent", "uid"),
        "nobody",
        "'the main one' branches off another one than the ancestors say",
    ),
    (
        ("branches", 1, "session", "parent", "uid"),
        "nobody",
        "'the leaf' branches off 'nobody', which is not in",
    ),
    (
        ("branches", 1, "session", "parent", "uid"),
        "leaf",
        "'the leaf' branches off 'leaf', which is not in",
    ),
    (
        ("branches", 1, "session", "parent", "at"),
        40,
        "'the leaf' shares 40 messages with 'the main one', which has 5",
    ),
    (("branches", 1, "session", "parent", "at"), 3, "'the leaf' must go on from 3, not from 4"),
    (("branches", 1, "from"), 3, "'the leaf' must go on from 4, not from 3"),
    (("branches", 1, "session", "uid"), "main", "two sessions are called 'main'"),
    (("session", "uid"), "root", "two sessions are called 'root'"),
    (("session", "message_count"), 7, "'the main one' has 5 messages, not 7"),
    (
        ("session", "digest"),
        "0" * 64,
        "the last message of 'the main one' has another digest than its session",
    ),
    (("lineage", 0, "to"), 5, "is not what was exported|the root' has|branches off another one"),
    (("lineage", 0, "to"), -1, "ancestor 1: to: Input should be greater than or equal to 0"),
    (("lineage",), [], "branches off another one than the ancestors say"),
    (
        ("messages", 2, "status"),
        "asleep",
        "message 3 of the conversation: status: Input should be 'complete'",
    ),
    (("messages", 2, "content"), 5, "message 3 of the conversation: content: Input should be a valid string"),
    (("messages", 2), "words", "message 3 of the conversation: Input should be"),
    (("messages", 2, "role"), ..., "message 3 of the conversation: role: Field required"),
    (("messages", 2, "digest"), ..., "message 3 of the conversation has no digest"),
    (("messages", 2, "created_at"), "0000-01-01T00:00:00Z", "created_at: Input should be a valid datetime"),
    (("messages", 2, "created_at"), "9999-12-31T23:59:59-05:00", "its time lies outside the years 1 to 9999"),
    (("messages", 2, "created_at"), "0001-01-01T00:00:00+05:00", "its time lies outside the years 1 to 9999"),
    (("messages", 2, "metadata"), nested(5000), "nested too deeply"),
    (("more",), nested(11_000), "nested too deeply"),
    (("messages",), {}, "an array is missing"),
    (("messages",), ..., "a conversation without messages"),
    (("branches",), {"a": 1}, "an array is missing"),
    (("session",), [], "no digest|an object is missing|its session"),
    (("metadata",), [], "its metadata is no object"),
    (("metadata", "schema_version"), 1, "its schema_version is 1, which is no version"),
    (
        ("metadata", "schema_version"),
        "2.0.0",
        "it was written in schema 2.0.0, and this HFS reads up to 1.0.0",
    ),
    (("metadata", "schema_version"), "0.5", "it was written in schema 0.5, which no HFS ever wrote"),
    (("records", 0, "blobs"), ["?"], "record 1 holds what is no base64"),
    (("records", 0, "session"), "nobody", "record 1 is about 'nobody', which is not in the file before it"),
    (("records", 0, "position"), 99, "record 1 is about message 99 of a session that has fewer"),
    (("records", 0, "value"), ["nonsense"], "of plugin.checkpoints"),
    (("records", 1, "value", "number"), "nonsense", "of plugin.checkpoints"),
]


@pytest.mark.parametrize("options", ["", "--dry-run"])
async def test_a_fault_is_told_with_its_place(
    here: Person, document: Document, tmp_path: Path, options: str
) -> None:
    path = tmp_path / "bad.json"
    told = []
    for steps, value, sentence in FAULTS:
        if options and steps[0] == "records" and steps[2:3] == ("value",):
            continue  # what plugins think of their records is seen when they come
        if options and steps[:4] == ("branches", 1, "messages", 0):
            continue  # so is the first message of a branch that leaves in the middle
        bad = json.loads((tmp_path / "good.json").read_bytes())
        at(*steps)(bad, value)
        path.write_text(deep(bad), "utf-8")
        try:
            text = await refused(here, path, f"{options} --format json")
        except pytest.fail.Exception:
            text = "was taken"
            for session in await here.everything():
                await here.store.purge(session.id)
        if not any(each in text for each in sentence.split("|")):
            told.append(f"{steps} {str(value)[:30]}: {text}")
    assert told == []


def deep(value: Any) -> str:
    """Return JSON of any depth."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{deep(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        depth = 0
        while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
            depth, value = depth + 1, value[0]
        inner = ",".join(map(deep, value)) if isinstance(value, list) else deep(value)
        return "[" * (depth + 1) + inner + "]" * (depth + 1)
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
async def test_other_encodings_of_unicode_are_read(
    here: Person, document: Document, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "other.json"
    path.write_bytes((tmp_path / "good.json").read_text("utf-8").encode(encoding))
    assert (await here.run(f"import {path}")).ok
    assert len(await here.everything()) == 3


async def test_latin_1_is_refused_with_its_place(here: Person, document: Document, tmp_path: Path) -> None:
    path = tmp_path / "latin.json"
    path.write_bytes((tmp_path / "good.json").read_text("utf-8").encode("latin-1"))
    place = path.read_bytes().index("é".encode("latin-1")) + 1
    assert f"it is not text in utf-8 (at byte {place:,}" in await refused(here, path, "--format json")


@pytest.mark.slow
async def test_a_part_of_64_mb_is_refused(here: Person, tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("w") as file:
        file.write('{"messages": [{"role": "user", "content": "')
        for _ in range(80):
            file.write("x" * (1 << 20))
        file.write('"}]}')
    assert f"one part has more than {LARGEST:,} characters (at character 43)" in await refused(
        here, path, "--format json"
    )


async def test_a_key_that_is_there_twice_is_refused(here: Person, tmp_path: Path) -> None:
    path = tmp_path / "twice.json"
    path.write_text('{"messages": [], "messages": []}')
    assert "'messages' is there twice (at character 29)" in await refused(here, path, "--format json")


async def test_lone_surrogates_are_replaced_and_told(here: Person, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(
        json.dumps(
            {
                "messages": [
                    {"role": "us\ud800er", "content": "a\udfffb\0c", "metadata": {"k\ud801": ["\ud802"]}}
                ]
            }
        )
    )
    result = await here.run(f"import {path}")
    told = [part.text for part in result.parts if isinstance(part, Notice)]
    assert "message 1 of the conversation: what is no character became U+FFFD" in told
    (session,) = await here.everything()
    (message,) = await here.store.messages(session.id)
    assert (message.role, message.content) == ("us\ufffder", "a\ufffdb\0c")
    assert message.metadata == {"k\ufffd": ["\ufffd"]}
