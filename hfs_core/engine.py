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
        self._running: dict[int, asyncio.Task[Run]] = {}
        self._tasks: set[asyncio.Task[Run]] = set()

    def is_running(self, session_id: int) -> bool:
        """Tell whether a run of this process answers in the session."""
        return session_id in self._running

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
            raise SessionBusy(f"session {session_id} is answering: wait, or interrupt it", session_id=session_id)
        task = asyncio.create_task(self._take(text, session_id, model, expect), name="hfs:run")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if session_id is not None:
            self._running[session_id] = task
            task.add_done_callback(lambda done: self._ended(session_id, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise

    def interrupt(self, session_id: int) -> bool:
        """Stop the session's run and keep the words that came; False if there is none."""
        task = self._running.get(session_id)
        return task is not None and task.cancel()

    async def close(self) -> None:
        """Interrupt every run and wait until its words are kept."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _take(self, text: str, session_id: int | None, model: str | None, expect: int | None) -> Run:
        session = None if session_id is None else await self._parts.store.session(session_id)
        turn = Turn(
            self._parts,
            text,
            model=model or self._default_model(),
            session=session,
            expect=expect,
            on_kept=self._kept,
        )
        return await turn.take()

    def _kept(self, session: Session) -> None:
        task = asyncio.current_task()
        if session.id not in self._running and task is not None:
            self._running[session.id] = task
            task.add_done_callback(lambda done: self._ended(session.id, done))

    def _ended(self, session_id: int, task: asyncio.Task[Run]) -> None:
        if self._running.get(session_id) is task:
            del self._running[session_id]
