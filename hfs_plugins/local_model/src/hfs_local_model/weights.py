"""The models folder: which files are there, whole and true.

A file gets its name only once its SHA-256 is right. Beside it lies a note of that check (`.verified`), so
that half a gigabyte is not read again at each start; what changed since is checked anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from hfs_local_model.catalogue import Entry


class Weights:
    """The files of the catalogue in one folder."""

    def __init__(self, directory: Path):
        self.directory = directory

    def path(self, entry: Entry) -> Path:
        """Return where the model's file is, or will be."""
        return self.directory / entry.file

    def part(self, entry: Entry) -> Path:
        """Return where the file is gathered: always a prefix of it, whichever source it came from."""
        return self.directory / f"{entry.file}.part"

    def fetched(self, entry: Entry) -> int:
        """Return how much of the file lies there, in bytes."""
        for file in (self.path(entry), self.part(entry)):
            if file.is_file():
                return file.stat().st_size
        return 0

    def is_ready(self, entry: Entry) -> bool:
        """Tell whether the file is there and was found to be true; reads no more than its note."""
        try:
            noted = json.loads(self._note(entry).read_bytes())
            return bool(noted == self._seen(entry))
        except (OSError, ValueError):
            return False

    def is_true(self, entry: Entry) -> bool:
        """Tell whether the file is there and true, reading it whole where that is not noted. Blocks."""
        if self.is_ready(entry):
            return True
        file = self.path(entry)
        if not file.is_file() or file.stat().st_size != entry.size or sha256_of(file) != entry.sha256:
            return False
        with contextlib.suppress(OSError):  # a folder that cannot be written costs a check each time, no more
            self._write_note(entry)
        return True

    def adopt(self, entry: Entry) -> bool:
        """Give the gathered file its name if its SHA-256 is right, else remove it. Blocks."""
        part = self.part(entry)
        if sha256_of(part) != entry.sha256:
            part.unlink()
            return False
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, self.path(entry))
        self._write_note(entry)
        return True

    def _note(self, entry: Entry) -> Path:
        return self.directory / f"{entry.file}.verified"

    def _seen(self, entry: Entry) -> dict[str, str | int]:
        status = self.path(entry).stat()
        if status.st_size != entry.size:
            raise ValueError(f"{entry.file} has {status.st_size} bytes, not {entry.size}")
        return {"sha256": entry.sha256, "size": status.st_size, "mtime_ns": status.st_mtime_ns}

    def _write_note(self, entry: Entry) -> None:
        note = self._note(entry)
        unnamed = note.with_name(f"{note.name}.{os.getpid()}")
        unnamed.write_text(json.dumps(self._seen(entry)), encoding="utf-8")
        os.replace(unnamed, note)


def sha256_of(file: Path) -> str:
    """Return a file's SHA-256 in hexadecimal. Blocks."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
