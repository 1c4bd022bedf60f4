"""Lists of messages, as OpenAI's interface and ShareGPT write them, in all the shapes that files have."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hfs_export.readers.hfs_json import HfsJsonReader
from hfs_export.readers.openai import OpenAIReader
from hfs_export.readers.sharegpt import ShareGptReader

from hfs_core.api import Draft, ImportFormat, SourcePart

from .fuzzing import mutants, part_of, survives

FIXTURES = Path(__file__).with_name("fixtures")
MINE = {
    "openai.json": OpenAIReader(),
    "openai.jsonl": OpenAIReader(),
    "messages.jsonl": OpenAIReader(),
    "sharegpt.json": ShareGptReader(),
    "sharegpt.jsonl": ShareGptReader(),
}


def came(reader: ImportFormat, data: bytes | str | Any) -> tuple[list[tuple[str, list[Draft]]], list[str]]:
    """Read a file; returns its conversations by name, and what was noted."""
    if not isinstance(data, bytes):
        data = (data if isinstance(data, str) else json.dumps(data)).encode()
    notes: list[str] = []
    part = SourcePart("file.json", lambda: io.BytesIO(data), None)
    return [(item.name, list(item.messages)) for item in reader.read([part], notes.append)], notes


def said(reader: ImportFormat, data: bytes | str | Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return names, roles and texts."""
    return [
        (name, [(str(each.role), each.content) for each in drafts]) for name, drafts in came(reader, data)[0]
    ]


@pytest.mark.parametrize("name", MINE)
def test_a_fixture_is_told_by_its_own_reader_only(name: str) -> None:
    """Each file is of one format."""
    head = (FIXTURES / name).read_bytes()
    readers: tuple[ImportFormat, ...] = (HfsJsonReader(), OpenAIReader(), ShareGptReader())
    assert [type(each) for each in readers if each.detects(head)] == [type(MINE[name])]


def test_conversations_with_foreign_keys_parts_and_tools() -> None:
    """Parts become text, what is no text is marked, tools speak as the assistant, and all of that is told."""
    conversations, notes = came(OpenAIReader(), (FIXTURES / "openai.json").read_bytes())
    (name, first), (second, bare) = conversations
    assert [(str(each.role), each.content) for each in first] == [
        ("system", "Be brief."),
        ("user", "What is this?\n\n[image: https://example.org/cat.png]"),
        ("assistant", 'Call of weather:\n\n```json\n{"city": "Oslo"}\n```'),
        ("assistant", "-3 C"),
        ("assistant", "It is cold."),
    ]
    assert [each.metadata for each in first] == [
        {"role": "developer"},
        {},
        {},
        {"role": "tool"},
        {"usage": {"prompt_tokens": 3, "completion_tokens": 4}},
    ]
    assert first[-1].created_at == datetime.fromtimestamp(1_750_000_000, UTC)
    assert (name, second) == ("Weather", "A bare list")
    assert [each.content for each in bare] == ["A bare list", "is one too."]
    assert notes == [
        "image is left out, only marked: message 2 of conversation 1 of file.json",
        "what was asked of tools is kept as text: message 3 of conversation 1 of file.json",
        "what tools said is kept as the assistant's: message 4 of conversation 1 of file.json",
    ]


def test_a_conversation_a_line() -> None:
    """Files for fine-tuning have one on each line; the person's first words name it."""
    assert said(OpenAIReader(), (FIXTURES / "openai.jsonl").read_bytes()) == [
        (
            "What's the capital of France?",
            [
                ("system", "You are Marv."),
                ("user", "What's the capital of France?"),
                ("assistant", "Paris, as if everyone doesn't know that."),
            ],
        ),
        (
            "Who wrote Romeo and Juliet?",
            [
                ("user", "Who wrote Romeo and Juliet?"),
                ("assistant", "Call of search:\n\n```json\n{}\n```"),
                ("assistant", "Shakespeare"),
            ],
        ),
    ]


def test_a_message_a_line() -> None:
    """Lines of one session are one conversation, with what HFS wrote besides; without a session all are one."""
    conversations, notes = came(OpenAIReader(), (FIXTURES / "messages.jsonl").read_bytes())
    assert [(name, len(drafts)) for name, drafts in conversations] == [("Greetings", 2), ("Second", 1)]
    assert conversations[0][1] == [
        Draft("user", "Hello", datetime(2026, 1, 2, 3, 4, 5, 6, UTC)),
        Draft(
            "assistant",
            "Hi",
            datetime(2026, 1, 2, 3, 4, 6, 0, UTC),
            "interrupted",
            {"model": "test/one", "duration_ms": 5},
        ),
    ]
    assert notes == []
    lines = '{"role": "user", "content": "a"}\n\n{"role": "assistant", "content": "b"}\r\n'
    assert said(OpenAIReader(), lines) == [("a", [("user", "a"), ("assistant", "b")])]


