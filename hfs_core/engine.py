"""Takes messages and starts their runs, one at a time a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hfs_core.errors import SessionBusy
from hfs_core.models import Run, Session
from hfs_core.turn import Parts, Turn


class Engine:
    """Sends messages; knows which sessions have a run under way."""

    def __init__(self, parts: Parts, *, default_model: Callable[[], str]):
        self._parts = parts
        self._default_model = default_model
        self._running: dict[int, Turn] = {}
        self._tasks: dict[asyncio.Task[Run], Turn] = {}

    @property
    def is_busy(self) -> bool:
        """Tell whether a run is under way in any session."""
        return bool(self._tasks)

    def is_running(self, session_id: int) -> bool:
        """Tell whether a run of this process answers in the session."""
        return session_id in self._running

    async def is_answering(self, session_id: int) -> bool:
        """Tell whether a reply is under way in the session, of this process or of another that lives."""
        return self.is_running(session_id) or await self._parts.leases.is_held(session_id)

    async def send(
        self, text: str, *, session_id: int | None = None, model: str | None = None, expect: int | None = None
    ) -> Run:
        """Send a message and return its run at its end, also when that failed or was interrupted.

        Cancelling the caller interrupts the run; its words are kept first.

        Args:
            session_id: None makes a session.
            model: `provider/model`, the configured one by default.
            expect: how many messages the sender saw; None puts the message behind whatever is there.

        Raises:
            RunError, PluginFailed, StoreError: the message was not sent; `Conflict` names the fork that keeps it.
        """
        if session_id is not None and session_id in self._running:
            raise SessionBusy(
                f"session {session_id} is answering: wait, or interrupt it", session_id=session_id
            )
        turn = Turn(
            self._parts, text, model=model or self._default_model(), expect=expect, on_kept=self._kept
        )
        if session_id is not None:
            self._running[session_id] = turn
        task = asyncio.create_task(turn.take(session_id), name=f"hfs:turn:{turn.run_id}")
        self._tasks[task] = turn
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            turn.interrupt()
            await asyncio.wait({task})
            raise

    def interrupt(self, session_id: int) -> bool:
        """Stop the session's run and keep the words that came; False if there is none."""
        turn = self._running.get(session_id)
        if turn is None:
            return False
        turn.interrupt()
        return True

    async def close(self) -> None:
        """Interrupt every run and wait until its words are kept."""
        for turn in self._tasks.values():
            turn.interrupt()
        if self._tasks:
            await asyncio.wait(list(self._tasks))

    def _kept(self, turn: Turn, session: Session) -> None:
        self._running[session.id] = turn

    def _ended(self, task: asyncio.Task[Run]) -> None:
        turn = self._tasks.pop(task)
        for session_id in [key for key, running in self._running.items() if running is turn]:
            del self._running[session_id]
