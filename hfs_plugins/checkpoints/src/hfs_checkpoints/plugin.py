"""The plugin: what it hears, and which commands there are."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_checkpoints import settings
from hfs_checkpoints.keeping import Keeping
from hfs_checkpoints.listing import checkpoints
from hfs_checkpoints.rewinding import rewind
from hfs_checkpoints.service import CheckpointService
from hfs_checkpoints.travelling import Travelling
from hfs_checkpoints.undoing import undo
from hfs_core.api import CHECKPOINTS, STATE, STORE, TRAVELLER, Command, HfsEvent, PluginContext, hookimpl


class CheckpointsPlugin:
    """Points of a conversation to go back to."""

    Settings = settings.Settings

    @hookimpl
    async def activate(self, context: PluginContext) -> None:
        """Take up the store and the state."""
        own: settings.Settings = context.settings
        store, state = await context.services.get(STORE), await context.services.get(STATE)
        self._service = CheckpointService(context, store, state, own.triggers)
        travelling = Travelling(self._service.repository)
        context.services.provide(CHECKPOINTS, travelling)
        context.services.provide(TRAVELLER, travelling)

    @hookimpl
    async def on_event(self, event: HfsEvent) -> None:
        """Keep a checkpoint at what is worth going back to."""
        await self._service.handle(event)

    @hookimpl
    async def on_start(self, session_id: int) -> None:
        """Bring back the agent state of a session that another process left."""
        await self._service.restore_state(session_id)

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the commands."""
        keeping = Keeping(self._service)
        return [
            Command(
                "checkpoint", "Keep a point to go back to, or pin, unpin or delete one", keeping.checkpoint
            ),
            Command("checkpoints", "Show the points to go back to", checkpoints, key="escape escape"),
            Command("rewind", "Go on from a checkpoint, in a new session", rewind),
            Command("undo", "Take back the last rewind", undo),
        ]
