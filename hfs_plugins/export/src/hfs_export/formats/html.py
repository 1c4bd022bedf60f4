"""HTML: one page with everything in it, for any browser, light or dark, wide or narrow. See `rendering`."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from html import escape

from hfs_core.api import Message, Outgoing, Role, Write, now
from hfs_export.formats.facts import (
    CHECKPOINT_COLUMNS,
    about,
    checkpoint_row,
    clock,
    facts,
    mark,
    one_line,
    phases,
    shown,
    triads,
)
from hfs_export.formats.pages import copied, held_back, rendered
from hfs_export.formats.rendering import as_markdown, as_written

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
"""


class Page:
    """The full trace, for a browser."""

    name = "html"
    title = "an HTML page"

    async def write(self, outgoing: Sequence[Outgoing], write: Write) -> int:
        """Write a page; of several conversations one below the other, after a list of them."""
        exported, count = now(), 0
        names = [escape(one_line(each.session.name)) for each in outgoing]
        style, policy = _style()
        title = f"HFS Session: {names[0]}" if len(names) == 1 else "HFS Sessions"
        write(_HEAD.format(policy=policy, title=title, style=style))
        if len(names) > 1:
            links = (f'<li><a href="#session-{place}">{name}</a></li>' for place, name in enumerate(names, 1))
            write("\n".join(("<h1>HFS Sessions</h1>", "<nav><ol>", *links, "</ol></nav>", "")))
        for place, each in enumerate(outgoing, 1):
            write(f'<section id="session-{place}">\n<h1>HFS Session: {names[place - 1]}</h1>\n')
            count += await _session(each, exported, write)
            write("</section>\n")
        write("</main>\n</body>\n</html>\n")
        return count


async def _session(outgoing: Outgoing, exported: datetime, write: Write) -> int:
    with held_back() as body:
        totals = await rendered(outgoing.messages(), _message, body.write)
        known = (
            f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts(outgoing, totals, exported)
        )
        lines = ["<dl>", *known, "</dl>", *_activity(outgoing), "<h2>Conversation</h2>", ""]
        write("\n".join(lines))
        await copied(body, write)
    for section in _included(outgoing):
        write(section)
    return totals.messages


def _message(message: Message) -> str:
    is_reply = message.role == Role.ASSISTANT
    kind = message.role if message.role in tuple(Role) else "other"
    time = f'<time datetime="{message.created_at.isoformat()}">{clock(message.created_at)}</time>'
    beside = "".join(f" <span>{escape(part)}</span>" for part in about(message))
    ending = f'<p class="mark">{escape(mark(message))}</p>\n' if mark(message) else ""
    return (
        f'<article class="{kind}">\n<h3>{escape(one_line(message.role.capitalize()))}</h3>\n'
        f'<p class="about">{time}{beside}</p>\n'
        f"{as_markdown(message.content) if is_reply else as_written(message.content)}{ending}</article>\n"
    )


def _activity(outgoing: Outgoing) -> Iterable[str]:
    groups, steps = triads(outgoing.run_snapshot), phases(outgoing.run_snapshot)
    if steps:
        groups = [*groups, ("Phases", steps)]
    if groups:
        yield "<h2>Agent Activity</h2>"
    for title, lines in groups:
        yield from (
            f"<h3>{escape(title)}</h3>",
            "<ul>",
            *(f"<li>{escape(line)}</li>" for line in lines),
            "</ul>",
        )


def _included(outgoing: Outgoing) -> Iterable[str]:
    if "checkpoints" in outgoing.include:
        head = "".join(f"<th>{column}</th>" for column in CHECKPOINT_COLUMNS)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in checkpoint_row(each))}</tr>\n"
            for each in outgoing.checkpoints
        )
        table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
        yield f"<h2>Checkpoints</h2>\n{table if rows else '<p>There are none.</p>'}\n"
    if "snapshot" in outgoing.include:
        told = escape(shown(json.dumps(outgoing.run_snapshot, ensure_ascii=False, indent=2)))
        text = f"<pre><code>{told}</code></pre>" if outgoing.run_snapshot else "<p>There is none.</p>"
        yield f"<h2>Run Snapshot</h2>\n{text}\n"


@cache
def _style() -> tuple[str, str]:
    """Return the page's style, and the policy that allows nothing but it."""
    from importlib.resources import files

    style = "\n" + files("hfs_export.formats").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return style, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
