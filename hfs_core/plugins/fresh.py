"""Imports a package from its source as it is now, again and again, while it is being written.

Python's own way would run a `.pyc` for a file that was changed twice within a second and has kept its size.
"""

from __future__ import annotations

import importlib
import linecache
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType
from typing import Any


class Fresh(MetaPathFinder):
    """Finds the modules of one package in one folder, before anybody else does.

    Args:
        package: its name.
        search: the folder that it lies in.
    """

    def __init__(self, package: str, search: str):
        self._package = package
        self._search = search

    def install(self) -> None:
        """Begin to be asked."""
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Be asked no more, and forget what was imported."""
        self.drop()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def drop(self) -> None:
        """Forget what was imported: the next import runs the source anew."""
        for name in [each for each in list(sys.modules) if self._is_ours(each)]:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        linecache.checkcache()

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return what is to be imported under a name of the package; None for every other name."""
        if not self._is_ours(fullname):
            return None
        spec = PathFinder.find_spec(fullname, [self._search] if fullname == self._package else path)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _FromSource(spec.loader.name, spec.loader.path)
            spec.cached = None
        return spec

    def _is_ours(self, name: str) -> bool:
        return name == self._package or name.startswith(f"{self._package}.")


class _FromSource(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compile the source, and keep nothing of it."""
        return self.source_to_code(self.get_data(self.path), self.path)
