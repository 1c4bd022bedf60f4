"""What the app opens over the chat: questions, the palette, the help; and the keys of what comes and goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from hfs_core.tui.containing import Containing
from hfs_core.tui.keys import Keys
from hfs_core.tui.toasts import OFFER_BINDINGS

if TYPE_CHECKING:
    from hfs_core.tui.commands import CommandRunner
    from hfs_core.tui.conversation import Views


class Dialogs(Containing):
    """The part of the app that opens screens over it, each imported when it is first opened.

    Attributes:
        keys: what all keys do.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "palette", "Everything that can be done", show=False),
        Binding("f1", "help", "Help", show=False),
        *OFFER_BINDINGS,
    ]
    views: Views

    def __init__(self) -> None:
        super().__init__()
        self.keys = Keys(self)

    @property
    def runner(self) -> CommandRunner | None:
        """What runs commands; None while HFS is not running."""
        raise NotImplementedError

    async def ask(self, question: str) -> bool:
        """Ask something that is answered with yes or no."""
        from hfs_core.tui.confirm import Confirm

        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def answered(is_yes: bool | None) -> None:
            if not answer.done():  # else who asked has been stopped, and waits no more
                answer.set_result(bool(is_yes))

        screen = Confirm(question)
        await self.push_screen(screen, answered)
        try:
            return await answer
        except asyncio.CancelledError:
            if screen.is_current:
                screen.dismiss(False)
            raise

    def action_palette(self) -> None:
        """Offer everything that can be done; without a running HFS, what the screen alone can do."""
        from hfs_core.tui.palette import Palette

        palette = Palette(self, self.runner)
        self.push_screen(palette, palette.take)

    def action_help(self) -> None:
        """Tell the keys, and the commands of what is installed."""
        from hfs_core.tui.help import Help

        runner = self.runner
        told = self.keys.told(self.views.composer.key_mode)
        self.push_screen(Help(told, runner.host.commands.names() if runner else ()))

    def action_run_command(self, key: str) -> None:
        """Run the command that has been given a key."""
        if self.runner is not None and self.keys.has(key):
            self.runner.run(self.keys.command(key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of offers to others while nothing is offered."""
        return action != "take_offer" or self.views.toasts.offers(str(parameters[0]))

    def action_take_offer(self, key: str) -> None:
        """Do what a toast offers."""
        self.views.toasts.take(key)
