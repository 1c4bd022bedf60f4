"""The plugins that a person wants: what an upgrade of the environment drops, `hfs plugins sync` restores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from hfs_core.cache import read_cache, write_cache
from hfs_core.errors import PluginError
from hfs_core.plugins.environments import normal


class Wanted:
    """The list, in a file of its own; by distribution, what was asked for: a name, a version, a wheel, an address."""

    def __init__(self, state: Path):
        self._file = state / "wanted.json"

    def read(self) -> dict[str, str]:
        """Return what is wanted, sorted by distribution; empty where nothing was installed by `hfs plugins`."""
        listed = read_cache(self._file).get("plugins")
        if not isinstance(listed, dict):
            return {}
        return {str(name): str(requirement) for name, requirement in sorted(listed.items())}

    @property
    def fault(self) -> str:
        """Why nobody can say what is wanted, "" if it is known."""
        if not self._file.exists() or isinstance(read_cache(self._file).get("plugins"), dict):
            return ""
        return f"{self._file} is damaged: what was installed is not known; the next installation begins a new list"

    def missing(self, installed: Iterable[str]) -> dict[str, str]:
        """Return what is wanted and not among the installed distributions."""
        there = set(map(normal, installed))
        return {name: requirement for name, requirement in self.read().items() if name not in there}

    def add(self, plugins: Mapping[str, str]) -> None:
        """Want these; raises PluginError where that cannot be kept."""
        self._write({**self.read(), **{normal(name): text for name, text in plugins.items()}})

    def remove(self, distributions: Iterable[str]) -> None:
        """Want these no more."""
        gone = set(map(normal, distributions))
        self._write({name: text for name, text in self.read().items() if name not in gone})

    def _write(self, listed: Mapping[str, str]) -> None:
        if self.fault:
            with suppress(OSError):
                self._file.replace(f"{self._file}.unusable")
        write_cache(self._file, {"plugins": dict(sorted(listed.items()))})
        if self.read() != dict(sorted(listed.items())):
            raise PluginError(
                f"{self._file} cannot be written: `hfs plugins sync` will not know of this change"
            )
