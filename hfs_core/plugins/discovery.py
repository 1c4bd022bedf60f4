"""Finds plugins, by entry point and in `~/.hfs/plugins`, and reads their manifests without importing them.

What was found is cached: a warm start reads one JSON file and checks a few modification times, and imports
neither importlib-metadata, nor pydantic, nor a YAML parser.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from hfs_core.cache import read_cache, write_cache
from hfs_core.errors import PluginError
from hfs_core.paths import Paths
from hfs_core.plugins.info import API_VERSION, PluginInfo

__all__ = ["GROUP", "PluginInfo", "discover", "scan"]

GROUP = "hfs.plugins"
FORMAT = 6
MANIFEST = "manifest.yaml"


def discover(paths: Paths) -> list[PluginInfo]:
    """Return every plugin there is, two of one name too, from the cache where that still holds."""
    cache = paths.state / "plugins.json"
    stamps = _stamps([*sys.path, str(paths.plugins)])
    if (known := _known(read_cache(cache), stamps)) is not None:
        return known
    watched: dict[str, list[int]] = {}
    found = scan(paths.plugins, watched)
    write_cache(cache, {"stamps": stamps, "watched": watched, "plugins": [asdict(info) for info in found]})
    return found


def scan(plugins: Path | None = None, watched: dict[str, list[int]] | None = None) -> list[PluginInfo]:
    """Look through the installed distributions, and the folder `plugins`; the slow way, which fills the cache.

    Args:
        watched: takes the files on which the answer depends, with their stamps from before they were read.
    """
    watched = {} if watched is None else watched
    folders = _directories(plugins, watched) if plugins is not None else ()
    found = [*_installed(watched), *folders]
    return sorted(
        _checked(found), key=lambda info: (info.name, info.source == "directory", info.distribution)
    )


def _installed(watched: dict[str, list[int]]) -> Iterator[PluginInfo]:
    from importlib_metadata import entry_points

    for entry_point in entry_points(group=GROUP):
        distribution = entry_point.dist
        if folder := getattr(distribution, "_path", None):  # an editable one may be described anew in place
            _watch(Path(folder) / "entry_points.txt", watched)
        yield _describe(
            entry_point.name,
            entry_point.value,
            distribution.name if distribution else "",
            distribution.version if distribution else "",
            watched,
        )


def _directories(plugins: Path, watched: dict[str, list[int]]) -> list[PluginInfo]:
    try:
        names = os.listdir(plugins)
    except OSError:
        return []
    from hfs_core.plugins.directories import find

    for name in names:
        _watch(plugins / name / MANIFEST, watched)
    return find(plugins)


def _describe(
    name: str, value: str, distribution: str, version: str, watched: dict[str, list[int]]
) -> PluginInfo:
    from importlib.util import find_spec

    package, _, attribute = value.partition(":")
    top = package.partition(".")[0]
    try:
        spec = find_spec(top)  # only the top: finding a submodule would import its parents
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        fault = f"its package {top} is not there: reinstall {distribution}"
        return PluginInfo(name, version, distribution=distribution, module=package, fault=fault)
    candidates = [Path(place) / MANIFEST for place in spec.submodule_search_locations or []]
    for candidate in candidates:
        _watch(candidate, watched)  # one that is not there, too: it may be added
    file = next((candidate for candidate in candidates if candidate.is_file()), None)
    if file is None:
        return PluginInfo(name, version, distribution=distribution, module=package, attribute=attribute)
    return _from_manifest(name, distribution, package, file)


def _from_manifest(name: str, distribution: str, package: str, file: Path) -> PluginInfo:
    from hfs_core.plugins.manifest import describe, read_manifest

    try:
        manifest = read_manifest(file)
    except PluginError as error:
        return PluginInfo(name, distribution=distribution, manifest=str(file), fault=str(error))
    info = describe(manifest, package=package, distribution=distribution, manifest=str(file))
    if manifest.name == name:
        return info
    return replace(info, name=name, fault=f"{file}: name is {manifest.name}, the entry point's is {name}")


def _checked(found: list[PluginInfo]) -> Iterator[PluginInfo]:
    """Yield them with what their wishes for versions come to."""
    wishes = [info for info in found if info.api or info.requires_versions]
    if not wishes:
        yield from found
        return
    from hfs_core.plugins.versions import checked

    yield from checked(found)


def _stamps(directories: Iterable[str]) -> list[list[Any]]:
    # Not the script's own folder, nor the current one: nobody installs there, and both change all the time.
    own = ("", os.path.dirname(sys.argv[0]))
    stamps: list[list[Any]] = [[FORMAT, API_VERSION, sys.version]]
    for directory in directories:
        if directory in own:
            continue
        try:
            stamps.append([directory, os.stat(directory).st_mtime_ns])
        except OSError:
            continue
    return stamps


def _watch(file: Path, watched: dict[str, list[int]]) -> None:
    watched.setdefault(str(file), _stamp(str(file)))


def _stamp(file: str) -> list[int]:
    try:
        status = os.stat(file)
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size, status.st_ino]


def _known(cached: dict[str, Any], stamps: list[list[Any]]) -> list[PluginInfo] | None:
    """Return what a cache holds if it is still true."""
    try:
        if cached["stamps"] != stamps:
            return None
        if any(_stamp(file) != stamp for file, stamp in cached["watched"].items()):
            return None
        return [_from_json(plugin) for plugin in cached["plugins"]]
    except (KeyError, TypeError, AttributeError):
        return None


def _from_json(plugin: dict[str, Any]) -> PluginInfo:
    return PluginInfo(**{field.name: _frozen(plugin[field.name]) for field in fields(PluginInfo)})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
