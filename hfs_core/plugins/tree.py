"""A plugin's folder, read whole into memory: what is hashed here is what is shown, agreed to and run.

The hash of a tree, format 1, is the SHA-256 of `hfs-tree-1` and a newline, then of one entry a file, by the bytes of
its path: kind, NUL, path, NUL, target, NUL, hexadecimal SHA-256 of its bytes, newline. The kind is `x` for a file that
its owner may execute, else `f`; the path is relative, UTF-8, with slashes; the target is where a link leads as it is
written, empty for what is no link. Folders count only by the files in them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hfs_core.errors import PluginError

FORMAT = "hfs-tree-1"
LEFT_OUT = frozenset({"__pycache__", ".git", ".venv"})
"""Names that are passed over, as is `*.pyc`: nothing in them is run, nor found by a plugin's imports."""

MOST_FILES = 4000
MOST_BYTES = 32 * 1024 * 1024


class TreeRefused(PluginError):
    """A folder that cannot be agreed to as it is; the message names what is in the way."""


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of a tree.

    Attributes:
        target: where it leads as it is written, if it is a link; its bytes are those of the file that it leads to.
    """

    content: bytes
    sha256: str
    is_executable: bool = False
    target: str = ""

    @property
    def digest(self) -> str:
        """What tells it from every other file of its name."""
        return f"{'x' if self.is_executable else 'f'}:{self.target}:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Tree:
    """All files of a folder, as they were when it was read.

    Attributes:
        root: the folder, links resolved.
        files: by relative path, with slashes, sorted.
    """

    root: Path
    files: Mapping[str, TreeFile]
    sha256: str

    @property
    def size(self) -> int:
        """How many bytes the files have together."""
        return sum(len(file.content) for file in self.files.values())

    def digests(self) -> dict[str, str]:
        """Return what tells each file from its other versions, by path."""
        return {path: file.digest for path, file in self.files.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """What is other in a tree than it was: relative paths."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> Difference:
    """Tell what became of files, by their digests."""
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(path for path in new.keys() & old.keys() if new[path] != old[path])),
        removed=tuple(sorted(old.keys() - new.keys())),
    )


def read_tree(folder: Path) -> Tree:
    """Read a folder once.

    Raises:
        TreeRefused: a link leads out of it or to a folder, something in it is no file, cannot be read, or it is too
            large.
    """
    try:
        root = folder.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise TreeRefused(f"{folder}: cannot be read: {_why(error)}") from error
    files: dict[str, TreeFile] = {}
    left = MOST_BYTES
    for path, entry in _entries(str(root)):
        if len(files) == MOST_FILES:
            raise TreeRefused(f"{root}: has more than {MOST_FILES} files: that is no plugin's folder")
        file = _read_entry(entry, str(root), left)
        left -= len(file.content)
        files[path] = file
    files = dict(sorted(files.items(), key=lambda item: _bytes(item[0])))
    return Tree(root, files, _hash(files))


def read_file(path: Path | str, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a regular file; waits for no pipe and follows no link.

    Raises:
        TreeRefused: it is no file, is longer than `most`, or cannot be read.
    """
    return _read(str(path), most)[0]


def _entries(root: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Give every file and link below, with its relative path."""
    waiting = [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise TreeRefused(f"{folder}: cannot be read: {_why(error)}") from error
        for entry in entries:
            if entry.name in LEFT_OUT or entry.name.endswith(".pyc"):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append((f"{prefix}{entry.name}/", entry.path))
            else:
                yield prefix + entry.name, entry


def _read_entry(entry: os.DirEntry[str], root: str, left: int) -> TreeFile:
    target, place = "", entry.path
    if entry.is_symlink():
        target, place = _followed(entry.path, root)
    content, is_executable = _read(place, left)
    return TreeFile(content, sha256(content).hexdigest(), is_executable, target)


def _followed(link: str, root: str) -> tuple[str, str]:
    """Return where a link leads, as it is written and resolved."""
    try:
        target, place = os.readlink(link), os.path.realpath(link, strict=True)
    except OSError as error:
        raise TreeRefused(f"{link}: is a link that leads nowhere: {_why(error)}") from error
    if not place.startswith(root + os.sep):
        raise TreeRefused(f"{link}: is a link that leaves the plugin's folder, to {place}")
    if os.path.isdir(place):
        raise TreeRefused(f"{link}: is a link to a folder: put the files themselves there")
    return target, place


def _read(path: str, most: int) -> tuple[bytes, bool]:
    """Return the bytes of a file, and whether its owner may execute it."""
    # Not following a link that somebody puts there meanwhile; not waiting for who writes into a pipe.
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):  # asked first, too: opening a socket or a device may fail, or do something
            raise TreeRefused(f"{path}: is {_kind(mode)}, which a plugin's folder may not hold")
        descriptor = os.open(path, flags)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise TreeRefused(f"{path}: is {_kind(status.st_mode)}, which a plugin's folder may not hold")
            content = file.read(most + 1) if status.st_size <= most else b""
    except OSError as error:
        raise TreeRefused(f"{path}: cannot be read: {_why(error)}") from error
    if status.st_size > most or len(content) > most:
        raise TreeRefused(f"{path}: is too large: a plugin may have {MOST_BYTES // 1024**2} MiB in all")
    return content, bool(status.st_mode & stat.S_IXUSR)


def _hash(files: Mapping[str, TreeFile]) -> str:
    whole = sha256(f"{FORMAT}\n".encode())
    for path, file in files.items():
        kind = b"x" if file.is_executable else b"f"
        parts = (kind, _bytes(path), _bytes(file.target), file.sha256.encode())
        whole.update(b"\0".join(parts) + b"\n")
    return whole.hexdigest()


def _bytes(name: str) -> bytes:
    # Names that are no UTF-8 come from the system with surrogates for their bytes.
    return name.encode("utf-8", "surrogateescape" if os.name == "posix" else "surrogatepass")


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFLNK: "a link",
        stat.S_IFDIR: "a folder",
    }
    return kinds.get(stat.S_IFMT(mode), "no file")


def _why(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
