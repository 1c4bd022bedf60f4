"""The text area that people write in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets.text_area import Selection

from hfs_core.tui.composer.area import TokenArea
from hfs_core.tui.composer.history import History
from hfs_core.tui.composer.keys import actions
from hfs_core.tui.composer.terminal_keys import teach_alt_enter

if TYPE_CHECKING:
    from hfs_core.tui.composer.completion import Completer, Completing
    from hfs_core.tui.composer.emacs import Killed
    from hfs_core.tui.composer.popup import Lists
    from hfs_core.tui.composer.search import Search
    from hfs_core.tui.composer.vim import Vim

NO_OFFER = frozenset({"complete", "down", "edit_outside", "search", "send", "up"})
"""The actions after which nothing is offered: the line that stands there then was not typed."""


class Composer(TokenArea):
    """A text of several lines that Enter sends; Up and Down at its edges go through what was sent before.

    Its keys are no bindings: those run later than the keys that are typed after them.

    Attributes:
        mode_name: the mode of vim, "" without it.
        take_back: gives the last message that was sent and waits, None where none does.
    """

    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 33vh;
        border: round $surface-lighten-2;
        border-subtitle-color: $text-muted;
        background: transparent;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        &:focus { border: round $primary-lighten-1 60%; }
        & .text-area--cursor-line { background: transparent; }
        & .text-area--placeholder { color: $text-muted; }
    }
    """
    mode_name: reactive[str] = reactive("")

    class Submitted(Message):
        """The person sent what they wrote."""

        def __init__(self, text: str):
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__()
        self.take_back: Callable[[], str | None] = _nothing_waits
        self._key_mode = "standard"
        self._sent = History()
        self._lists: Lists | None = None
        self._completing: Completing | None = None
        self._search: Search | None = None
        self._vim: Vim | None = None
        self._killed: Killed | None = None
        self._last_action = ""
        self._outside: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def written(self) -> str:
        """What is written, large pastes in full."""
        return self.pastes.unfold(self.text)

    def give_back(self, text: str) -> None:
        """Put a text that was not sent before what is written."""
        written = self.text
        text = self.pastes.fold(_in_lines(text))
        self.write(f"{text}\n\n{written}" if written.strip() else text)

    def take(self, *, is_sent: bool = False) -> str:
        """Return what is written and empty the composer; Up brings it back, in later sittings too if it was sent."""
        text = self.written
        self._sent.add(self.text)
        self.text = ""
        self._close_lists()
        if self._vim is not None:
            self._vim.begin()
        if gone := self.pastes.forget(""):
            self._sent.drop(lambda sent: any(token in sent for token in gone))
        if is_sent:
            self._sent.keep(text)
        return text

    def write(self, text: str) -> None:
        """Replace what is written; undo brings it back."""
        self._close_lists()
        if self._vim is not None:
            self._vim.remember()
        self.history.checkpoint()
        self.replace(_in_lines(text), (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.document.end)
        if self._vim is not None:
            self._vim.settle()

    def use_history(self, path: Path) -> None:
        """Keep what is sent in this file, and take over what earlier sittings sent; what was sent here stays last."""
        from hfs_core.tui.composer.history_file import HistoryFile

        self._reading = asyncio.create_task(self._sent.use(HistoryFile(path), self.pastes.fold))

    def use_completer(self, complete: Completer) -> None:
        """Offer what this finds while a command line is written."""
        from hfs_core.tui.composer.completion import Completing

        if self._completing is None:
            self._completing = Completing(self, self._above())
        self._completing.complete = complete

    @property
    def key_mode(self) -> str:
        """Which keys there are: `standard`, `emacs` or `vim`."""
        return self._key_mode

    def set_key_mode(self, mode: str) -> None:
        """Take the keys of `standard`, `emacs` or `vim`; what is written stays."""
        if mode == self._key_mode:
            return
        self._key_mode = mode
        self._vim = None
        self.mode_name = ""
        self.selection = Selection.cursor(self.cursor_location)
        if mode == "vim":
            from hfs_core.tui.composer.vim import Vim

            self._vim = Vim(self)

    def on_mount(self) -> None:
        """Learn the keys that Textual does not know."""
        teach_alt_enter()

    def render_line(self, y: int) -> Strip:
        """Draw a line; a screen too narrow for one letter shows none, where Textual would break."""
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(self.size.width)

    async def on_key(self, event: events.Key) -> None:
        """Do what the key does in the mode that is set."""
        has_alt = event.key.startswith("alt+")
        character = event.character if event.is_printable and not has_alt else None
        if await self._press(event.key, character):
            event.stop()
            event.prevent_default()
        elif has_alt:
            event.prevent_default()  # the app's; TextArea would write its letter

    async def on_paste(self, event: events.Paste) -> None:
        """Put in what is pasted, a large text as a token."""
        event.stop()
        event.prevent_default()
        text = _in_lines(event.text)
        if self._search is not None and self._search.is_open:
            self._search.type(text)
            return
        if self._vim is not None:
            self._vim.remember()
        self._replace_via_keyboard(self.pastes.fold(text), *self.selection)
        self._offer()

    async def _press(self, key: str, character: str | None) -> bool:
        if self._search is not None and self._search.is_open:
            return self._search.press(key, character)
        if self._completing is not None and self._completing.press(key):
            return True
        if self._vim is not None and await self._vim.press(key, character):
            return True
        action = actions(self._key_mode).get(key)
        if action is not None:
            await self.run_action(action)
        elif character is not None:
            self._restart_blink()
            self._replace_via_keyboard(character, *self.selection)
        else:
            return False
        self._last_action = action or ""
        if action not in NO_OFFER:
            self._offer()
        return True

    def action_send(self) -> None:
        """Send what is written, exactly as it is."""
        if self.text.strip():
            self.post_message(self.Submitted(self.take(is_sent=True)))

    def action_newline(self) -> None:
        """Break the line."""
        self._replace_via_keyboard("\n", *self.selection)

    def action_complete(self) -> None:
        """Write what the command line may become, as soon as it is known."""
        if self._completing is not None:
            self._completing.ask(accept=True)

    async def action_delete_or_quit(self) -> None:
        """Delete the character under the cursor; on an empty composer, quit."""
        if self.text:
            self.action_delete_right()
        else:
            await self.run_action("app.quit")

    def action_up(self) -> None:
        """Go a line up; from the first one, to the last message that waits, or to what was sent before."""
        if not self.cursor_at_first_line or not self.selection.is_empty:
            self.action_cursor_up()
        elif not self.text and (waiting := self.take_back()) is not None:
            self.write(self.pastes.fold(waiting))
            self._sent.leave(self.text)
        elif (text := self._sent.older(self.text)) is not None:
            self.write(text)
        else:
            self.action_cursor_up()

    def action_down(self) -> None:
        """Go a line down; from the last one, to what was sent after."""
        if self.cursor_at_last_line and self.selection.is_empty and (text := self._sent.newer()) is not None:
            self.write(text)
        else:
            self.action_cursor_down()

    def action_search(self) -> None:
        """Search what was sent."""
        from hfs_core.tui.composer.search import Search

        self._close_lists()
        if self._search is None:
            self._search = Search(self, self._above())
        self._search.open(self._sent.texts)

    def action_edit_outside(self) -> None:
        """Write in the person's own editor."""
        from hfs_core.tui.composer.editor import edit_outside

        if self._outside is None or self._outside.done():
            self._outside = asyncio.create_task(edit_outside(self), name="hfs:tui:editor")

    def action_kill(self, what: str) -> None:
        """Delete as Emacs does: `yank` puts it in again."""
        from hfs_core.tui.composer.emacs import Killed

        if self._killed is None:
            self._killed = Killed()
        self._killed.kill(self, what, is_more=self._last_action.startswith("kill"))

    def action_yank(self) -> None:
        """Put in what was killed last."""
        if self._killed is not None:
            self._replace_via_keyboard(self._killed.text, *self.selection)

    def action_transpose(self) -> None:
        """Swap the characters around the cursor."""
        from hfs_core.tui.composer.emacs import transpose

        transpose(self)

    def replace_before_cursor(self, start: int, text: str) -> None:
        """Replace what is between a column and the cursor in its line."""
        row, column = self.cursor_location
        self.replace(text, (row, start), (row, column), maintain_selection_offset=False)

    def _above(self) -> Lists:
        from hfs_core.tui.composer.popup import Lists

        if self._lists is None:
            self._lists = Lists(self)
        return self._lists

    def _close_lists(self) -> None:
        if self._completing is not None:
            self._completing.close()
        if self._search is not None:
            self._search.close()

    def _offer(self) -> None:
        if self._completing is not None:
            self._completing.ask()


def _in_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _nothing_waits() -> str | None:
    return None
