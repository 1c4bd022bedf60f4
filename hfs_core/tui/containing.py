"""The part of the app that outlives what the widgets of plugins raise.

Textual ends the app for an error wherever it arises. What arises in a plugin's widget is told to who keeps it instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import Screen
from textual.worker import NoActiveWorker, WorkerFailed, get_current_worker

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.message import Message
    from textual.widget import Widget


class Containing(App[None]):
    """Goes on after errors of plugins' widgets.

    Attributes:
        holds_raw: there are such widgets, or have been.
    """

    def __init__(self) -> None:
        super().__init__()
        self.holds_raw = False

    def get_default_screen(self) -> Screen[Any]:
        """Make the screen of the chat."""
        return ChatScreen(id="_default")

    def blames(self, error: BaseException) -> bool:
        """Tell the keeper of the widget in which an error arose; False if it arose in none."""
        if not self.holds_raw:
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
            return False
        keeper.fail(error)
        return True

    def _handle_exception(self, error: Exception) -> None:
        if not self.blames(error):
            super()._handle_exception(error)

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if not self.blames(error):
                raise

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: Any) -> bool:
        if self.holds_raw:
            from hfs_core.tui.guard import Guard

            if isinstance(namespace, Guard):
                return namespace.act(super()._dispatch_action, action_name, params)
        return await super()._dispatch_action(namespace, action_name, params)

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        if self.holds_raw:
            from hfs_core.tui.guard import guard, keeper_of

            if (keeper := keeper_of(parent)) is not None:
                guard(child, keeper, self)
        super()._register_child(parent, child, before, after)


class ChatScreen(Screen[None]):
    """The screen of the chat, which goes on after errors of plugins' widgets."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            app = self.app
            if not (isinstance(app, Containing) and app.blames(error)):
                raise
