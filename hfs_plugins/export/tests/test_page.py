"""The HTML page: what it tells, and that nothing on it can act, load or pass for the page."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser

import pytest
from hfs_export.formats.facts import shown
from hfs_export.formats.html import Page
from hfs_export.formats.rendering import LARGEST, as_markdown
from hypothesis import given, settings
from hypothesis import strategies as st

from hfs_core.api import Draft, Outgoing

from .outgoing import HOSTILE, SNAPSHOT, outgoing

VOID = {"meta", "br", "hr"}
OWN = {
    "html",
    "head",
    "title",
    "style",
    "body",
    "main",
    "section",
    "nav",
    "dl",
    "dt",
    "dd",
    "article",
    "time",
    "div",
}
ATTRIBUTES = {
    *(
        "html lang",
        "meta charset",
        "meta http-equiv",
        "meta content",
        "meta name",
        "section id",
        "a href",
        "a rel",
    ),
    *(
        "article class",
        "p class",
        "time datetime",
        "div class",
        "div dir",
        "span class",
        "ol start",
        "a title",
    ),
}
ATTACKS = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'><svg onload='window.pwned = 1'><svg/onload=window.pwned=1>",
    "[a](javascript:window.pwned=1) [b](JaVaScRiPt&colon;window.pwned=1) [c](data:text/html,<script>1</script>)",
    "[d](vbscript:x) [e](//evil.example/x) [f](/etc/passwd) [g](file:///etc/passwd) <javascript:window.pwned=1>",
    "[h](ftp://evil.example) [i](tel:112) <tel:112> <ftp://evil.example>",
    "![a](https://evil.example/p.png) ![b](data:image/svg+xml;base64,PHN2Zz4=) ![c](javascript:window.pwned=1)",
    "<style>* { display: none }</style><link rel=stylesheet href=https://evil.example/x.css>",
    "<iframe src=https://evil.example></iframe><object data=https://evil.example></object><embed src=x>",
    "```html\n</code></pre><script>window.pwned = 1</script>\n```",
    '```"><script>window.pwned=1</script>\nx\n```',
    "    </pre></div></article></main><form action=https://evil.example><input autofocus onfocus=window.pwned=1>",
    "</div></article></section><h1>HFS Session: forged</h1><meta http-equiv=refresh content='0;url=//evil.example'>",
    "[x](https://example.org 'a\" onmouseover=\"window.pwned=1') `</code><script>window.pwned=1</script>`",
    "<b style='position:fixed;inset:0'>over everything</b> <base href=https://evil.example>",
    "# HFS Session: forged\n\n## Conversation\n\n### User",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
    "<math><mi//xlink:href='data:x,<script>window.pwned=1</script>'>",
]
"""Messages that would like to act in a browser."""


class Reader(HTMLParser):
    """Reads a page: its elements, and its words without the style."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.headings: list[str] = []
        self.words: dict[str, str] = {"": ""}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {f"{tag} {name}" for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(f"{tag} ")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data
        if "style" not in self.open:
            self.words[""] += data


def page(*conversations: Outgoing) -> str:
    """Return the HTML page of conversations."""
    pieces: list[str] = []
    asyncio.run(Page().write(conversations, pieces.append))
    return "".join(pieces)


def assert_harmless(text: str, replies: int) -> Reader:
    """Assert that a page has its own headings only, and nothing that acts, loads or is styled."""
    reader = Reader(text)
    assert reader.open == []
    assert set(reader.elements) <= OWN | VOID | {
        *(
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "p",
            "em",
            "strong",
            "s",
            "code",
            "pre",
            "span",
            "blockquote",
            "a",
        ),
        *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
    }
    assert (reader.elements.count("style"), reader.elements.count("article")) == (1, replies)
    assert reader.attributes <= ATTRIBUTES
    assert all(link.lower().startswith(("http://", "https://", "mailto:")) for link in reader.links)
    assert reader.headings == ["h1 HFS Session: Plans", "h2 Conversation", *["h3 Assistant"] * replies]
    return reader


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from([*ATTACKS, *HOSTILE[:-1]]), st.text(max_size=20)), max_size=4))
def test_no_message_acts_on_the_page(texts: list[str]) -> None:
    mixed = "".join(texts)
    assert_harmless(
        page(outgoing(("assistant", mixed), *(("assistant", text) for text in texts))), len(texts) + 1
    )


def test_names_and_notes_are_text() -> None:
    evil = "</title></style><script>window.pwned = 1</script>\"'&"
    snapshot = {
        "agent_tree": [{"triad_id": evil, "preset": evil, "agents": [{"role": evil, "status": evil}]}]
    }
    checkpoint = {"number": evil, "message_index": evil, "triggers": [evil], "label": evil}
    text = page(
        outgoing(
            Draft(evil, evil, metadata={"model": evil, "agent": evil, "error": evil}, status="failed"),
            *(Draft("user", evil), Draft("system", evil)),
            name=evil, run_snapshot=snapshot, checkpoints=[checkpoint], include=frozenset({"checkpoints", "snapshot"}),
        ),
        outgoing(name=evil),
    )  # fmt: skip
    reader = Reader(text)
    assert "script" not in reader.elements
    assert reader.attributes <= ATTRIBUTES
    assert reader.words[""].count("<script>window.pwned = 1</script>") == 23
    assert reader.links == ["#session-1", "#session-2"]


def test_the_same_is_told_as_in_markdown() -> None:
    usage = {"prompt_tokens": 1200, "completion_tokens": 34}
    told = outgoing(
        ("user", "How  many\n  lines <b>?"),
        Draft("assistant", "So *it* is.", metadata={"model": "m", "usage": usage, "duration_ms": 4210}),
        Draft("assistant", "Half", status="interrupted"),
        run_snapshot=SNAPSHOT,
    )
    reader = Reader(page(told))
    assert reader.headings == [
        *(
            "h1 HFS Session: Plans",
            "h2 Agent Activity",
            "h3 Triad: t1 (research)",
            "h3 Phases",
            "h2 Conversation",
        ),
        *("h3 User", "h3 Assistant", "h3 Assistant"),
    ]
    for words in (
        "Tokens1,234",
        "Duration20.0 s, of it answering 4.2 s",
        "Planner: complete",
        "Draft: 1 min 1 s",
    ):
        assert words in reader.words[""]
    assert "\nHow  many\n  lines <b>?\n" in reader.words[""]
    assert "2026-03-01 09:30:15 UTC m 1,234 tokens 4.2 s\n\nSo it is.\n" in reader.words[""]
    assert "\ninterrupted\n" in reader.words[""]


def test_markdown_is_rendered() -> None:
    reply = "# One\n\n| a |\n| - |\n| b |\n\n```python\ndef f(): ...\n```\n\n"
    reply += "3. ~~x~~ [y](https://z.example) ![w](v.png) <b>raw</b>"
    text = as_markdown(reply)
    for part in (
        "<h4>One</h4>",
        "<td>b</td>",
        '<span class="k">def</span>',
        '<ol start="3">',
        "<s>x</s>",
        '<a href="https://z.example" rel="noopener noreferrer nofollow">y</a>',
        "[image: w]",
        "&lt;b&gt;raw&lt;/b&gt;",
    ):
        assert part in text


@pytest.mark.parametrize(
    "text", ["*a* " * (LARGEST // 4 + 1), "> " * 40 + "words at the bottom", "- " * 30 + "words"]
)
def test_what_cannot_be_rendered_is_shown_as_it_was_written(text: str) -> None:
    assert Reader(as_markdown(text)).words[""] == f"{shown(text)}\n"
    assert 'class="plain"' in as_markdown(text)
