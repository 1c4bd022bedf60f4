"""What a path or a name means as a plugin: the folder of a project, of a plugin, or one that is installed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from hfs_core.errors import PluginError
from hfs_core.naming import nearest
from hfs_core.paths import Paths
from hfs_core.plugins.directories import MANIFEST, describe_folder
from hfs_core.plugins.discovery import GROUP, discover
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.manifest import describe, read_manifest
from hfs_core.plugins.versions import checked

PROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin where its author has it.

    Attributes:
        info: what HFS knows of it without importing it.
        root: the folder of all that belongs to it.
        package: the folder of its code; None for one without a folder of its own.
        search: the folder from which its package is imported; "" where that needs none.
        project: the tables of its `pyproject.toml`.
    """

    kind: Literal["project", "directory", "installed"]
    info: PluginInfo
    root: Path
    package: Path | None
    search: str = ""
    project: dict[str, Any] | None = None

    @property
    def locator(self) -> str:
        """What finds it again, from any folder."""
        return self.info.name if self.kind == "installed" else str(self.root)


def find_source(named: str, paths: Paths) -> Source:
    """Return the plugin that a path or a name means; imports nothing of it.

    Raises:
        PluginError: there is none, or its project cannot be read.
    """
    path = Path(named).expanduser()
    if path.name in (MANIFEST, PROJECT) and path.is_file():
        path = path.parent
    if path.is_dir():
        return _of_folder(path.resolve())
    found = discover(paths)
    for info in found:
        if info.name == named:
            return _of_folder(Path(info.folder)) if info.source == "directory" else _of_installed(info)
    near = nearest(named, [info.name for info in found])
    hint = f"; did you mean {near[0]}?" if near else ""
    raise PluginError(f"{named}: there is no such folder, and no plugin of that name{hint}")


def _of_folder(folder: Path) -> Source:
    for above in (folder, *folder.parents[:2]):  # from within `src/package`, too
        source = _of_project(above) if (above / PROJECT).is_file() else None
        if source is not None and folder in (above, source.package):
            return source
    if (folder / MANIFEST).exists():
        (info,) = checked([describe_folder(folder)])
        return Source("directory", info, folder, folder)
    raise PluginError(f"{folder}: there is no {MANIFEST}, and no {PROJECT} with an entry point in {GROUP}")


def _of_project(root: Path) -> Source | None:
    """Return the plugin of a project; None for a project of something else."""
    file = root / PROJECT
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PluginError(f"{file}: cannot be read: {error}") from error
    table = project.get("project", {})
    offered = table.get("entry-points", {}).get(GROUP, {}) if isinstance(table, dict) else {}
    if not isinstance(offered, dict) or not offered:
        return None
    name, value = next(iter(offered.items()))
    module, _, attribute = str(value).partition(":")
    top = module.partition(".")[0]
    package = next((root / place / top for place in ("src", "") if (root / place / top).is_dir()), None)
    info = PluginInfo(
        name,
        version=str(table.get("version", "")),
        distribution=str(table.get("name", "")),
        module=module,
        attribute=attribute,
    )
    if package is None:
        info = replace(
            info, fault=f"{file}: the entry point {name} names {top}, and there is no folder {top}"
        )
    elif (package / MANIFEST).is_file():
        info = _described(info, module, package / MANIFEST)
    (info,) = checked([info])
    return Source("project", info, root, package, str((package or root).parent), project)


def _described(info: PluginInfo, module: str, file: Path) -> PluginInfo:
    try:
        manifest = read_manifest(file)
    except PluginError as error:
        return replace(info, manifest=str(file), fault=str(error))
    known = describe(manifest, package=module, distribution=info.distribution, manifest=str(file))
    if manifest.name == info.name:
        return known
    fault = f"{file}: name is {manifest.name}, the entry point's is {info.name}"
    return replace(known, name=info.name, fault=fault)


def _of_installed(info: PluginInfo) -> Source:
    from importlib.util import find_spec

    if info.manifest:
        package: Path | None = Path(info.manifest).parent
    else:
        try:
            spec = find_spec(info.module.partition(".")[0])
        except (ImportError, ValueError):
            spec = None
        places = spec.submodule_search_locations if spec else None
        package = Path(next(iter(places))) if places else None
    return Source("installed", info, package or Path(), package)
