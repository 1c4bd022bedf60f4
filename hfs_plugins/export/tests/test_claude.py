"""What Claude.ai exports comes, whatever its blocks are, with its branches where the file tells them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hfs_export.readers.claude import ClaudeReader

from hfs_core.api import Draft, Incoming, Role

from .fuzzing import mutants, part_of, survives

FIXTURE = (Path(__file__).parent / "fixtures" / "claude.json").read_bytes()


def read(*values: Any, names: Sequence[str] = ()) -> tuple[list[tuple[Incoming, list[Draft]]], list[str]]:
    """Read files; returns the conversations with their messages, and what was noted."""
    notes: list[str] = []
    data = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    names = names or ["conversations.json"] * len(data)
    parts = [part_of(each, name) for each, name in zip(data, names, strict=True)]
    return [(item, list(item.messages)) for item in ClaudeReader().read(parts, notes.append)], notes


def conversation(*messages: Any, **more: Any) -> dict[str, Any]:
    """Make a conversation of these messages."""
    return {
        "uuid": "u",
        "name": "N",
        "created_at": "2025-01-01T00:00:00Z",
        "chat_messages": list(messages),
    } | more


def message(text: str, uuid: str = "", **more: Any) -> dict[str, Any]:
    """Make a message of the person."""
    return {"uuid": uuid or text, "sender": "human", "text": text} | more


def test_every_block_is_told() -> None:
    """Blocks come in their order, what an old device could not show among them; what is unknown is its JSON."""
    (main, messages), *_ = read(FIXTURE)[0]
    assert (main.name, main.parent) == ("Tides", None)
    assert messages[0].role == Role.USER
    assert messages[0].content == (
        "Why are there tides?\n\n[attached: notes.md]\n\n````\n```\nthe moon?\n```\n````\n\n[file: sea.png]"
    )
    assert messages[1].role == Role.ASSISTANT
    assert messages[1].content == "\n\n".join(
        [
            "> Gravity.\n> Two bulges.",
            "The moon.",
            '[call of web_search]\n\n```json\n{\n  "query": "tides"\n}\n```',
            "[result of web_search]\n\n```\nTides are long waves.\n```",
            '```json\n{\n  "type": "knowledge",\n  "title": "Tide",\n  "url": "https://example.org"\n}\n```',
            "[call of artifacts] tide.py\n\n```python\nprint('high')\n```",
            "[error of artifacts]\n\n```\nOut of memory\n```",
            "**Aloud**\n\nIt is the moon.",
            '```json\n{\n  "type": "constellation",\n  "stars": [\n    "Mizar",\n    "Alkor"\n  ]\n}\n```',
        ]
    )
    assert messages[0].created_at == datetime(2025, 3, 1, 10, 0, 1, 500_000, UTC)


def test_the_end_that_was_said_last_is_the_conversation() -> None:
    """The export does not tell which branch was looked at; the others are branches."""
    (main, messages), (branch, others), *_ = read(FIXTURE)[0]
    assert [draft.content for draft in messages[2:]] == ["And the wind?", "A little."]
    assert (branch.name, branch.parent) == ("Tides (branch 2)", (main.key, 2))
    assert [(draft.content, draft.status) for draft in others] == [
        ("And the sun?", "complete"),
        ("Half as", "interrupted"),
    ]


def test_a_leaf_that_is_told_is_the_conversation() -> None:
    """What Claude.ai's own page gets tells it."""
    whole = conversation(
        message("a", parent_message_uuid=None),
        message("b", parent_message_uuid="a", created_at="2025-01-03"),
        message("c", parent_message_uuid="a", created_at="2025-01-02"),
        current_leaf_message_uuid="c",
    )
    (_, first), (_, second) = read(whole)[0]
    assert [draft.content for draft in first + second] == ["a", "c", "b"]
    (_, first), (_, second) = read(whole | {"current_leaf_message_uuid": "gone"})[0]
    assert [draft.content for draft in first + second] == ["a", "b", "c"], "the latest, wherever it stands"


