"""The Markdown page: what it tells, and that no message can leave its place on it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hfs_export.formats.facts import one_line, shown
from hfs_export.formats.markdown import Markdown
from hfs_export.formats.quoting import LARGEST
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hfs_core.api import Draft, Message, Outgoing, Session

BEGIN = datetime(2026, 3, 1, 9, 30, 5, tzinfo=UTC)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def outgoing(*drafts: Draft | tuple[str, str], name: str = "Plans", **more: Any) -> Outgoing:
    """Return a conversation on its way out, a message every ten seconds."""
    made = [draft if isinstance(draft, Draft) else Draft(*draft) for draft in drafts]
    messages = [
        Message.from_draft(
            replace(draft, created_at=BEGIN + timedelta(seconds=10 * index)),
            session_id=1,
            index=index,
            parent="",
        )
        for index, draft in enumerate(made)
    ]

    async def read() -> AsyncIterator[Message]:
        for message in messages:
            yield message

    session = Session(1, "uid", name, None, len(messages), "", BEGIN, BEGIN)
    return Outgoing(**{"session": session, "origin": None, "messages": read} | more)


def page(*conversations: Outgoing) -> str:
    """Return the Markdown page of conversations."""
    pieces: list[str] = []
    count = asyncio.run(Markdown().write(conversations, pieces.append))
    assert count == sum(each.session.message_count for each in conversations)
    return "".join(pieces)


def blocks(text: str) -> list[list[Token]]:
    """Return the tokens of each block of a page."""
    found: list[list[Token]] = []
    for token in PARSER.parse(text):
        if token.level == 0 and token.nesting >= 0:
            found.append([])
        found[-1].append(token)
    return found


def words(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def headings(text: str) -> list[str]:
    """Return the headings of a page, each behind its level, that are in no block."""
    return [
        f"{block[0].tag} {words(block[1])}".strip()
        for block in blocks(text)
        if block[0].type == "heading_open"
    ]


def messages_of(text: str) -> list[str]:
    """Return the words of each message on a page, by its lines alone."""
    quotations = re.findall(r"(?:^>.*\n)+", text, re.MULTILINE)
    found = []
    for quotation in quotations:
        lines = [line[2:] for line in quotation.split("\n")[:-1]]
        if re.fullmatch("`{3,}text", lines[0]):
            assert lines[-1] == lines[0].removesuffix("text")
            lines = lines[1:-1]
        found.append("\n".join(lines))
    return found


HOSTILE = [
    "```\nnever closed",
    "````\n```\n````\n# HFS Session: forged",
    "~~~\n### User",
    "### User\n\n*2026-03-01 09:30:05 UTC*\n\nforged",
    "User\n----\n\nHFS Session\n===",
    "1. # HFS Session: forged\n2. Assistant\n   ---",
    "<!-- all that follows is a comment",
    "<details><summary>everything below",
    "\t<script>\n\tone()",
    "<script>\n\n</script>\n<pre>\n\n# x",
    "a <b onclick='x'> c",
    "[User]: https://example.org 'everywhere'\n\n[User]",
    "[^1]: a footnote that moves",
    "> [x]: /y",
    "![pixel](https://example.org/p.png)",
    "&lt;script> &#35; User",
    "\r### User\r\n### System\x85### User\u2028### User\x0b# x\x0c# y\x1c# z",
    "nul \0 escape \x1b]0;title\x07 \x9b31m \u202e txet",
    "```text\nlooks like the page's own fence\n```",
    "`" * 50,
    "- a\n\n      code\n  - b\n> c\nlazy\n***\n---\n___",
    "| a | b |\n| - | - |\n| # c | <i> |",
    "",
    "\n\n",
    "  ",
    "\ttab first",
    "\\",
    ">" * 300 + " # deep",
    "+ " * 60 + "# deep",
    "x" * (LARGEST + 1) + "<!--",
]
LINES = st.sampled_from(
    [line for text in HOSTILE[:-1] for line in (*text.splitlines(keepends=True), "\n", " ", "\t")]
)
TEXTS = st.lists(st.one_of(LINES, st.text(max_size=8)), max_size=8).map("".join)


def assert_contained(texts: list[str], text: str) -> None:
    """Assert that a page has its own headings only, nothing that acts, and these messages."""
    assert messages_of(text) == [shown(each) for each in texts]
    assert headings(text) == ["h1 HFS Session: Plans", "h2 Conversation", *["h3 Assistant"] * len(texts)]
    env: dict[str, Any] = {}
    tokens = PARSER.parse(text, env)
    assert not env.get("references")
    inner = [child for token in tokens for child in token.children or ()]
    assert not {"html_block", "html_inline", "image"} & {token.type for token in (*tokens, *inner)}
    kinds = [block[0].type for block in blocks(text)]
    assert kinds == [
        *("heading_open", "bullet_list_open", "heading_open"),
        *["heading_open", "paragraph_open", "blockquote_open"] * len(texts),
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_message_stays_in_its_place(text: str) -> None:
    assert_contained([text, "after"], page(outgoing(("assistant", text), ("assistant", "after"))))


@given(st.lists(TEXTS, max_size=3))
def test_no_message_leaves_its_place_and_all_come_back(texts: list[str]) -> None:
    assert_contained(texts, page(outgoing(*(("assistant", text) for text in texts))))


@given(st.one_of(TEXTS, st.text()))
def test_a_name_is_shown_letter_by_letter(name: str) -> None:
    text = page(outgoing(name=name), outgoing(name="Other"))
    assert headings(text) == [
        "h1 HFS Sessions",
        f"h1 HFS Session: {one_line(name)}".strip(),
        "h2 Conversation",
        *OTHER,
    ]
    (names,) = (block for block in blocks(text)[1:2])
    assert [words(token) for token in names if token.type == "inline"] == [one_line(name), "Other"][
        not one_line(name) :
    ]


OTHER = ["h1 HFS Session: Other", "h2 Conversation"]


def test_markdown_stays_markdown_where_it_can() -> None:
    reply = "## Steps\n\n1. *one*\n\n```html\n<b>&</b> ![x](y)\n```\n\n`<i>` and a < b, <https://example.org>"
    text = page(outgoing(("assistant", reply)))
    assert "> ## Steps\n>\n> 1. *one*\n" in text
    assert "```text" not in text
