"""What waits for a person's decision in a running HFS, and what becomes of a plugin once they have made it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from hfs_core.errors import PluginError
from hfs_core.plugins.capabilities import Grants
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.registry import NEVER_QUARANTINED, Registry
from hfs_core.plugins.standing import missing
from hfs_core.plugins.states import FAULTY, Entry, PluginState

if TYPE_CHECKING:
    from hfs_core.plugins.consent import ConsentQuestion
    from hfs_core.plugins.judgement import Judgement
    from hfs_core.plugins.trust import Trust


class Deciding:
    """The plugins in folders, as far as it is for the person to decide about them."""

    def __init__(
        self,
        trust: Callable[[], Trust],
        registry: Registry,
        gates: Gates,
        *,
        taken_up: Callable[[str], Awaitable[None]],
        settled: Callable[[str], Awaitable[None]],
        end: Callable[[str], Awaitable[None]],
    ):
        """Prepare to ask.

        Args:
            trust: is called only if there is a plugin in a folder: who has none pays nothing for it.
            taken_up: is awaited with the name of a plugin that may be used from now on.
            settled: waits until a plugin is not being loaded any more.
            end: unloads a plugin that is in use.
        """
        self._trust = trust
        self._registry = registry
        self._gates = gates
        self._taken_up = taken_up
        self._settled = settled
        self._end = end

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
        await self._settled(plugin)  # it may be on its way in with what was decided before
        if self._registry.entries[plugin].is_active:
            self._grant_running(judgement)
            return
        self._trust().drop(plugin)
        info = self._fit(judgement.info)
        self._take(info, judgement.grants)
        lacking = missing(info, self._registry.entries)
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

    async def files(self, plugin: str, sha256: str) -> list[tuple[str, bytes]]:
        """Return the files of a plugin's folder with their paths, sorted, for the person to read.

        Raises:
            PluginError: the folder cannot be read, or holds something else by now than what has this hash.
        """
        judgement = await asyncio.to_thread(self._judge, plugin)
        if judgement.tree is None:
            raise PluginError(judgement.reason, plugin=plugin)
        if judgement.tree.sha256 != sha256:
            raise PluginError(
                f"plugin {plugin} changed while you were looking at it: look again", plugin=plugin
            )
        return [(path, file.content) for path, file in judgement.tree.files.items()]

    async def forget(self, plugin: str) -> bool:
        """Take back the consent to a plugin, or its refusal; False if nothing was decided.

        What runs goes on until HFS ends.

        Raises:
            PluginError: there is no such plugin in a folder, or that cannot be written.
        """

        def forget() -> tuple[bool, Judgement]:
            was_decided = self._trust().forget(self._gates.of(plugin).info)
            return was_decided, self._judge(plugin)

        self._directory(plugin)
        was_decided, judgement = await asyncio.to_thread(forget)
        entry = self._registry.entries[plugin]
        decided_by_trust = entry.is_usable or entry.state in (PluginState.UNTRUSTED, PluginState.CHANGED)
        if not entry.is_active and decided_by_trust:
            self._registry.set_state(plugin, judgement.state, judgement.reason)
        return was_decided

    async def revive(self, plugin: str) -> None:
        """Give a plugin that failed, or that was put off for it, another try, from its code as it is now.

        One in a folder that has changed since waits for a decision instead, as soon as it is needed.

        Raises:
            PluginError: there is no such plugin, or something else keeps it off.
        """
        entry = self._registry.entries.get(plugin)
        if entry is None:
            raise PluginError(f"there is no plugin {plugin}", plugin=plugin)
        if not entry.is_usable and entry.state not in FAULTY:
            raise PluginError(f"plugin {plugin} is {entry.state}: {entry.reason}", plugin=plugin)
        if entry.is_active and not NEVER_QUARANTINED.isdisjoint(entry.info.hooks):
            text = f"plugin {plugin} keeps your sessions or answers you: it begins anew with the next start"
            raise PluginError(text, plugin=plugin)
        await self._end(plugin)
        entry.failures.clear()
        self._registry.set_state(plugin, PluginState.FOUND)
        await self._taken_up(plugin)

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
        self._directory(plugin)
        return self._trust().judge(self._gates.of(plugin).info)

    def _directory(self, plugin: str) -> None:
        entry = self._registry.entries.get(plugin)
        if entry is None or entry.info.source != "directory":
            raise PluginError(f"there is no plugin {plugin} in a folder", plugin=plugin)

    def _fit(self, info: PluginInfo) -> PluginInfo:
        """Return a plugin with what its wishes for versions of others come to."""
        if not info.requires_versions:
            return info
        from hfs_core.plugins.versions import checked

        others = [entry.info for entry in self._registry if entry.info.name != info.name]
        return [*checked([*others, info])][-1]

    def _grant_running(self, judgement: Judgement) -> None:
        """Let a plugin that runs do what it is granted now; what was agreed to but is not what runs waits."""
        from hfs_core.plugins.exact import mounted

        tree = mounted(judgement.info.name)
        if tree and judgement.tree and tree.sha256 == judgement.tree.sha256:
            self._take(judgement.info, judgement.grants)

    def _take(self, info: PluginInfo, grants: Grants) -> None:
        """Know a plugin by the manifest that was agreed to, and let it do what it was granted."""
        self._registry.take_up(self._gates.admit(info, grants))
