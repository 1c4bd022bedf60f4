"""The blocks of code on the screen, and which of them is copied next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget
    from textual.widgets.markdown import MarkdownFence

AGAIN_SECONDS = 4.0
"""Within which asking again means the block before the one that was copied."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One block of code.

    Attributes:
        language: as the block names it; empty if it does not.
        number: of the block among those that are mounted, from 1.
        count: of those.
    """

    language: str
    text: str
    number: int
    count: int
    fence: MarkdownFence

    def __str__(self) -> str:
        lines = len(self.text.splitlines())
        return (
            f"{self.language or 'code'}, {lines} {'line' if lines == 1 else 'lines'}"
            f" ({self.number} of {self.count})"
        )


class CodeBlocks:
    """The code in a part of the screen that scrolls."""

    def __init__(self, room: Widget):
        self._room = room
        self._last: MarkdownFence | None = None
        self._copied_at = 0.0

    def all(self) -> list[CodeBlock]:
        """Return the blocks that are mounted, in the order in which they are read."""
        from textual.widgets.markdown import MarkdownFence

        from hfs_core.tui.fence import language_of

        fences = [fence for fence in self._room.query(MarkdownFence) if fence.code.strip()]
        return [
            CodeBlock(language_of(fence), fence.code, number, len(fences), fence)
            for number, fence in enumerate(fences, 1)
        ]

    def of(self, fence: Widget) -> CodeBlock | None:
        """Return the block that this widget shows, to be copied."""
        return self._chosen(next((block for block in self.all() if block.fence is fence), None))

    def next(self) -> CodeBlock | None:
        """Return the block to copy: the last in view, else the last; asked again at once, the one before."""
        blocks = self.all()
        if not blocks:
            return self._chosen(None)
        if time.monotonic() - self._copied_at < AGAIN_SECONDS:
            for block in blocks:
                if block.fence is self._last:
                    return self._chosen(blocks[block.number - 2])
        view = self._room.scrollable_content_region
        in_view = [block for block in blocks if block.fence.region.overlaps(view)]
        return self._chosen((in_view or blocks)[-1])

    def _chosen(self, block: CodeBlock | None) -> CodeBlock | None:
        self._last = block.fence if block else None
        self._copied_at = time.monotonic()
        return block
