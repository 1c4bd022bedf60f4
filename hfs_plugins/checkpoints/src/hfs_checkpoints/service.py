"""Keeps checkpoints as events tell of something worth going back to."""

from __future__ import annotations

from collections.abc import Collection

from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.repository import NO_STATE, CheckpointRepository
from hfs_checkpoints.settings import CHECKPOINT_EVENTS
from hfs_checkpoints.wording import LONGEST_LABEL, one_line
from hfs_core.api import (
    CheckpointCreated,
    CheckpointRequested,
    ErrorOccurred,
    HfsEvent,
    NotFound,
    PluginContext,
    RunSnapshot,
    StateManager,
    Store,
    StoreError,
)

MANUAL = "manual"
"""The trigger of a checkpoint that a person made."""

REQUEST = "checkpoint.request"
"""The type of the event by which a plugin asks for a checkpoint."""


class CheckpointService:
    """Keeps a checkpoint at each trigger, where the event says; holds no task and no subscription.

    Attributes:
        repository: what is kept.
    """

    def __init__(
        self,
        context: PluginContext,
        store: Store,
        state: StateManager,
        triggers: Collection[str] = CHECKPOINT_EVENTS,
    ):
        self.repository = CheckpointRepository(context.records)
        self._context = context
        self._store = store
        self._state = state
        self._triggers = frozenset(triggers)
        self._fault = ""

    async def handle(self, event: HfsEvent) -> None:
        """Keep a checkpoint if the event is a trigger or asks for one; what goes wrong is a warning."""
        is_asked = event.event_type == REQUEST
        if event.session_id is None or not (is_asked or event.event_type in self._triggers):
            return
        label = event.label if isinstance(event, CheckpointRequested) else ""
        try:
            await self._keep(event, event.session_id, one_line(label)[:LONGEST_LABEL])
            self._fault = ""
        except NotFound:
            self._context.log.info("session %s went before its checkpoint was kept", event.session_id)
        except Exception as error:  # noqa: BLE001 # the store is foreign code; the run has gone well all the same
            await self._warn("no checkpoint was kept", error)

    async def create_manual_checkpoint(
        self, session_id: int, *, trigger: str = MANUAL, label: str = ""
    ) -> Checkpoint:
        """Keep a checkpoint where the session is now; it is never pruned.

        Raises:
            StoreError: it could not be kept; NotFound: there is no such session.
        """
        session = await self._store.session(session_id)
        made, _ = await self.repository.create(
            session.id,
            session.message_count,
            trigger,
            digest=session.digest,
            state_json=await self._state_json(session_id, self._state.get_snapshot(session_id)),
            label=label,
            is_manual=True,
        )
        await self._tell(made, session_id)
        return made

    async def restore_state(self, session_id: int) -> None:
        """Bring a session's agent state back, if nothing is known of it in this process; a warning if it cannot be."""
        if self._state.get_snapshot(session_id) is not None:
            return
        try:
            kept = await self.repository.latest_state(session_id)
            if kept != NO_STATE and self._state.get_snapshot(session_id) is None:
                self._state.restore(session_id, RunSnapshot.from_json(kept))
        except NotFound:
            self._context.log.info("session %s went before its state was brought back", session_id)
        except (StoreError, ValueError) as error:
            await self._warn("the state of its agents could not be brought back", error)

    async def _keep(self, event: HfsEvent, session_id: int, label: str) -> None:
        made, is_new = await self.repository.create(
            session_id,
            event.message_index,
            event.event_type,
            digest=event.digest,
            state_json=await self._state_json(session_id, event.snapshot),
            label=label,
            run_id=event.run_id,
            keep_count=self._context.config.checkpoint_retention,
        )
        if is_new:
            await self._tell(made, session_id)

    async def _state_json(self, session_id: int, snapshot: RunSnapshot | None) -> str:
        return snapshot.to_json() if snapshot else await self.repository.latest_state(session_id)

    async def _tell(self, made: Checkpoint, session_id: int) -> None:
        # By the id that the session is known by here: one made while the disk was full has another by now.
        event = CheckpointCreated(
            number=made.number,
            label=made.label,
            session_id=session_id,
            message_index=made.message_index,
            digest=made.digest,
            run_id=made.run_id,
        )
        await self._context.emit(event)

    async def _warn(self, what: str, error: Exception) -> None:
        """Say what went wrong, once for as long as it does."""
        text = f"{what}: {error}" if str(error) else f"{what}: {type(error).__name__}"
        self._context.log.warning(text, exc_info=error)
        if text != self._fault:
            self._fault = text
            await self._context.emit(
                ErrorOccurred(source="checkpoints", error=type(error).__name__, text=text)
            )
