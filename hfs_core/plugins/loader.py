"""Loads a plugin when something needs it: import, check, settings, registration, activation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from time import perf_counter
from typing import Any

from pluggy import PluginValidationError

from hfs_core.dispatch import Dispatcher
from hfs_core.errors import PluginError, PluginFailed, Undeclared
from hfs_core.hookspecs import HOOKS
from hfs_core.isolation import blamed, isolated
from hfs_core.plugins.context import Context
from hfs_core.plugins.importing import forget_code, imported
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.registry import NEVER_QUARANTINED, Registry
from hfs_core.plugins.settings import words_of
from hfs_core.plugins.signatures import faults_of
from hfs_core.plugins.states import Entry, PluginState, Unfit
from hfs_core.plugins.timing import IMPORT


class Loader:
    """Brings plugins from `found` to `active`, each at most once, and back."""

    def __init__(
        self,
        registry: Registry,
        dispatcher: Dispatcher,
        *,
        settings_of: Callable[[str], Mapping[str, Any]],
        new_context: Callable[[str, Any], Context],
        guard: Callable[[PluginInfo], AbstractContextManager[None]],
        on_active: Callable[[str, Any], None],
        declared: Callable[[str], PluginInfo],
        admit: Callable[[Entry], Awaitable[None]],
    ):
        """Prepare to load.

        Args:
            declared: returns a plugin as its manifest describes it, what it was not granted included.
            admit: makes sure that a plugin's code may be imported; raises Unfit.
        """
        self._registry = registry
        self._dispatcher = dispatcher
        self._settings_of = settings_of
        self._new_context = new_context
        self._guard = guard
        self._on_active = on_active
        self._declared = declared
        self._admit = admit
        self._loading: dict[str, asyncio.Task[bool]] = {}
        self._loaded_for: dict[str, int] = {}
        self._contexts: dict[str, Context] = {}
        self._models: dict[str, Any] = {}
        self._is_ending = False

    async def load(self, plugin: str) -> bool:
        """Make a plugin active, its requirements first; False, with the reason in its state, if it cannot be."""
        entry = self._registry.entries.get(plugin)
        if entry is None or not entry.is_usable:
            return False
        if entry.is_active or self._is_ending:
            return entry.is_active
        task = self._loading.get(plugin)
        if task is None or task.done():  # it may be used again: what it lacked has come
            task = asyncio.create_task(self._load(entry), name=f"hfs:{plugin}:load")
            self._loading[plugin] = task
        await asyncio.wait({task})
        if task.cancelled():  # a plugin cancels whatever it finds
            self.forget(plugin)
            return False
        return task.result()

    async def load_for(self, hook: str) -> None:
        """Load every usable plugin whose manifest lists a hook."""
        version = self._registry.version
        if self._loaded_for.get(hook) != version:  # else nothing has changed: a hook asks at every call
            await self.load_where(lambda info: hook in info.hooks)
            self._loaded_for[hook] = version

    async def load_where(self, wanted: Callable[[PluginInfo], bool]) -> None:
        """Load every usable plugin for which `wanted` holds."""
        for entry in self._registry.usable():
            if not entry.is_active and wanted(entry.info):
                await self.load(entry.info.name)

    async def unload_all(self, reason: str, *, keep: str = "") -> None:
        """Deactivate every active plugin but `keep` and release what it holds, the last loaded first.

        Nothing is loaded any more: who was slow to load when HFS ended did nothing wrong.
        """
        self._is_ending = True
        if begun := {task for task in self._loading.values() if not task.done()}:
            for task in begun:
                task.cancel()
            await asyncio.wait(begun, timeout=HOOKS["deactivate"].timeout)
        for plugin in reversed(list(self._contexts)):
            if plugin != keep:
                await self.unload(plugin, reason)

    async def refuse(self, plugin: str, reason: str) -> None:
        """Put a plugin out of use that turned out to offer more than its manifest lists.

        Who keeps sessions or answers messages goes on with what was listed: what is open must not be torn away.
        """
        self._registry.set_state(plugin, PluginState.INCOMPATIBLE, reason)
        if NEVER_QUARANTINED.isdisjoint(self._registry.entries[plugin].info.hooks):
            await self.unload(plugin, "incompatible")

    async def end(self, plugin: str) -> None:
        """Unload a plugin, if it is loaded, that is to begin anew, from its code as it is then."""
        await self.settled(plugin)
        await self.unload(plugin, "revive")
        self._forget_code(self._registry.entries[plugin].info)

    async def unload(self, plugin: str, reason: str) -> None:
        """Deactivate one plugin and release what it holds; does nothing where somebody is at it already."""
        context = self._contexts.pop(plugin, None)
        if context is None:
            return
        try:
            with suppress(PluginFailed):  # told to the roster where it failed
                await self._dispatcher.call_plugin(plugin, "deactivate", context=context, reason=reason)
            await _close(plugin, context)
        except PluginFailed as failure:
            self._registry.failed(failure)
        finally:
            self._dispatcher.unregister(plugin)
            self._registry.entries[plugin].is_active = False
            self._loading.pop(plugin, None)
            self._loaded_for.clear()

    async def _load(self, entry: Entry) -> bool:
        try:
            await self._admit(entry)  # first: what it requires, too, is read off what was agreed to
        except Unfit as fault:
            self._registry.set_state(entry.info.name, fault.state, str(fault))
            return False
        info = entry.info
        for needed in info.requires:
            if not await self.load(needed):
                reason = f"needs the plugin {needed}, which is not in use: {self._why_not(needed)}"
                self._registry.set_state(info.name, PluginState.MISSING_DEPENDENCY, reason)
                return False
        with self._guard(info):
            is_active = await self._begin(entry)
        if not is_active:
            self._forget_code(info)
        return is_active

    async def _begin(self, entry: Entry) -> bool:
        info = entry.info
        started = perf_counter()
        try:
            try:
                plugin = await imported(info)
            finally:
                self._registry.spent(info.name, IMPORT).add(perf_counter() - started)
                self._dispatcher.commons.check(info.name, is_seldom=True)
            _check(plugin, self._declared(info.name))
            settings = self._settings(plugin, info)
        except Unfit as fault:
            self._registry.set_state(info.name, fault.state, str(fault))
            return False
        except BaseException as error:  # reading a plugin's attributes runs its code, too
            if self._is_ending and isinstance(error, asyncio.CancelledError):
                raise
            failure = error if isinstance(error, PluginFailed) else blamed(info.name, "import", error)
            self._registry.failed(failure)
            # One try a session: what fails to import once is not imported again for every message.
            self._registry.set_state(info.name, PluginState.QUARANTINED, str(failure))
            return False
        return await self._activate(entry, plugin, settings)

    async def _activate(self, entry: Entry, plugin: Any, settings: Any) -> bool:
        name = entry.info.name
        try:
            self._dispatcher.register(plugin, name)
        except (PluginValidationError, ValueError) as error:  # ValueError: another plugin is the same object
            self._registry.set_state(name, PluginState.INCOMPATIBLE, " ".join(str(error).split()))
            return False
        context = self._new_context(name, settings)
        try:
            await self._dispatcher.call_plugin(name, "activate", context=context)
        except (PluginFailed, asyncio.CancelledError) as error:  # it may cancel the task that loads it
            failure = error if isinstance(error, PluginFailed) else blamed(name, "activate", error)
            if failure is not error and not self._is_ending:
                self._registry.failed(failure)
            self._dispatcher.unregister(name)
            try:
                await _close(name, context)
            except PluginFailed as second:  # its failure to activate is what is told; this only follows
                context.log.warning("%s", second)
            if self._is_ending and failure is not error:
                raise error
            if isinstance(failure.__cause__, Undeclared):
                self._registry.set_state(name, PluginState.INCOMPATIBLE, str(failure.__cause__))
            else:
                self._registry.set_state(name, PluginState.QUARANTINED, str(failure))
            return False
        self._contexts[name] = context
        entry.is_active = True
        self._registry.set_state(name, PluginState.ACTIVE)
        self._on_active(name, plugin)
        return True

    async def reload(self, plugin: str, reason: str) -> None:
        """Let a plugin that is in use, or that its settings kept from that, begin anew with what is set now."""
        entry = self._registry.entries[plugin]
        if entry.is_active:
            await self.unload(plugin, reason)
        self._loading.pop(plugin, None)
        if entry.state is PluginState.MISCONFIGURED:
            self._registry.set_state(plugin, PluginState.FOUND)
        await self.load(plugin)

    async def settled(self, plugin: str) -> None:
        """Wait until the plugin is not being loaded any more."""
        if task := self._loading.get(plugin):
            await asyncio.wait({task})

    def forget(self, plugin: str) -> None:
        """Forget how loading a plugin went, and what it lets people set: it is another one now."""
        self._loading.pop(plugin, None)
        self._models.pop(plugin, None)
        self._loaded_for.clear()

    async def settings_model(self, plugin: str) -> Any:
        """Return a plugin's `Settings` model, None if it has none; imports the plugin but does not activate it.

        Raises:
            PluginError: it is not installed, fails to import, or is not to be imported.
        """
        if plugin not in self._models:
            entry = self._registry.entries.get(plugin)
            if entry is None:
                raise PluginError(f"there is no plugin {plugin}: it is not installed", plugin=plugin)
            if not entry.is_usable and entry.state is not PluginState.MISCONFIGURED:
                raise PluginError(f"plugin {plugin} is {entry.state}: {entry.reason}", plugin=plugin)
            try:
                await self._admit(entry)
                with self._guard(entry.info):
                    self._models[plugin] = _model(await imported(entry.info))
            except Unfit as fault:
                self._registry.set_state(plugin, fault.state, str(fault))
                raise
            except PluginFailed as failure:
                self._models[plugin] = failure  # one try a session: it may have taken long to fail
            except Exception as error:  # noqa: BLE001 # also reading a plugin's attributes runs its code
                self._models[plugin] = blamed(plugin, "import", error)
        known = self._models[plugin]
        if isinstance(known, PluginFailed):
            raise known
        return known

    def _settings(self, plugin: Any, info: PluginInfo) -> Any:
        section = dict(self._settings_of(info.name))
        self._models[info.name] = model = _model(plugin)
        if model is None:
            return section
        from pydantic import ValidationError

        try:
            return model.model_validate(section)
        except ValidationError as error:
            faults = "; ".join(
                f"plugins.{info.name}.{'.'.join(map(str, fault['loc']))}: {words_of(fault)}"
                for fault in error.errors()
            )
            raise Unfit(PluginState.MISCONFIGURED, faults) from error

    def _forget_code(self, info: PluginInfo) -> None:
        others = [entry.info.module for entry in self._registry if entry.is_active and entry.info is not info]
        forget_code(info, others)

    def _why_not(self, plugin: str) -> str:
        entry = self._registry.entries.get(plugin)
        if entry is None:
            return f"it is not installed (pip install hfs-{plugin.replace('_', '-')})"
        return f"{entry.state}{': ' + entry.reason if entry.reason else ''}"

    def fail(self, plugin: str, hook: str, error: BaseException) -> None:
        """Blame a plugin for an error outside of its hooks, such as in a background task."""
        self._registry.failed(blamed(plugin, hook, error))


def _model(plugin: Any) -> Any:
    return getattr(plugin, "Settings", None)


async def _close(plugin: str, context: Context) -> None:
    """Release what a plugin holds; raises PluginFailed, also for a callback of it that never ends."""
    await isolated(plugin, "on_unload", context.close, {}, HOOKS["deactivate"].timeout)


def _check(plugin: Any, info: PluginInfo) -> None:
    """Raise for hooks that HFS cannot call, or that the manifest does not list."""
    if faults := faults_of(plugin, info):
        raise Unfit(PluginState.INCOMPATIBLE, "; ".join(faults))