def test_what_is_a_list_of_messages() -> None:
    """A bare array, an object with keys before and behind, a system prompt beside the list."""
    messages = [{"role": "user", "content": "a"}, {"content": "b", "role": "assistant"}]
    expected = [("user", "a"), ("assistant", "b")]
    assert said(OpenAIReader(), messages) == [("a", expected)]
    assert said(OpenAIReader(), {"model": "m", "name": "N", "messages": messages, "n": [1]}) == [
        ("N", expected)
    ]
    told = {"system": "S", "messages": messages}
    assert said(OpenAIReader(), told) == [("a", [("system", "S"), *expected])]
    assert said(OpenAIReader(), [messages, messages]) == [("a", expected), ("a", expected)]


def test_what_is_no_message_is_told_and_left_out() -> None:
    """Nothing of the rest is lost."""
    odd = [5, {"role": "user", "content": "a"}, {"x": 1}, None, {"role": "narrator", "content": {"k": [1]}}]
    conversations, notes = came(OpenAIReader(), odd)
    assert [[each.content for each in drafts] for _, drafts in conversations] == [["a", "[a part]"]]
    assert conversations[0][1][1].metadata == {"role": "narrator"}
    assert notes[0].startswith("what is neither a message nor a conversation is left out: file.json, at char")
    assert notes[0].endswith("and 2 more")
    assert any("role" in note and "message 2 of conversation 1" in note for note in notes)


@pytest.mark.parametrize("reader", [OpenAIReader(), ShareGptReader()])
@pytest.mark.parametrize("nothing", ["[]", "{}", '{"messages": []}', '[{"conversations": []}]', "[[]]", " "])
def test_a_file_without_messages_is_refused(reader: ImportFormat, nothing: str) -> None:
    """It is said that nothing is there."""
    with pytest.raises(ValueError, match=r"file\.json holds no"):
        came(reader, nothing)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (1_750_000_000, datetime.fromtimestamp(1_750_000_000, UTC)),
        (1_750_000_000_123, datetime(2025, 6, 15, 15, 6, 40, 123_000, UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, 0, UTC)),
        ("0000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        (float("inf"), None),
        ("yesterday", None),
        ({}, None),
    ],
)
def test_times_of_all_kinds(told: Any, kept: datetime | None) -> None:
    """Seconds, milliseconds and ISO; what is no time is told, and that of the message before is taken."""
    before = {"role": "user", "content": "a", "created_at": "2020-01-01T00:00:00Z"}
    conversations, notes = came(
        OpenAIReader(), [before, {"role": "user", "content": "b", "created_at": told}]
    )
    assert conversations[0][1][1].created_at == (kept or datetime(2020, 1, 1, tzinfo=UTC))
    assert len(notes) == (kept is None)


def test_the_same_file_makes_the_same_messages() -> None:
    """Those without a time, too: so a file that comes twice is known."""
    data = (FIXTURES / "openai.jsonl").read_bytes()
    assert came(OpenAIReader(), data) == came(OpenAIReader(), data)


def test_sharegpt_in_its_variants() -> None:
    """Lists of any name, speakers of any name, with a system prompt beside them."""
    assert said(ShareGptReader(), (FIXTURES / "sharegpt.json").read_bytes()) == [
        ("Hi", [("user", "Hi"), ("assistant", "Hello!")]),
        (
            "Oslo?",
            [
                ("system", "You use tools."),
                ("user", "Oslo?"),
                ("assistant", '{"name": "weather"}'),
                ("assistant", "-3 C"),
                ("assistant", "Cold."),
            ],
        ),
        ("An old one", [("user", "An old one"), ("assistant", "Yes.")]),
    ]
    assert said(ShareGptReader(), (FIXTURES / "sharegpt.jsonl").read_bytes()) == [
        (
            "How are you?",
            [
                ("system", "Be kind."),
                ("user", "How are you?"),
                ("assistant", "Well."),
                ("user", "Good."),
                ("assistant", "Yes."),
            ],
        ),
        ("Roles here", [("user", "Roles here"), ("assistant", "and contents.")]),
    ]


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_broken_files_are_read_or_refused(name: str, count: int) -> None:
    """Whatever is wrong with one, it ends in messages that a store keeps, or in a sentence."""
    outcomes = [
        survives(MINE[name], part_of(each)) for each in mutants((FIXTURES / name).read_bytes(), count)
    ]
    assert any(outcomes)
    assert None in outcomes
