"""JSONL: a line a message, and every line enough in itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hfs_export.formats.jsonl import JsonLines
from hfs_export.readers.openai import OpenAIReader
from hypothesis import given, settings
from hypothesis import strategies as st

from hfs_core.api import Append, Change, Create, Draft, Fork, SourcePart

from .conftest import Start
from .outgoing import BEGIN, outgoing

TEXTS = st.lists(st.text(), max_size=4)


@settings(deadline=None)
@given(TEXTS, st.text())
async def test_every_message_is_one_line(texts: list[str], name: str) -> None:
    usage = {"model": "m", "usage": {"prompt_tokens": 1}}
    one = outgoing(*(("user", text) for text in texts), name=name)
    two = outgoing(Draft("assistant", "half\u2028\r\n", status="interrupted", metadata=usage))
    two = replace(two, session=replace(two.session, uid="second"))
    pieces: list[str] = []
    assert await JsonLines().write([one, two], pieces.append) == len(texts) + 1
    lines = [json.loads(line) for line in "".join(pieces).split("\n")[:-1]]
    assert [
        (line["role"], line["content"], line["session"], line["session_name"]) for line in lines[:-1]
    ] == [("user", text, "uid", name) for text in texts]
    assert lines[-1] == {
        "role": "assistant",
        "content": "half\u2028\r\n",
        "created_at": "2026-03-01T09:30:05+00:00",
        "status": "interrupted",
        "session": "second",
        "session_name": "Plans",
        "metadata": usage,
    }


async def test_it_comes_back(tmp_path: Path) -> None:
    usage = {"model": "m", "usage": {"prompt_tokens": 1, "completion_tokens": 2}, "duration_ms": 7}
    drafts = [
        Draft("system", "Be brief."),
        Draft("user", "nul \0, \u2028 and\r\nlines"),
        Draft("assistant", "half", status="interrupted", metadata=usage),
    ]
    one = outgoing(*drafts, name="Plans")
    two = replace(outgoing(("user", "else")), session=replace(one.session, uid="second", name="Other"))
    file = tmp_path / "two.jsonl"
    pieces: list[str] = []
    await JsonLines().write([one, two], pieces.append)
    file.write_text("".join(pieces), encoding="utf-8")  # nobody waits for it
    lost: list[str] = []
    back = OpenAIReader().read([SourcePart("two.jsonl", lambda: file.open("rb"), file)], lost.append)
    assert [(each.name, list(each.messages)) for each in back] == [
        (
            "Plans",
            [replace(draft, created_at=BEGIN + timedelta(seconds=10 * i)) for i, draft in enumerate(drafts)],
        ),
        ("Other", [Draft("user", "else", BEGIN)]),
    ]
    assert lost == []


@pytest.mark.parametrize("format", ["md", "html", "jsonl"])
async def test_a_branch_is_a_whole_conversation(start: Start, format: str) -> None:  # noqa: A002 # the argument's name
    async with start("home", "memory") as person:
        await person.store.apply(
            Create("one", "First"), *(Append("one", Draft("user", f"word-{i}")) for i in range(3))
        )
        await person.store.apply(Fork("two", "Second", "one", 2), Append("two", Draft("user", "word-9")))
        await person.store.apply(Create("gone", "Gone"), Append("gone", Draft("user", "hidden")))
        await person.store.apply(Change("gone", deleted=True))
        pieces: list[str] = []
        await person.run(f"export {format} - --all", SimpleNamespace(write=pieces.append))
        text = "".join(pieces)
        assert [len(re.findall(rf"\bword-{i}\b", text)) for i in (0, 1, 2, 9)] == [2, 2, 1, 1]
        assert "hidden" not in text
        assert ("after 2 messages" in text) == (format != "jsonl")
