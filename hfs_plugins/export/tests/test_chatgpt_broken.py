"""What is broken in a file of ChatGPT is mended or refused, and told with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hfs_export.readers.chatgpt import ChatGptReader

from .chatgpt_files import FIXTURE, at, conversation, node, read
from .fuzzing import mutants, part_of, survives


def test_a_tree_that_is_none_is_mended() -> None:
    """Circles are cut, missing parents and second roots begin anew, and everything that was said comes."""
    tree = conversation(
        {
            "a": node("b", "a"),
            "b": node("a", "b"),
            "c": node("gone", "c"),
            "d": node(None, "d"),
            "e": node("e", "e"),
            "f": 5,
            "g": {"message": 7},
        },
        current_node=["d"],
    )
    items, notes = read([tree])
    assert sorted(draft.content for _, drafts in items for draft in drafts) == ["a", "b", "c", "d", "e"]
    assert [item.parent for item, _ in items] == [None] + [(items[0][0].key, 0)] * 3
    assert [note.split(":")[0] for note in notes] == [
        "what is no message is left out",
        "a message whose parent is missing begins anew",
        "messages go round in a circle",
    ]


def test_children_tell_parents_that_are_not_told() -> None:
    """A node without a parent belongs to the node that has it among its children."""
    first, second = node(None, "a"), node(None, "b")
    first["children"] = ["b", "a", "gone", 5, None]
    ((_, drafts),), notes = read([conversation({"a": first, "b": second})])
    assert [draft.content for draft in drafts] == ["a", "b"]
    assert notes == []


def test_two_messages_with_one_id_are_both_kept() -> None:
    """JSON allows a key twice."""
    text = json.dumps([conversation({"a": node(None, "first"), "twin": node("a", "second")})])
    items, notes = read(text.replace('"twin"', '"a"').encode())
    assert sorted(draft.content for _, drafts in items for draft in drafts) == ["first", "second"]
    assert notes == ["of two messages with one id, the second ends a branch: message a of conversation 1 'T'"]


def test_a_chain_of_five_thousand_messages() -> None:
    """Depth is no matter, in whichever order the nodes come."""
    chain = {f"n{n}": node(f"n{n - 1}" if n else None, f"text {n}") for n in range(5000)}
    for mapping in (chain, dict(reversed(chain.items()))):
        ((_, drafts),), notes = read([conversation(mapping, current_node="n4999")])
        assert [draft.content for draft in drafts] == [f"text {n}" for n in range(5000)]
        assert notes == []


@pytest.mark.parametrize("time", [1e300, -1e300, float("nan"), float("inf"), "0000-01-01", True, [], 10**30])
def test_a_time_that_no_calendar_has_is_told(time: Any) -> None:
    """The message comes, with the conversation's time."""
    ((_, drafts),), notes = read([conversation({"a": node(None, "a", create_time=time)})])
    assert drafts[0].created_at == at(1_700_000_000)
    assert notes == [
        "a time that no calendar has is replaced by the one before: message a of conversation 1 'T'"
    ]


def test_what_no_store_keeps_is_replaced() -> None:
    """Lone surrogates become U+FFFD, which is told; NUL stays."""
    tree = conversation({"a": node(None, "x\ud800y\0z")}, title="t\udfff")
    ((item, drafts),), notes = read([tree])
    assert (item.name, drafts[0].content) == ("t\ufffd", "x\ufffdy\0z")
    assert notes == ["what is no character became U+FFFD: message a of conversation 1 't\\udfff' and 1 more"]


def test_what_is_known_besides_the_text_is_of_characters_too() -> None:
    """Names of models, tools and files, and the ids of messages."""
    files = [{"id": "i\ud800", "name": "n\ud800"}]
    odd = node(
        "r\ud800",
        "x",
        "t\ud800",
        recipient="p\ud800",
        metadata={"model_slug": "m\ud800", "attachments": files},
    )
    odd["message"]["author"]["name"] = "b\ud800"
    odd["message"]["content"]["content_type"] = "c\ud800"
    tree = conversation({"a\ud800": odd, "r\ud800": node(None, "r")}, current_node="a\ud800")
    ((_, drafts),) = read([tree])[0]
    facts = {"content_type": "c\ufffd", "role": "t\ufffd", "name": "b\ufffd", "recipient": "p\ufffd"}
    assert drafts[1].metadata == {"model": "m\ufffd", "chatgpt": facts}
    assert drafts[1].content == "[b\ufffd]\n\nx\n\n[file: n\ufffd]"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (FIXTURE[:-200], "the text ends in the middle"),
        (FIXTURE + b"]", "neither conversations nor one conversation"),
        (b"", "neither conversations nor one conversation"),
        (b'"text"', "neither conversations nor one conversation"),
        (b'[{"mapping": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}]", "nested too deeply"),
        (b'[{"mapping": {"a": \xff}}]', "it is not text in utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_refused(data: bytes, told: str) -> None:
    """The reason has a place where there is one."""
    with pytest.raises(ValueError, match=told):
        read(data)


def test_one_conversation_alone_is_a_file_too() -> None:
    """As ChatGPT's own web page gets it."""
    alone = conversation({"a": node(None, "alone")})
    ((_, drafts),) = read(alone)[0]
    assert [draft.content for draft in drafts] == ["alone"]
    assert len(read(f"{json.dumps(alone)}\n{json.dumps(alone)}\n".encode())[0]) == 2, "or several, one a line"


@pytest.mark.parametrize(
    "mapping",
    [
        {"a": node(None, "x" * 3000)},
        {f"{number}": {"parent": None} for number in range(8)},
        {"y" * 3000: {}},
        {"a": {"children": [f"{number}" for number in range(8)]}},
        {"a": {"parent": "z" * 3000}},
    ],
)
def test_a_conversation_that_would_not_fit_is_refused(
    mapping: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree is held whole, so it has a limit; whatever it is that makes it large."""
    monkeypatch.setattr("hfs_export.readers.gathering.LARGEST", 3000)
    assert len(read([conversation({"a": node(None, "small")})] * 20)[0]) == 20
    with pytest.raises(
        ValueError, match=r"conversation 1 'T' has more than 3,000 characters: it is not read"
    ):
        read([conversation(mapping)])


def test_broken_files_never_break_the_reader() -> None:
    """Whatever is wrong, conversations come or a sentence does."""
    came = [survives(ChatGptReader(), part_of(mutant)) for mutant in mutants(FIXTURE, 200)]
    assert sum(count is not None for count in came) > 100, "most of them are read"
    assert None in came, "some are refused"


@pytest.mark.slow
def test_thousands_of_broken_files_never_break_the_reader() -> None:
    """As above, at length."""
    for mutant in mutants(FIXTURE, 2000, seed=1):
        survives(ChatGptReader(), part_of(mutant))
