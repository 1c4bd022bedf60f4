"""The files of a directory plugin as `importlib.resources` sees them: those in memory, and no others."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable, TraversableResources
from typing import Any

from hfs_core.plugins.tree import TreeFile


class TreeResources(TraversableResources):
    """Reads the files of one package."""

    def __init__(self, files: Mapping[str, TreeFile], folder: str, plugin: str):
        self._root = TreePath(files, folder, plugin)

    def files(self) -> TreePath:
        """Return the folder of the package."""
        return self._root


class TreePath(Traversable):
    """A file or a folder in a tree, whether it is there or not."""

    def __init__(self, files: Mapping[str, TreeFile], path: str, plugin: str):
        self._files = files
        self._path = path
        self._plugin = plugin

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self._path.rpartition("/")[2] or self._plugin

    def is_file(self) -> bool:
        """Tell whether it is a file."""
        return self._path in self._files

    def is_dir(self) -> bool:
        """Tell whether it is a folder."""
        return not self._path or any(path.startswith(f"{self._path}/") for path in self._files)

    def iterdir(self) -> Iterator[TreePath]:
        """Give what is in the folder, by name."""
        if not self.is_dir():
            raise NotADirectoryError(self._path)
        start = f"{self._path}/" if self._path else ""
        inner = {path[len(start) :].partition("/")[0] for path in self._files if path.startswith(start)}
        for name in sorted(inner):
            yield TreePath(self._files, start + name, self._plugin)

    def joinpath(self, *descendants: Any) -> TreePath:
        """Return what lies below; `..` leads no further up than the plugin's folder."""
        parts = self._path.split("/") if self._path else []
        for part in "/".join(map(str, descendants)).split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts = [*parts, part]
        return TreePath(self._files, "/".join(parts), self._plugin)

    def __truediv__(self, child: Any) -> TreePath:
        """Return what lies below."""
        return self.joinpath(child)

    def read_bytes(self) -> bytes:
        """Return the bytes; raises OSError for what is no file of the tree."""
        try:
            return self._files[self._path].content
        except KeyError:
            error = IsADirectoryError if self.is_dir() else FileNotFoundError
            raise error(f"{self._path} is not among the files of plugin {self._plugin}") from None

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """Return the text."""
        with self.open("r", encoding=encoding, errors=errors) as file:
            return str(file.read())

    def open(self, mode: str = "r", **kwargs: Any) -> Any:
        """Open the file for reading."""
        if mode not in ("r", "rt", "rb"):
            raise ValueError(f"the files of a plugin are only read, not opened with {mode!r}")
        binary = io.BytesIO(self.read_bytes())
        if mode == "rb":
            return binary
        kwargs["encoding"] = kwargs.get("encoding") or "utf-8"  # the same on every system
        return io.TextIOWrapper(binary, **kwargs)

    def __repr__(self) -> str:
        return f"<{self._path or '.'} of plugin {self._plugin}>"
