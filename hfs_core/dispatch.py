"""Calls the implementations of hooks: in order, each isolated, a failure blamed on its plugin by name.

pluggy gives marking, registering and validating. It cannot await and it stops at the first exception, so
`manager.hook.x()` is never called; this walks the public `get_hookimpls()`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from pluggy import HookImpl, PluginManager

from hfs_core.commons import Commons
from hfs_core.errors import PluginFailed
from hfs_core.hookspecs import HOOKS, PROJECT
from hfs_core.isolation import isolated
from hfs_core.roster import Doors, Roster, Spent


@dataclass(frozen=True, slots=True)
class _Implementation:
    """One plugin's implementation of one hook, with all that is known before it is called.

    Attributes:
        wanted: the arguments that it takes, None where it takes all.
        may_answer: whether its answer counts; else it may only look.
        is_seldom: whether the hook is called so seldom that a thorough look at what it left costs nothing.
        blocks: whether the plugin says `on_failure: block`, and its answer counts.
    """

    plugin: str
    hook: str
    function: Callable[..., Any]
    wanted: tuple[str, ...] | None
    timeout: float
    may_answer: bool
    blocks: bool
    spent: Spent
    is_seldom: bool


def new_manager() -> PluginManager:
    """Return a pluggy manager that knows HFS' hooks."""
    from hfs_core import hookspecs

    manager = PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


class Dispatcher:
    """Calls hooks on the registered plugins.

    Attributes:
        commons: what plugins' calls must leave as it is.

    Args:
        load_for: loads the plugins whose manifest lists a hook.
    """

    def __init__(
        self,
        manager: PluginManager,
        roster: Roster,
        doors: Doors,
        load_for: Callable[[str], Awaitable[None]],
    ):
        self._manager = manager
        self._roster = roster
        self._doors = doors
        self._load_for = load_for
        self._compiled: dict[str, tuple[_Implementation, ...]] = {}
        self._compiled_at = -1
        self.commons = Commons()

    def register(self, plugin: Any, name: str) -> None:
        """Let a plugin's hooks be called; raises pluggy's PluginValidationError, or ValueError for a second time."""
        self._manager.register(plugin, name=name)
        self._compiled.clear()

    def unregister(self, name: str) -> None:
        """Call a plugin's hooks no more."""
        self._manager.unregister(name=name)
        self._compiled.clear()

    async def chain(
        self,
        hook: str,
        name: str,
        value: Any,
        handed: Any,
        check: Callable[[Any, Any], Any],
        copied: Callable[[Any], Any],
        **rest: Any,
    ) -> Any:
        """Pass `value`, as the parameter `name`, through every implementation and return what became of it.

        Args:
            handed: a copy of the value, which is what implementations get: they may change what is in it.
            copied: makes another one, once one was changed or answered.
            check: given the value and an answer, returns the new value, or raises TypeError or ValueError for
                an answer that cannot be used. A `StopChain` that it raises ends the chain.

        Raises:
            PluginFailed: an implementation failed, or could not be loaded, and its manifest says
                `on_failure: block`.
        """
        await self._load_for(hook)
        for plugin, reason, has_changed in self._roster.off_but_blocking(hook):
            if has_changed or self._doors.may_answer(plugin, hook):
                remedy = f"mend that, or `hfs plugins disable {plugin}` to go on without it"
                text = f"plugin {plugin} blocks this, as it is {reason}: {remedy}"
                raise PluginFailed(text, plugin=plugin, hook=hook)
        was_handed = False
        for implementation in self._implementations(hook):
            plugin = implementation.plugin
            if was_handed and not _is_same(handed, value):
                handed = copied(value)
            was_handed = True
            is_in_use = self._roster.may_call(plugin)  # one that failed elsewhere, a moment ago, may be off
            if not is_in_use and not implementation.blocks:
                continue
            try:
                if not is_in_use:
                    raise PluginFailed(f"plugin {plugin} is quarantined and blocks", plugin=plugin, hook=hook)
                answer = await self._call(implementation, {name: handed, **rest}, told=False)
                if answer is not None and not implementation.may_answer:
                    self._doors.answered(plugin, hook)
                elif answer is not None:
                    value = self._checked(plugin, hook, check, value, answer)
                self._roster.succeeded(plugin, hook)
            except PluginFailed:
                if implementation.blocks:
                    raise
        return value

    async def collect(self, hook: str, *, only: str = "", **arguments: Any) -> list[tuple[str, Any]]:
        """Return each plugin's answer, or that of `only` one, with its name; those that failed are left out."""
        await self._load_for(hook)
        answers = []
        for implementation in self._implementations(hook):
            if only not in ("", implementation.plugin) or not self._roster.may_call(implementation.plugin):
                continue
            try:
                answers.append((implementation.plugin, await self._call(implementation, arguments)))
            except PluginFailed:
                continue  # told to the roster where it failed
        return answers

    async def collect_items(
        self, hook: str, kind: str, fits: Callable[[Any], bool], *, only: str = ""
    ) -> list[tuple[str, Any]]:
        """Return each item of the plugins' answers with its plugin; what does not fit is blamed as no `kind`."""
        return [
            (plugin, item)
            for plugin, answer in await self.collect(hook, only=only)
            for item in await self.sifted(plugin, hook, kind, answer, fits)
        ]

    async def sifted(
        self, plugin: str, hook: str, kind: str, answer: object, fits: Callable[[Any], bool]
    ) -> list[Any]:
        """Return the items of a plugin's answer that fit; what does not is blamed, once, as no `kind`."""
        try:  # to look at what a plugin gave may run its code
            fitting, wrong = await isolated(
                plugin, hook, _sifted, {"answer": answer, "fits": fits}, HOOKS[hook].timeout
            )
        except PluginFailed as failure:
            self._roster.failed(failure)
            return []
        if wrong:
            text = f"plugin {plugin} failed in {hook}: it gave a {type(wrong[0]).__name__}, not a {kind}"
            self._roster.failed(PluginFailed(text, plugin=plugin, hook=hook))
        return list(fitting)

    async def call_plugin(self, plugin: str, hook: str, **arguments: Any) -> Any:
        """Call one plugin's implementation, in use or not; None if it has none. Raises PluginFailed."""
        for implementation in self._implementations(hook):
            if implementation.plugin == plugin:
                return await self._call(implementation, arguments)
        return None

    def _implementations(self, hook: str) -> tuple[_Implementation, ...]:
        if self._compiled_at != self._roster.version:
            self._compiled.clear()
            self._compiled_at = self._roster.version
        compiled = self._compiled.get(hook)
        if compiled is None:
            compiled = self._compiled[hook] = self._compile(hook)
        return compiled

    def _compile(self, hook: str) -> tuple[_Implementation, ...]:
        """Decide, in this one place, who is called for a hook, and in which order."""
        caller = getattr(self._manager.hook, hook)
        known = caller.spec.argnames

        def place(implementation: HookImpl) -> tuple[int, int]:
            group = 0 if implementation.tryfirst else 2 if implementation.trylast else 1
            return group, self._roster.rank(implementation.plugin_name)

        def compiled(implementation: HookImpl) -> _Implementation:
            plugin = implementation.plugin_name
            may_answer = self._doors.may_answer(plugin, hook)
            return _Implementation(
                plugin=plugin,
                hook=hook,
                function=implementation.function,
                wanted=_wanted(implementation, known),
                timeout=HOOKS[hook].timeout,
                may_answer=may_answer,
                blocks=may_answer and self._roster.must_not_fail(plugin),
                spent=self._roster.spent(plugin, hook),
                is_seldom=HOOKS[hook].mode in ("plugin", "collect"),
            )

        open_ones = (each for each in caller.get_hookimpls() if self._doors.is_open(each.plugin_name, hook))
        return tuple(map(compiled, sorted(open_ones, key=place)))

    async def _call(
        self, implementation: _Implementation, arguments: Mapping[str, Any], *, told: bool = True
    ) -> Any:
        """Call an implementation; with `told` the roster hears of its success, else the caller must tell it."""
        if implementation.wanted is not None:
            arguments = {name: arguments[name] for name in implementation.wanted}
        plugin, hook = implementation.plugin, implementation.hook
        started = perf_counter()
        try:
            outcome = await isolated(plugin, hook, implementation.function, arguments, implementation.timeout)
        except PluginFailed as failure:
            self._roster.failed(failure)
            raise
        finally:
            implementation.spent.add(perf_counter() - started)
            self.commons.check(plugin, is_seldom=implementation.is_seldom)
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
        except BaseException as error:  # looking at an answer may run code of the plugin
            failure = PluginFailed(
                f"plugin {plugin} gave an answer to {hook} that cannot be used: {error}",
                plugin=plugin,
                hook=hook,
            )
            self._roster.failed(failure)
            raise failure from error


