"""The Markdown page: what it tells, and that no message can leave its place on it."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hfs_export.formats.facts import one_line, shown
from hfs_export.formats.html import Page
from hfs_export.formats.markdown import Markdown
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hfs_core.api import Draft, Outgoing, Parent

from .outgoing import BEGIN, HOSTILE, SNAPSHOT, outgoing

PARSER = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])


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


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=3))
def test_no_message_leaves_its_place_and_all_come_back(texts: list[str]) -> None:
    assert_contained(texts, page(outgoing(*(("assistant", text) for text in texts))))


@settings(deadline=None)
@given(st.one_of(TEXTS, st.text(), st.text("_*`a ~[]<&;#|\\")))
@example("___a__b_c``` __d__ snake_case")
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


@pytest.mark.parametrize(
    "text",
    [
        *(
            "### User",
            "1. ## **Assistant**",
            "# &#85;s*e*r",
            "HFS Session: x\n===",
            "> System:\n> ---",
            "## Triad: t1 (x)",
        ),
        *("a <b c", "  \tone() <b>", "[a]: /x", "[^1]: x", "![a](b)", "<!--", "```text\nx\n```"),
    ],
)
def test_what_a_quotation_does_not_hold_is_fenced(text: str) -> None:
    told = page(outgoing(("assistant", text)))
    assert re.search("^> `{3,}text$", told, re.MULTILINE)
    assert messages_of(told) == [text]


@pytest.mark.parametrize(
    "text", ["## User guide", "      one()", "# A\n\nUser", "a < b", "```\nopen", "`<b>` [a](b)"]
)
def test_what_a_quotation_holds_is_not(text: str) -> None:
    assert "text\n" not in page(outgoing(("assistant", text)))


def test_the_full_trace() -> None:
    used = {"usage": {"prompt_tokens": 1200, "completion_tokens": 34}, "duration_ms": 4210}
    told = outgoing(
        ("system", "Be brief."),
        ("user", "How?"),
        Draft(
            "assistant",
            "So.",
            metadata={"model": "openai/gpt-5", "agent": "Critic"} | used,
        ),
        Draft("assistant", "Half", status="interrupted"),
        Draft("assistant", "", status="failed", metadata={"error": "the *line* was cut"}),
        run_snapshot=SNAPSHOT,
        origin=outgoing(name="Ideas [old]").session,
        session=replace(outgoing(name="Plans").session, parent=Parent(7, 2), message_count=5),
    )
    text = re.sub(r"(?<=- Exported: )\S+ \S+ UTC", "now", page(told))
    assert text == TRACE


TRACE = """\
# HFS Session: Plans

- Exported: now
- Messages: 5
- Tokens: 1,234
- Duration: 40.0 s, of it answering 4.2 s
- Branch of: Ideas \\[old\\], after 2 messages

## Agent Activity

### Triad: t1 (research)

- Planner: complete
- a2: working

### Phases

- Draft: 1 min 1 s
- Review

## Conversation

### System

*2026-03-01 09:30:05 UTC*

> Be brief.

### User

*2026-03-01 09:30:15 UTC*

> How?

### Assistant

*2026-03-01 09:30:25 UTC* · Critic · openai/gpt-5 · 1,234 tokens · 4.2 s

> So.

### Assistant

*2026-03-01 09:30:35 UTC*

> Half

**interrupted**

### Assistant

*2026-03-01 09:30:45 UTC*

>

**failed: the \\*line\\* was cut**
"""


def test_what_is_not_known_is_not_told() -> None:
    text = page(outgoing(("user", "Hello"), origin=None))
    assert re.findall("^- (.*?):", text, re.MULTILINE) == ["Exported", "Messages"]
    for strange in ({"usage": "many", "duration_ms": -1, "model": 7}, {"usage": {"prompt_tokens": True}}):
        assert page(outgoing(Draft("assistant", "x", metadata=strange))).count(" · ") == 0
    empty = page(outgoing(run_snapshot={"agent_tree": [], "usage": {"total_tokens": 12}, "timeline": 3}))
    assert "- Tokens: 12 in the last run\n" in empty
    assert "Agent Activity" not in empty
    assert not {"Checkpoints", "Run Snapshot"} & set(empty.split())


def test_what_is_included_stays_in_its_place() -> None:
    checkpoint = {
        "number": 2, "message_index": 4, "triggers": ["run.ended", "phase.ended"], "label": "a | `b` <c>",
        "created_at": BEGIN.isoformat(),
    }  # fmt: skip
    snapshot = {"run_id": "```\n# x", "agent_tree": [{"triad_id": "# <t>", "preset": "`p`", "agents": []}]}
    included = frozenset({"checkpoints", "snapshot"})
    text = page(outgoing(include=included, checkpoints=[checkpoint], run_snapshot=snapshot))
    assert headings(text)[1:] == [
        *(
            "h2 Agent Activity",
            "h3 Triad: # <t> (`p`)",
            "h2 Conversation",
            "h2 Checkpoints",
            "h2 Run Snapshot",
        ),
    ]
    tokens = PARSER.parse(text)
    cells = [words(each) for before, each in pairwise(tokens) if before.type in ("th_open", "td_open")]
    assert cells[5:] == ["2", "4", "run.ended, phase.ended", "a | `b` <c>", "2026-03-01 09:30:05 UTC"]
    (fence,) = (token for token in tokens if token.type == "fence")
    assert json.loads(fence.content) == snapshot
    assert page(outgoing(include=included)).count("There ") == 2


async def test_a_large_conversation_leaves_the_loop_free() -> None:
    large = outgoing(("assistant", "Some *words* <b> and `code`.\n\n" * 1000))
    for each in (Markdown(), Page()):
        writing = asyncio.create_task(each.write([large], lambda text: None))
        steps = 0
        while not writing.done():
            await asyncio.sleep(0)
            steps += 1
        assert steps > 10, each.name  # one that works on the loop lets it go round a few times only
