"""A text area in which a token is one thing, and in which nothing that is written reaches the terminal unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.geometry import Offset
from textual.widgets import TextArea
from textual.widgets.text_area import Location, Selection

from hfs_core.tui.composer.drawing import visible
from hfs_core.tui.composer.pastes import Pastes

if TYPE_CHECKING:
    from textual.document._document import EditResult
    from textual.document._edit import Edit


class TokenArea(TextArea, inherit_bindings=False):
    """Shows tokens for large pastes.

    Attributes:
        pastes: the texts behind the tokens.
    """

    DEFAULT_CSS = """
    TokenArea .token-area--token { color: $text-accent; background: $accent-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"token-area--token"}

    def __init__(self) -> None:
        self.pastes = Pastes()
        super().__init__(
            placeholder="Type a message", tab_behavior="focus", soft_wrap=True, highlight_cursor_line=False
        )

    def edit(self, edit: Edit) -> EditResult:
        """Perform an edit; what touches a part of a token takes all of it."""
        start, end = edit.top, edit.bottom
        is_insertion = start == end
        start = self._beside_token(start, to_end=is_insertion)
        end = start if is_insertion else self._beside_token(end, to_end=True)
        edit.from_location, edit.to_location = start, end
        return super().edit(edit)

    def validate_selection(self, selection: Selection) -> Selection:
        """Keep the cursor out of tokens."""
        start, end = selection
        return Selection(
            self._beside_token(start, to_end=start > self.selection.start),
            self._beside_token(end, to_end=end > self.selection.end),
        )

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the cursor.

        While an undo takes lines away, Textual asks for it before it moves the cursor to where there are lines.
        """
        if self.cursor_location[0] >= self.document.line_count:
            return Offset(0, 0)
        return super().scroll_cursor_visible(center, animate)

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn."""
        line = self.document.get_line(line_index)
        drawn = Text(visible(line), end="", no_wrap=True)
        for start, end in self.pastes.spans(line):
            drawn.stylize(self.get_component_rich_style("token-area--token", partial=True), start, end)
        return drawn

    def _beside_token(self, location: Location, *, to_end: bool) -> Location:
        row, column = location
        if row < self.document.line_count:
            for start, end in self.pastes.spans(self.document[row]):
                if start < column < end:
                    return row, end if to_end else start
        return location