def _is_same(handed: object, value: object) -> bool:
    try:
        return bool(handed == value)
    except BaseException:  # noqa: BLE001 # what a plugin put in there is compared by its own code
        return False


def _listed(answer: object) -> Sequence[Any]:
    """Return what a plugin gave as a sequence that is as long as it says: none, one, or the items of a list."""
    if answer is None:
        return ()
    if isinstance(answer, list):
        return list(list.__iter__(answer))  # a class of the plugin's own may walk without end
    return tuple(tuple.__iter__(answer)) if isinstance(answer, tuple) else (answer,)


def _sifted(answer: object, fits: Callable[[Any], bool]) -> tuple[list[Any], list[Any]]:
    fitting: list[Any] = []
    wrong: list[Any] = []
    for item in _listed(answer):
        (fitting if fits(item) else wrong).append(item)
    return fitting, wrong


def _wanted(implementation: HookImpl, known: Sequence[str]) -> tuple[str, ...] | None:
    # A parameter with a default is given its value, too; pluggy lists it apart.
    names = {*implementation.argnames, *implementation.kwargnames}
    wanted = tuple(name for name in known if name in names)
    return None if len(wanted) == len(known) else wanted


class StopChain(Exception):  # not an error: an answer that ends the chain
    """Raised by a chain's check for an answer after which nobody else is asked."""

    def __init__(self, answer: object):
        super().__init__()
        self.answer = answer
        self.plugin = ""
