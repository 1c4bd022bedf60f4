"""What discovery would find for a plugin that a test names: by folder, package, module or class."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from hfs_core.errors import PluginError
from hfs_core.hookspecs import HOOKS
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.manifest import describe, read_manifest
from hfs_core.testing.plugins import in_process

MANIFEST = "manifest.yaml"

PluginUnderTest = str | Path | ModuleType | type[Any] | PluginInfo
"""A plugin: the folder of its project or of itself, the name of its package, a module, a class."""


def describe_plugin(plugin: PluginUnderTest, on_path: Callable[[str], None]) -> PluginInfo:
    """Return what HFS would know of a plugin without importing it.

    Where there is a manifest it counts, as for people; a class or module without one is known once it is loaded.

    Args:
        on_path: lets a folder's packages be imported.

    Raises:
        PluginError: there is no such plugin, or its manifest cannot be used.
    """
    if isinstance(plugin, PluginInfo):
        return plugin
    if isinstance(plugin, type):
        return _of_class(plugin)
    if isinstance(plugin, ModuleType):
        return _of_module(plugin)
    if isinstance(plugin, str) and all(word.isidentifier() for word in plugin.split(".")):
        return _of_package(plugin)
    return _of_folder(Path(plugin), on_path)


def _of_folder(folder: Path, on_path: Callable[[str], None]) -> PluginInfo:
    if (folder / "pyproject.toml").is_file():
        manifests = sorted([*folder.glob(f"src/*/{MANIFEST}"), *folder.glob(f"*/{MANIFEST}")])
        if len(manifests) != 1:
            raise PluginError(f"{folder}: {len(manifests)} packages in it have a {MANIFEST}; one must")
        package = manifests[0].parent
    elif (folder / MANIFEST).is_file():
        package = folder
    else:
        raise PluginError(
            f"{folder}: there is no {MANIFEST}, and no pyproject.toml of a package that has one"
        )
    on_path(str(package.parent.resolve()))
    return _with_manifest(package.name, package / MANIFEST)


def _of_package(name: str) -> PluginInfo:
    spec = find_spec(name.partition(".")[0])
    if spec is None:
        raise PluginError(f"there is no package {name}: install the project, or name its folder")
    for place in spec.submodule_search_locations or ():
        if (Path(place) / MANIFEST).is_file():
            return _with_manifest(spec.name, Path(place) / MANIFEST)
    return _of_module(import_module(name))


def _of_module(module: ModuleType) -> PluginInfo:
    if file := _manifest_beside(module):
        return _with_manifest(module.__name__.partition(".")[0], file)
    name = module.__name__.rpartition(".")[2].removeprefix("hfs_")
    return PluginInfo(name, version="0", module=module.__name__, hooks=_hooks_of(module))


def _of_class(plugin: type[Any]) -> PluginInfo:
    module = sys.modules[plugin.__module__]
    if file := _manifest_beside(module):
        described = _with_manifest(module.__name__.partition(".")[0], file)
        if described.attribute == plugin.__name__:
            return described
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plugin.__name__).lower()
    return in_process(words.removesuffix("_plugin") or words, plugin, lists=False)


def _manifest_beside(module: ModuleType) -> Path | None:
    top = sys.modules.get(module.__name__.partition(".")[0], module)
    file = Path(getattr(top, "__file__", None) or "").with_name(MANIFEST)
    return file if file.is_file() else None


def _with_manifest(package: str, file: Path) -> PluginInfo:
    return describe(read_manifest(file), package=package, manifest=str(file))


def _hooks_of(plugin: Any) -> tuple[str, ...]:
    return tuple(hook for hook in HOOKS if hasattr(plugin, hook))
