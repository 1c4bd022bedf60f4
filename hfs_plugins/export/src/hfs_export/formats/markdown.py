"""Markdown: a page to mail or to commit, on which a message cannot pass for the page. See `quoting`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from hfs_core.api import Message, Outgoing, Write, now
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
from hfs_export.formats.quoting import escaped, fenced, quoted


class Markdown:
    """The full trace, for people."""

    name = "md"
    title = "a Markdown page"

    async def write(self, outgoing: Sequence[Outgoing], write: Write) -> int:
        """Write a page; of several conversations one below the other, after a list of them."""
        exported, count = now(), 0
        if len(outgoing) > 1:
            names = [f"- {escaped(one_line(each.session.name))}" for each in outgoing]
            write("\n".join(("# HFS Sessions", "", *names, "", "")))
        for place, each in enumerate(outgoing):
            write("\n" if place else "")
            count += await _session(each, exported, write)
        return count


async def _session(outgoing: Outgoing, exported: datetime, write: Write) -> int:
    with held_back() as body:
        totals = await rendered(outgoing.messages(), _message, body.write)
        lines = [f"# {escaped(one_line(f'HFS Session: {outgoing.session.name}'))}", ""]
        lines += [f"- {name}: {escaped(value)}" for name, value in facts(outgoing, totals, exported)]
        write("\n".join((*lines, *_activity(outgoing), "", "## Conversation", "")))
        await copied(body, write)
    for section in _included(outgoing):
        write("\n".join(("", *section, "")))
    return totals.messages


def _message(message: Message) -> str:
    beside = "".join(f" · {escaped(part)}" for part in about(message))
    lines = [
        "",
        f"### {escaped(one_line(message.role.capitalize()))}",
        "",
        f"*{clock(message.created_at)}*{beside}",
        "",
    ]
    ending = f"\n**{escaped(mark(message))}**\n" if mark(message) else ""
    return "\n".join((*lines, quoted(message.content))) + ending


def _activity(outgoing: Outgoing) -> Iterable[str]:
    groups, steps = triads(outgoing.run_snapshot), phases(outgoing.run_snapshot)
    if steps:
        groups = [*groups, ("Phases", steps)]
    if groups:
        yield from ("", "## Agent Activity")
    for title, lines in groups:
        yield from ("", f"### {escaped(title)}", "", *(f"- {escaped(line)}" for line in lines))


def _included(outgoing: Outgoing) -> Iterable[Sequence[str]]:
    if "checkpoints" in outgoing.include:
        rows = [[escaped(cell) for cell in checkpoint_row(each)] for each in outgoing.checkpoints]
        table = [CHECKPOINT_COLUMNS, ["---"] * len(CHECKPOINT_COLUMNS), *rows]
        told = [f"| {' | '.join(row)} |" for row in table] if rows else ["There are none."]
        yield ("## Checkpoints", "", *told)
    if "snapshot" in outgoing.include:
        state = shown(json.dumps(outgoing.run_snapshot, ensure_ascii=False, indent=2))
        text = fenced(state, "json") if outgoing.run_snapshot else "There is none."
        yield ("## Run Snapshot", "", text)
