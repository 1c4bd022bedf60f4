"""Calls the implementations of hooks: in order, each isolated, a failure blamed on its plugin by name.

pluggy gives marking, registering and validating. It cannot await and it stops at the first exception, so
`manager.hook.x()` is never called; this walks the public `get_hookimpls()`.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from pluggy import HookImpl, PluginManager

from hfs_core.errors import PluginFailed, PluginTimeout
from hfs_core.hookspecs import HOOKS, PROJECT

GRACE = 0.05
"""Seconds that a plugin gets to end after its time is up and it was cancelled; then it is left to itself."""

CURRENT_PLUGIN: ContextVar[str] = ContextVar("hfs_current_plugin", default="")
"""The plugin whose code runs; tasks that it starts inherit it."""


class Roster(Protocol):
    """What the dispatcher asks of whoever keeps the plugins."""

    async def load_for(self, hook: str) -> None:
        """Load the plugins whose manifest lists the hook."""

    def rank(self, plugin: str) -> int:
        """Return the plugin's place in the order of calls."""

    def may_call(self, plugin: str) -> bool:
        """Tell whether the plugin is in use: neither quarantined nor being unloaded."""

    def must_not_fail(self, plugin: str) -> bool:
        """Tell whether the plugin says `on_failure: block`."""

    def succeeded(self, plugin: str, hook: str) -> None:
        """Hear that a call went well."""

    def failed(self, failure: PluginFailed) -> None:
        """Hear that a call failed."""


class _Clock:
    """The time that a call has taken without what it spent waiting on the store."""

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
    except Exception as second:  # noqa: BLE001 # a plugin's exception may fail to describe itself
        text = f"<its message raises {type(second).__name__}>"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def new_manager() -> PluginManager:
    """Return a pluggy manager that knows HFS' hooks."""
    from hfs_core import hookspecs

    manager = PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


