"""Runs the code of plugins' widgets: isolated, each failure blamed on its plugin."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hfs_core.attribution import Owners
from hfs_core.contracts import RawWidget, WidgetSpec
from hfs_core.errors import PluginFailed, PluginTimeout
from hfs_core.events import HfsEvent, MessageDelta, has_words, is_own
from hfs_core.host import Host
from hfs_core.isolation import CURRENT_PLUGIN, blamed, describe, isolated

HOOK = "provide_widgets"

DRAW_SECONDS = 2.0
"""How long a widget may take to say what it shows."""


class LiveWidget:
    """A plugin's widget in use.

    Attributes:
        plugin: the plugin's name.
        spec: what the plugin declared.
    """

    def __init__(self, host: Host, plugin: str, spec: WidgetSpec):
        self.plugin = plugin
        self.spec = spec
        self._host = host
        self._has_failed = False

    @property
    def is_usable(self) -> bool:
        """Tell whether the plugin is in use: neither quarantined nor unloaded."""
        return self._host.plugins.may_call(self.plugin)

    async def draw(self, session_id: int | None) -> str:
        """Return what the widget shows, "" where its plugin is not in use any more.

        Raises:
            PluginFailed: it raised anything at all, gave no text, or took longer than two seconds; already told,
                and the third in a row quarantines the plugin.
        """
        if not self.is_usable:
            return ""
        text = await self._call(self.spec.render, session_id)
        if not isinstance(text, str):
            problem = (
                f"plugin {self.plugin} failed in {HOOK}: its widget drew a {type(text).__name__}, no text"
            )
            failure = PluginFailed(problem, plugin=self.plugin, hook=HOOK)
            self._blame(failure)
            raise failure
        if self._has_failed:
            self._has_failed = False
            self._host.plugins.succeeded(self.plugin, HOOK)
        return text

    async def wants(self, event: HfsEvent) -> bool:
        """Tell whether the widget must be drawn again after an event; one that cannot say need not be.

        One whose plugin may not read messages is not asked about an event that may hold what somebody said, but for the
        plugin's own.
        """
        if not self.is_usable:
            return False
        if self.spec.on_event is None:
            return not isinstance(event, MessageDelta)
        may_hear = is_own(event, self.plugin) or self._host.may(self.plugin, "messages.read")
        if has_words(event) and not may_hear:
            return False
        try:
            return bool(await self._call(self.spec.on_event, event))
        except PluginFailed:
            return False

    async def _call(self, function: Callable[[Any], Any], argument: Any) -> Any:
        held = 0.0

        def called() -> Any:
            nonlocal held
            started = time.monotonic()
            try:
                return function(argument)
            finally:
                held = time.monotonic() - started

        try:
            answer = await isolated(self.plugin, HOOK, called, {}, DRAW_SECONDS)
        except PluginFailed as failure:
            self._blame(failure)
            raise
        if held > DRAW_SECONDS:  # no coroutine, so that it could not be stopped; it must not go on like this
            text = f"plugin {self.plugin} held everything up for {held:.1f} s in {HOOK}"
            timeout = PluginTimeout(text, plugin=self.plugin, hook=HOOK, seconds=DRAW_SECONDS)
            self._blame(timeout)
            raise timeout
        return answer

    def _blame(self, failure: PluginFailed) -> None:
        self._has_failed = True
        self._host.plugins.failed(failure)


class LiveRawWidget:
    """One of Textual's widgets that a plugin has given, in use.

    Attributes:
        plugin: the plugin's name.
        spec: what the plugin declared.
    """

    def __init__(self, host: Host, plugin: str, spec: RawWidget):
        self.plugin = plugin
        self.spec = spec
        self._host = host

    @property
    def is_usable(self) -> bool:
        """Tell whether the plugin is in use: neither quarantined nor unloaded."""
        return self._host.plugins.may_call(self.plugin)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Let what runs inside count as the plugin's."""
        token = CURRENT_PLUGIN.set(self.plugin)
        try:
            yield
        finally:
            CURRENT_PLUGIN.reset(token)

    def failed(self, error: BaseException) -> PluginFailed:
        """Blame the plugin for what its widget raised; the third failure quarantines it."""
        text = f"plugin {self.plugin} failed in its widget {self.spec.title!r}: {describe(error)}"
        failure = PluginFailed(text, plugin=self.plugin, hook=HOOK)
        failure.__cause__ = error
        self._host.plugins.failed(failure)
        return failure

    def blame(self, error: BaseException) -> bool:
        """Blame the plugin, this or another, in whose code an error arose; False if it arose in none's."""
        plugins = self._host.plugins
        owners = Owners((entry.info.name, entry.info.module) for entry in plugins if entry.info.module)
        plugin = owners.of_traceback(error.__traceback__)
        if plugin:
            plugins.failed(blamed(plugin, HOOK, error))
        return bool(plugin)


def live_widgets(host: Host) -> list[LiveWidget | LiveRawWidget]:
    """Return the widgets of all plugins; none before the kernel has collected them."""
    return [
        LiveWidget(host, plugin, spec) if isinstance(spec, WidgetSpec) else LiveRawWidget(host, plugin, spec)
        for plugin, spec in host.widgets()
    ]
