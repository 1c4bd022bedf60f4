"""One call of foreign code: whatever it raises or refuses to do stays in here, and is blamed on its plugin."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from hfs_core.errors import PluginFailed, PluginTimeout

GRACE = 0.05
"""Seconds that a plugin gets to end after its time is up and it was cancelled; then it is left to itself."""

STOPS_WITHIN = 5.0
"""Seconds that a command gets to clean up after it was stopped."""

CURRENT_PLUGIN: ContextVar[str] = ContextVar("hfs_current_plugin", default="")
"""The plugin whose code runs; tasks that it starts inherit it."""


class PluginHang(BaseException):
    """Raised by the watchdog inside of a plugin that keeps the event loop; no `except Exception` stops it."""


class _Clock:
    """The time that a call has taken without what it spent waiting on the store."""

    __slots__ = ("_excused", "_started", "_waits")

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._excused = 0.0
        self._waits: list[float] = []

    @property
    def spent(self) -> float:
        moment = time.monotonic()
        return moment - self._started - self._excused - sum(moment - since for since in self._waits)

    @contextmanager
    def paused(self) -> Iterator[None]:
        since = time.monotonic()
        self._waits.append(since)
        try:
            yield
        finally:
            self._waits.remove(since)
            self._excused += time.monotonic() - since


_CLOCK: ContextVar[_Clock | None] = ContextVar("hfs_clock", default=None)


@contextmanager
def waiting_on_store() -> Iterator[None]:
    """Let the time spent inside not count against the plugin that is being called."""
    clock = _CLOCK.get()
    with clock.paused() if clock else nullcontext():
        yield


@dataclass(frozen=True, slots=True)
class Raised:
    """What `guarded` returns for an exception."""

    error: BaseException


def describe(error: BaseException) -> str:
    """Return `Type: message` for an error whose own text may raise."""
    try:
        text = str(error)
    except BaseException as second:  # noqa: BLE001 # a plugin's exception may fail to describe itself
        text = f"<its message raises {type(second).__name__}>"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


async def isolated(
    plugin: str, hook: str, function: Callable[..., Any], arguments: Mapping[str, Any], timeout: float
) -> Any:
    """Call foreign code and return its answer, awaited.

    Raises:
        PluginFailed: it raised anything at all, `SystemExit` and a self-made `CancelledError` included.
        PluginTimeout: it did not end within `timeout` seconds; it was cancelled.
    """
    token = CURRENT_PLUGIN.set(plugin)
    caller = asyncio.current_task()
    cancellations = caller.cancelling() if caller is not None else 0
    try:
        try:
            answer = function(**arguments)
            # Asking an answer for its class may run its code; what most answers are is told by their type.
            waits = answer is not None and (type(answer) is CoroutineType or isawaitable(answer))
        except BaseException as error:  # foreign code may raise anything
            if caller is not None and caller.cancelling() > cancellations:
                await _uncancel(caller, cancellations)
            raise blamed(plugin, hook, error) from error
        if caller is not None and caller.cancelling() > cancellations:
            await _uncancel(caller, cancellations)
            own = asyncio.CancelledError("it cancelled the task that called it")
            raise blamed(plugin, hook, own) from own
        if waits:
            return await _awaited(plugin, hook, answer, timeout)
        return answer
    finally:
        CURRENT_PLUGIN.reset(token)


async def _awaited(plugin: str, hook: str, awaitable: Awaitable[Any], timeout: float) -> Any:
    # A task of its own: a plugin that cancels "the current task" cancels itself, not the chat, and one that
    # swallows its cancellation keeps nobody waiting.
    clock = _Clock()
    token = _CLOCK.set(clock)
    task = asyncio.create_task(guarded(awaitable), name=f"hfs:{plugin}:{hook}")
    _CLOCK.reset(token)
    try:
        left = timeout
        while not await _ends_within(task, left):
            if (left := timeout - clock.spent) <= 0:
                stack = _stack(task)
                task.cancel()
                await _ends_within(task, GRACE)
                text = f"plugin {plugin} did not answer {hook} within {timeout:g} s"
                raise PluginTimeout(text, plugin=plugin, hook=hook, seconds=timeout, stack=stack)
    except asyncio.CancelledError:
        task.add_done_callback(lambda _: _close(awaitable))
        task.cancel()
        raise
    try:
        outcome = task.result()
    except asyncio.CancelledError as error:
        _close(awaitable)
        own = asyncio.CancelledError("it cancelled itself").with_traceback(error.__traceback__)
        raise blamed(plugin, hook, own) from own
    if type(outcome) is Raised:
        raise blamed(plugin, hook, outcome.error) from outcome.error
    return outcome


async def unhurried(plugin: str, name: str, awaitable: Awaitable[Any]) -> Any:
    """Await foreign code that may take as long as it likes; whatever it raises comes back as `Raised`.

    It has a task of its own, as what is timed has; one that is cancelled from outside gets a moment to end.
    """
    token = CURRENT_PLUGIN.set(plugin)
    task = asyncio.create_task(guarded(awaitable), name=f"hfs:{plugin or 'hfs'}:{name}")
    CURRENT_PLUGIN.reset(token)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.add_done_callback(lambda _: _close(awaitable))
        task.cancel()
        await asyncio.wait({task}, timeout=STOPS_WITHIN)
        raise
    if task.cancelled():
        _close(awaitable)
        return Raised(asyncio.CancelledError("it cancelled itself"))
    return task.result()


def _close(awaitable: Awaitable[Any]) -> None:
    """Let go of a coroutine that was cancelled before its first step, and so has never begun."""
    if isinstance(awaitable, CoroutineType) and awaitable.cr_frame is not None and not awaitable.cr_running:
        with suppress(BaseException):
            awaitable.close()


async def _uncancel(task: asyncio.Task[Any], wanted: int) -> None:
    """Take back what sync code did that cancelled the task which had called it."""
    while task.cancelling() > wanted:
        task.uncancel()
    with suppress(asyncio.CancelledError):  # the request stays until the task has waited for something
        await asyncio.sleep(0)


def _stack(task: asyncio.Task[Any]) -> str:
    """Return where a task stands, from what it began with to what it waits in."""
    frames = []
    waits: Any = task.get_coro()
    while (frame := getattr(waits, "cr_frame", None)) is not None:
        frames.append((frame, frame.f_lineno))
        waits = waits.cr_await
    return "".join(traceback.StackSummary.extract(iter(frames)).format())


async def _ends_within(task: asyncio.Task[Any], seconds: float) -> bool:
    """Wait for a task, for so long at most; tell whether it has ended. Half the price of `asyncio.wait`."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def end(_: object = None) -> None:
        if not over.done():
            over.set_result(None)

    task.add_done_callback(end)
    timer = loop.call_later(seconds, end)
    try:
        await over
    finally:
        timer.cancel()
        task.remove_done_callback(end)
    return task.done()


async def guarded(awaitable: Awaitable[Any]) -> Any:
    """Await foreign code; whatever it raises, but a cancellation from outside, comes back as `Raised`."""
    try:
        return await awaitable
    except asyncio.CancelledError as error:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            raise
        return Raised(error)
    except BaseException as error:  # noqa: BLE001 # a SystemExit would go through the loop itself
        return Raised(error)


def blamed(plugin: str, hook: str, error: BaseException) -> PluginFailed:
    """Return the failure of a plugin that an error of its code is, with that as its cause."""
    failure = PluginFailed(f"plugin {plugin} failed in {hook}: {describe(error)}", plugin=plugin, hook=hook)
    failure.__cause__ = error
    return failure
