"""The files of a plugin, for the person to read before they decide about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from textual import events

LONGEST = 50_000
"""Characters of one file that are drawn."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)


class PluginFiles(ModalScreen[None]):
    """Shows one file after the other; what a reader would not see is written out."""

    DEFAULT_CSS = """
    PluginFiles { align: center middle; }
    PluginFiles > Vertical {
        width: 96%; max-width: 140; height: 94%; padding: 0 1; background: $surface;
        border: round $primary; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    PluginFiles VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    PluginFiles Static { width: 1fr; height: auto; }
    PluginFiles #keys { color: $text-muted; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    PluginFiles.-low > Vertical {
        width: 100%; max-width: 100%; height: 100%; padding: 0; border: none; border-top: solid $primary;
    }
    """

    AUTO_FOCUS = ""

    def __init__(self, files: Sequence[tuple[str, bytes]]):
        super().__init__()
        self._files = files
        self._current = 0
        self._page = VerticalScroll(can_focus=False)
        self._text = Static(markup=False)
        keys = Content.assemble(
            ("←→", "$text-accent bold"), " File  ", ("↑↓", "$text-accent bold"), " Scroll  ",
            ("Esc", "$text-accent bold"), " Back",
        )  # fmt: skip
        self._box = Vertical(self._page, Static(keys, id="keys", markup=False))

    def compose(self) -> Iterator[Widget]:
        """Draw the page, and the keys below it."""
        yield self._box

    async def on_mount(self) -> None:
        """Show the first file."""
        await self._page.mount(self._text)
        self._show(0)

    def on_resize(self, event: events.Resize) -> None:
        """Leave away what there is no room for."""
        self.set_class(event.size.width < 60 or event.size.height < 18, "-low")

    def on_key(self, event: events.Key) -> None:
        """Go to another file, scroll, or go back."""
        event.stop()
        event.prevent_default()
        page = self._page
        moves = {"up": -1, "down": 1, "pageup": 1 - page.size.height, "pagedown": page.size.height - 1}
        if event.key in ("escape", "ctrl+c", "v", "q"):
            self.dismiss(None)
        elif event.key in ("left", "right"):
            self._show(self._current + (1 if event.key == "right" else -1))
        elif event.key in moves:
            page.scroll_relative(y=moves[event.key], animate=False)
        elif event.key == "home":
            page.scroll_home(animate=False)
        elif event.key == "end":
            page.scroll_end(animate=False)

    def _show(self, place: int) -> None:
        if not self._files:
            return
        self._current = place % len(self._files)
        path, content = self._files[self._current]
        self._box.border_title = Content(f" {one_line(path)} ")
        self._box.border_subtitle = Content(f" file {self._current + 1} of {len(self._files)} ")
        self._text.update(readable(content))
        self._page.scroll_home(animate=False)


def readable(content: bytes) -> Content:
    """Return a file's text with the numbers of its lines, and with everything in it to be seen."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Content.styled(f"{len(content):,} bytes that are no text", "$text-muted")
    shown = text[:LONGEST].expandtabs(4)
    lines = shown.replace("\r\n", "\n").split("\n")
    width = len(str(len(lines)))
    parts = []
    for number, line in enumerate(lines, 1):
        parts.append(Content.styled(f"{number:>{width}} ", "$text-muted"))
        parts += _seen(line)
        parts.append(Content("\n"))
    if len(text) > LONGEST:
        more = f"… {len(text) - LONGEST:,} more characters"
        parts.append(Content.styled(more, "$text-warning"))
    return Content("").join(parts)


def _seen(line: str) -> Iterator[Content]:
    end = 0
    for found in _UNSEEN.finditer(line):
        yield Content(line[end : found.start()])
        yield Content.styled(f"<{ord(found.group()):04X}>", "$text-error bold reverse")
        end = found.end()
    yield Content(line[end:])
