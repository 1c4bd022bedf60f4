"""What is known of one plugin: a page for the person, and a report for its author."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from hfs_commands.markdown import block, escaped
from hfs_commands.secrets import without_secrets
from hfs_core.api import API_VERSION, CAPABILITIES, Entry, Host, PluginInfo, PluginState

LONGEST = 300
"""Characters of one text of the author's on a page."""

FRAMES = 8
"""Calls of the plugin's own that are shown of a failure."""


def page(host: Host, entry: Entry) -> str:
    """Return Markdown about a plugin, what matters most first."""
    info = entry.info
    parts = [escaped(_short(info.description)), _list(_facts(entry))]
    if entry.details:
        parts += ["**Its last failure**", block(own_frames(entry.details, info))]
    for title, pairs in (
        ("HFS lets it", _grants(host, entry)),
        ("The author also says (not enforced)", ((kind, ", ".join(said)) for kind, said in info.advisory)),
        ("Commands", ((f"/{name}", about) for name, about in info.commands)),
        ("Settings", ((f"plugins.{info.name}.{key}", about) for key, about in info.settings)),
        ("Time since HFS started", _times(host, entry)),
    ):
        if text := _list(pairs):
            parts += [f"**{title}**", text]
    return "\n\n".join(filter(None, parts))


def report(host: Host, entry: Entry) -> str:
    """Return what a plugin's author needs to know of it here; what looks like a secret is left out."""
    from importlib.metadata import version

    info = entry.info
    lines = [
        f"plugin {info.name} {info.version} ({info.distribution or info.source}), API {info.api or 'any'}",
        f"HFS {version('hfs-core')}, API {API_VERSION}, Python {platform.python_version()}, {sys.platform}",
        f"state: {entry.state}{f': {entry.reason}' if entry.reason else ''}",
        *(f"{hook}: {spent}" for hook, spent in _times(host, entry)),
    ]
    if entry.details:
        lines += ["", entry.details.rstrip()]
    return without_secrets("\n".join(lines)) + "\n"


def own_frames(details: str, info: PluginInfo) -> str:
    """Return a traceback with only the calls in the plugin's own files; all but HFS' own where there is none."""
    folder = info.folder or (str(PurePath(info.manifest).parent) if info.manifest else "")
    chunks = _chunks(details)
    own = [chunk for chunk in chunks if not _is_call(chunk) or (folder and f'File "{folder}' in chunk[0])]
    if not any(map(_is_call, own)):
        own = [chunk for chunk in chunks if not _is_call(chunk) or "hfs_core" not in chunk[0]]
    calls = [chunk for chunk in own if _is_call(chunk)]
    dropped = calls[:-FRAMES]
    return "\n".join(line for chunk in own if chunk not in dropped for line in chunk)


def _chunks(details: str) -> list[list[str]]:
    """Return the lines of a traceback, those of each call together."""
    chunks: list[list[str]] = []
    for line in details.rstrip().splitlines():
        begins = line.startswith('  File "') or not line.startswith("  ")
        if begins or not chunks or not _is_call(chunks[-1]):
            chunks.append([line])
        else:
            chunks[-1].append(line)
    return chunks


def _is_call(chunk: list[str]) -> bool:
    return chunk[0].startswith('  File "')


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    info = entry.info
    versions = dict(info.requires_versions)
    needs = [f"{name} {versions.get(name, '')}".strip() for name in info.requires]
    yield "State", f"{entry.state}{f': {entry.reason}' if entry.reason else ''}"
    if info.source == "directory":
        yield "Folder", info.folder
    else:
        yield "Installed", " ".join(filter(None, (info.distribution, info.version))) or "by hand"
        yield "Manifest", info.manifest
    if entry.state in (PluginState.UNTRUSTED, PluginState.CHANGED):
        yield "Asks for", ", ".join(info.capabilities)
    yield "API", info.api
    yield "Hooks", ", ".join(info.hooks)
    yield "Services", ", ".join(info.services)
    yield "Needs", ", ".join([*needs, *info.requires_services])
    yield "If it fails", "the message is blocked" if info.on_failure == "block" else ""
    yield "Warnings", "; ".join(info.warnings)


def _grants(host: Host, entry: Entry) -> Iterator[tuple[str, str]]:
    info = entry.info
    if host.plugins.entries.get(info.name) is not entry:
        return
    grants, used = host.grants(info.name), host.used(info.name)
    if not info.manifest and not info.lists:
        yield "everything", "it has no manifest"
        return
    for name, capability in CAPABILITIES.items():
        if name in grants.granted or name in grants.denied:
            calls, refused = used.get(name, (0, 0))
            state = "denied" if name in grants.denied else _calls(calls) if calls else "unused so far"
            more = f", {refused:,} refused" if refused else ""
            yield name, f"{capability.words} ({state}{more})"
    for word in grants.unknown:
        yield word, "never granted: HFS knows no such capability"


def _times(host: Host, entry: Entry) -> Iterator[tuple[str, str]]:
    name = entry.info.name
    if load := host.plugins.timings.load_seconds(name):
        yield "load", _span(load)
    for hook, spent in host.plugins.timings.hooks(name):
        yield hook, f"{_span(spent.total)} in {_calls(spent.count)}, the longest {_span(spent.longest)}"


def _list(pairs: Iterable[tuple[str, str]]) -> str:
    """Return Markdown of pairs, those left out that say nothing; no text in it is markup."""
    lines = (f"- **{escaped(_short(key))}** {escaped(_short(text))}" for key, text in pairs if text)
    return "\n".join(lines)


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


def _span(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return (
        words if len(words) <= LONGEST else f"{words[:LONGEST]}… ({len(words) - LONGEST:,} more characters)"
    )
