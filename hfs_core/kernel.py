"""The one place that wires the rooms together; starts them in order and stops them in reverse."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from hfs_core.bus import EventBus
from hfs_core.changing import ConfigInForce
from hfs_core.commands import Commands
from hfs_core.config import UserConfig
from hfs_core.contracts import STATE, STORE, Store
from hfs_core.dispatch import Dispatcher, new_manager
from hfs_core.engine import Engine
from hfs_core.errors import HfsError, PluginFailed
from hfs_core.events import ErrorOccurred, HfsEvent, PluginStateChanged, SettingChanged, StoreStateChanged
from hfs_core.gated_host import Porter
from hfs_core.host import Host, Settings
from hfs_core.leases import Leases
from hfs_core.logs import start_logging, stop_logging
from hfs_core.notify import EVENT_HOOKS, Notifier
from hfs_core.owner import OWNERS, Owner
from hfs_core.paths import Paths
from hfs_core.plugins.announcing import announcements
from hfs_core.plugins.auditing import Audit
from hfs_core.plugins.containment import contained
from hfs_core.plugins.context import Context, LateRecords
from hfs_core.plugins.deciding import Deciding
from hfs_core.plugins.gated import GatedRecords, GatedServices
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.loader import Loader
from hfs_core.plugins.selection import NO_CHOICE, Choice
from hfs_core.plugins.settings import PluginSettings
from hfs_core.plugins.states import FAULTY, Entry, PluginState
from hfs_core.plugins.survey import Survey
from hfs_core.providers import Providers
from hfs_core.services import PluginServices, ServiceTable
from hfs_core.sessions import Sessions
from hfs_core.state import StateManager
from hfs_core.storage import Storage
from hfs_core.turn import Parts
from hfs_core.widget_table import WidgetTable

log = logging.getLogger("hfs.kernel")

DRAIN_SECONDS = 5.0
"""How long plugins may take, when HFS ends, to hear what has happened."""


class Kernel:
    """A running HFS; an async context manager that gives the `Host`.

    Args:
        found: the plugins there are; discovered by default.
        choice: what the command line says of plugins.
        project: the folder whose settings count, the current one by default.
        consented: folders whose plugins run in this process whatever they hold, without a record.
    """

    def __init__(
        self,
        paths: Paths,
        *,
        found: list[PluginInfo] | None = None,
        choice: Choice = NO_CHOICE,
        project: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        consented: Iterable[Path] = (),
    ):
        self._paths = paths
        self._is_safe = choice.is_safe
        self._stack = AsyncExitStack()
        config = ConfigInForce(paths, project=project, environ=environ, changed=self._settings_changed)
        self._settings = Settings(
            config.current,
            config.write,
            config.unset,
            config.change_names,
            PluginSettings(
                lambda name: self._loader.settings_model(name), config.section_of, self._take_up_settings
            ),
        )
        self._state = StateManager()
        self._bus = EventBus(self._state)
        self._owner = Owner(paths.state / OWNERS)
        survey = Survey(
            paths,
            config.current,
            choice,
            owner=self._owner,
            environ=environ,
            found=found,
            consented=consented,
            on_change=self._plugin_changed,
        )
        self.faults: list[HfsError] = [*config.faults, *survey.faults()]
        self._registry, self._health, self._gates = survey.registry, survey.health, survey.gates
        self._dispatcher = Dispatcher(new_manager(), self._registry, self._gates, self.load_for)
        self._services = ServiceTable(self._load_providers)
        self._loader = Loader(
            self._registry,
            self._dispatcher,
            settings_of=config.section_of,
            new_context=self._new_context,
            guard=self._health.loading,
            on_active=self._plugin_active,
            declared=lambda plugin: self._gates.of(plugin).info,
            admit=lambda entry: self._deciding.admit(entry),
        )
        self._deciding = Deciding(
            survey.trust,
            self._registry,
            self._gates,
            taken_up=self._plugin_taken_up,
            settled=self._loader.settled,
            end=self._loader.end,
        )
        self._notifier = Notifier(self._loader.load, self._dispatcher.call_plugin, self._gates)
        self._storage = Storage(self._loader, self._dispatcher, self._store_changed)
        self._providers = Providers(self._dispatcher, self._registry.without_models)
        self._commands = Commands(self._registry, self._loader, self._dispatcher, Porter(self._gates))
        self._widgets = WidgetTable(self._dispatcher, self._gates, self._registry)
        self._background: set[asyncio.Task[Any]] = set()
        self._engine: Engine | None = None

    async def __aenter__(self) -> Host:
        async with AsyncExitStack() as stack:
            host = await self._start(stack)
            self._stack = stack.pop_all()  # from here on it is closed by `__aexit__`, not if starting fails
        return host

    async def _start(self, stack: AsyncExitStack) -> Host:
        self._loop = asyncio.get_running_loop()
        stack.callback(stop_logging, start_logging(self._paths.logs))
        for fault in self.faults:
            log.warning("%s", fault)
        stack.enter_context(self._owner.held())
        hang_seconds = 0 if self._is_safe else self._settings.current.hang_seconds
        stack.enter_context(contained(self._registry, self._dispatcher.commons, hang_seconds))
        stack.callback(self._deciding.close)
        audit = Audit(self._paths.state, self._gates, self._registry.timings)
        await stack.enter_async_context(audit.kept())
        self._bus.listen(self._notifier.event)
        for entry in self._registry.usable():
            if entry.info.lists:
                self._notifier.add(entry.info.name, entry.info.hooks)
        stack.push_async_callback(self._notifier.close)
        stack.push_async_callback(self._loader.unload_all, "exit")
        store = await stack.enter_async_context(
            self._storage.opened(self._settings.current.store, self._registry)
        )
        self._services.provide("hfs", STATE, self._state)
        self._services.provide("hfs", STORE, store)
        self._notifier.open()
        stack.push_async_callback(self._loader.unload_all, "exit", keep=self._storage.name)
        stack.push_async_callback(self._settle)
        sessions = Sessions(store, self._bus, self._notifier)
        parts = Parts(
            store, self._bus, self._dispatcher, self._notifier, self._providers, Leases(store, self._owner)
        )
        engine = Engine(parts, default_model=lambda: self._settings.current.model)
        stack.push_async_callback(engine.close)
        self._engine = engine
        return Host(
            paths=self._paths,
            settings=self._settings,
            bus=self._bus,
            state=self._state,
            store=store,
            sessions=sessions,
            engine=engine,
            providers=self._providers,
            commands=self._commands,
            plugins=self._registry,
            deciding=self._deciding,
            widgets=self._widgets.all,
            load_widgets=self._widgets.collect,
            is_saved=lambda: self._storage.saved,
            store_name=self._storage.name,
            grants=self._gates.grants,
            may=self._gates.may,
            used=audit.counts,
        )

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    @property
    def lost(self) -> list[str]:
        """The names of sessions of which something was not kept, once HFS has ended."""
        return self._storage.lost

    def news(self) -> list[str]:
        """Return what is to be told once of plugins that are new here; they count as told of then."""
        return announcements(self._paths.state, (entry.info for entry in self._registry))

    async def load(self, plugin: str) -> bool:
        """Make a plugin active now; False, with the reason in its state, if it cannot be."""
        return await self._loader.load(plugin)

    async def told(self) -> None:
        """Return once the plugins have heard of everything that has happened so far."""
        if self._background:
            await asyncio.wait(list(self._background))
        await self._notifier.drain(DRAIN_SECONDS)

    async def load_unlisted(self) -> None:
        """Import the plugins that must be imported to be known; after the first paint, or before the first `-p`."""
        await self._loader.load_where(lambda info: not info.lists)
        await self._commands.learn_unlisted()

    async def load_widgets(self) -> None:
        """Collect the widgets of all plugins."""
        await self._widgets.collect()

    async def load_for(self, hook: str) -> None:
        """Load the plugins whose manifest lists the hook."""
        await self._loader.load_for(hook)

    async def _load_providers(self, service: str) -> None:
        await self._loader.load_where(lambda info: service in info.services)

    def _new_context(self, plugin: str, settings: Any) -> Context:
        gate = self._gates.of(plugin)
        context = Context(
            name=plugin,
            settings=settings,
            config=lambda: replace(self._settings.current, plugins={}, sources={}),
            paths=self._paths,
            bus=self._bus,
            services=GatedServices(PluginServices(self._services, plugin), gate),
            records=GatedRecords(LateRecords(self._open_store, f"plugin.{plugin}"), gate),
            open_store=self._open_store,
            has=gate.has,
            report=lambda where, error: self._loader.fail(plugin, where, error),
        )
        context.on_unload(lambda: self._services.withdraw(plugin))
        return context

    async def _open_store(self) -> Store:
        return await self._services.get(STORE)

    def _plugin_active(self, plugin: str, implementation: Any) -> None:
        entry = self._registry.entries[plugin]
        entry.details = ""
        self._health.loaded(entry.info)
        if slow := self._registry.timings.slow_load(plugin):
            log.warning("%s", slow)
            if not entry.info.is_first_party:
                self._emit_soon(ErrorOccurred(source=plugin, error="SlowLoad", text=slow))
        if not self._registry.entries[plugin].info.lists:
            self._notifier.add(plugin, (hook for hook in EVENT_HOOKS if hasattr(implementation, hook)))
            self._providers.forget()

    async def _plugin_taken_up(self, plugin: str) -> None:
        """Let a plugin in that nobody knew when HFS started: it is loaded once something needs it, as the others."""
        self._health.forget(plugin)  # it gets another try, as it is now
        self._loader.forget(plugin)
        self._commands.forget(plugin)
        info = self._registry.entries[plugin].info
        self._providers.forget()
        if info.lists:
            self._notifier.add(plugin, info.hooks)
        elif await self._loader.load(plugin):
            await self._commands.provided(plugin)

    def _plugin_changed(self, entry: Entry, failure: PluginFailed | None) -> None:
        name = entry.info.name
        if failure is not None:
            log.warning("%s\n%s", failure, entry.details)
            text = entry.reason if entry.reason.startswith(str(failure)) else str(failure)
            self._emit_soon(ErrorOccurred(source=name, error=type(failure).__name__, text=text))
        if failure is not None or entry.state in FAULTY:
            self._in_background(asyncio.to_thread(self._health.keep, entry))
        self._emit_soon(PluginStateChanged(plugin=name, state=entry.state, reason=entry.reason))

    def _store_changed(self, saved: bool, reason: str) -> None:
        log.log(logging.INFO if saved else logging.WARNING, "saved: %s %s", saved, reason)
        self._emit_soon(StoreStateChanged(saved=saved, reason=reason))

    def _emit_soon(self, event: HfsEvent) -> None:
        self._in_background(self._bus.emit(event))

    def _in_background(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _settings_changed(self, config: UserConfig, key: str) -> None:
        self._settings.current = config
        self._loop.call_soon_threadsafe(self._emit_soon, SettingChanged(key=key))

    async def _take_up_settings(self, plugin: str) -> bool:
        entry = self._registry.entries.get(plugin)
        if entry is None or not (entry.is_usable or entry.state is PluginState.MISCONFIGURED):
            return False
        if entry.is_active:
            is_needed = any(other.is_active and plugin in other.info.requires for other in self._registry)
            # These hold on to what it gave: the store itself, a run under way, widgets on the screen.
            holds_on = "provide_widgets" in entry.info.hooks or self._storage.name == plugin
            if is_needed or holds_on or (self._engine is not None and self._engine.is_busy):
                return False
        if entry.is_active or entry.state is PluginState.MISCONFIGURED:
            await self._loader.reload(plugin, "settings")
            self._providers.forget()
            self._commands.forget(plugin)
        return True

    async def _settle(self) -> None:
        """Tell everybody what is still to be told, then stop telling."""
        self._notifier.tell("on_exit")
        await self.told()
        await self._notifier.close()
