"""A widget of Textual's that a plugin draws itself, in the sidebar or the panel."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.messages import Prune
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.containing import Containing
from hfs_core.tui.guard import END_SECONDS, guard
from hfs_core.tui.text import drawable, one_line

if TYPE_CHECKING:
    from hfs_core.api import LiveRawWidget
    from hfs_core.tui.app import ChatApp


class RawGadget(Widget):
    """Holds it, and what stands in its place once it has failed.

    Attributes:
        has_failed: it is off the screen, until its plugin is loaded anew.
    """

    DEFAULT_CSS = """
    RawGadget { height: auto; width: 1fr; display: none; padding: 0 1; border-left: blank; }
    RawGadget.-shown { display: block; }
    RawGadget:focus-within { border-left: outer $primary; }
    RawGadget > .title { color: $text-muted; text-style: bold; height: auto; }
    RawGadget > .failure { color: $text-warning; height: auto; display: none; }
    RawGadget > Vertical { height: auto; max-height: 33vh; }
    RawGadget.-failed > .failure { display: block; }
    RawGadget.-failed > Vertical { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.go_to_composer", "Back to the composer", show=False),
    ]

    def __init__(self, live: LiveRawWidget):
        super().__init__()
        self.has_failed = False
        self._has_ended = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._live = live
        self._failure = Static(markup=False, classes="failure")
        self._body = Vertical()

    def compose(self) -> list[Widget]:
        """Draw the title; the widget itself comes with `begin`."""
        title = one_line(self._live.spec.title)
        head = [Static(Content(title), markup=False, classes="title")] if title else []
        return [*head, self._body, self._failure]

    @property
    def may_focus(self) -> bool:
        """Tell whether the focus is in here already."""
        return self.has_focus_within

    def begin(self) -> None:
        """Make the widget and put it in its place."""
        self.add_class("-shown")
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        cast(Containing, self.app).blame = self._live.blame
        try:
            with self.acting():
                made = self._live.spec.widget()
                if not issubclass(type(made), Widget):
                    raise TypeError(f"it made a {type(made).__name__}, no widget of Textual's")
                guard(made, self, self.app)
                self._body.mount(made)  # not awaited: who knows how long it takes
                if (
                    made.styles.height is None
                ):  # it would fill a place that is as high as what is in it: not at all
                    made.styles.height = "auto"
        except BaseException as error:  # noqa: BLE001 # a plugin's class may raise anything
            self.fail(error)

    def acting(self) -> AbstractContextManager[None]:
        """Let what runs inside count as the plugin's."""
        return self._live.acting()

    def fail(self, error: BaseException) -> None:
        """Take the widget off the screen, say why in its place, and blame its plugin."""
        self.has_failed = True
        if self._loop is not None and self._thread != threading.get_ident():
            self._loop.call_soon_threadsafe(self.fail, error)  # a worker of it is a thread
            return
        if self._has_ended:
            return  # it is off the screen for good, and its plugin perhaps gone
        failure = self._live.failed(error)
        if self.is_attached:
            self.app.call_later(self._say, str(failure))

    async def end(self) -> None:
        """Take it away; one that does not end is left to itself, so that nobody waits for it."""
        if self.has_focus_within:
            cast("ChatApp", self.app).action_go_to_composer()
        self.remove_class("-shown")
        for widget in list(self._body.children):
            widget.post_message(Prune())  # not `remove`, for which the whole app would wait
            if widget._task is not None:
                await _wait_for_end(widget._task)
            if widget in self._body.children:  # it did not end, or was cancelled before it had begun
                widget._mounted_event.set()
                self._body._nodes._remove(widget)
                self.app._registry.discard(widget)
        self._has_ended = True
        await self.remove()

    def _say(self, text: str) -> None:
        if self.has_focus_within:
            cast("ChatApp", self.app).action_go_to_composer()
        self._failure.update(Content(drawable(text)))
        self.add_class("-failed")


async def _wait_for_end(task: asyncio.Task[None]) -> None:
    """Wait for a widget's task to end, and cancel it if it does not."""
    await asyncio.wait({task}, timeout=2 * END_SECONDS)  # what is to be done at the end has `END_SECONDS`
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=END_SECONDS)
