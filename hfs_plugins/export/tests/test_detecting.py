"""Which format a file is of is told by what it holds; no reader takes another one's files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hfs_export.late import LateImport
from hfs_export.plugin import READ

FIXTURES = Path(__file__).parent / "fixtures"
FORMATS = {
    "chatgpt.json": "chatgpt",
    "claude.json": "claude",
    "openai.json": "openai",
    "openai.jsonl": "openai",
    "messages.jsonl": "openai",
    "sharegpt.json": "sharegpt",
    "sharegpt.jsonl": "sharegpt",
}
"""Which reader is for which fixture."""


def claimants(head: bytes) -> list[str]:
    """Return the names of the readers that would read a file with this head."""
    return [name for name, place in READ.items() if LateImport(name, place).detects(head[: 64 << 10])]


def keyed(value: Any, order: Callable[[list[str]], list[str]]) -> Any:
    """Return a value with the keys of all its objects in another order."""
    if isinstance(value, dict):
        return {key: keyed(value[key], order) for key in order(list(value))}
    return [keyed(each, order) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "order", [list, sorted, lambda keys: sorted(keys, reverse=True), lambda keys: keys[::-1]]
)
def test_a_fixture_is_claimed_by_its_own_reader_alone(
    name: str, order: Callable[[list[str]], list[str]]
) -> None:
    """In whichever order its keys come, indented or not, in each encoding of Unicode."""
    text = (FIXTURES / name).read_text(encoding="utf-8")
    values = [json.loads(line) for line in text.splitlines()] if name.endswith("l") else [json.loads(text)]
    for style in ({}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}):
        written = "\n".join(json.dumps(keyed(value, order), **style) for value in values)
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            assert claimants(written.encode(encoding)) == [FORMATS[name]], f"{style} {encoding}"


@pytest.mark.parametrize(("name", "titled"), [("chatgpt.json", "title"), ("claude.json", "name")])
def test_a_long_title_or_message_hides_nothing(name: str, titled: str) -> None:
    """Nor do words in them that are the keys of others."""
    first, *_ = json.loads((FIXTURES / name).read_bytes())
    words = '"mapping": {"chat_messages": [{"messages": [{"role": "user", "content": "x"}]}]}'
    value = {titled: (words * 800)[:40_000], **{key: first[key] for key in first if key != titled}}
    assert claimants(json.dumps([value]).encode()) == [FORMATS[name]]
    told = (
        json.dumps([first])
        .replace("What grows here?", "x" * 200_000)
        .replace("Why are there", words.replace('"', "'"))
    )
    assert claimants(told.encode()) == [FORMATS[name]]


def test_what_a_tool_was_asked_tells_nothing() -> None:
    """The keys of a conversation count, not those that were spoken of in it."""
    asked = {
        "mapping": {"a": {"message": None}},
        "current_node": "a",
        "messages": [{"role": "user", "content": "x"}],
    }
    block = {"type": "tool_use", "name": "t", "input": asked}
    claude = [{"uuid": "u", "chat_messages": [{"content": [block], "sender": "human"}]}]
    assert claimants(json.dumps(claude).encode()) == ["claude"]
    node = {"message": {"metadata": {"chat_messages": [{"sender": "x"}], **asked}}}
    assert claimants(json.dumps([{"mapping": {"a": node}}]).encode()) == ["chatgpt"]


@pytest.mark.parametrize(
    "text", ["[]", "{}", "null", '"mapping"', "[[1]]", '[{"title": "x"}]', '{"a": {"mapping": {}}}']
)
def test_what_is_of_no_format_is_claimed_by_nobody(text: str) -> None:
    """Not every JSON is a conversation."""
    assert claimants(text.encode()) == []
