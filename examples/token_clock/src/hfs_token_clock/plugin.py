"""The plugin: it hears what happens, keeps what a session has cost, and says so in the status line."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hfs_core.api import (
    Conflict,
    HfsEvent,
    MessageDelta,
    PluginContext,
    PluginEvent,
    Put,
    Record,
    UsageRecorded,
    WidgetSpec,
    hookimpl,
)

from .settings import Settings
from .speed import Speed
from .spending import Spent

CHANGED = "token_clock.changed"
"""The event that lets the line be drawn again."""

EVERY = 0.5
"""Seconds between two drawings while a reply comes: nobody reads faster."""


class TokenClockPlugin:
    """Tokens a second, tokens and dollars so far."""

    Settings = Settings

    def __init__(self) -> None:
        self._speeds: dict[int, Speed] = {}
        self._spent: dict[int, Spent] = {}
        self._drawn_at = 0.0

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Keep the context: its records hold what was spent, and it emits events in this plugin's name."""
        self._context = context

    @hookimpl
    def provide_widgets(self) -> Sequence[WidgetSpec]:
        """Declare one line; HFS draws it, and again after `on_event` has said True."""
        return [WidgetSpec("status", "Token clock", self.line, lambda event: event.event_type == CHANGED)]

    @hookimpl
    async def on_event(self, event: HfsEvent) -> None:
        """Hear of pieces of a reply, and of what it has used. Off the chat's path: nobody waits for this."""
        if event.session_id is None:
            return
        if isinstance(event, MessageDelta):
            speed = self._speeds.setdefault(event.session_id, Speed(event))
            speed.add(event)
            if time.monotonic() - self._drawn_at > EVERY:
                await self._changed(event.session_id)
        elif isinstance(event, UsageRecorded):
            await self._count(event.session_id, event)
            await self._changed(event.session_id)
        elif event.event_type == "run.started":
            self._speeds.pop(event.session_id, None)

    async def line(self, session_id: int | None) -> str:
        """Return the line about a session; "" takes no room."""
        if session_id is None:
            return ""
        speed, spent = str(self._speeds.get(session_id, "")), await self._spent_in(session_id)
        return " · ".join(part for part in (speed, str(spent) if spent.tokens else "") if part)

    async def _count(self, session_id: int, usage: UsageRecorded) -> None:
        if speed := self._speeds.get(session_id):
            speed.end(usage)
        records, price = self._context.records, self._context.settings.prices.get(usage.model)
        while True:
            record = await records.get("spent", session=session_id)
            spent = _spent(record).plus(usage, price)
            expect = record.revision if record else 0
            try:
                await records.apply(Put("spent", spent.to_json(), session=session_id, expect=expect))
            except Conflict:  # another HFS has counted in between: count on from there
                continue
            self._spent[session_id] = spent
            return

    async def _spent_in(self, session_id: int) -> Spent:
        if session_id not in self._spent:
            self._spent[session_id] = _spent(await self._context.records.get("spent", session=session_id))
        return self._spent[session_id]

    async def _changed(self, session_id: int) -> None:
        self._drawn_at = time.monotonic()
        await self._context.emit(PluginEvent(event_type=CHANGED, session_id=session_id))


def _spent(record: Record | None) -> Spent:
    return Spent(**record.value) if record else Spent()
