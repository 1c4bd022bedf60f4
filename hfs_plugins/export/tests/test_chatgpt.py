"""What ChatGPT exports comes with all its branches, its times, and a word on what does not come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hfs_export.readers.chatgpt import ChatGptReader

from hfs_core.api import Draft, Incoming, Role, SourcePart

from .fuzzing import mutants, part_of, survives

FIXTURE = (Path(__file__).parent / "fixtures" / "chatgpt.json").read_bytes()


def read(*values: Any, names: Sequence[str] = ()) -> tuple[list[tuple[Incoming, list[Draft]]], list[str]]:
    """Read files; returns the conversations with their messages, and what was noted."""
    notes: list[str] = []
    parts: list[SourcePart] = []
    for number, value in enumerate(values):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        parts.append(part_of(data, names[number] if names else "conversations.json"))
    items = [(item, list(item.messages)) for item in ChatGptReader().read(parts, notes.append)]
    return items, notes


def node(parent: str | None, text: Any = None, role: str = "user", **more: Any) -> dict[str, Any]:
    """Make a node of a tree."""
    message = {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, **more}
    return {"parent": parent, "children": [], "message": None if text is None else message}


def conversation(mapping: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a conversation of one tree."""
    return {"title": "T", "create_time": 1_700_000_000, "mapping": mapping} | more


def at(seconds: float) -> datetime:
    """Return a time as HFS keeps it."""
    return datetime.fromtimestamp(seconds, UTC)


def test_the_path_to_the_current_node_is_the_conversation() -> None:
    """Each message is there once, in its role, with its time, its model and how it ended."""
    (main, messages), *_ = read(FIXTURE)[0]
    assert main.name == "Plans for a garden 🌱"
    assert main.parent is None
    assert [(draft.role, draft.content) for draft in messages] == [
        (Role.SYSTEM, "I live in Graz.\n\nBe brief."),
        (Role.USER, "[image: garden.jpg]\n\nWhat grows here?\n\n[file: soil.pdf]"),
        (Role.ASSISTANT, "Beans.\n\n```\nrow 1\n```"),
        (Role.USER, "How many rows of 7 in 100?"),
        (Role.ASSISTANT, "> **Dividing**\n>\n> 100 / 7\n> is 14.28"),
        (Role.ASSISTANT, "[call of python]\n\n```python\nprint(100 // 7)\n```"),
        (Role.ASSISTANT, "[python]\n\n```\n14\n```"),
        (Role.ASSISTANT, "[browser]\n\nRows\n\nhttps://example.org/rows\n\nLeave a path."),
        (Role.ASSISTANT, "14 rows."),
    ]
    assert [draft.created_at for draft in messages[:3]] == [
        at(1700000000.5),
        at(1700000001.123456),
        at(1700000005.0),
    ]
    assert messages[2].metadata == {"model": "gpt-4o"}
    assert messages[6].metadata == {
        "chatgpt": {"content_type": "execution_output", "role": "tool", "name": "python"}
    }


def test_every_other_end_is_a_branch() -> None:
    """A branch comes after what it leaves, tells how much it shares, and holds only what is its own."""
    items, _ = read(FIXTURE)
    (main, _), (second, tomatoes), (third, cut) = items[:3]
    assert [item.name for item, _ in items[1:3]] == [f"{main.name} (branch 2)", f"{main.name} (branch 3)"]
    assert second.parent == (main.key, 2)
    assert [draft.content for draft in tomatoes] == ["Tomatoes.", "Only those?"]
    assert tomatoes[1].created_at == tomatoes[0].created_at, "without a time it has that of the one before"
    assert third.parent == (main.key, 4)
    assert [(draft.content, draft.status) for draft in cut] == [("About 1", "interrupted")]


def test_a_branch_of_a_branch_names_the_branch() -> None:
    """What is shared with a branch is not told again."""
    tree = conversation(
        {
            "a": node(None, "a"),
            "b": node("a", "b"),
            "c": node("a", "c"),
            "d": node("c", "d"),
            "e": node("c", "e"),
        },
        current_node="b",
    )
    (main, _), (first, cd), (second, e) = read([tree])[0]
    assert (first.parent, second.parent) == ((main.key, 1), (first.key, 2))
    assert ([d.content for d in cd], [d.content for d in e]) == (["c", "d"], ["e"])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"content_type": "code", "language": "unknown", "text": "x = `1`"}, "```\nx = `1`\n```"),
        ({"content_type": "code", "language": "a b\n", "text": "x"}, "```\nx\n```"),
        ({"content_type": "code", "language": "json", "text": "```"}, "````json\n```\n````"),
        ({"content_type": "execution_output", "text": "1"}, "```\n1\n```"),
        ({"content_type": "tether_browsing_display", "result": "L0: x", "summary": ""}, "```\nL0: x\n```"),
        (
            {"content_type": "system_error", "name": "Timeout", "text": "late"},
            "[error: Timeout]\n\n```\nlate\n```",
        ),
        (
            {"content_type": "sonic_webpage", "url": "https://a.b", "title": None, "text": "t"},
            "https://a.b\n\nt",
        ),
        ({"content_type": "thoughts", "thoughts": []}, None),
        ({"content_type": "computer_output", "state": None}, None),
        ({"content_type": "later_kind", "text": "as text"}, "as text"),
        ({"content_type": "text", "parts": ["one", "", None, "two"]}, "one\n\ntwo"),
        ({"content_type": "later_kind", "parts": ["one", 2]}, "one\n\n```json\n2\n```"),
        ({"content_type": ["text"], "parts": ["one"]}, "one"),
        ("only text", "only text"),
        ([1], "```json\n[\n  1\n]\n```"),
    ],
)
def test_contents_of_every_kind_are_text(content: Any, text: str | None) -> None:
    """None has nothing to say, and is left out."""
    a = {"parent": None, "message": {"author": {"role": "assistant"}, "content": content}}
    items, notes = read([conversation({"a": a})])
    assert [draft.content for _, drafts in items for draft in drafts] == ([] if text is None else [text])
    assert items or notes[0].startswith("an empty message is left out")


