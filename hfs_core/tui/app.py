"""`hfs` in the terminal: puts the widgets together, and gives keys their meaning."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.widget import Widget

from hfs_core.tui.banner import Banner
from hfs_core.tui.clipboard import copy_text
from hfs_core.tui.composer import Composer
from hfs_core.tui.conversation import Views
from hfs_core.tui.frame import Frame
from hfs_core.tui.framed import Framed
from hfs_core.tui.opening import Opening, Startable
from hfs_core.tui.outbox import Outbox
from hfs_core.tui.sitting import Sitting
from hfs_core.tui.status import StatusLine
from hfs_core.tui.terminal import Terminal
from hfs_core.tui.themes import wear_first
from hfs_core.tui.toasts import Toasts
from hfs_core.tui.transcript import Transcript

if TYPE_CHECKING:
    from hfs_core.tui.code import CodeBlock
    from hfs_core.tui.commands import CommandRunner
    from hfs_core.tui.fence import Fence

__all__ = ["ChatApp", "Opening"]

QUIT_SECONDS = 2.0
"""Within which a second Ctrl+C quits."""


class ChatApp(Framed):
    """The terminal interface.

    Args:
        start: makes an HFS that is not running yet; called off the event loop, after the first paint.
    """

    TITLE = "hfs"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "interrupt", "Stop the reply", show=False),
        Binding("ctrl+c", "stop", "Clear, then quit", show=False),
        Binding("ctrl+d", "quit", "Quit", show=False),
        Binding("ctrl+z", "suspend_process", "Suspend, until fg", show=False),
        Binding("ctrl+end", "follow", "Go to the end", show=False),
        Binding("ctrl+home", "top", "Go to the start", show=False),
        Binding("ctrl+y,alt+c", "copy_code", "Copy code", show=False),
    ]

    def __init__(self, start: Callable[[], Startable], opening: Opening | None = None):
        super().__init__()
        opening = opening or Opening()
        wear_first(self, opening.theme)
        self.views = Views(Transcript(), StatusLine(), Outbox(), Composer(), Toasts(self))
        self._banner = Banner()
        self.frame = Frame(self, opening)
        self._terminal = Terminal(self)
        self.sitting = Sitting(
            start,
            opening,
            self.views,
            self._banner,
            self.frame,
            confirm=self.ask,
            copy=self._copy,
            keys=self.keys,
        )
        self._run: asyncio.Task[None] | None = None
        self._stopped_at = 0.0

    @property
    def farewell(self) -> list[str]:
        """What to print once the app has ended: how to resume, and what was not saved or sent."""
        return self.sitting.farewell

    @property
    def fault(self) -> Exception | None:
        """What has ended the app against its will."""
        return self._exception

    @property
    def runner(self) -> CommandRunner | None:
        """What runs commands; None while HFS is not running."""
        return self.sitting.runner

    def compose(self) -> Iterator[Widget]:
        """Put the transcript above the composer, and the sidebar beside them."""
        yield self.frame.sidebar
        yield self._banner
        yield self.views.transcript
        yield self.views.outbox
        yield self.views.composer
        yield self.views.status

    def on_mount(self) -> None:
        """Start HFS once the first paint is done."""
        self.frame.apply_first()
        self._terminal.open()
        self.watch(self.views.status, "session", self._terminal.show, init=False)
        self.call_after_refresh(self._begin)

    def on_resize(self, event: Resize) -> None:
        """Leave toasts no more than their share."""
        self.views.toasts.fit(*event.size)

    async def on_unmount(self) -> None:
        """Let HFS end in order, however the app ended."""
        self._terminal.close()
        if self._run is not None and not self._run.done():
            self._run.cancel()
            await asyncio.wait({self._run})

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Take what the person sent."""
        self.sitting.submit(event.text)

    async def action_quit(self) -> None:
        """Stop HFS, then the app; asked twice, at once."""
        if self._run is None or self.sitting.is_leaving:
            self.exit()
        self.sitting.leave()

    async def action_stop(self) -> None:
        """Copy what is selected; else clear the composer; else, the second time, quit."""
        composer = self.views.composer
        if selected := self.screen.get_selected_text() or composer.selected_text:
            self._copy(selected)
            self.screen.clear_selection()
        elif composer.text:
            composer.take()
        elif time.monotonic() - self._stopped_at < QUIT_SECONDS:
            await self.action_quit()
        else:
            self._stopped_at = time.monotonic()
            self.hint("Ctrl+C again quits")

    def action_suspend_process(self) -> None:
        """Go into the background of the shell that HFS was called from."""
        if reason := self._terminal.suspend():
            self.hint(reason)

    async def action_follow(self) -> None:
        """Go to the end of the transcript."""
        await self.views.transcript.follow()

    async def action_top(self) -> None:
        """Go to the start of the transcript."""
        await self.views.transcript.go_to_start()

    def action_copy_code(self) -> None:
        """Copy the last block of code in view; pressed again, the one before it."""
        self._copy_code(self.views.transcript.code.next())

    def on_fence_clicked(self, event: Fence.Clicked) -> None:
        """Copy the block of code whose "copy" was clicked."""
        self._copy_code(self.views.transcript.code.of(event.fence))

    def hint(self, text: str) -> None:
        """Say something in passing, in the status line."""
        self.views.status.hint(text)

    def action_page(self, pages: int) -> None:
        """Scroll the transcript."""
        if pages < 0:
            self.views.transcript.scroll_page_up(animate=False)
        else:
            self.views.transcript.scroll_page_down(animate=False)

    def _fatal_error(self) -> None:
        """End without Textual's traceback, which shows the values of all variables; `fault` tells why."""
        self._close_messages_no_wait()

    def _begin(self) -> None:
        self._run = asyncio.create_task(self._sit(), name="hfs:tui")

    async def _sit(self) -> None:
        await self.sitting.run()
        self.exit()

    def _copy_code(self, block: CodeBlock | None) -> None:
        if block is None:
            self.hint("no code to copy")
        else:
            self._copy(block.text, f"copied: {block}")

    def _copy(self, text: str, hint: str = "copied") -> None:
        copy_text(self, text)
        self.hint(hint)
