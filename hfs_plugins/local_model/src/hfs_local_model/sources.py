"""What both routes of a download share: the file under way, who looks on, and the word for a failed one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

SILENCE = 10.0
"""Seconds after which a source that sends nothing is given up."""

Progress = Callable[[str, int, int], None]
"""Told what goes on, how many bytes are there, and how many there will be; called in the fetching thread."""


class SourceFailed(Exception):
    """A source that did not give the file; the next one is tried."""


class FetchCancelled(Exception):
    """The person does not want it any more; what came is kept."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: whom to tell, whether to stop, and how long silence may last, in seconds."""

    progress: Progress
    cancelled: threading.Event = field(default_factory=threading.Event)
    silence: float = SILENCE

    def check(self) -> None:
        """Raise FetchCancelled once that is wanted."""
        if self.cancelled.is_set():
            raise FetchCancelled

    def pause(self, seconds: float) -> None:
        """Wait, unless cancelled; raises FetchCancelled."""
        if self.cancelled.wait(seconds):
            raise FetchCancelled


class PartFile:
    """The file under way: a prefix of the wanted one, which any source can go on with."""

    def __init__(self, path: Path, size: int):
        self.path = path
        self.size = size

    @property
    def length(self) -> int:
        """How much is there, in bytes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def cut(self, length: int) -> None:
        """Keep only the first `length` bytes."""
        if self.length > length:
            with self.path.open("rb+") as file:
                file.truncate(length)

    def append(self) -> BinaryIO:
        """Open it for more at its end."""
        return self.path.open("ab")
