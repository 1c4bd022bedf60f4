"""Runs the code of a directory plugin from bytes that were read before, never from the disk.

Each plugin is a package `hfs_dir_plugins.<name>`. Its modules are compiled from the files of its tree in memory: no
`.pyc` is read or written, and nothing that is outside of the tree, or that came into the folder later, is found.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import decode_source
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from hfs_core.plugins.directories import PACKAGE
from hfs_core.plugins.tree import Tree

if TYPE_CHECKING:
    from hfs_core.plugins.resources import TreeResources


@dataclass(slots=True)
class Mount:
    """The tree from which a plugin's code runs.

    Attributes:
        folders: the folders of the tree, as relative paths; the tree itself is "".
    """

    name: str
    tree: Tree
    folders: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.folders = frozenset(_folders(self.tree.files))

    def path(self, relative: str) -> str:
        """Return where a file of the tree lay when it was read."""
        return os.path.join(str(self.tree.root), *relative.split("/")) if relative else str(self.tree.root)

    def content(self, path: str) -> bytes:
        """Return the bytes of a file by its absolute path; raises FileNotFoundError for what is not in the tree."""
        try:
            relative = os.path.relpath(os.path.normpath(path), self.tree.root).replace(os.sep, "/")
            return self.tree.files[relative].content
        except (KeyError, ValueError):  # ValueError: it is on another drive
            raise FileNotFoundError(f"{path} is not among the files of plugin {self.name}") from None


def mount(name: str, tree: Tree) -> Mount:
    """Let the code of a plugin be imported from a tree; what was imported from another one is dropped before."""
    unmount(name)
    mounted = _FINDER.mounts[name] = Mount(name, tree)
    with _LOCK:
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)  # first: no other finder may offer something else by these names
        if _entry_of not in sys.path_hooks:
            sys.path_hooks.append(_entry_of)
    return mounted


def mounted(name: str) -> Tree | None:
    """Return the tree from which a plugin's code runs, None where none does."""
    mount = _FINDER.mounts.get(name)
    return mount.tree if mount else None


def unmount(name: str) -> None:
    """Drop the modules of a plugin, and all that the import system and tracebacks keep of them."""
    mount = _FINDER.mounts.pop(name, None)
    package = f"{PACKAGE}.{name}"
    for module in [each for each in list(sys.modules) if each == package or each.startswith(f"{package}.")]:
        sys.modules.pop(module, None)
    if (above := sys.modules.get(PACKAGE)) is not None:
        vars(above).pop(name, None)
    for path in [each for each in list(sys.path_importer_cache) if _is_search_path(each, name)]:
        sys.path_importer_cache.pop(path, None)
    for relative in mount.tree.files if mount else ():
        linecache.cache.pop(mount.path(relative) if mount else "", None)


def explained(error: BaseException, name: str) -> str:
    """Return what to do about a plugin's import that failed for a file of its own, "" for every other error."""
    mount = _FINDER.mounts.get(name)
    if mount is None or not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    top = error.name.partition(".")[0]
    if f"{top}.py" in mount.tree.files or top in mount.folders:
        return f"{top} is in its own folder: write `from . import {top}`, or `from .{top} import ...`"
    return ""


class _Finder:
    """Finds the modules of plugins by their full names."""

    def __init__(self) -> None:
        self.mounts: dict[str, Mount] = {}

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return what is to be imported under a name, None for a name that is not ours or that nothing has."""
        if fullname == PACKAGE:
            above: Any = _Above()
            spec = ModuleSpec(fullname, above, is_package=True)
            spec.submodule_search_locations = [f"{PACKAGE}:"]
            return spec
        if not fullname.startswith(f"{PACKAGE}."):
            return None
        name, _, inner = fullname.removeprefix(f"{PACKAGE}.").partition(".")
        mount = self.mounts.get(name)
        return _spec(mount, fullname, inner.replace(".", "/")) if mount else None


class _Above:
    """Loads the package above all directory plugins, which holds nothing itself."""

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing."""


