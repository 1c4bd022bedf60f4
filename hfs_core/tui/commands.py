"""Runs what the person writes after a slash, shows the answer and carries out its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from hfs_core import api
from hfs_core.tui.conversation import sentence
from hfs_core.tui.results import note_of, notice

if TYPE_CHECKING:
    from textual.app import App

    from hfs_core.api import (
        Action,
        CommandResult,
        Completions,
        Decide,
        Effect,
        Host,
        Invocation,
        Notice,
        Row,
        Table,
        Timeline,
    )
    from hfs_core.tui.chooser import Chooser
    from hfs_core.tui.conversation import Conversation
    from hfs_core.tui.entry import Note
    from hfs_core.tui.keys import Keys

Listing = TypeVar("Listing", "Table", "Timeline")

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
        keys: Keys,
        decide: Callable[[Decide], Awaitable[None]],
    ):
        self._decide = decide
        self._conversation = conversation
        self._confirm = confirm
        self._copy = copy
        self._leave = leave
        self._keys = keys
        self._running: set[asyncio.Task[Any]] = set()
        self._picking: tuple[Chooser[Any, Any], type[Table | Timeline], str] | None = None

    @property
    def host(self) -> Host:
        """What commands work on."""
        return self._conversation.host

    def run(self, line: str) -> None:
        """Run a line, its slash left out, in the background."""
        self._in_order(line, partial(self._answer, line))

    def cancel(self) -> bool:
        """Cancel every command that is under way; tell whether there was one."""
        return bool([task.cancel() for task in self._running])

    async def stop(self) -> None:
        """Cancel every command that is under way, and wait a moment for their ends."""
        self.cancel()
        if self._running:
            await asyncio.wait(list(self._running), timeout=STOP_SECONDS)

    def begin(self, name: str) -> None:
        """Run a command without arguments; one that needs some goes into the composer."""
        self._in_order(name, partial(self._begin, name))

    def remember(self, key: str, value: str) -> None:
        """Write a setting."""
        write = partial(asyncio.to_thread, self.host.settings.write, key, value)
        self._spawn(self._told(f"config set {key}", write))

    def bind_keys(self) -> None:
        """Give commands the keys that they ask for; one that cannot have its key is told of."""
        views, keys = self._conversation.views, self._keys
        for key, command in self.host.commands.wanted_keys():
            if fault := keys.give(key, command, views.composer.key_mode):
                views.toasts.fail(command.plugin, fault, "warning")

    def carry_out(self, effect: Effect) -> None:
        """Do in the background what a command could have asked for."""
        self._spawn(self._told(type(effect).__name__, partial(self._carry_out, effect)))

    @property
    def _app(self) -> App[Any]:
        return self._conversation.views.transcript.app

    def _in_order(self, line: str, do: Callable[[], Awaitable[object]]) -> None:
        """Do something in the background; what the person says after it waits for it."""
        self._conversation.waiting.hold_for(self._spawn(self._told(line, do)))

    def _spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(coroutine, name="hfs:tui:command")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _begin(self, name: str) -> None:
        if any(each.is_required for each in api.parameters(await self.host.commands.get(name))):
            self._conversation.views.composer.take()  # Up brings back what was written
            self._conversation.views.composer.give_back(f"/{name} ")
        else:
            await self._answer(name)

    async def _told(self, line: str, do: Callable[[], Awaitable[object]]) -> bool:
        """Do something; how it fails is told in the transcript, and False returned."""
        transcript = self._conversation.views.transcript
        try:
            return await do() is not False
        except asyncio.CancelledError:
            await transcript.note(notice(f"stopped: /{line}", "warning"))
            raise
        except Exception as error:  # noqa: BLE001 # commands are plugins'; what they raise is told
            await transcript.note(notice(sentence(error), "error"))
            return False
        finally:
            self._conversation.views.status.progress = ""
            self._conversation.show_status()

    async def _answer(self, line: str) -> bool:
        result = await self._call(line)
        listing = pickable(result)
        await self._deliver(result, listing)
        if listing is not None:
            await self._pick(line, listing)
        return result.ok

    async def _deliver(
        self, result: CommandResult, listing: Table | Timeline | None, *, is_aside: bool = False
    ) -> None:
        """Show an answer but for what is chosen from, and carry out its effects.

        Args:
            is_aside: sentences are said in passing, over what the person is looking at.
        """
        effects = list(result.effects)
        while effects and isinstance(effects[0], api.SwitchTo):
            await self._carry_out(effects.pop(0))  # what is said then is said in that session
        notes: list[Note] = []
        for part in result.parts:
            if isinstance(part, api.Notice) and (is_aside or part.actions):
                self._toast(part)
            elif part is not listing:
                notes.append(note_of(part))
        if notes:
            await self._conversation.views.transcript.answer(notes)
        for effect in effects:
            await self._carry_out(effect)

    async def _call(self, line: str) -> CommandResult:
        return await self._conversation.host.commands.run(line, self._invocation())

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
            keys=self._keys.told(conversation.views.composer.key_mode),
            switch_to=self._switch_to,
        )

    def _progress(self, text: str, share: float | None) -> None:
        done = "" if share is None else f"{min(max(share, 0), 1):.0%} "
        self._conversation.views.status.progress = f"{done}{text}"
        if share is not None:
            self._conversation.waiting.go_on()  # what says how far it is takes its time

    async def _pick(self, line: str, listing: Table | Timeline) -> None:
        if isinstance(listing, api.Table):
            from hfs_core.tui.picker import Picker

            picker = Picker(listing, partial(self._act, line, api.Table))
            self._picking = (picker, api.Table, line)
            await self._app.push_screen(picker, self._picked)
        else:
            from hfs_core.tui.timeline_screen import TimelineScreen

            screen = TimelineScreen(listing, partial(self._act, line, api.Timeline))
            self._picking = (screen, api.Timeline, line)
            await self._app.push_screen(screen, self._run_chosen)

    def _picked(self, taken: tuple[Row, Action] | None) -> None:
        self._run_chosen(taken[1].command if taken else None)

    def _run_chosen(self, line: str | None) -> None:
        if line is not None:
            self.run(line.removeprefix("/"))

    async def _act(self, line: str, kind: type[Listing], action: Action) -> Listing | None:
        """Run what a row or a point offers, and the line again that listed it; returns what it lists now."""
        listing = await self._spawn(self._listed_after(action.command.removeprefix("/"), line))
        return listing if isinstance(listing, kind) else None

    async def _listed_after(self, command: str, line: str) -> Table | Timeline | None:
        await self._aside(command)
        try:
            again = await self._call(line)
        except Exception as error:  # noqa: BLE001 # commands are plugins'; what they raise is told
            self._toast(api.Notice(sentence(error), "error"))
            return None
        listing = pickable(again)
        if listing is None:
            await self._deliver(again, None)
        return listing

    async def _aside(self, line: str) -> None:
        """Run a line while the person looks at something else than the transcript."""
        try:
            result = await self._call(line)
            await self._deliver(result, None, is_aside=True)
        except Exception as error:  # noqa: BLE001 # commands are plugins'; what they raise is told
            self._toast(api.Notice(sentence(error), "error"))
        finally:
            self._conversation.views.status.progress = ""

    def _toast(self, said: Notice) -> None:
        self._conversation.views.toasts.say(said, self._take_offer)

    def _take_offer(self, line: str) -> None:
        """Run what a toast offered; a list that is open then shows what came of it."""
        if self._picking is not None and self._picking[0].is_current:
            self._spawn(self._taken_aside(*self._picking, line))
        else:
            self.run(line)

    async def _taken_aside(
        self, screen: Chooser[Any, Any], kind: type[Table | Timeline], line: str, offer: str
    ) -> None:
        listing = await self._listed_after(offer, line)
        if isinstance(listing, kind) and screen.is_current:
            await screen.show(listing)

    async def _switch_to(self, session_id: int | None) -> None:
        conversation = self._conversation
        session = None if session_id is None else await conversation.host.sessions.resume(session_id)
        await conversation.switch(session)

    async def _carry_out(self, effect: Effect) -> None:
        conversation = self._conversation
        if isinstance(effect, api.SwitchTo):
            await self._switch_to(effect.session_id)
        elif isinstance(effect, api.Send):
            conversation.waiting.send(effect.text)
        elif isinstance(effect, api.Copy):
            self._copy(effect.text)
        elif isinstance(effect, api.UseModel):
            conversation.model = effect.model
        elif isinstance(effect, api.Decide):
            await self._decide(effect)
        else:
            self._leave()


def pickable(result: CommandResult) -> Table | Timeline | None:
    """Return the only table or timeline of an answer if there is something to be done with its rows or points."""
    listings = [part for part in result.parts if isinstance(part, (api.Table, api.Timeline))]
    if len(listings) != 1:
        return None
    (listing,) = listings
    if isinstance(listing, api.Timeline):
        has_actions = bool(listing.on_select) or any(point.actions for point in listing.points)
        return listing if listing.points and has_actions else None
    if not any(column.title for column in listing.columns):
        return None
    return listing if any(row.actions for _, row in listing.walk()) else None