def test_what_a_tool_said_is_no_markdown() -> None:
    """Its text is shown as it is."""
    tree = conversation({"a": node(None, "# 1\n```", role="tool")})
    assert read([tree])[0][0][1][0].content == "[tool]\n\n````\n# 1\n```\n````"


def test_an_answer_that_was_cut_off_is_interrupted() -> None:
    """ChatGPT says why it ended, too."""
    details = {"finish_details": {"type": "max_tokens"}}
    tree = conversation({"a": node(None, "a", status="finished_successfully", metadata=details)})
    assert read([tree])[0][0][1][0].status == "interrupted"


def test_what_is_left_out_is_told_with_its_place() -> None:
    """Parts that are no text are marked, an unknown one is its JSON, and each kind of loss is told once."""
    items, notes = read(FIXTURE)
    _, cat = items[3]
    assert cat[0].content == "Draw a cat"
    assert cat[1].content == (
        '[dalle.text2im]\n\n[image: sediment://file_9]\n\nA cat\n\nMeow.\n\n```json\n{\n  "content_type": "hologram",\n'
        '  "depth": 3\n}\n```'
    )
    assert cat[0].created_at == at(1600000000)
    assert len(items) == 4
    assert notes == [
        "a picture, sound or file is only named: message q1 of conversation 1 'Plans for a garden 🌱' and 2 more",
        "how long it was thought is left out: message recap of conversation 1 'Plans for a garden 🌱'",
        "a message that ChatGPT does not show is left out: "
        "message hidden of conversation 1 'Plans for a garden 🌱'",
        "content of an unknown kind is kept as its JSON: message m2 of conversation 2",
        "an empty conversation is left out: conversation 3 'Nothing here'",
    ]


def test_the_files_of_a_zip_come_in_the_order_of_their_numbers() -> None:
    """Numbered files follow one another, and what is not a conversation is passed over."""
    names = [
        "x/conversations-10.json",
        "x/conversations-9.json",
        "x/user.json",
        "x/message_feedback.json",
        "x/export_manifest.json",
        "__MACOSX/x/._conversations-9.json",
        "x/shared_conversations.json",
    ]
    shared = [{"id": "1", "conversation_id": "2", "title": "shared", "is_anonymous": True}]
    items, notes = read(
        [conversation({"a": node(None, "late")}, title="late")],
        [conversation({"a": node(None, "early")}, title="early")],
        {"id": "user-1", "email": "a@example.org"},
        [{"id": "1", "conversation_id": "2", "rating": "thumbs_up"}],
        {"export_files": [{"path": "conversations-9.json"}]},
        b"\x00\x05\x16\x07",
        shared,
        names=names,
    )
    assert [item.name for item, _ in items] == ["early", "late"]
    assert notes == []


def test_a_file_of_conversations_is_read_though_its_beginning_does_not_tell() -> None:
    """In an archive its name does."""
    late = {"title": "x" * 70_000, **conversation({"a": node(None, "late")}, title="x" * 70_000)}
    items, _ = read([late], {"id": "u"}, names=["conversations-000.json", "user.json"])
    assert [draft.content for _, drafts in items for draft in drafts] == ["late"]


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


@pytest.mark.parametrize(
    ("title", "names"),
    [
        (None, ["Draw a cat", "Draw a cat (branch 2)"]),
        (" ", ["Draw a cat", "Draw a cat (branch 2)"]),
        ("x" * 300, ["x" * 300, "x" * 150 + " (branch 2)"]),
    ],
)
def test_a_branch_is_told_by_its_name(title: Any, names: list[str]) -> None:
    """Without a title the first words of the person are one, and a long one does not hide the number."""
    mapping = {"s": node(None, "rules", "system"), "a": node("s", "Draw a cat"), "b": node("a", "1")}
    tree = conversation(mapping | {"c": node("a", "2")}, title=title, current_node="b")
    assert [item.name for item, _ in read([tree])[0]] == names


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
