"""Plugins that wait for the person's decision: a line says so, and the question is asked when they want it.

Imported late: nothing of this is needed for the first paint.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from textual.content import Content
from textual.widgets import Static

from hfs_core import api
from hfs_core.tui.conversation import sentence
from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from textual.screen import Screen

    from hfs_core.api import ConsentQuestion, Decide, Deciding, HfsEvent
    from hfs_core.tui.app import ChatApp
    from hfs_core.tui.consent import Answer
    from hfs_core.tui.conversation import Conversation

Outcome = TypeVar("Outcome")


class WaitingPlugins(Static):
    """Says, above the composer, which plugins wait; away where none does."""

    DEFAULT_CSS = """
    WaitingPlugins {
        height: auto; max-height: 2; padding: 0 2; display: none;
        color: $text-warning; background: $warning-muted;
    }
    WaitingPlugins.-shown { display: block; }
    WaitingPlugins:hover { text-style: bold; }
    .-short WaitingPlugins { max-height: 1; padding: 0; text-wrap: nowrap; text-overflow: ellipsis; }
    .-tiny WaitingPlugins.-shown { display: none; }
    """

    def __init__(self, on_click: Callable[[], None]):
        super().__init__(markup=False)
        self._clicked = on_click

    def tell(self, names: Sequence[str]) -> None:
        """Name the plugins that wait."""
        self.set_class(bool(names), "-shown")
        some = "1 plugin waits" if len(names) == 1 else f"{len(names)} plugins wait"
        more = ", ..." if len(names) > 3 else ""
        named = f"{', '.join(map(one_line, names[:3]))}{more}"
        self.update(
            Content.assemble(("F2", "bold"), f" decides: {some} for your decision ({named})")
            if names
            else Content("")
        )

    def on_click(self) -> None:
        """Ask the question."""
        self._clicked()


class Decisions:
    """Asks, one question at a time, and carries out the answers."""

    def __init__(self, app: ChatApp, conversation: Conversation, begin: Callable[[], None]):
        """Prepare to ask.

        Args:
            begin: is called once there may be new commands.
        """
        self._app = app
        self._conversation = conversation
        self._begin = begin
        self._later: set[str] = set()
        self._asking = asyncio.Lock()
        self._line = WaitingPlugins(app.action_decide)

    @property
    def waiting(self) -> list[str]:
        """The plugins that are to be decided about, but those that the person wants to decide about later."""
        return [name for entry in self._deciding.waiting() if (name := entry.info.name) not in self._later]

    async def open(self) -> None:
        """Say which plugins wait."""
        await self._app.screen_stack[0].mount(self._line, before=self._conversation.views.outbox)
        self._tell()

    def hear(self, event: HfsEvent) -> None:
        """Say which plugins wait now."""
        if isinstance(event, api.PluginStateChanged):
            self._tell()

    async def ask_all(self) -> None:
        """Ask about each plugin that waits, until the person leaves a question open."""
        if self._asking.locked():
            return
        async with self._asking:
            if not self.waiting:
                self._app.hint("no plugin waits for a decision")
            while waiting := self.waiting:
                try:
                    asked = await self._deciding.question(waiting[0])
                except api.HfsError as error:
                    self._later.add(waiting[0])  # it cannot be asked about
                    self._say(sentence(error), "error")
                    self._tell()
                    continue
                try:
                    if not await self._ask(asked):
                        return
                except api.HfsError as error:  # it was not done: the question stays open
                    self._say(sentence(error), "error")
                    return
                self._tell()

    async def carry_out(self, effect: Decide) -> None:
        """Do what a command asks for; raises HfsError."""
        plugin = effect.plugin
        if effect.what == "untrust":
            was_decided = await self._deciding.forget(plugin)
            runs = self._conversation.host.plugins.may_call(plugin)
            until = ": it runs until HFS ends" if runs else ""
            self._say(
                f"{plugin} is not trusted any more{until}"
                if was_decided
                else f"nothing was decided about {plugin}"
            )
        elif effect.what == "revive":
            await self._deciding.revive(plugin)
            self._begin()
            self._say(f"{plugin} gets another try")
        else:
            async with self._asking:
                await self._ask(await self._deciding.question(plugin))
        self._tell()

    @property
    def _deciding(self) -> Deciding:
        return self._conversation.host.deciding

    async def _ask(self, asked: ConsentQuestion) -> bool:
        """Ask about one plugin and do what is answered; False if the question was left open."""
        from hfs_core.tui.consent import Consent

        plugin = asked.name
        answer: Answer | None = await self._shown(Consent(asked, lambda: self._read(asked)))
        if answer is None:
            return False
        if answer.kind == "later":
            self._later.add(plugin)
        elif answer.kind == "refuse":
            await self._deciding.deny(plugin)
            self._say(f"{plugin} is refused, and not asked about again until it changes")
        else:
            await self._deciding.grant(plugin, asked.sha256, answer.granted)
            self._later.discard(plugin)
            self._begin()
            self._say(self._granted(plugin))
        return True

    def _granted(self, plugin: str) -> str:
        entry = self._conversation.host.plugins.entries[plugin]
        if not entry.is_usable:
            return f"{plugin} is trusted, but {entry.state}: {entry.reason}"
        commands = ", ".join(f"/{name}" for name, _ in entry.info.commands)
        return f"{plugin} is trusted{f': {commands}' if commands else ''}"

    async def _read(self, asked: ConsentQuestion) -> None:
        from hfs_core.tui.plugin_files import PluginFiles

        try:
            files = await self._deciding.files(asked.name, asked.sha256)
        except api.HfsError as error:
            self._say(sentence(error), "error")
            return
        self._app.push_screen(PluginFiles(files))

    async def _shown(self, screen: Screen[Outcome]) -> Outcome | None:
        answer: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()

        def answered(outcome: Outcome | None) -> None:
            if not answer.done():
                answer.set_result(outcome)

        await self._app.push_screen(screen, answered)
        return await answer

    def _say(self, text: str, level: str = "info") -> None:
        said = api.Notice(text, "error" if level == "error" else "info")
        self._conversation.views.toasts.say(said, lambda line: None)

    def _tell(self) -> None:
        self._line.tell(self.waiting)
