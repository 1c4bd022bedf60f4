"""Code of a model, coloured where its language is named, and copied by a click."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widgets import Label
from textual.widgets.markdown import MarkdownFence

from hfs_core.tui.text import one_line

COLOURED = 20_000
"""Characters of code above which it is not coloured: that takes about a second for each million."""


class Fence(MarkdownFence):
    """A block of code; its upper edge names the language, and copies it when clicked."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Fence, Fence:light { background: $surface; }
    Fence {
        margin: 0 0 1 0; border-top: blank;
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

    @classmethod
    def highlight(cls, code: str, language: str, ansi: bool = False, dark: bool = False) -> Content:
        """Return the code in colours; in none where no language is named: guessing it imports every lexer."""
        words = language.split()
        if not words or len(code) > COLOURED:
            return Content(code.expandtabs(8)).stylize_before("$text")
        return super().highlight(code, words[0], ansi, dark)

    def on_mount(self) -> None:
        """Write the upper edge."""
        self._drawn_for = self._background()
        self._name_language()

    def notify_style_update(self) -> None:
        """Colour the code anew where the theme's kind has changed; that is not so whenever styles are."""
        if getattr(self, "_drawn_for", None) in (None, self._background()):
            super(MarkdownFence, self).notify_style_update()
        else:
            self._drawn_for = self._background()
            super().notify_style_update()

    def become(self, block: MarkdownFence) -> None:
        """Show the code of another block."""
        self._copy_context(block)
        self._content = self._highlighted_code
        label = self.query_one("#code-content", Label)
        lines = self._content.plain.split("\n")
        size = label.content_size
        fits = len(lines) == size.height and max(map(cell_len, lines)) <= size.width
        label.update(self._content, layout=not fits)
        self._name_language()

    def action_copy(self) -> None:
        """Ask for the code to be copied."""
        self.post_message(self.Clicked(self))

    def _background(self) -> tuple[bool, bool]:
        return self.app.native_ansi_color, self.app.current_theme.dark

    def _name_language(self) -> None:
        language = language_of(self)
        copy = Content.from_markup("[@click=copy]copy[/]")
        self.border_title = Content(f"{language} · ") + copy if language else copy


def language_of(fence: MarkdownFence) -> str:
    """Return the language of a block of code, as it names it; empty if it does not."""
    words = one_line(fence.lexer).split()
    return words[0] if words else ""
