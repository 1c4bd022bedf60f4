"""Where the person writes."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea


class Composer(TextArea):
    """A text of several lines that Enter sends; Up and Down at its edges go through what was sent before."""

    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 33vh;
        border: round $surface-lighten-2;
        background: transparent;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        &:focus { border: round $primary-lighten-1 60%; }
        & .text-area--cursor-line { background: transparent; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,super+c", "app.stop", show=False),
        Binding("ctrl+d", "delete_or_quit", show=False),
        Binding("up", "up", show=False),
        Binding("down", "down", show=False),
        Binding("ctrl+y", "app.copy_code", show=False),
        Binding("pageup", "app.page(-1)", show=False),
        Binding("pagedown", "app.page(1)", show=False),
    ]

    class Submitted(Message):
        """The person sent what they wrote."""

        def __init__(self, text: str):
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(
            placeholder="Type a message", tab_behavior="focus", soft_wrap=True, highlight_cursor_line=False
        )
        self._sent: list[str] = []
        self._at = 0
        self._draft = ""

    def on_key(self, event: events.Key) -> None:
        """Send on Enter, break the line on its companions.

        Not as bindings: those run later than the keys that are typed after them.
        """
        if event.key == "enter":
            self._submit()
        elif event.key in ("ctrl+j", "shift+enter"):
            self._replace_via_keyboard("\n", *self.selection)
        elif event.key != "tab":
            return
        event.stop()
        event.prevent_default()

    def give_back(self, text: str) -> None:
        """Put a text that was not sent before what is written."""
        written = self.text
        self._show(f"{text}\n\n{written}" if written.strip() else text)

    def take(self) -> str:
        """Return what is written and empty the composer; Up brings it back."""
        text = self.text
        if text.strip() and (not self._sent or self._sent[-1] != text):
            self._sent.append(text)
        self._at = len(self._sent)
        self._draft = ""
        self.text = ""
        return text

    async def action_delete_or_quit(self) -> None:
        """Delete the character under the cursor; on an empty composer, quit."""
        if self.text:
            self.action_delete_right()
        else:
            await self.run_action("app.quit")

    def action_up(self) -> None:
        """Go a line up; from the first one, to what was sent before."""
        if self.cursor_at_first_line and self._at > 0 and self.selection.is_empty:
            if self._at == len(self._sent):
                self._draft = self.text
            self._at -= 1
            self._show(self._sent[self._at])
        else:
            self.action_cursor_up()

    def action_down(self) -> None:
        """Go a line down; from the last one, to what was sent after."""
        if self.cursor_at_last_line and self._at < len(self._sent) and self.selection.is_empty:
            self._at += 1
            self._show(self._draft if self._at == len(self._sent) else self._sent[self._at])
        else:
            self.action_cursor_down()

    def _submit(self) -> None:
        if self.text.strip():
            self.post_message(self.Submitted(self.take()))

    def _show(self, text: str) -> None:
        self.text = text
        self.move_cursor(self.document.end)
