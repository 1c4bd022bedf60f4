"""Runs what the person writes after a slash, shows the answer and carries out its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hfs_core import api
from hfs_core.tui.conversation import sentence
from hfs_core.tui.results import note_of, notice

if TYPE_CHECKING:
    from hfs_core.api import Completions, Effect, Invocation
    from hfs_core.tui.conversation import Conversation

QUITTING = frozenset({"exit", "quit"})
"""Commands that work with no plugin at all."""

STOP_SECONDS = 2.0
"""How long a command may take to end once it is stopped."""


class CommandRunner:
    """Runs command lines; several may be under way."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        confirm: Callable[[str], Awaitable[bool]],
        copy: Callable[[str], None],
        leave: Callable[[], None],
    ):
        self._conversation = conversation
        self._confirm = confirm
        self._copy = copy
        self._leave = leave
        self._running: set[asyncio.Task[None]] = set()

    def run(self, line: str) -> None:
        """Run a line, its slash left out, in the background."""
        task = asyncio.create_task(self._run(line), name="hfs:tui:command")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Cancel every command that is under way, and wait a moment for their ends."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(list(self._running), timeout=STOP_SECONDS)

    async def _run(self, line: str) -> None:
        conversation, transcript = self._conversation, self._conversation.views.transcript
        invocation = self._invocation()
        try:
            result = await conversation.host.commands.run(line, invocation)
            effects = list(result.effects)
            while effects and isinstance(
                effects[0], api.SwitchTo
            ):  # what is said then is said in that session
                await self._carry_out(effects.pop(0))
            for part in result.parts:
                await transcript.note(note_of(part))
            for effect in effects:
                await self._carry_out(effect)
        except asyncio.CancelledError:
            await transcript.note(notice(f"stopped: /{line}", "warning"))
            raise
        except Exception as error:  # noqa: BLE001 # commands are plugins'; what they raise is told
            await transcript.note(notice(sentence(error), "error"))
        finally:
            conversation.views.status.progress = ""
            conversation.show_status()

    async def complete(self, line: str) -> Completions:
        """Return what the end of a line, its slash left out, may become."""
        return await api.complete(line, self._invocation())

    def _invocation(self) -> Invocation:
        conversation = self._conversation
        return api.Invocation(
            conversation.session_id,
            conversation.host,
            confirm=self._confirm,
            progress=self._progress,
            model=conversation.model or conversation.host.settings.current.model,
        )

    def _progress(self, text: str, share: float | None) -> None:
        done = "" if share is None else f"{min(max(share, 0), 1):.0%} "
        self._conversation.views.status.progress = f"{done}{text}"

    async def _carry_out(self, effect: Effect) -> None:
        conversation = self._conversation
        if isinstance(effect, api.SwitchTo):
            if effect.session_id is None:
                await conversation.switch(None)
            else:
                await conversation.switch(await conversation.host.sessions.resume(effect.session_id))
        elif isinstance(effect, api.Send):
            conversation.send(effect.text)
        elif isinstance(effect, api.Copy):
            self._copy(effect.text)
        elif isinstance(effect, api.UseModel):
            conversation.model = effect.model
        else:
            self._leave()
