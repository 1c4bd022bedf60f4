"""`/plugins`: what is installed, in which state and why, and what can be done about it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from hfs_commands.plugin_page import page, report
from hfs_core.api import (
    Action,
    Column,
    CommandError,
    CommandResult,
    Completion,
    Copy,
    Decide,
    Document,
    Effect,
    Entry,
    Host,
    Invocation,
    Notice,
    Param,
    PluginState,
    Row,
    Table,
    UsageError,
)

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

SETTING = "disabled_plugins"

UNDECIDED = frozenset({PluginState.UNTRUSTED, PluginState.CHANGED})

FAILED = frozenset({PluginState.FAILING, PluginState.QUARANTINED, PluginState.INCOMPATIBLE})

Deed = Callable[[Host, Entry], Awaitable[CommandResult]]


async def complete_words(invocation: Invocation, word: str) -> Sequence[Completion]:
    """Return what can be done, and the plugins that it can be done to."""
    plugins = [Completion(entry.info.name, str(entry.state)) for entry in invocation.host.plugins.all()]
    if invocation.written:
        return plugins
    return [*(Completion(verb, does) for verb, (_, does) in DEEDS.items()), *plugins]


async def plugins(
    invocation: Invocation,
    *words: Annotated[str, Param("a plugin; or what to do, and the plugin", complete=complete_words)],
) -> CommandResult:
    """List the plugins with what is known of each, or do something about one."""
    host = invocation.host
    match words:
        case ():
            return _listed(host, host.plugins.all())
        case (name,) if name not in DEEDS:
            return _listed(host, _named(host, name))
        case (verb, name) if verb in DEEDS:
            return await DEEDS[verb][0](host, _named(host, name)[0])
        case _:
            raise UsageError(f"/plugins, /plugins NAME, or /plugins {'|'.join(DEEDS)} NAME")


def _named(host: Host, name: str) -> list[Entry]:
    """Return the plugins of a name; of two, the one that is in use first."""
    found = [entry for entry in host.plugins.all() if name in (entry.info.name, entry.info.distribution)]
    if not found:
        names = ", ".join(sorted({entry.info.name for entry in host.plugins.all()}))
        raise CommandError(f"there is no plugin {name}; there are {names or 'none'}")
    return sorted(found, key=lambda entry: host.plugins.entries.get(entry.info.name) is not entry)


def _listed(host: Host, entries: Sequence[Entry]) -> CommandResult:
    rows = tuple(_row(host, entry) for entry in entries)
    hint = "more: hfs plugins install"
    empty = "No plugin is installed: pip install 'hfs-core[standard]' brings the default set."
    reason = Column("reason", "Reason" if any(row.values["reason"] for row in rows) else "")
    return CommandResult((Table((*COLUMNS, reason), rows, title="Plugins", hint=hint, empty=empty),))


def _row(host: Host, entry: Entry) -> Row:
    info = entry.info
    commands = [name for name, _ in info.commands]
    others = [hook for hook in info.hooks if hook not in UNSAID]
    values = {
        "name": info.name,
        "version": info.version,
        "state": str(entry.state),
        "source": info.source,
        "gives": ", ".join([*(f"/{name}" for name in commands), *others]),
        "reason": entry.reason,
        "description": info.description,
        "commands": commands,
        "hooks": list(info.hooks),
    }
    shown = {"source": info.distribution or info.source}
    is_off = entry.state == PluginState.DISABLED
    if _is_to_be_off(host, entry) is not is_off:
        shown["state"] = f"{entry.state}; {'on' if is_off else 'off'} from the next start on"

    async def preview() -> str:
        return page(host, entry)

    return Row(values, shown, preview, tuple(_actions(host, entry)))


def _actions(host: Host, entry: Entry) -> Sequence[Action]:
    name = shlex.quote(entry.info.name)  # that of a folder may be anything
    actions = [Action("enter", "Details", f"plugins info {name}")]
    if entry.info.source == "directory":
        if entry.state in UNDECIDED:
            actions.append(Action("t", "Decide", f"plugins trust {name}"))
        else:
            actions.append(Action("t", "Grants", f"plugins trust {name}"))
            actions.append(Action("u", "Untrust", f"plugins untrust {name}", confirm=True))
    if _is_to_be_off(host, entry):
        actions.append(Action("x", "Switch on", f"plugins enable {name}"))
    else:
        actions.append(Action("x", "Switch off", f"plugins disable {name}", confirm=True))
    if entry.state in FAILED:
        actions.append(Action("r", "Try again", f"plugins revive {name}"))
    elif entry.is_active:
        actions.append(Action("r", "Reload", f"plugins revive {name}", confirm=True))
    return [*actions, Action("c", "Copy report", f"plugins report {name}")]


async def _disable(host: Host, entry: Entry) -> CommandResult:
    name = entry.info.name
    if _is_to_be_off(host, entry):
        return _said(f"{name} is switched off already.")
    await _change(host, add=[name])
    if "provide_store" in entry.info.hooks:
        return _said(f"{name} is off from the next start on: what you say then may not be kept.", "warning")
    return _said(f"{name} is off from the next start on.")


async def _enable(host: Host, entry: Entry) -> CommandResult:
    info = entry.info
    was_to_be_off = _is_to_be_off(host, entry)
    # As the file is now: another HFS may have written it.
    if await _change(host, remove=[info.name, info.distribution]) or was_to_be_off:
        if _is_to_be_off(host, entry):
            text = f"{info.name} stays off: {SETTING} names it elsewhere than in {host.paths.config}"
            return _said(text, "warning")
        if entry.state is PluginState.DISABLED:
            return _said(f"{info.name} is on from the next start on.")
        return _said(f"{info.name} stays on.")
    if entry.state in FAILED:
        return _effect(Decide(info.name, "revive"))
    if entry.is_usable:
        return _said(f"{info.name} is on.")
    return _said(f"{info.name} is {entry.state}: {entry.reason}", "warning")


async def _trust(host: Host, entry: Entry) -> CommandResult:
    _check_directory(entry)
    return _effect(Decide(entry.info.name))


async def _untrust(host: Host, entry: Entry) -> CommandResult:
    _check_directory(entry)
    return _effect(Decide(entry.info.name, "untrust"))


async def _revive(host: Host, entry: Entry) -> CommandResult:
    return _effect(Decide(entry.info.name, "revive"))


async def _info(host: Host, entry: Entry) -> CommandResult:
    return CommandResult((Document(page(host, entry)),))


async def _report(host: Host, entry: Entry) -> CommandResult:
    said = Notice(f"The report about {entry.info.name} is copied.")
    return CommandResult((said,), (Copy(report(host, entry)),))


DEEDS: dict[str, tuple[Deed, str]] = {
    "enable": (_enable, "switch a plugin on, or try a failed one again"),
    "disable": (_disable, "switch a plugin off, from the next start on"),
    "trust": (_trust, "decide whether a plugin in a folder may run, and what"),
    "untrust": (_untrust, "take back the consent to a plugin in a folder"),
    "revive": (_revive, "load a plugin anew"),
    "info": (_info, "show all that is known of a plugin"),
    "report": (_report, "copy what its author needs to know of a failure"),
}
"""What can be done to a plugin."""


def _check_directory(entry: Entry) -> None:
    if entry.info.source != "directory":
        text = f"{entry.info.name} is installed, not in a folder: installing it was the consent"
        raise CommandError(text)


def _is_to_be_off(host: Host, entry: Entry) -> bool:
    disabled = host.settings.current.disabled_plugins
    return entry.info.name in disabled or bool(entry.info.distribution in disabled)


async def _change(host: Host, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> bool:
    return await asyncio.to_thread(host.settings.change_names, SETTING, add=add, remove=remove)


def _said(text: str, level: str = "info") -> CommandResult:
    return CommandResult((Notice(text, "warning" if level == "warning" else "info"),))


def _effect(effect: Effect) -> CommandResult:
    return CommandResult((), (effect,))
