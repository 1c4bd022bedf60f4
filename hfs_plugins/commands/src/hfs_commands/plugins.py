"""`/plugins`: what is installed, in which state, and why."""

from __future__ import annotations

import re

from hfs_core.api import Column, CommandResult, Entry, Invocation, Row, Table

COLUMNS = (
    Column("name", "Plugin"),
    Column("version", "Version"),
    Column("state", "State"),
    Column("source", "From"),
    Column("gives", "Gives"),
    Column("description"),
    Column("commands"),
    Column("hooks"),
)

UNSAID = frozenset({"activate", "deactivate", "provide_commands"})
"""Hooks that say nothing of what a plugin gives; its commands are named themselves."""


async def plugins(invocation: Invocation) -> CommandResult:
    """List the plugins with what they give; what is known of each stands beside it."""
    rows = tuple(map(_row, sorted(invocation.host.plugins, key=lambda entry: entry.info.name)))
    hint = "A plugin is installed with pip, and switched off with: /config set disabled_plugins NAME"
    empty = "No plugin is installed: pip install 'hfs-core[standard]' brings the default set."
    reason = Column("reason", "Reason" if any(row.values["reason"] for row in rows) else "")
    return CommandResult((Table((*COLUMNS, reason), rows, title="Plugins", hint=hint, empty=empty),))


def _row(entry: Entry) -> Row:
    info = entry.info
    commands = [name for name, _ in info.commands]
    others = [hook for hook in info.hooks if hook not in UNSAID]
    values = {
        "name": info.name,
        "version": info.version,
        "state": str(entry.state),
        "source": info.distribution,
        "gives": ", ".join([*(f"/{name}" for name in commands), *others]),
        "reason": entry.reason,
        "description": info.description,
        "commands": commands,
        "hooks": list(info.hooks),
    }
    return Row(values, preview=_preview(entry))


def _preview(entry: Entry) -> str:
    """Return Markdown about a plugin; what it says of itself stands in blocks, so that none of it is markup."""
    info = entry.info
    facts = {
        "Is": info.description,
        "State": str(entry.state),
        "Reason": entry.reason,
        "From": " ".join(filter(None, (info.distribution, info.version))),
        "Commands": "\n".join(f"/{name}  {summary}" for name, summary in info.commands),
        "Hooks": ", ".join(info.hooks),
        "Services": ", ".join(info.services),
        "Needs": ", ".join(info.requires),
        "May": ", ".join(info.capabilities),
        "Manifest": info.manifest,
        "Last failure": entry.details,
    }
    return "\n\n".join(f"**{title}**\n\n{_block(text)}" for title, text in facts.items() if text)


def _block(text: str) -> str:
    longest = max((len(found) for found in re.findall("~+", text)), default=0)
    fence = "~" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"
