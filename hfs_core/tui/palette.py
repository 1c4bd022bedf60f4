"""Everything that can be done, in one list: commands, the app's own keys, sessions, models and themes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import events

from hfs_core import api
from hfs_core.tui.keys import app_bindings, key_name
from hfs_core.tui.picker import Picker

if TYPE_CHECKING:
    from hfs_core.api import Action, Row, Table
    from hfs_core.tui.commands import CommandRunner
    from hfs_core.tui.dialogs import Dialogs

SESSIONS = 200
"""How many sessions are offered: the last active ones."""

QUIET = 0.5
"""Seconds without a key before models are asked for."""

_KINDS = ("command", "action", "session", "model", "theme")
"""In the order in which they are listed."""

_COLUMNS = (
    api.Column("place"),
    api.Column("name", "Name"),
    api.Column("kind", "Kind"),
    api.Column("key", "Key"),
    api.Column("about", "About"),
)
_ENTER = (api.Action("enter", "Do it", ""),)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done."""

    kind: str
    name: str
    about: str
    do: Callable[[], object]
    key: str = ""


class Palette(Picker):
    """A picker of everything; what takes its time to be known comes in when it is."""

    def __init__(self, app: Dialogs, runner: CommandRunner | None):
        self._chat = app
        self._runner = runner
        keys = dict(app.keys.by_command()) if runner else {}
        self._deeds = [
            *(self._commands(runner, keys) if runner else ()),
            *self._own(),
            *self._themes(),
        ]
        self._gathering: asyncio.Task[None] | None = None
        self._typed_at = time.monotonic()
        super().__init__(_table(self._deeds), placeholder="a command, a session, a model, a theme")

    def on_mount(self) -> None:
        """Begin to ask for what is not known yet."""
        if self._runner is not None:
            self._gathering = asyncio.create_task(self._gather(self._runner), name="hfs:tui:palette")

    def on_unmount(self) -> None:
        """Ask no more."""
        if self._gathering is not None:
            self._gathering.cancel()

    def on_key(self, event: events.Key) -> None:  # type: ignore[override] # Textual calls the picker's, too
        """Take note that the person is typing."""
        self._typed_at = time.monotonic()

    def take(self, taken: tuple[Row, Action] | None) -> None:
        """Do what was chosen."""
        if taken is not None:
            place = str(taken[0].values["place"])
            deed = next(deed for deed in self._deeds if _place(deed) == place)
            deed.do()

    def _commands(self, runner: CommandRunner, keys: dict[str, str]) -> Iterable[Deed]:
        for command in runner.host.commands.names():
            name = command.name
            yield Deed(
                "command", f"/{name}", command.summary, partial(runner.begin, name), keys.get(name, "")
            )

    def _own(self) -> Iterable[Deed]:
        for binding in app_bindings(self._chat):
            if binding.action != "palette":
                key = key_name(binding.key.split(",")[0])
                do = partial(self._chat.call_later, self._chat.run_action, binding.action)
                yield Deed("action", binding.description, "", do, key)

    def _themes(self) -> Iterable[Deed]:
        for name, theme in self._chat.available_themes.items():
            yield Deed("theme", name, "dark" if theme.dark else "light", partial(self._wear, name))

    def _wear(self, name: str) -> None:
        self._chat.theme = name
        if self._runner is not None:
            self._runner.remember("theme", name)

    async def _gather(self, runner: CommandRunner) -> None:
        await self._sessions(runner)
        # The first answer imports the providers' clients, which makes the screen wait: not while somebody types.
        while (rest := self._typed_at + QUIET - time.monotonic()) > 0:  # noqa: ASYNC110 # a pause is awaited
            await asyncio.sleep(rest)
        await self._models(runner)

    async def _sessions(self, runner: CommandRunner) -> None:
        try:
            sessions = await runner.host.store.sessions(limit=SESSIONS)
        except api.StoreError:
            return  # the banner tells of it
        await self._add(
            Deed(
                "session",
                session.name,
                f"{session.id} · {session.updated_at.astimezone():%Y-%m-%d %H:%M}",
                partial(runner.carry_out, api.SwitchTo(session.id)),
            )
            for session in sessions
        )

    async def _models(self, runner: CommandRunner) -> None:
        await self._add(
            Deed("model", name, model.note, partial(runner.carry_out, api.UseModel(name)))
            for offer in await runner.host.providers.offers()
            for name, model in offer.by_name.items()
        )

    async def _add(self, deeds: Iterable[Deed]) -> None:
        self._deeds = sorted([*self._deeds, *deeds], key=lambda deed: _KINDS.index(deed.kind))
        await self.show(_table(self._deeds))


def _table(deeds: Iterable[Deed]) -> Table:
    rows = (
        api.Row(
            {
                "place": _place(deed),
                "name": deed.name,
                "kind": deed.kind,
                "key": deed.key,
                "about": deed.about,
            },
            actions=_ENTER,
        )
        for deed in deeds
    )
    return api.Table(_COLUMNS, tuple(rows), "Palette")


def _place(deed: Deed) -> str:
    return f"{deed.kind} {deed.name} {deed.about}"
