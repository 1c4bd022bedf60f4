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
from hfs_core.paths import Paths
from hfs_core.plugins.directories import MANIFEST
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.manifest import describe, read_manifest
from hfs_core.plugins.source import find_source
from hfs_core.testing.plugins import in_process

PluginUnderTest = str | Path | ModuleType | type[Any] | PluginInfo
"""A plugin: the folder of its project or of itself, the name of its package, a module, a class."""


def describe_plugin(plugin: PluginUnderTest, paths: Paths, on_path: Callable[[str], None]) -> PluginInfo:
    """Return what HFS would know of a plugin without importing it.

    Where there is a manifest it counts, as for people; a class or module without one is known once it is loaded.

    Args:
        on_path: lets the packages of a folder be imported.

    Raises:
        PluginError: there is no such plugin, or its manifest cannot be used.
    """
    if isinstance(plugin, PluginInfo):
        info = plugin
    elif isinstance(plugin, type):
        info = _of_class(plugin)
    elif isinstance(plugin, ModuleType):
        info = _of_module(plugin)
    elif isinstance(plugin, str) and all(word.isidentifier() for word in plugin.split(".")):
        info = _of_package(plugin)
    else:
        info = _of_folder(Path(plugin), paths, on_path)
    if info.fault:
        raise PluginError(info.fault, plugin=info.name)
    return info


def _of_folder(folder: Path, paths: Paths, on_path: Callable[[str], None]) -> PluginInfo:
    if not folder.is_dir():
        raise PluginError(f"{folder}: there is no such folder")
    source = find_source(str(folder), paths)
    if source.search:
        on_path(source.search)
    return source.info


def _of_package(name: str) -> PluginInfo:
    spec = find_spec(name.partition(".")[0])
    if spec is None:
        raise PluginError(f"there is no package {name}: install its project, or name the folder of it")
    for place in spec.submodule_search_locations or ():
        if (Path(place) / MANIFEST).is_file():
            return _with_manifest(spec.name, Path(place) / MANIFEST)
    return _of_module(import_module(name))


def _of_module(module: ModuleType) -> PluginInfo:
    if file := _manifest_beside(module):
        return _with_manifest(module.__name__.partition(".")[0], file)
    name = module.__name__.rpartition(".")[2].removeprefix("hfs_")
    hooks = tuple(hook for hook in HOOKS if hasattr(module, hook))
    return PluginInfo(name, version="0", module=module.__name__, hooks=hooks)


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
    beside = getattr(top, "__file__", None)  # a folder without `__init__.py` has none
    file = Path(beside).with_name(MANIFEST) if beside else None
    return file if file is not None and file.is_file() else None


def _with_manifest(package: str, file: Path) -> PluginInfo:
    return describe(read_manifest(file), package=package, manifest=str(file))