class Dispatcher:
    """Calls hooks on the registered plugins."""

    def __init__(self, manager: PluginManager, roster: Roster):
        self._manager = manager
        self._roster = roster

    async def chain(
        self, hook: str, name: str, value: Any, check: Callable[[Any, Any], Any], **rest: Any
    ) -> Any:
        """Pass `value`, as the parameter `name`, through every implementation and return what became of it.

        Args:
            check: given the value and an answer, returns the new value, or raises TypeError or ValueError for
                an answer that cannot be used. A `StopChain` that it raises ends the chain.

        Raises:
            PluginFailed: an implementation failed and its manifest says `on_failure: block`.
        """
        await self._roster.load_for(hook)
        for plugin, implementation in self._implementations(hook, include_quarantined_blockers=True):
            try:
                if not self._roster.may_call(plugin):
                    raise PluginFailed(f"plugin {plugin} is quarantined and blocks", plugin=plugin, hook=hook)
                answer = await self._call(plugin, hook, implementation, {name: value, **rest}, told=False)
                if answer is not None:
                    value = self._checked(plugin, hook, check, value, answer)
                self._roster.succeeded(plugin, hook)
            except PluginFailed:
                if self._roster.must_not_fail(plugin):
                    raise
        return value

    async def collect(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Return each plugin's answer with its name; those that failed are left out."""
        await self._roster.load_for(hook)
        answers = []
        for plugin, implementation in self._implementations(hook):
            try:
                answers.append((plugin, await self._call(plugin, hook, implementation, arguments)))
            except PluginFailed:
                continue  # told to the roster where it failed
        return answers

    async def collect_items(self, hook: str, kind: str, fits: Callable[[Any], bool]) -> list[tuple[str, Any]]:
        """Return each item of the plugins' answers with its plugin; what does not fit is blamed as no `kind`."""
        items = []
        for plugin, answer in await self.collect(hook):
            given = () if answer is None else answer if isinstance(answer, list | tuple) else (answer,)
            for item in given:
                if fits(item):
                    items.append((plugin, item))
                else:
                    text = f"plugin {plugin} failed in {hook}: it gave a {type(item).__name__}, not a {kind}"
                    self._roster.failed(PluginFailed(text, plugin=plugin, hook=hook))
        return items

    async def call_plugin(self, plugin: str, hook: str, **arguments: Any) -> Any:
        """Call one plugin's implementation; None if it has none. Raises PluginFailed."""
        for name, implementation in self._implementations(hook, only=plugin):
            return await self._call(name, hook, implementation, arguments)
        return None

    def _implementations(
        self, hook: str, *, only: str = "", include_quarantined_blockers: bool = False
    ) -> Iterator[tuple[str, HookImpl]]:
        def place(implementation: HookImpl) -> tuple[int, int]:
            group = 0 if implementation.tryfirst else 2 if implementation.trylast else 1
            return group, self._roster.rank(implementation.plugin_name)

        for implementation in sorted(getattr(self._manager.hook, hook).get_hookimpls(), key=place):
            plugin = implementation.plugin_name
            is_wanted = only in ("", plugin)
            blocks = include_quarantined_blockers and self._roster.must_not_fail(plugin)
            if is_wanted and (only or blocks or self._roster.may_call(plugin)):
                yield plugin, implementation

    async def _call(
        self,
        plugin: str,
        hook: str,
        implementation: HookImpl,
        arguments: Mapping[str, Any],
        *,
        told: bool = True,
    ) -> Any:
        """Call an implementation; with `told` the roster hears of its success, else the caller must tell it."""
        # A parameter with a default is given its value, too; pluggy lists it apart.
        names = (*implementation.argnames, *implementation.kwargnames)
        wanted = {name: arguments[name] for name in names if name in arguments}
        try:
            outcome = await isolated(plugin, hook, implementation.function, wanted, HOOKS[hook].timeout)
        except PluginFailed as failure:
            self._roster.failed(failure)
            raise
        if told:
            self._roster.succeeded(plugin, hook)
        return outcome

    def _checked(
        self, plugin: str, hook: str, check: Callable[[Any, Any], Any], value: Any, answer: Any
    ) -> Any:
        try:
            return check(value, answer)
        except StopChain as stop:
            stop.plugin = plugin
            self._roster.succeeded(plugin, hook)
            raise
        except (TypeError, ValueError) as error:
            failure = PluginFailed(
                f"plugin {plugin} gave an answer to {hook} that cannot be used: {error}",
                plugin=plugin,
                hook=hook,
            )
            self._roster.failed(failure)
            raise failure from error


class StopChain(Exception):  # not an error: an answer that ends the chain
    """Raised by a chain's check for an answer after which nobody else is asked."""

    def __init__(self, answer: object):
        super().__init__()
        self.answer = answer
        self.plugin = ""


async def isolated(
    plugin: str, hook: str, function: Callable[..., Any], arguments: Mapping[str, Any], timeout: float
) -> Any:
    """Call foreign code and return its answer, awaited.

    Raises:
        PluginFailed: it raised anything at all, `SystemExit` and a self-made `CancelledError` included.
        PluginTimeout: it did not end within `timeout` seconds; it was cancelled.
    """
    token = CURRENT_PLUGIN.set(plugin)
    try:
        try:
            answer = function(**arguments)
        except BaseException as error:  # foreign code may raise anything
            raise _blame(plugin, hook, error) from error
        if inspect.isawaitable(answer):
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
        while not task.done() and (left := timeout - clock.spent) > 0:
            await asyncio.wait({task}, timeout=left)
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=GRACE)
            text = f"plugin {plugin} did not answer {hook} within {timeout:g} s"
            raise PluginTimeout(text, plugin=plugin, hook=hook, seconds=timeout)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if task.cancelled():
        raise _blame(plugin, hook, asyncio.CancelledError("it cancelled itself"))
    outcome = task.result()
    if isinstance(outcome, Raised):
        raise _blame(plugin, hook, outcome.error) from outcome.error
    return outcome


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


def _blame(plugin: str, hook: str, error: BaseException) -> PluginFailed:
    return PluginFailed(f"plugin {plugin} failed in {hook}: {describe(error)}", plugin=plugin, hook=hook)
