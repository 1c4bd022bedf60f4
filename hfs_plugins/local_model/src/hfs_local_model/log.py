"""The log of the model's process: what llama.cpp says, kept off the screen and quoted where it fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from hfs_core.api import make_private

LIMIT = 1_000_000
"""Bytes after which the log begins anew."""
QUOTED_LINES = 5


class ProcessLog:
    """A file that one process after another writes to."""

    def __init__(self, file: Path):
        self._file = file
        self._begin = 0

    def open(self) -> BinaryIO:
        """Open it for a new process; where it cannot be written, its words are lost, no more."""
        try:
            make_private(self._file.parent)
            is_long = self._file.exists() and self._file.stat().st_size > LIMIT
            stream = self._file.open("wb" if is_long else "ab")
        except OSError:
            return open(os.devnull, "wb")
        self._begin = stream.seek(0, os.SEEK_END)
        return stream

    def quote(self) -> str:
        """Return the last lines of the newest process and where the rest is, "" if it said nothing."""
        try:
            with self._file.open("rb") as stream:
                stream.seek(self._begin)
                lines = stream.read().decode(errors="replace").strip().splitlines()[-QUOTED_LINES:]
        except OSError:
            return ""
        return "\n".join(["", *(f"  {line}" for line in lines), f"All of it: {self._file}"]) if lines else ""
