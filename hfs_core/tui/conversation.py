"""The session on the screen: what is sent in it, what waits, and what comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from hfs_core import api
from hfs_core.tui.results import notice
from hfs_core.tui.waiting import Waiting

if TYPE_CHECKING:
    from hfs_core.api import Host, Message, Session
    from hfs_core.tui.composer import Composer
    from hfs_core.tui.outbox import Outbox
    from hfs_core.tui.status import StatusLine
    from hfs_core.tui.toasts import Toasts
    from hfs_core.tui.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Views:
    """The widgets that a conversation is shown in."""

    transcript: Transcript
    status: StatusLine
    outbox: Outbox
    composer: Composer
    toasts: Toasts


@dataclass(slots=True, eq=False)
class Sending:
    """A message on its way, until its run has ended and was heard of.

    Attributes:
        session_id: None until the message has made its session.
        run_id: what its run is called in events.
        since: when it left, on the monotonic clock.
        is_interrupted: the person asked to stop it.
        has_ended: set once the end of its run was heard of.
    """

    session_id: int | None
    run_id: str = field(default_factory=lambda: uuid4().hex)
    since: float = field(default_factory=time.monotonic)
    is_interrupted: bool = False
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Conversation:
    """Sends messages in the session that is shown, one after the other.

    Attributes:
        session_id: None before the first message has made a session.
        name: of the session.
        model: what the person chose for this sitting, None for the configured one.
        live: the words so far of each reply under way, by session: one can be left and come back to.
        waiting: what is not sent yet.
        on_switch: called when another session is shown, or a new one has been made.
        aliases: the id by which a session is known here, by the one that it got when it could be kept.
    """

    def __init__(self, host: Host, views: Views, model: str | None = None):
        self.host = host
        self.views = views
        self.model = model
        self.session_id: int | None = None
        self.name = ""
        self.on_switch: Callable[[], None] = _nothing
        self.live: dict[int, list[str]] = {}
        self.aliases: dict[int, int] = {}
        self.waiting = Waiting(views.composer.give_back, self.send_next)
        self._sendings: list[Sending] = []
        self._others: dict[int, float] = {}
        self._watching: dict[int, asyncio.Task[None]] = {}
        self._switches = 0

    @property
    def unsaved_ids(self) -> set[int]:
        """The sessions in use here that were made while the store could not write; their ids are negative."""
        used = {self.session_id, *(sending.session_id for sending in self._sendings)}
        return {session_id for session_id in used if session_id is not None and session_id < 0}

    @property
    def is_busy(self) -> bool:
        """Tell whether the session that is shown has a message on its way or a reply under way."""
        if self.session_id is None:
            return self._is_ours(None)
        is_heard = self.session_id in self._others
        return is_heard or self._is_ours(self.session_id) or self.host.engine.is_running(self.session_id)

    @property
    def busy_since(self) -> float | None:
        """Return since when, on the monotonic clock, a reply is under way in the session that is shown."""
        if not self.is_busy:
            return None
        since = [sending.since for sending in self._sendings if sending.session_id == self.session_id]
        if self.session_id in self._others:
            since.append(self._others[self.session_id])
        return min(since, default=time.monotonic())

    async def switch(self, session: Session | None) -> None:
        """Show another session, None for a new one; a reply under way stays in the one that asked.

        What is sent meanwhile waits: it is about messages that are not on the screen yet.
        """
        self.waiting.give_back()
        self._switches += 1
        try:
            if session is None:
                self.session_id, self.name = None, ""
                await self.views.transcript.show(_no_messages, 0)
            else:
                self.session_id, self.name = session.id, session.name
                self.aliases.pop(session.id, None)
                live = "".join(self.live.get(session.id, ()))
                await self.views.transcript.show(Reader(self.host, session.id), session.message_count, live)
        finally:
            self._switches -= 1
        self.on_switch()
        self.send_next()

    def adopt(self, session_id: int, name: str, run_id: str | None) -> None:
        """Show the session that a first message has made; of one that a command makes it says itself."""
        for sending in self._sendings:
            if sending.run_id == run_id:
                sending.session_id = session_id
                if sending.is_interrupted:
                    self.host.engine.interrupt(session_id)
                if self.session_id is None:
                    self.session_id, self.name = session_id, name
                    self.views.transcript.read_from(Reader(self.host, session_id))
                    self.on_switch()
        self.show_status()

    def run_started(self, session_id: int, run_id: str | None) -> None:
        """Take note of a run; one that a command does is over when its end was heard of, not when it was made."""
        if not any(sending.run_id == run_id for sending in self._sendings):
            self._others[session_id] = time.monotonic()
        self.show_status()

    def run_ended(self, session_id: int, run_id: str | None) -> None:
        """Take note that a run has ended, once all that it said is shown."""
        self.live.pop(session_id, None)
        self._others.pop(session_id, None)
        for sending in self._sendings:
            if sending.run_id == run_id:
                sending.has_ended.set()
        self.send_next()

    def send_next(self) -> None:
        """Send what waits longest, if nothing is under way."""
        if self.waiting.is_ready and not (self.is_busy or self._switches):
            sending = Sending(self.session_id)
            self._sendings.append(sending)
            sending.task = asyncio.create_task(self._send(self.waiting.next(), sending), name="hfs:tui:send")
        elif self.waiting.is_ready and self.session_id is not None and not self._is_ours(self.session_id):
            self._watch(self.session_id)
        self.show_status()

    def interrupt(self) -> None:
        """Stop the reply under way, keeping its words."""
        for sending in self._sendings:
            if sending.session_id == self.session_id:
                sending.is_interrupted = True
        if self.session_id is None or self.host.engine.interrupt(self.session_id):
            return
        if self._others.pop(self.session_id, None) is not None:
            self.waiting.give_back()  # it ended without a word, like one that failed
            self.show_status()

    def show_status(self) -> None:
        """Show the model, the session and what goes on."""
        self.views.status.model = self.model or self.host.settings.current.model
        self.views.transcript.model = self.views.status.model
        self.views.status.session = self.name
        self.views.status.tell_run(self.busy_since)
        self.views.outbox.tell(self.waiting.texts)

    def _watch(self, session_id: int) -> None:
        """Send what waits once a run that somebody else has begun is over; one of ours says so itself."""
        if session_id not in self._watching and self.host.engine.is_running(session_id):
            watching = self._send_when_free(session_id)
            self._watching[session_id] = asyncio.create_task(watching, name="hfs:tui:watch")

    async def _send_when_free(self, session_id: int) -> None:
        await self.host.engine.until_free(session_id)
        del self._watching[session_id]
        self.send_next()

    def _is_ours(self, session_id: int | None) -> bool:
        return any(sending.session_id == session_id for sending in self._sendings)

    async def _send(self, text: str, sending: Sending) -> None:
        transcript = self.views.transcript
        expect = transcript.count if sending.session_id is not None else None
        is_answered = False
        try:
            await transcript.wait(text)
            run = await self.host.engine.send(
                text,
                session_id=sending.session_id,
                model=self.model,
                expect=expect,
                run_id=sending.run_id,
            )
            await sending.has_ended.wait()
            is_answered = run.status != api.Status.FAILED
        except api.Conflict as error:
            await self._not_sent(sending, "" if error.fork_id else text, error)
            if error.fork_id is not None and sending.session_id == self.session_id:
                await self.switch(await self.host.store.session(error.fork_id))
                await transcript.note(notice(self._kept_here(sending, error.fork_id), "warning"))
        except api.HfsError as error:
            await self._not_sent(sending, text, error)
        except Exception as error:  # noqa: BLE001 # stores and plugins are foreign code; their failure is told
            await self._not_sent(sending, text, error)
        finally:
            self._sendings.remove(sending)
            if sending.session_id == self.session_id:
                if not is_answered and not self.waiting.is_closed:
                    self.waiting.give_back()
                self.send_next()

    async def _not_sent(self, sending: Sending, text: str, error: Exception) -> None:
        """Say why a message was not sent, and give its words back."""
        if sending.session_id == self.session_id:
            await self.views.transcript.forget_open()
        if text:
            self.views.composer.give_back(text)
            await self.views.transcript.note(notice(sentence(error), "error"))

    def _kept_here(self, sending: Sending, fork_id: int) -> str:
        """Say why the person is in another session now, and how its message is answered."""
        can_retry = any(command.name == "retry" for command in self.host.commands.names())
        return (
            f"session {sending.session_id} went on elsewhere: your message is kept here, in session {fork_id}, "
            f"and is not answered yet{'; /retry asks it' if can_retry else ''}"
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the messages of one session."""

    host: Host
    session_id: int

    async def __call__(self, start: int, stop: int) -> Sequence[Message]:
        """Return messages `[start:stop]`."""
        return await self.host.store.messages(self.session_id, start, stop)


def _nothing() -> None:
    pass


async def _no_messages(start: int, stop: int) -> Sequence[Message]:
    return ()


def sentence(error: BaseException) -> str:
    """Return what an error says, named where it says nothing for people."""
    if isinstance(error, api.HfsError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
