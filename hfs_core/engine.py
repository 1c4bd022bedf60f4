"""Takes messages and starts their runs, one at a time a session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hfs_core.chains import filtered_message, filtered_request
from hfs_core.errors import Conflict, SessionBusy
from hfs_core.models import Draft, Request, Run, Session
from hfs_core.sessions import NAMESPACE, make_current, session_to_write
from hfs_core.turn import ENDS_WITHIN, Parts, Turn

log = logging.getLogger("hfs.engine")


class _Hold:
    """A session in the hands of a run that is not the engine's own."""

    def __init__(self, interrupt: Callable[[], None]):
        self.is_over = asyncio.Event()
        self._interrupt = interrupt

    def interrupt(self) -> None:
        try:
            self._interrupt()
        except Exception:  # a plugin's: the others are stopped all the same
            log.exception("a run could not be stopped")


class Engine:
    """Sends messages; knows which sessions have a run under way."""

    def __init__(self, parts: Parts, *, default_model: Callable[[], str]):
        self._parts = parts
        self._default_model = default_model
        self._running: dict[int, Turn | _Hold] = {}
        self._tasks: dict[asyncio.Task[Run], Turn] = {}

    @property
    def is_busy(self) -> bool:
        """Tell whether a run is under way in any session."""
        return bool(self._tasks or self._running)

    def is_running(self, session_id: int) -> bool:
        """Tell whether a run of this process answers in the session."""
        return session_id in self._running

    async def until_free(self, session_id: int) -> None:
        """Wait until no run of this process answers in the session: a little longer than until `run.ended`."""
        while (run := self._running.get(session_id)) is not None:
            await run.is_over.wait()

    async def is_answering(self, session_id: int) -> bool:
        """Tell whether a reply is under way in the session, of this process or of another that lives."""
        return self.is_running(session_id) or await self._parts.leases.is_held(session_id)

    async def send(
        self,
        text: str,
        *,
        session_id: int | None = None,
        model: str | None = None,
        expect: int | None = None,
        run_id: str | None = None,
    ) -> Run:
        """Send a message and return its run at its end, also when that failed or was interrupted.

        Cancelling the caller interrupts the run; its words are kept first.

        Args:
            session_id: None makes a session.
            model: `provider/model`, the configured one by default.
            expect: how many messages the sender saw; None puts the message behind whatever is there.
            run_id: what the run is called in its events, for who wants to know them before it ends.

        Raises:
            RunError, PluginFailed, StoreError: the message was not sent; `Conflict` names the fork that keeps it.
        """
        if session_id is not None and session_id in self._running:
            raise _busy(session_id)
        model = model or self._default_model()
        turn = Turn(self._parts, text, model=model, expect=expect, run_id=run_id, on_kept=self._kept)
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

    @asynccontextmanager
    async def hold(
        self, session_id: int, run_id: str, interrupt: Callable[[], None]
    ) -> AsyncIterator[Session]:
        """Hold a session for a run of the caller's own, and give it as it is now; it becomes the current one.

        Until it is left, no other run starts there, in no process, and surfaces show it as answering. Then plugins hear
        `on_run_complete`, if the run told `run.started`.

        Args:
            interrupt: called when the run is to stop, maybe more than once; it must not wait. The run keeps the words
                that came, and leaves.

        Raises:
            SessionBusy: another run holds it.
            RunError: it was deleted; NotFound: it was purged; StoreError: it cannot be held.
        """
        if session_id in self._running:
            raise _busy(session_id)
        self._running[session_id] = held = _Hold(interrupt)
        try:
            store, leases = self._parts.store, self._parts.leases
            session = await session_to_write(store, session_id)
            lease = await leases.claim(session.id, run_id)
            try:  # from here on: what is cancelled while it is written may be written all the same
                try:
                    await store.apply(lease, make_current(session.uid), namespace=NAMESPACE)
                except Conflict as error:
                    raise _busy(session_id) from error
                yield await store.session(session.id)
            finally:
                snapshot = self._parts.bus.snapshot(session_id)
                if snapshot is not None and snapshot.run_id == run_id:
                    self._parts.notifier.tell("on_run_complete", run_snapshot=snapshot)
                await leases.release(session.id)
        finally:
            del self._running[session_id]
            held.is_over.set()

    async def filter_message(self, draft: Draft, session: Session | None) -> Draft:
        """Return a message as the plugins' `on_message` leave it; who keeps one without sending it owes them that.

        Raises:
            MessageRejected: a plugin refused it; only a user message can be.
            PluginFailed: one that blocks failed.
        """
        return await filtered_message(self._parts.dispatcher, draft, session)

    async def filter_request(self, request: Request) -> Request:
        """Return a request as the plugins' `before_send` leave it; who asks a model directly owes them that.

        Raises:
            PluginFailed: one that blocks failed.
        """
        return await filtered_request(self._parts.dispatcher, request)

    def interrupt(self, session_id: int) -> bool:
        """Stop the session's run and keep the words that came; False if there is none."""
        run = self._running.get(session_id)
        if run is None:
            return False
        run.interrupt()
        return True

    async def close(self) -> None:
        """Interrupt every run and wait until its words are kept; for those of plugins only a while."""
        held = [run for run in self._running.values() if isinstance(run, _Hold)]
        runs: list[Turn | _Hold] = [*self._tasks.values(), *held]
        for run in runs:
            run.interrupt()
        if self._tasks:
            await asyncio.wait(list(self._tasks))
        ends = [asyncio.ensure_future(hold.is_over.wait()) for hold in held]
        if ends:
            for late in (await asyncio.wait(ends, timeout=ENDS_WITHIN))[1]:
                late.cancel()

    def _kept(self, turn: Turn, session: Session) -> None:
        self._running[session.id] = turn

    def _ended(self, task: asyncio.Task[Run]) -> None:
        turn = self._tasks.pop(task)
        for session_id in [key for key, running in self._running.items() if running is turn]:
            del self._running[session_id]
        turn.is_over.set()


def _busy(session_id: int) -> SessionBusy:
    text = f"session {session_id} is answering: wait, or interrupt it"
    return SessionBusy(text, session_id=session_id)
