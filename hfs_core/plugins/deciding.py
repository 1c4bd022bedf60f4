"""What waits for a person's decision in a running HFS, and what becomes of a plugin once they have made it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from hfs_core.errors import PluginError
from hfs_core.plugins.capabilities import Grants
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.registry import Registry
from hfs_core.plugins.standing import missing
from hfs_core.plugins.states import Entry, PluginState

if TYPE_CHECKING:
    from hfs_core.plugins.consent import ConsentQuestion
    from hfs_core.plugins.trust import Judgement, Trust


class Deciding:
    """The plugins in folders, as far as it is for the person to decide about them."""

    def __init__(
        self,
        trust: Callable[[], Trust],
        registry: Registry,
        gates: Gates,
        *,
        taken_up: Callable[[str], Awaitable[None]],
    ):
        """Prepare to ask.

        Args:
            trust: is called only if there is a plugin in a folder: who has none pays nothing for it.
            taken_up: is awaited with the name of a plugin that may be used from now on.
        """
        self._trust = trust
        self._registry = registry
        self._gates = gates
        self._taken_up = taken_up

    def waiting(self) -> Sequence[Entry]:
        """Return the plugins that wait for a decision, in the order of calls."""
        asked = (PluginState.UNTRUSTED, PluginState.CHANGED)
        return [
            entry
            for entry in self._registry
            if entry.state in asked and self._trust().is_waiting(entry.info.name)
        ]

    async def question(self, plugin: str) -> ConsentQuestion:
        """Read a plugin's folder as it is now, and return what a person is to be asked about it."""
        from hfs_core.plugins.consent import question

        return await asyncio.to_thread(lambda: question(self._judge(plugin)))

    async def grant(self, plugin: str, sha256: str, capabilities: Iterable[str] | None = None) -> None:
        """Let a plugin run from now on, if its folder holds what the person saw.

        Args:
            sha256: of the question that they answered.
            capabilities: what it is granted of what it asks for; all of it by default.

        Raises:
            PluginError: the folder has changed meanwhile, or the decision cannot be kept.
        """

        def decide() -> Judgement:
            judgement = self._judge(plugin)
            if judgement.tree is not None and judgement.tree.sha256 != sha256:
                text = f"plugin {plugin} changed while you were looking at it: look again"
                raise PluginError(text, plugin=plugin)
            return self._trust().grant(judgement, capabilities)

        judgement = await asyncio.to_thread(decide)
        if self._registry.entries[plugin].is_active:
            self._grant_running(judgement)
            return
        self._trust().drop(plugin)
        self._take(judgement.info, judgement.grants)
        lacking = missing(judgement.info, self._registry.entries)
        state = PluginState.MISSING_DEPENDENCY if lacking else judgement.state
        self._registry.set_state(plugin, state, lacking or self._gates.why_idle(plugin))
        await self._taken_up(plugin)

    async def deny(self, plugin: str) -> None:
        """Refuse a plugin as it is now; asked again once its folder has changed.

        Raises:
            PluginError: the decision cannot be kept.
        """
        judgement = await asyncio.to_thread(lambda: self._trust().deny(self._judge(plugin)))
        if not self._registry.entries[plugin].is_active:
            self._registry.set_state(plugin, judgement.state, judgement.reason)

    async def admit(self, entry: Entry) -> None:
        """Make sure that a plugin's code may be imported; raises Unfit."""
        if entry.info.source != "directory":
            return
        declared = self._gates.of(entry.info.name).info
        info = await asyncio.to_thread(self._trust().admit, declared)
        if info != declared or self._trust().grants(info) != self._gates.grants(info.name):
            self._take(info, self._trust().grants(info))

    def close(self) -> None:
        """Forget the code of every plugin in a folder."""
        for entry in self._registry:
            if entry.info.source == "directory":
                self._trust().drop(entry.info.name)

    def _judge(self, plugin: str) -> Judgement:
        entry = self._registry.entries.get(plugin)
        if entry is None or entry.info.source != "directory":
            raise PluginError(f"there is no plugin {plugin} in a folder", plugin=plugin)
        return self._trust().judge(self._gates.of(plugin).info)

    def _grant_running(self, judgement: Judgement) -> None:
        """Let a plugin that runs do what it is granted now; what was agreed to but is not what runs waits."""
        from hfs_core.plugins.exact import mounted

        tree = mounted(judgement.info.name)
        if tree and judgement.tree and tree.sha256 == judgement.tree.sha256:
            self._take(judgement.info, judgement.grants)

    def _take(self, info: PluginInfo, grants: Grants) -> None:
        """Know a plugin by the manifest that was agreed to, and let it do what it was granted."""
        self._registry.take_up(self._gates.admit(info, grants))
