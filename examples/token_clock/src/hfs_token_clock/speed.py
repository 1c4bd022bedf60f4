"""How many tokens a second come; estimated while they come, counted at the end."""

from __future__ import annotations

from datetime import datetime

from hfs_core.api import MessageDelta, UsageRecorded

CHARACTERS = 4
"""About as many as a token has, in English; said with a `~`."""


class Speed:
    """The speed of one run."""

    def __init__(self, first: MessageDelta):
        self._began = first.timestamp
        self._characters = 0
        self._text = ""

    def add(self, delta: MessageDelta) -> None:
        """Take in what came."""
        self._characters += len(delta.text)
        if seconds := self._seconds(delta.timestamp):
            self._text = f"~{self._characters / CHARACTERS / seconds:.0f} tok/s"

    def end(self, usage: UsageRecorded) -> None:
        """Take the provider's own count; the first piece came when the clock started."""
        if seconds := self._seconds(usage.timestamp):
            self._text = f"{usage.completion_tokens / seconds:.0f} tok/s"

    def __str__(self) -> str:
        """Say it, "" where nothing can be said yet."""
        return self._text

    def _seconds(self, moment: datetime) -> float:
        return (moment - self._began).total_seconds()
