"""What ChatGPT exports comes with all its branches, its times, and a word on what does not come."""

from __future__ import annotations

from typing import Any

import pytest

from hfs_core.api import Role

from .chatgpt_files import FIXTURE, at, conversation, node, read


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
