"""The part of the app that outlives what the widgets of plugins raise.

Textual ends the app for an error wherever it arises. What arises in a plugin's widget is told to who keeps it instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import Screen
from textual.worker import NoActiveWorker, WorkerFailed, get_current_worker

from hfs_core.tui.text import drawable, one_line

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.message import Message
    from textual.notifications import SeverityLevel
    from textual.widget import Widget


OWN = frozenset({"hfs_core", "textual"})
"""Whose widgets are mounted where there is no guard."""


ENDINGS = (SystemExit, KeyboardInterrupt)
"""What would go through the loop itself, and end it."""

CONTAINED = (Exception, *ENDINGS)
"""What a plugin may raise where the app or the screen calls it."""


class Containing(App[None]):
    """Goes on after errors of plugins' widgets.

    Attributes:
        blame: blames the plugin in whose code an error arose, False if it arose in none's; None before there was
            such a widget.
    """

    def __init__(self) -> None:
        super().__init__()
        self.blame: Callable[[BaseException], bool] | None = None

    def get_default_screen(self) -> Screen[Any]:
        """Make the screen of the chat."""
        return ChatScreen(id="_default")

    def blames(self, error: BaseException) -> bool:
        """Tell the keeper of the widget in which an error arose, or blame the plugin; False if it arose in neither."""
        if self.blame is None:
            return False
        from hfs_core.tui.guard import keeper_of, owners

        node: Any = None
        if isinstance(error, WorkerFailed):
            error = error.error
            try:
                node = get_current_worker().node
            except NoActiveWorker:
                node = None
        keeper = keeper_of(node) or next(owners(error), None)
        if keeper is None:
            return self.blame(error)  # it had the app, or the screen, call it
        keeper.fail(error)
        return True

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a text for some seconds; what is no markup would end the app, so none is taken for it."""
        if severity not in ("information", "warning", "error"):
            severity = "information"
        text = drawable(str(message))
        super().notify(text, title=one_line(str(title)), severity=severity, timeout=timeout, markup=False)

    def exit(self, result: Any = None, return_code: int = 0, message: Any = None) -> None:
        """End, unless a plugin's widget asks for it: that is the person's to say."""
        if self.blame is not None:
            from hfs_core.tui.guard import is_asking

            if is_asking():
                raise RuntimeError("a plugin's widget cannot end HFS")
        super().exit(result, return_code, message)

    def _handle_exception(self, error: Exception) -> None:
        if not self.blames(error):
            super()._handle_exception(error)

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except CONTAINED as error:
            if not self.blames(error):
                raise

    async def _flush_next_callbacks(self) -> None:
        try:
            await super()._flush_next_callbacks()
        except ENDINGS as error:  # Textual itself passes on all else
            if not self.blames(error):
                raise

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: Any) -> bool:
        if self.blame is not None:
            from hfs_core.tui.guard import Guard

            if isinstance(namespace, Guard):
                return namespace.act(super()._dispatch_action, action_name, params)
        return await super()._dispatch_action(namespace, action_name, params)

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        if self.blame is not None:
            from hfs_core.tui.guard import guard, keeper_of

            if (keeper := keeper_of(parent)) is not None:
                guard(child, keeper, self)
            elif keeper_of(child) is None and type(child).__module__.partition(".")[0] not in OWN:
                raise RuntimeError(
                    f"a plugin's widget can only be mounted in another of its own, not in {parent!r}"
                )
        super()._register_child(parent, child, before, after)


class ChatScreen(Screen[None]):
    """The screen of the chat, which goes on after errors of plugins' widgets."""

    async def _dispatch_message(self, message: Message) -> None:
        with self._contained():
            await super()._dispatch_message(message)

    async def _flush_next_callbacks(self) -> None:
        with self._contained():
            await super()._flush_next_callbacks()

    async def _invoke_and_clear_callbacks(self) -> None:
        with self._contained():  # also called when the screen is idle, which no message tells
            await super()._invoke_and_clear_callbacks()

    @contextmanager
    def _contained(self) -> Iterator[None]:
        try:
            yield
        except CONTAINED as error:
            app = self.app
            if not (isinstance(app, Containing) and app.blames(error)):
                raise
