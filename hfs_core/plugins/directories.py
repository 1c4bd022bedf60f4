"""Finds plugins that are folders, `~/.hfs/plugins/<name>/manifest.yaml`, and reads what they say of themselves.

Nothing here imports a plugin or agrees to one; what a manifest says is shown before anybody has agreed.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from hfs_core.errors import PluginError
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.tree import TreeRefused, read_file

PACKAGE = "hfs_dir_plugins"
"""Under this name the code of directory plugins is imported, each as a package of its own."""

MANIFEST = "manifest.yaml"
_CODE = (".py", ".zip", ".gz", ".whl")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def find(folder: Path) -> list[PluginInfo]:
    """Return every plugin in a folder of plugins, by name; one that cannot be used says why in its `fault`."""
    return [describe_folder(place) for place in places(folder)]


def places(folder: Path) -> list[Path]:
    """Return the folders that may be plugins, by name; none where there is no such folder."""
    try:
        return sorted(
            place for place in folder.iterdir() if not place.name.startswith((".", "__")) and place.is_dir()
        )
    except OSError:
        return []


def strays(folder: Path) -> list[str]:
    """Return the names of files that somebody may take for a plugin, but that are in no folder of their own."""
    with suppress(OSError):
        return sorted(
            place.name for place in folder.iterdir() if place.suffix in _CODE and not place.is_dir()
        )
    return []


def describe_folder(folder: Path) -> PluginInfo:
    """Return what a folder says of itself as a plugin."""
    where = folder / MANIFEST
    try:
        # A link within the folder is fine, and one that leaves it is refused when the whole tree is read.
        content = read_file(where.resolve(), 1024**2)
    except (TreeRefused, OSError, RuntimeError) as error:
        fault = str(error) if where.is_symlink() or where.exists() else f"{folder}: has no {MANIFEST}"
        return PluginInfo(folder.name, source="directory", folder=str(folder), fault=fault)
    return describe_manifest(content, folder)


def describe_manifest(content: bytes, folder: Path) -> PluginInfo:
    """Return what the bytes of a manifest say of the plugin in a folder."""
    from hfs_core.plugins.manifest import describe, parse_manifest

    name, where = folder.name, folder / MANIFEST
    unread = PluginInfo(
        name,
        source="directory",
        folder=str(folder),
        manifest=str(where),
        digest=sha256(content).hexdigest(),
    )
    if not _NAME.fullmatch(name):
        fault = f"{folder}: is no name of a plugin: small letters, digits and _, a letter first"
        return replace(unread, fault=fault)
    try:
        manifest = parse_manifest(content, str(where))
    except PluginError as error:
        return replace(unread, fault=str(error))
    known = describe(
        manifest,
        package=f"{PACKAGE}.{name}",
        source="directory",
        folder=str(folder),
        manifest=str(where),
        digest=unread.digest,
    )
    if manifest.name == name:
        return known
    return replace(known, name=name, fault=f"{where}: name is {manifest.name}, the folder's is {name}")
