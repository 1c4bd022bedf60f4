"""The record of whom a person trusts, `state/trust.json`: one entry a folder, by its path with links resolved.

Whoever can write this file as the person can also run programs as the person: the record keeps out what changes by
accident or by a model's hand, not somebody who is in the account already.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from hfs_core.errors import PluginError
from hfs_core.paths import make_private

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about the files of one folder.

    Attributes:
        kind: `granted` or `denied`; either holds for exactly these files.
        sha256: the hash of its tree, in the format that `hfs_core.plugins.tree` describes.
        files: what told each file from its other versions then, by path.
        capabilities: what its manifest asked for then; `granted` are those that it was given.
        decided_at: ISO 8601, UTC.
        hfs: the version of HFS in which it was decided.
    """

    name: str
    kind: Literal["granted", "denied"]
    sha256: str
    version: str
    files: Mapping[str, str]
    capabilities: tuple[str, ...]
    granted: tuple[str, ...]
    decided_at: str
    hfs: str


Decisions = dict[str, Decision]


def read_decisions(file: Path) -> tuple[Decisions, str]:
    """Return what was decided, and why it cannot be used, "" if it can: then nothing is trusted."""
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, _unusable(file, f"cannot be read: {error.strerror}")
    try:
        with open(descriptor, encoding="utf-8") as opened:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return {}, _unusable(file, "is no file")
            if os.name == "posix" and (status.st_mode & 0o022 or status.st_uid not in (os.geteuid(), 0)):
                return {}, _unusable(file, f"can be written by others: `chmod 600 {file}` if it is right")
            return _decisions(json.load(opened)), ""
    except OSError as error:
        return {}, _unusable(file, f"cannot be read: {error.strerror}")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}, _unusable(file, "is damaged, or written by another HFS")


def change_decisions(file: Path, change: Callable[[Decisions], object]) -> None:
    """Change what was decided, under a lock that other processes keep, whole or not at all.

    What was there and could not be used is kept beside, as `trust.json.unusable`.

    Raises:
        PluginError: it cannot be written.
    """
    try:
        make_private(file.parent.parent)
        make_private(file.parent)
        with _alone(file.with_suffix(".lock")):
            decisions, fault = read_decisions(file)
            if fault:
                os.replace(file, f"{file}.unusable")
            change(decisions)
            _write(file, decisions)
    except OSError as error:
        raise PluginError(f"{file} cannot be written, so nothing is decided: {error.strerror}") from error


def _unusable(file: Path, what: str) -> str:
    return f"{file} {what}: no plugin in a folder is trusted; `hfs plugins trust NAME` begins a new one"


def _decisions(content: Any) -> Decisions:
    if content["format"] != FORMAT:
        raise ValueError(content["format"])
    return {folder: _decision(entry) for folder, entry in content["folders"].items()}


def _decision(entry: Any) -> Decision:
    values = {field.name: entry[field.name] for field in fields(Decision)}
    texts = ("name", "kind", "sha256", "version", "decided_at", "hfs")
    for name in ("capabilities", "granted"):
        if not isinstance(values[name], list):
            raise TypeError(name)
        values[name] = tuple(values[name])
    files = dict(values["files"])
    every = [
        *(values[name] for name in texts),
        *values["capabilities"],
        *values["granted"],
        *files,
        *files.values(),
    ]
    if not all(isinstance(text, str) for text in every) or values["kind"] not in ("granted", "denied"):
        raise TypeError("an entry")
    return Decision(**values | {"files": files})


def _write(file: Path, decisions: Decisions) -> None:
    import tempfile  # here, as reading the record comes before most commands

    content = {
        "format": FORMAT,
        "folders": {folder: asdict(each) for folder, each in sorted(decisions.items())},
    }
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=".trust.")  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            json.dump(content, written, indent=1)
            written.flush()
            os.fsync(written.fileno())
        os.replace(temporary, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process, or thread, changes the record."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
