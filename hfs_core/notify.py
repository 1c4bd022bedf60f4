"""Tells plugins what happened: one bounded queue a plugin, off the chat's path."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol

from hfs_core.bus import QUEUE_LIMIT
from hfs_core.errors import PluginFailed
from hfs_core.events import HfsEvent, MessageAdded, MessageDelta, has_words

EVENT_HOOKS = ("on_event", "on_start", "on_run_complete", "on_exit")

Call = Callable[..., Awaitable[Any]]
_Told = tuple[str, dict[str, Any]]


class Readers(Protocol):
    """What the notifier asks of whoever knows what plugins were granted."""

    def may_hear(self, plugin: str, event: HfsEvent) -> bool:
        """Tell whether a plugin may hear of an event that may hold what somebody said."""

    def has_read(self, plugin: str) -> None:
        """Hear that it has heard a message, or a part of one."""


class _Queue:
    """What one plugin has yet to hear, and the task that tells it."""

    def __init__(self, plugin: str, tell: Callable[[str, _Told], Awaitable[None]]):
        self._waiting: deque[_Told] = deque()
        self._is_closing = False
        self._arrived = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._task = asyncio.create_task(self._run(plugin, tell), name=f"hfs:{plugin}:events")

    def push(self, told: _Told) -> None:
        event = told[1].get("event")
        last = self._waiting[-1][1].get("event") if self._waiting else None
        if isinstance(event, MessageDelta) and isinstance(last, MessageDelta) and last.run_id == event.run_id:
            self._waiting[-1] = (told[0], {"event": replace(last, text=last.text + event.text)})
        elif isinstance(event, MessageDelta) and len(self._waiting) >= QUEUE_LIMIT:
            return
        else:
            self._waiting.append(told)
        self._drained.clear()
        self._arrived.set()

    async def drain(self) -> None:
        await self._drained.wait()

    async def close(self) -> None:
        self._is_closing = True
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self, plugin: str, tell: Callable[[str, _Told], Awaitable[None]]) -> None:
        while not self._is_closing:
            try:
                await self._arrived.wait()
                while self._waiting:
                    await tell(plugin, self._waiting.popleft())
            except asyncio.CancelledError:
                if self._is_closing:
                    raise
                continue  # by a plugin, which may cancel whatever it finds: the others are still to be told
            self._arrived.clear()
            self._drained.set()


class Notifier:
    """Keeps the queues of the plugins that want to hear of things."""

    def __init__(self, load: Callable[[str], Awaitable[bool]], call_plugin: Call, readers: Readers):
        self._load = load
        self._call_plugin = call_plugin
        self._readers = readers
        self._is_open = asyncio.Event()
        self._queues: dict[str, _Queue] = {}
        self._hooks: dict[str, frozenset[str]] = {}

    def add(self, plugin: str, hooks: Iterable[str]) -> None:
        """Let a plugin hear by these of its hooks alone, from now on; it is loaded by the first thing it hears."""
        wanted = frozenset(hooks) & frozenset(EVENT_HOOKS)
        if wanted or plugin in self._queues:
            self._hooks[plugin] = wanted
        if wanted and plugin not in self._queues:
            self._queues[plugin] = _Queue(plugin, self._tell)

    def open(self) -> None:
        """Begin to tell: what happened before is waiting. A plugin that is loaded to hear of it finds a store."""
        self._is_open.set()

    def event(self, event: HfsEvent) -> None:
        """Queue an event for every plugin that has `on_event` and may hear of it."""
        is_for_all = not has_words(event)
        for plugin, queue in self._queues.items():
            if "on_event" in self._hooks[plugin] and (is_for_all or self._readers.may_hear(plugin, event)):
                queue.push(("on_event", {"event": event}))

    def tell(self, hook: str, **arguments: Any) -> None:
        """Queue a call of an event hook that is about no event; never waits."""
        for plugin, queue in self._queues.items():
            if hook in self._hooks[plugin]:
                queue.push((hook, arguments))

    async def drain(self, timeout: float) -> None:
        """Wait until everything queued has been told, for at most `timeout` seconds."""
        queues = [asyncio.ensure_future(queue.drain()) for queue in self._queues.values()]
        if queues:
            _, late = await asyncio.wait(queues, timeout=timeout)
            for waiter in late:
                waiter.cancel()

    async def remove(self, plugin: str) -> None:
        """Stop telling a plugin anything."""
        self._hooks.pop(plugin, None)
        if queue := self._queues.pop(plugin, None):
            await queue.close()

    async def close(self) -> None:
        """Stop telling everybody."""
        for plugin in list(self._queues):
            await self.remove(plugin)

    async def _tell(self, plugin: str, told: _Told) -> None:
        hook, arguments = told
        await self._is_open.wait()
        if not await self._load(plugin):
            return
        if isinstance(arguments.get("event"), MessageAdded | MessageDelta):
            self._readers.has_read(plugin)
        try:
            await self._call_plugin(plugin, hook, **arguments)
        except PluginFailed:
            return  # told to the roster where it failed
