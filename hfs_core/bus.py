"""The event bus: facts go in, every subscriber hears them in order, and nobody slow delays the chat."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

from hfs_core.events import HfsEvent, MessageDelta
from hfs_core.state import RunSnapshot, StateManager

QUEUE_LIMIT = 256
"""How many events a subscriber may leave unread before its deltas are dropped, oldest first."""


class Subscription:
    """An endless async iterator over the events that match a pattern.

    Deltas of one run that wait together are told as one. Past `limit`, waiting deltas are dropped and counted in
    `dropped`; a lifecycle event never is.
    """

    def __init__(
        self,
        pattern: str,
        limit: int = QUEUE_LIMIT,
        wants: Callable[[HfsEvent], bool] | None = None,
    ):
        self.pattern = pattern
        self._wants = wants
        self.dropped = 0
        self._limit = limit
        self._waiting: deque[HfsEvent] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> HfsEvent:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    def matches(self, event: HfsEvent) -> bool:
        """Tell whether the subscriber wants this event."""
        if self._wants is not None and not self._wants(event):
            return False
        return self.pattern == "*" or fnmatchcase(event.event_type, self.pattern)

    def push(self, event: HfsEvent) -> None:
        """Queue an event; never waits."""
        if self._is_closed:
            return
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, MessageDelta) and isinstance(last, MessageDelta) and last.run_id == event.run_id:
            self._waiting[-1] = replace(last, text=last.text + event.text)
        else:
            self._waiting.append(event)
            if len(self._waiting) > self._limit:
                self._drop_delta()
        self._arrived.set()

    def close(self) -> None:
        """End the iteration once what waits has been read."""
        self._is_closed = True
        self._arrived.set()

    def _drop_delta(self) -> None:
        for waiting in self._waiting:
            if isinstance(waiting, MessageDelta):
                self._waiting.remove(waiting)
                self.dropped += 1
                return


class EventBus:
    """Tells events to subscribers, after the state has taken them in."""

    def __init__(self, state: StateManager):
        self._state = state
        self._subscriptions: list[Subscription] = []
        self._listeners: list[Callable[[HfsEvent], None]] = []

    async def subscribe(
        self,
        pattern: str = "*",
        *,
        limit: int = QUEUE_LIMIT,
        wants: Callable[[HfsEvent], bool] | None = None,
    ) -> Subscription:
        """Return a stream of the events whose `event_type` matches a glob such as `run.*`.

        Args:
            wants: leaves out further events for which it does not hold; it must be quick and must not raise.
        """
        subscription = Subscription(pattern, limit, wants)
        self._subscriptions.append(subscription)
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End a stream; what waits in it can still be read."""
        subscription.close()
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def listen(self, callback: Callable[[HfsEvent], None]) -> None:
        """Call a function of the core's own within each `emit`; it must be quick and must not raise."""
        self._listeners.append(callback)

    def snapshot(self, session_id: int) -> RunSnapshot | None:
        """Return the state of a session's run as of the last event."""
        return self._state.get_snapshot(session_id)

    async def emit(self, event: HfsEvent) -> None:
        """Tell an event, with the snapshot that belongs to it."""
        if not isinstance(event, MessageDelta):
            event = replace(event, snapshot=self._state.apply(event))
        for subscription in self._subscriptions:
            if subscription.matches(event):
                subscription.push(event)
        for listener in self._listeners:
            listener(event)