class ExactLoader:
    """Loads one module from the bytes in memory.

    Args:
        source: the relative path of its source; "" for a folder without `__init__.py`, a package without code.
    """

    def __init__(self, mount: Mount, folder: str, source: str):
        self._mount = mount
        self._folder = folder
        self._source = source

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Compile the bytes and run them."""
        if not self._source:
            return
        module.__file__ = path = self._mount.path(self._source)
        source = self.get_source(module.__name__)
        # A traceback shows what runs, also when the file on the disk has become another.
        linecache.cache[path] = (len(source), None, [f"{line}\n" for line in source.split("\n")], path)
        exec(self.get_code(module.__name__), vars(module))

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled code; raises SyntaxError."""
        content = self._mount.tree.files[self._source].content if self._source else b""
        code: CodeType = compile(content, self.get_filename(fullname), "exec", dont_inherit=True)
        return code

    def get_source(self, fullname: str) -> str:
        """Return the source code; raises ImportError where it is no text."""
        if not self._source:
            return ""
        try:
            return decode_source(self._mount.tree.files[self._source].content)
        except (SyntaxError, UnicodeDecodeError) as error:
            raise ImportError(f"{self.get_filename(fullname)}: {error}", name=fullname) from error

    def get_filename(self, fullname: str) -> str:
        """Return where the source lay when it was read."""
        return self._mount.path(self._source or self._folder)

    def is_package(self, fullname: str) -> bool:
        """Tell whether it may have submodules."""
        return not self._source or self._source.endswith("__init__.py")

    def get_data(self, path: str) -> bytes:
        """Return a file of the tree, for `pkgutil.get_data`; raises OSError."""
        return self._mount.content(path)

    def get_resource_reader(self, fullname: str) -> TreeResources | None:
        """Return what `importlib.resources` reads the files of a package with."""
        if not self.is_package(fullname):
            return None
        from hfs_core.plugins.resources import TreeResources

        return TreeResources(self._mount.tree.files, self._folder, self._mount.name)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A folder of a tree, for `pkgutil.iter_modules`."""

    mount: Mount
    folder: str

    def find_spec(self, fullname: str, target: object = None) -> None:
        """Find nothing: the finder has looked already."""

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """Give the names of the modules in the folder, each with whether it is a package."""
        start = f"{self.folder}/" if self.folder else ""
        inner = {path.removeprefix(start) for path in self.mount.tree.files if path.startswith(start)}
        found = {path.partition("/")[0]: True for path in inner if path.endswith("/__init__.py")}
        found |= {
            path.removesuffix(".py"): False for path in inner if path.endswith(".py") and "/" not in path
        }
        for name in sorted(found.keys() - {"__init__"}):
            if name.isidentifier():
                yield prefix + name, found[name]


_FINDER = _Finder()
_LOCK = threading.Lock()


def _spec(mount: Mount, fullname: str, inner: str) -> ModuleSpec | None:
    """Return the spec of a module by its path in the tree without an ending."""
    files = mount.tree.files
    start = f"{inner}/" if inner else ""
    if f"{start}__init__.py" in files:
        source, folder = f"{start}__init__.py", inner
    elif f"{inner}.py" in files:
        source, folder = f"{inner}.py", inner.rpartition("/")[0]
    elif inner in mount.folders:
        source, folder = "", inner
    else:
        if any(f"{inner}{suffix}" in files for suffix in EXTENSION_SUFFIXES):
            text = f"{mount.path(inner)} is compiled: a plugin that is a folder runs from Python source alone"
            raise ImportError(text, name=fullname)
        return None
    is_package = source == f"{start}__init__.py" or not source
    loader: Any = ExactLoader(mount, folder, source)
    spec = ModuleSpec(fullname, loader, origin=mount.path(source or folder), is_package=is_package)
    if is_package:
        # No folder of the disk: nobody else's finder can look there for what the tree does not have.
        spec.submodule_search_locations = [f"{PACKAGE}:{mount.name}/{folder}"]
    return spec


def _entry_of(path: str) -> _Entry:
    """Return the folder that a search path of ours means; for every other path an ImportError is the law."""
    name, _, folder = path.removeprefix(f"{PACKAGE}:").partition("/")
    mount = _FINDER.mounts.get(name)
    if not path.startswith(f"{PACKAGE}:") or mount is None:
        raise ImportError(path)
    return _Entry(mount, folder)


def _is_search_path(path: str, name: str) -> bool:
    return isinstance(path, str) and path.startswith(f"{PACKAGE}:{name}/")


def _folders(paths: Iterable[str]) -> Iterator[str]:
    yield ""
    for path in paths:
        while path := path.rpartition("/")[0]:
            yield path
