"""HFS as its surfaces and commands see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from hfs_core.bus import EventBus
from hfs_core.commands import Commands
from hfs_core.config import UserConfig
from hfs_core.contracts import RawWidget, Store, WidgetSpec
from hfs_core.engine import Engine
from hfs_core.models import JSON
from hfs_core.paths import Paths
from hfs_core.plugins.capabilities import Grants
from hfs_core.plugins.deciding import Deciding
from hfs_core.plugins.registry import Registry
from hfs_core.plugins.settings import PluginSettings
from hfs_core.providers import Providers
from hfs_core.sessions import Sessions
from hfs_core.state import StateManager


@dataclass(slots=True)
class Settings:
    """The settings in force, and how to change one for good.

    Attributes:
        write: writes one into the person's `config.yaml`; what a project or the environment says still goes before
            it. May be called from any thread; it waits for the disk. Raises ConfigError.
        plugins: what plugins' own sections may hold.
        unset: takes one out of `config.yaml`, like `write`; False if it is not there.
        change_names: given the key of a list of names, adds (`add`) and takes out (`remove`) some of them in
            `config.yaml` as it is now, whoever wrote it; False if it was so already.
    """

    current: UserConfig
    write: Callable[[str, JSON], None]
    unset: Callable[[str], bool]
    change_names: Callable[..., bool]
    plugins: PluginSettings


@dataclass(frozen=True, slots=True)
class Host:
    """What a running HFS offers: one attribute a subject.

    Attributes:
        deciding: the plugins in folders that wait for the person's consent, and how to give it.
        widgets: the widgets of all plugins, each with its plugin's name; none before they were collected.
        load_widgets: collects the widgets of a plugin that has come into use, or that was loaded anew.
        is_saved: tells whether what is said now is kept, and why not.
        store_name: the plugin that keeps sessions, "" for the memory store.
        grants: returns what a plugin, by name, was granted and denied.
        may: tells whether a plugin was granted a capability.
        used: returns how often a plugin has used, and was refused, each capability since HFS started.
    """

    paths: Paths
    settings: Settings
    bus: EventBus
    state: StateManager
    store: Store
    sessions: Sessions
    engine: Engine
    providers: Providers
    commands: Commands
    plugins: Registry
    deciding: Deciding
    widgets: Callable[[], list[tuple[str, WidgetSpec | RawWidget]]]
    load_widgets: Callable[[str], Awaitable[None]]
    is_saved: Callable[[], tuple[bool, str]]
    store_name: str
    grants: Callable[[str], Grants]
    may: Callable[[str, str], bool]
    used: Callable[[str], Mapping[str, tuple[int, int]]]
