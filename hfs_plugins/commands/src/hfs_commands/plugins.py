"""`/plugins`: what is installed, in which state, and why."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from hfs_commands.markdown import block, escaped
from hfs_core.api import Action, Column, CommandResult, Entry, Invocation, PluginState, Row, Table

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
    disabled = invocation.host.settings.current.disabled_plugins
    entries = sorted(invocation.host.plugins, key=lambda entry: entry.info.name)
    rows = tuple(_row(entry, disabled) for entry in entries)
    hint = "A plugin is installed with pip, and switched off with /config set disabled_plugins NAME ..."
    empty = "No plugin is installed: pip install 'hfs-core[standard]' brings the default set."
    reason = Column("reason", "Reason" if any(row.values["reason"] for row in rows) else "")
    return CommandResult((Table((*COLUMNS, reason), rows, title="Plugins", hint=hint, empty=empty),))


def _row(entry: Entry, disabled: Sequence[str]) -> Row:
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
    is_to_be_off = info.name in disabled or info.distribution in disabled
    is_off = entry.state == PluginState.DISABLED
    changes = f"{entry.state}; {'off' if is_to_be_off else 'on'} from the next start on"
    shown = {"state": changes} if is_to_be_off is not is_off else {}
    return Row(values, shown, _preview(entry), (_switch(entry, disabled, is_to_be_off=is_to_be_off),))


def _switch(entry: Entry, disabled: Sequence[str], *, is_to_be_off: bool) -> Action:
    """Return the action that switches a plugin off, or on again."""
    names = {entry.info.name, entry.info.distribution}
    others = [name for name in disabled if name not in names]
    if is_to_be_off:
        return Action("x", "Switch on", shlex.join(("config", "set", "disabled_plugins", *others)))
    line = shlex.join(("config", "set", "disabled_plugins", *others, entry.info.name))
    return Action("x", "Switch off", line, confirm=True)


def _preview(entry: Entry) -> str:
    """Return Markdown about a plugin."""
    info = entry.info
    facts = {
        "State": " ".join(filter(None, (str(entry.state), entry.reason and f"({entry.reason})"))),
        "From": " ".join(filter(None, (info.distribution, info.version))),
        "Hooks": ", ".join(info.hooks),
        "Services": ", ".join(info.services),
        "Needs": ", ".join(info.requires),
        "May": ", ".join(info.capabilities),
        "Manifest": info.manifest,
    }
    lines = [f"{title + ':':<10} {text}" for title, text in facts.items() if text]
    lines += [f"{'/' + name:<10} {summary}" for name, summary in info.commands]
    parts = [escaped(info.description), block("\n".join(lines))]
    if entry.details:
        parts += ["Its last failure:", block(entry.details)]
    return "\n\n".join(filter(None, parts))
