"""Finds installed plugins by entry point and reads their manifests, without importing them.

What was found is cached: a warm start reads one JSON file and checks a few modification times, and imports
neither importlib-metadata, nor pydantic, nor a YAML parser.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from hfs_core.cache import read_cache, write_cache
from hfs_core.errors import PluginError
from hfs_core.plugins.info import PluginInfo

GROUP = "hfs.plugins"
FORMAT = 4

__all__ = ["GROUP", "PluginInfo", "discover", "scan"]


def discover(state: Path) -> list[PluginInfo]:
    """Return every installed plugin, from the cache in the directory `state` where it still holds."""
    cache = state / "plugins.json"
    stamps = _stamps(sys.path)
    if (known := _known(read_cache(cache), stamps)) is not None:
        return known
    found = scan()
    manifests = {info.name: _manifest_stamp(info.manifest) for info in found}
    write_cache(
        cache, {"stamps": stamps, "manifests": manifests, "plugins": [asdict(info) for info in found]}
    )
    return found


def scan() -> list[PluginInfo]:
    """Look through the installed distributions; the slow way, which fills the cache."""
    from importlib_metadata import entry_points

    found: dict[str, PluginInfo] = {}
    for entry_point in entry_points(group=GROUP):
        distribution = entry_point.dist
        info = _describe(
            entry_point.name,
            entry_point.value,
            distribution.name if distribution else "",
            distribution.version if distribution else "",
        )
        other = found.get(info.name)
        if other and other.distribution != info.distribution:
            text = f"two distributions offer it, {other.distribution} and {info.distribution}: uninstall one"
            info = PluginInfo(info.name, distribution=info.distribution, fault=text)
        found[info.name] = info
    return sorted(found.values(), key=lambda info: info.name)


def _describe(name: str, value: str, distribution: str, version: str) -> PluginInfo:
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
    places = spec.submodule_search_locations or []
    manifest_file = next(
        (file for place in places if (file := Path(place) / "manifest.yaml").is_file()), None
    )
    if manifest_file is None:
        return PluginInfo(name, version, distribution=distribution, module=package, attribute=attribute)
    return _from_manifest(name, distribution, package, manifest_file)


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


def _stamps(directories: list[str]) -> list[list[Any]]:
    # Not the script's own folder, nor the current one: nobody installs there, and both change all the time.
    own = ("", os.path.dirname(sys.argv[0]))
    stamps: list[list[Any]] = [[FORMAT, sys.version]]
    for directory in directories:
        if directory in own:
            continue
        try:
            stamps.append([directory, os.stat(directory).st_mtime_ns])
        except OSError:
            continue
    return stamps


def _manifest_stamp(file: str) -> list[int]:
    if not file:
        return []
    try:
        status = os.stat(file)
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size]


def _known(cached: dict[str, Any], stamps: list[list[Any]]) -> list[PluginInfo] | None:
    """Return what a cache holds if it is still true."""
    try:
        if cached["stamps"] != stamps:
            return None
        found = [_from_json(plugin) for plugin in cached["plugins"]]
        fresh = all(_manifest_stamp(info.manifest) == cached["manifests"].get(info.name) for info in found)
    except (KeyError, TypeError, AttributeError):
        return None
    return found if fresh else None


def _from_json(plugin: dict[str, Any]) -> PluginInfo:
    return PluginInfo(**{field.name: _frozen(plugin[field.name]) for field in fields(PluginInfo)})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