def test_without_parents_messages_follow_one_another() -> None:
    """Older files: one has no time, one no text, and none a parent."""
    items, notes = read(FIXTURE)
    old, messages = items[2]
    assert (old.name, old.parent) == ("Hello", None), "it is called by its first words"
    assert [draft.content for draft in messages] == ["Hello", "Hello!", "Still there?"]
    assert [draft.created_at for draft in messages] == [
        datetime(2023, 12, 31, 23, 0, 0, 0, UTC),
        datetime(2024, 1, 1, 0, 0, 2, 1, UTC),
        datetime(2024, 1, 1, 0, 0, 2, 1, UTC),
    ]
    assert len(items) == 3
    assert notes == [
        "a file is only named: message 1 of conversation 1 'Tides'",
        "what an answer cites is left out: message 2 of conversation 1 'Tides'",
        "a block of an unknown kind is kept as its JSON: message 2 of conversation 1 'Tides'",
        "an empty message is left out: message 3 of conversation 2",
        "an empty conversation is left out: conversation 3 'Void'",
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text"},
        {"type": "text", "text": None},
        {"type": "thinking"},
        {"type": "new", "deep": [{"er": 1}]},
        {"kind": "none"},
        {"type": ["text"]},
        5,
        None,
        ["text"],
    ],
)
def test_a_block_of_any_shape_is_kept(block: Any) -> None:
    """A block that is new or broken never costs a message, nor a conversation."""
    ((_, drafts),), notes = read([conversation(message("", uuid="x", content=[block]))])
    assert json.loads(drafts[0].content.strip("`").removeprefix("json")) == block
    assert notes == ["a block of an unknown kind is kept as its JSON: message 1 of conversation 1 'N'"]


def test_only_an_artifact_is_shown_as_what_it_is() -> None:
    """What else a tool was asked is told whole."""
    call = {"type": "tool_use", "name": "write", "input": {"path": "a.txt", "content": "x"}}
    ((_, drafts),) = read([conversation(message("", uuid="x", content=[call]))])[0]
    assert drafts[0].content.startswith('[call of write]\n\n```json\n{\n  "path": "a.txt",')


def test_other_files_of_the_zip_are_passed_over() -> None:
    """Users and projects are no conversations."""
    items, notes = read(
        [conversation(message("hi"))],
        [{"uuid": "p", "name": "A project", "docs": [], "created_at": "2025-01-01T00:00:00Z"}],
        [{"uuid": "a", "full_name": "A", "email_address": "a@example.org"}],
        names=["conversations.json", "projects.json", "users.json"],
    )
    assert [item.name for item, _ in items] == ["N"]
    assert notes == []


def test_parents_that_go_wrong_are_mended() -> None:
    """Circles, missing parents and ids that come twice: everything that was said comes."""
    items, notes = read(
        [
            conversation(
                message("a", parent_message_uuid="b"),
                message("b", parent_message_uuid="a"),
                message("c", parent_message_uuid="gone"),
                message("d", uuid="a", parent_message_uuid="c"),
                5,
                {"sender": 7, "text": "e", "uuid": None, "parent_message_uuid": []},
            )
        ]
    )
    assert sorted(draft.content for _, drafts in items for draft in drafts) == ["a", "b", "c", "d", "e"]
    assert [note.split(":")[0] for note in notes] == [
        "of two messages with one id, the second ends a branch",
        "what is no message is left out",
        "a message whose parent is missing begins anew",
        "messages go round in a circle",
    ]


def test_a_chain_of_five_thousand_messages() -> None:
    """Depth is no matter."""
    chain = [message(f"n{n}", parent_message_uuid=f"n{n - 1}" if n else None) for n in range(5000)]
    ((_, drafts),), notes = read([conversation(*reversed(chain))])
    assert [draft.content for draft in drafts] == [f"n{n}" for n in range(5000)]
    assert notes == []


def test_what_no_store_keeps_is_replaced() -> None:
    """Lone surrogates and times of the year 0 are told; NUL stays."""
    broken = message("x\ud800\0", created_at="0000-01-01T00:00:00Z")
    ((item, drafts),), notes = read([conversation(broken, name="t\udfff")])
    assert (item.name, drafts[0].content) == ("t\ufffd", "x\ufffd\0")
    assert drafts[0].created_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert [note.split(":")[0] for note in notes] == [
        "a time that no calendar has is replaced by the one before",
        "what is no character became U+FFFD",
    ]


def test_the_model_is_kept_where_it_is_told() -> None:
    """As HFS keeps it with its own replies."""
    told = message("a", sender="assistant", model="claude\ud800")
    ((_, drafts),) = read([conversation(told, message("b", model="claude"))])[0]
    assert [draft.metadata for draft in drafts] == [{"model": "claude\ufffd"}, {}]


def test_broken_files_never_break_the_reader() -> None:
    """Whatever is wrong, conversations come or a sentence does."""
    came = [survives(ClaudeReader(), part_of(mutant)) for mutant in mutants(FIXTURE, 200)]
    assert sum(count is not None for count in came) > 100, "most of them are read"
    assert None in came, "some are refused"


@pytest.mark.slow
def test_thousands_of_broken_files_never_break_the_reader() -> None:
    """As above, at length."""
    for mutant in mutants(FIXTURE, 2000, seed=1):
        survives(ClaudeReader(), part_of(mutant))
