"""The process in which a plugin is imported and activated: `python -m` this module, with PLUGIN NOTES HOME."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from hfs_core.cli.checking.finding import Finding, Notes, fail, ok, warn
from hfs_core.cli.checking.importing import Imported, import_measured
from hfs_core.cli.checking.running import Examined, new_kernel, prepare
from hfs_core.cli.checking.tripwire import Tripwire
from hfs_core.cli.places import own_place
from hfs_core.contracts import Command
from hfs_core.errors import HfsError
from hfs_core.host import Host
from hfs_core.isolation import describe
from hfs_core.parameters import parameters
from hfs_core.paths import Paths
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.signatures import faults_of, hooks_of, near_hooks
from hfs_core.plugins.source import Source, find_source
from hfs_core.plugins.states import Entry
from hfs_core.widgets import LiveWidget, live_widgets

SLOW = 1.0
"""Seconds: an import that takes longer is felt by everybody who has the plugin."""


def main(plugin: str, notes_file: str, home: str) -> None:
    """Look at a plugin in use, and leave what is found in a file."""
    notes = Notes(Path(notes_file))
    source = find_source(plugin, Paths(Path(home)))
    own = [place for place in (source.package, source.root, Path(home)) if place and place != Path()]
    tripwire = Tripwire(own)
    tripwire.install()
    prepare(source)
    notes.stage("importing")
    tripwire.is_on = True
    imported = import_measured(source.info.module, source.info.attribute)
    tripwire.is_on = False
    for finding in _of_import(imported, source):
        notes.add(finding)
    if imported.error is None:
        faults = faults_of(imported.value, source.info)
        for fault in faults:
            notes.add(fail("hooks", fault))
        if not faults:
            for finding in _of_hooks(imported, source.info):
                notes.add(finding)
            asyncio.run(_use(source, Path(home), notes, tripwire))
            for finding in _left_behind():
                notes.add(finding)
    for text in tripwire.seen:
        notes.add(warn("tripwire", f"{text} (a hint, no guarantee that this is all)"))
    if not tripwire.seen:
        text = (
            "no file outside of its folder, no connection, no program while it started; that is no guarantee"
        )
        notes.add(ok("tripwire", text))
    notes.stage("done")
    sys.stdout.flush()
    os._exit(0)  # whatever a plugin has registered to run at the end is not waited for


def _of_import(imported: Imported, source: Source) -> Iterator[Finding]:
    if imported.error is not None:
        where = _place_of(imported.error, source)
        yield fail("import", f"{describe(imported.error)}{where}")
        return
    heavy = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in list(imported.heavy.items())[:5])
    if imported.seconds > SLOW:
        text = f"takes {imported.seconds:.1f} s{f': {heavy}' if heavy else ''}; import what is slow where it is used"
        yield warn("import", text)
    else:
        yield ok("import", f"{imported.seconds * 1000:.0f} ms{f', of it {heavy}' if heavy else ''}")
    if imported.printed:
        first = imported.printed.splitlines()[0][:120]
        yield warn("import", f"prints while it is imported: {first!r}; use the logger of its context")


def _of_hooks(imported: Imported, info: PluginInfo) -> Iterator[Finding]:
    there = {each.hook for each in hooks_of(imported.value)}
    missing = [hook for hook in info.hooks if hook not in there]
    for name, hook in near_hooks(imported.value):
        yield warn("hooks", f"{name} is called nearly as the hook {hook}, but is none: is it meant to be?")
    if missing:
        yield warn("hooks", f"the manifest lists hooks that are not there: {', '.join(missing)}")
    if not there:
        yield warn("hooks", "it has none: HFS will never call it")
    elif not missing:
        yield ok("hooks", ", ".join(sorted(there)))


async def _use(source: Source, home: Path, notes: Notes, tripwire: Tripwire) -> None:
    name = source.info.name
    kernel = new_kernel(source, home)
    notes.stage("activating")
    tripwire.is_on = True
    async with kernel as host:
        if await kernel.load(name):
            notes.add(ok("activation", "it is active"))
            notes.stage("asking for what it provides")
            for finding in [*await _commands(kernel, source.info), *_services(kernel, source.info)]:
                notes.add(finding)
            for finding in await _widgets(kernel, host, source):
                notes.add(finding)
        entry = host.plugins.entries[name]
        if not entry.is_active:
            notes.add(fail("activation", f"it is {entry.state}: {entry.reason}{_place_in(entry, source)}"))
        elif entry.details:
            notes.add(fail("activation", f"{entry.reason or entry.state}{_place_in(entry, source)}"))
        notes.stage("deactivating")
    tripwire.is_on = False


def _left_behind() -> Iterator[Finding]:
    left = sorted(
        thread.name
        for thread in threading.enumerate()
        if not thread.daemon and thread is not threading.main_thread()
    )
    if left:
        text = f"leaves threads running that keep HFS from ending: {', '.join(left)}"
        yield warn("activation", text)


async def _commands(kernel: Examined, info: PluginInfo) -> list[Finding]:
    try:
        answer = await kernel.answer(info.name, "provide_commands")
    except HfsError as error:
        return [fail("commands", str(error))]
    given = answer if isinstance(answer, list | tuple) else () if answer is None else (answer,)
    commands = {each.name: each for each in given if isinstance(each, Command)}
    declared, reason = dict(info.commands), "HFS would not know it before the plugin is imported"
    found = _compared("commands", set(declared), set(commands), info, reason)
    for each in given:
        if not isinstance(each, Command):
            found.append(fail("commands", f"provide_commands gave a {type(each).__name__}, not a Command"))
    for name, command in commands.items():
        found += _command(command, declared.get(name, command.summary))
    return found


def _command(command: Command, summary: str) -> list[Finding]:
    found = []
    if command.summary != summary:
        found.append(
            warn("commands", f"{command.name}: its summary is not the manifest's, which is shown first")
        )
    if not inspect.iscoroutinefunction(command.handler):
        found.append(fail("commands", f"{command.name}: its handler must be an async function"))
    try:
        parameters(command)
    except HfsError as error:
        found.append(fail("commands", f"{command.name}: {error}"))
    return found


def _services(kernel: Examined, info: PluginInfo) -> list[Finding]:
    reason = "nobody who needs it would have the plugin loaded"
    return _compared("services", set(info.services), set(kernel.services_of(info.name)), info, reason)


async def _widgets(kernel: Examined, host: Host, source: Source) -> list[Finding]:
    found: list[Finding] = []
    await kernel.load_widgets()
    mine = [widget for widget in live_widgets(host) if widget.plugin == source.info.name]
    for widget in mine:
        if not isinstance(widget, LiveWidget):
            continue  # only a screen can draw it
        try:
            await widget.draw(None)
        except HfsError as error:
            found.append(fail("widgets", str(error)))
    if mine and not found:
        found.append(
            ok("widgets", ", ".join(f"{each.spec.title or 'untitled'} ({each.spec.slot})" for each in mine))
        )
    elif "provide_widgets" in source.info.hooks and not mine:
        found.append(warn("widgets", "it lists provide_widgets, and provides none"))
    return found


def _compared(
    check: str, declared: set[str], there: set[str], info: PluginInfo, reason: str
) -> list[Finding]:
    found = []
    if info.lists:
        for name in sorted(there - declared):
            found.append(fail(check, f"{name} is not in the manifest (contributes.{check}): {reason}"))
    for name in sorted(declared - there):
        found.append(fail(check, f"{name} is in the manifest, and the plugin does not have it"))
    if there and not found:
        found.append(ok(check, ", ".join(sorted(there))))
    return found


def _place_of(error: BaseException, source: Source) -> str:
    import traceback

    try:
        return _place("".join(traceback.format_exception(error)), source)
    except Exception:  # noqa: BLE001 # an exception of a plugin may fail to describe itself
        return ""


def _place_in(entry: Entry, source: Source) -> str:
    return _place(entry.details, source)


def _place(text: str, source: Source) -> str:
    place = own_place(text, source.package or source.root)
    return f" ({place})" if place else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
