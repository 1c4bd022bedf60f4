"""Markdown of a model: it grows while it comes, and a change touches only the blocks that differ.

Imported late: what it needs of Textual is not needed for the first paint.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.await_complete import AwaitComplete
from textual.geometry import Size
from textual.widgets.markdown import Markdown

from hfs_core.tui.blocks import change
from hfs_core.tui.fence import Fence
from hfs_core.tui.grid import Grid
from hfs_core.tui.nearby import Near, nearby

if TYPE_CHECKING:
    from textual.layout import DockArrangeResult

LONG = 20_000
"""Characters of Markdown above which it is parsed in a thread."""

BATCH = 200
"""Blocks that are mounted at once; between two batches the keys that were typed have their turn."""

DEEPEST = 19
"""Levels of nesting from which on a text is shown as it was written: the parser leaves out what is deeper."""

Print = tuple[Any, ...]
"""What one block was made from; equal ones look the same."""


class Prose(Markdown):
    """A document of Markdown as high as its words: the margin of its last block falls outside.

    Attributes:
        near: what of it is laid out.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Prose MarkdownBlock:light > .code_inline { background: $warning 8%; color: $text-warning; }
    """

    BLOCKS = {  # noqa: RUF012 # no ClassVar in Textual
        **Markdown.BLOCKS,
        "fence": Fence,
        "code_block": Fence,
        "table_open": Grid,
    }

    def __init__(self, markdown: str | None = None):
        super().__init__(markdown, open_links=False)
        self.near: Near = None
        self._prints: list[Print] = []
        self._tail = ""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height without the space after the last block."""
        height = super().get_content_height(container, viewport, width)
        last = self.children[-1] if self.children else None
        return max(height - last.styles.margin.bottom, 0) if last is not None else height

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """Lay the blocks out, as on a page without an end: none depends on how high the document is.

        With its height, which changes at every line, all of them would be measured anew each time.
        """
        return nearby(super().arrange(Size(size.width, 0), optimal), self.near)

    def update(self, markdown: str) -> AwaitComplete:
        """Show this document."""
        return AwaitComplete(self._update(markdown))

    def append(self, markdown: str) -> AwaitComplete:
        """Show more of the document, at its end."""
        return AwaitComplete(self._append(markdown))

    async def _update(self, markdown: str) -> None:
        async with self.lock:
            self._markdown = markdown
            if len(markdown) > LONG:
                tokens = await asyncio.to_thread(_parsed, markdown)
            else:
                tokens = _parsed(markdown)
            await self._show(0, tokens, markdown)

    async def _append(self, markdown: str) -> None:
        async with self.lock:
            self._markdown += markdown
            text = self._tail + markdown
            await self._show(max(len(self._prints) - 1, 0), _parsed(text), text)

    async def _show(self, start: int, tokens: list[Token], text: str) -> None:
        """Show what `text` says from the block number `start` on."""
        groups = _grouped(tokens)
        prints = [_print_of(group) for group in groups]
        known = self._prints[start:]
        same = 0
        while same < min(len(known), len(prints)) and known[same] == prints[same]:
            same += 1
        self._prints[start:] = prints
        last = groups[-1][0].map if groups else None
        if last:
            text = "\n".join(text.split("\n")[last[0] :])
        self._tail = text
        blocks = [block for group in groups[same:] for block in self._parse_markdown(group)]
        old = self.children[start + same :]
        with self.app.batch_update():
            await change(self, old, blocks[: len(old) + BATCH])
        for at in range(len(old) + BATCH, len(blocks), BATCH):
            await self.mount_all(blocks[at : at + BATCH])


@cache
def _parser() -> MarkdownIt:
    # HTML is text here: Textual draws none of it, and would show nothing instead of it.
    return MarkdownIt("gfm-like", {"html": False})


def _parsed(text: str) -> list[Token]:
    tokens = _parser().parse(text)
    if any(token.level >= DEEPEST for token in tokens):
        return [Token("fence", "code", 0, content=text, map=[0, text.count("\n") + 1])]
    return tokens


def _grouped(tokens: list[Token]) -> list[list[Token]]:
    """Return the tokens of each block of the document."""
    groups: list[list[Token]] = []
    is_open = False
    for token in tokens:
        if not is_open:
            groups.append([])
        groups[-1].append(token)
        is_open = token.level > 0 or token.nesting > 0
    return groups


def _print_of(group: list[Token]) -> Print:
    return tuple(
        (
            token.type,
            token.tag,
            token.info,
            token.content,
            tuple((child.type, child.content, tuple(child.attrs.items())) for child in token.children or ()),
        )
        for token in group
    )
