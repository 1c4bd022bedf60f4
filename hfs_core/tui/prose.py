"""Markdown of a model: no blank line after its end, and code that a click copies.

Imported late: what it needs of Textual is not needed for the first paint.
"""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widgets.markdown import Markdown, MarkdownBlock, MarkdownFence

from hfs_core.tui.text import one_line


class Fence(MarkdownFence):
    """A block of code; its upper edge names the language, and copies it when clicked."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Fence {
        margin: 0 0 1 0; background: $surface; border-top: blank;
        border-title-align: right; border-title-color: $text-muted; border-title-background: $surface;
    }
    Fence > Label { padding: 0 2 1 2; }
    .-compact Fence > Label { padding: 0 2; }
    """

    class Clicked(Message):
        """The person clicked on "copy"."""

        def __init__(self, fence: Fence):
            super().__init__()
            self.fence = fence

    def on_mount(self) -> None:
        """Write the upper edge."""
        self._name_language()

    def _copy_context(self, block: MarkdownBlock) -> None:
        super()._copy_context(block)
        self._name_language()

    def _name_language(self) -> None:
        language = language_of(self)
        copy = Content.from_markup("[@click=copy]copy[/]")
        self.border_title = Content(f"{language} · ") + copy if language else copy

    def action_copy(self) -> None:
        """Ask for the code to be copied."""
        self.post_message(self.Clicked(self))


class Prose(Markdown):
    """A document of Markdown as high as its words: the margin of its last block falls outside."""

    BLOCKS = {**Markdown.BLOCKS, "fence": Fence, "code_block": Fence}  # noqa: RUF012 # no ClassVar in Textual

    def __init__(self, markdown: str | None = None):
        super().__init__(markdown, open_links=False)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height without the space after the last block."""
        height = super().get_content_height(container, viewport, width)
        last = self.children[-1] if self.children else None
        return max(height - last.styles.margin.bottom, 0) if last is not None else height


def language_of(fence: MarkdownFence) -> str:
    """Return the language of a block of code, as it names it; empty if it does not."""
    words = one_line(fence.lexer).split()
    return words[0] if words else ""
