"""Formats are told by the keys of a file's conversations, wherever they stand in its first bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hfs_export.readers.heads import paths, telling_key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ([{"title": "T", "mapping": {}}], "mapping"),
        ([{"current_node": "a", "title": "T"}], "current_node"),
        ({"title": "T", "mapping": {"chat_messages": {}}}, "mapping"),
        ([{"uuid": "u", "account": {"mapping": 1}, "chat_messages": []}], "chat_messages"),
        ([{"x": [{"messages": 1}], "conversations": []}], "conversations"),
        ([{"title": '"mapping": {', "messages": []}], "messages"),
        ([{"title": "a\\", "b": '"', "messages": []}], "messages"),
        ([{"title": "x" * 60_000, "mapping": {}}], "mapping"),
        ([[{"mapping": {}}]], ""),
        ([], ""),
        ("mapping", ""),
    ],
)
def test_the_first_telling_key_of_a_conversation(value: Any, key: str) -> None:
    """Only a conversation's own keys tell, not words in texts and not keys further inside."""
    assert telling_key(json.dumps(value).encode()) == key
    assert telling_key(json.dumps(value, indent=1).encode("utf-16")) == key


def test_lines_are_conversations_too() -> None:
    """In JSONL each line begins anew."""
    assert telling_key(b'{"id": 1}\n{"messages": []}') == "messages"


@pytest.mark.parametrize(
    "head",
    [
        b'SQLite format 3\0 {"messages": []}',
        b'My file: [{"mapping": {}}]',
        b"",
        b"\xff\xfe",
        b"{",
        b'{"',
        b"]]}}",
        b'":::',
        b"[" * 65536,
        b'"\\' * 30_000,
    ],
)
def test_what_is_no_json_tells_nothing(head: bytes) -> None:
    """Nothing in a head is too odd, or takes long."""
    assert telling_key(head) == ""


def test_paths_lead_through_arrays_and_objects() -> None:
    """A path names the keys that a key lies under."""
    head = b'[{"a": [{"b": "c"}, {"d": {"e": 1}}], "f": 2'
    assert list(paths(head)) == [
        ("[]", "a"),
        ("[]", "a", "[]", "b"),
        ("[]", "a", "[]", "d"),
        ("[]", "a", "[]", "d", "e"),
        ("[]", "f"),
    ]
