"""How plugins stand before any is imported: who has which name, what each still needs, in which order they come."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hfs_core.plugins.info import FIRST_PARTY, PluginInfo
from hfs_core.plugins.states import Entry, PluginState, Verdict

ALWAYS_THERE = frozenset({"hfs.state", "hfs.store"})
"""The services that HFS itself offers."""


def stand(found: Iterable[PluginInfo], verdicts: Sequence[Verdict] = ()) -> tuple[list[Entry], list[Entry]]:
    """Return the plugins in the order in which hooks are called, and those whose name another one has.

    Args:
        verdicts: the first that speaks of a plugin counts. What a person switched off leaves its name to another.
    """
    by_name: dict[str, list[Entry]] = {}
    for info in found:
        by_name.setdefault(info.name, []).append(_judged(info, verdicts))
    entries, others = {}, []
    for name, namesakes in by_name.items():
        entries[name], *rest = _contend(namesakes)
        others += rest
    order = [entries[name] for name in ordered(entries)]
    note_missing(entries)
    return order, others


def note_missing(entries: Mapping[str, Entry]) -> None:
    """Put each plugin that lacks something into that state, with those that need it in turn."""
    is_settled = False
    while not is_settled:
        is_settled = True
        for entry in entries.values():
            if entry.is_usable and (reason := missing(entry.info, entries)):
                entry.state, entry.reason = PluginState.MISSING_DEPENDENCY, reason
                is_settled = False


def missing(info: PluginInfo, entries: Mapping[str, Entry]) -> str:
    """Return what a plugin needs that is not to be had, and why; "" if nothing is missing."""
    mismatches = dict(info.mismatches)
    for name in info.requires:
        needed = entries.get(name)
        if needed is None:
            project = f"hfs-{name.replace('_', '-')}"
            hint = f" (pip install {project})" if project in FIRST_PARTY else ""
            return f"needs the plugin {name}, which is not installed{hint}"
        if not needed.is_usable:
            because = f": {needed.reason}" if needed.reason else ""
            return f"needs the plugin {name}, which is {needed.state}{because}"
        if name in mismatches:
            return mismatches[name]
    usable = [entry.info for entry in entries.values() if entry.is_usable]
    if any(not other.lists for other in usable):
        return ""  # who lists nothing may offer anything: it shows once that one is imported
    offered = {(name, 1) for name in ALWAYS_THERE}
    for other in usable:
        if other.name != info.name:
            versions = dict(other.services_versions)
            offered |= {(name, versions.get(name, 1)) for name in other.services}
    wanted = dict(info.requires_services_versions)
    for name in info.requires_services:
        there = sorted(version for service, version in offered if service == name)
        if not there:
            return f"needs the service {name}, which no plugin in use offers"
        if name in wanted and wanted[name] not in there:
            known = ", ".join(map(str, there))
            return (
                f"needs the service {name} in version {wanted[name]}, and what is offered is version {known}"
            )
    return ""


def _judged(info: PluginInfo, verdicts: Sequence[Verdict]) -> Entry:
    for verdict in verdicts:
        if spoken := verdict(info):
            return Entry(info, *spoken)
    return Entry(info)


def _contend(namesakes: list[Entry]) -> list[Entry]:
    """Return plugins of one name, first the one that has it: an installed one before a directory."""
    namesakes.sort(key=lambda entry: (entry.state is PluginState.DISABLED, _kind(entry.info)))
    wanted = [entry for entry in namesakes if entry.state is not PluginState.DISABLED]
    rivals = [entry for entry in wanted if entry.info.source == "installed"]
    if len(rivals) > 1:
        names = " and ".join(entry.info.distribution or "one without a name" for entry in rivals)
        for entry in rivals:
            entry.state = PluginState.INCOMPATIBLE
            entry.reason = (
                f"{len(rivals)} distributions offer a plugin of this name, {names}: uninstall one, "
                "or name its distribution in disabled_plugins"
            )
    for entry in wanted[max(len(rivals), 1) :]:
        winner = namesakes[0].info
        entry.state = PluginState.SHADOWED
        entry.reason = (
            f"the installed {winner.distribution or winner.name} has the same name and goes before: uninstall it, "
            "or name its distribution in disabled_plugins"
        )
    return namesakes


def ordered(entries: Mapping[str, Entry]) -> Iterator[str]:
    """Yield names: what is needed before who needs it; then HFS' own, installed ones, directories; then by name.

    Plugins that need each other in a circle are put into their state.
    """
    waits = {
        name: {need for need in entry.info.requires if need in entries} for name, entry in entries.items()
    }
    needed_by: dict[str, list[str]] = {name: [] for name in entries}
    for name, needs in waits.items():
        for need in needs:
            needed_by[need].append(name)
    ready = [_place(entries[name]) for name, needs in waits.items() if not needs]
    heapq.heapify(ready)
    while waits:
        if not ready:
            ready = [_place(entries[name]) for name in _close_circle(waits, entries)]
            heapq.heapify(ready)
        *_, name = heapq.heappop(ready)
        del waits[name]
        yield name
        for other in needed_by[name]:
            if other in waits and name in waits[other]:
                waits[other].discard(name)
                if not waits[other]:
                    heapq.heappush(ready, _place(entries[other]))


def _close_circle(waits: dict[str, set[str]], entries: Mapping[str, Entry]) -> list[str]:
    """Put the plugins of one circle into their state and return them; everybody left waits in one or behind one."""
    path = [min(waits)]
    while (following := min(waits[path[-1]])) not in path:
        path.append(following)
    circle = path[path.index(following) :]
    shown = " -> ".join([*circle, following])
    for name in circle:
        waits[name].clear()
        if entries[name].is_usable:
            entries[name].state = PluginState.MISSING_DEPENDENCY
            entries[name].reason = f"plugins that need each other: {shown}"
    return circle


def _place(entry: Entry) -> tuple[int, str]:
    return _kind(entry.info), entry.info.name


def _kind(info: PluginInfo) -> int:
    return 0 if info.is_first_party else 1 if info.source == "installed" else 2
