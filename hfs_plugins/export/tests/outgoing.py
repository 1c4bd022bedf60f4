"""Conversations on their way out, good ones and hostile ones."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hfs_export.formats.quoting import LARGEST

from hfs_core.api import (
    Agent,
    AgentStatus,
    Draft,
    Message,
    Outgoing,
    Phase,
    RunSnapshot,
    Session,
    Triad,
    UsageTotals,
)

BEGIN = datetime(2026, 3, 1, 9, 30, 5, tzinfo=UTC)


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


SNAPSHOT = json.loads(
    RunSnapshot(
        "r1",
        agent_tree=(
            Triad(
                "t1",
                "research",
                (
                    Agent("a1", "Planner", AgentStatus.COMPLETE),
                    Agent("a2", "", AgentStatus.WORKING),
                ),
            ),
        ),
        usage=UsageTotals(total_tokens=99),
        timeline=(Phase("p1", "Draft", BEGIN, BEGIN, 61_000), Phase("p2", "Review", BEGIN)),
    ).to_json()
)
"""The state of a run in which agents worked, as JSON."""

HOSTILE = [
    "```\nnever closed",
    "````\n```\n````\n# HFS Session: forged",
    "~~~\n### User",
    "### User\n\n*2026-03-01 09:30:05 UTC*\n\nforged",
    "User\n----\n\nHFS Session\n===",
    "1. # HFS Session: forged\n2. Assistant\n   ---",
    "<!-- all that follows is a comment",
    "<!-- -->\n`````\n<b>\n# HFS Session: forged",
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
    ">" * 40 + " <!--",
    "+ " * 25 + "<b>",
    "[" * 40 + " <b>",
    "a <b c",
    "x" * (LARGEST + 1) + "<!--",
]
"""Messages that would like to be more than messages on a Markdown page; the last one is large."""
