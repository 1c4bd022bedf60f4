"""Tells once of each installed plugin, and of each new version: something else may have brought it along."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hfs_core.cache import read_cache, write_cache
from hfs_core.plugins.info import PluginInfo


def announcements(state: Path, found: Iterable[PluginInfo]) -> list[str]:
    """Return a sentence for each plugin that was never told of in this version, and take note of them.

    HFS' own are not told of, nor those in folders, which are asked about.
    """
    file = state / "announced.json"
    known = read_cache(file)
    foreign = [info for info in found if info.distribution and not info.is_first_party]
    there = {info.name: f"{info.distribution} {info.version}" for info in foreign}
    if all(known.get(name) == version for name, version in there.items()):
        return []
    write_cache(file, {**known, **there})
    return [
        _sentence(info, known.get(info.name)) for info in foreign if known.get(info.name) != there[info.name]
    ]


def _sentence(info: PluginInfo, before: object) -> str:
    of = f"{info.name} {info.version} (of {info.distribution})"
    verb = "new plugin" if before is None else "another version of a plugin"
    return f"{verb}: {of}; `hfs plugins info {info.name}` shows what it may do"
