"""One message and its answer, in the order on which checkpoints rely.

`on_message` chain, user message kept, `run.started`, `before_send` chain over the whole conversation, the
model streams while the reply is kept, `on_message` chain on the reply, reply kept once, `message.added`,
`usage.recorded`, `run.ended`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import uuid4

from hfs_core.bus import EventBus
from hfs_core.chains import filtered_message, filtered_request
from hfs_core.contracts import Append, Create, Fork, Operation, ReplyWriter, Store
from hfs_core.dispatch import Dispatcher
from hfs_core.errors import Conflict, HfsError, ModelError, NotFound
from hfs_core.events import (
    ErrorOccurred,
    HfsEvent,
    MessageAdded,
    MessageDelta,
    RunEnded,
    RunStarted,
    SessionCreated,
    SessionForked,
    UsageRecorded,
)
from hfs_core.isolation import Raised, describe, guarded
from hfs_core.leases import Leases
from hfs_core.models import (
    JSON,
    Draft,
    Message,
    PromptMessage,
    Request,
    Role,
    Run,
    Session,
    Status,
    now,
    replace_surrogates,
)
from hfs_core.notify import Notifier
from hfs_core.providers import Providers
from hfs_core.reply import Reply
from hfs_core.sessions import NAMESPACE, make_current, name_for, new_uid, session_to_write

ENDS_WITHIN = 5.0
"""Seconds that a model provider gets to end after an interruption; then it is left to itself."""

RETRIES = 3
"""How often a message is put behind what another process has just added, before it goes into a fork."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a turn works with."""

    store: Store
    bus: EventBus
    dispatcher: Dispatcher
    notifier: Notifier
    providers: Providers
    leases: Leases


class Turn:
    """One attempt to answer one message."""

    def __init__(
        self,
        parts: Parts,
        text: str,
        *,
        model: str,
        expect: int | None,
        run_id: str | None,
        on_kept: Callable[[Turn, Session], None],
    ):
        self.run_id = run_id or uuid4().hex
        self.is_over = asyncio.Event()
        self._parts = parts
        self._text = replace_surrogates(text)
        self._model = model
        self._given: Session | None = None
        self._session_id: int | None = None
        self._expect = expect
        self._on_kept = on_kept
        self._status = Status.COMPLETE
        self._error: Exception | None = None
        self._reply: Reply | None = None
        self._asking: asyncio.Task[Any] | None = None
        self._interruption = asyncio.Event()
        self._started = time.monotonic()

    async def take(self, session_id: int | None) -> Run:
        """Send the message to a session, a new one if None, and return how the run ended.

        Raises:
            MessageRejected, PluginFailed: a plugin refused the message, or blocks because it failed.
            RunError: the session was deleted; SessionBusy: another process has a run in it.
            NotFound: the session was purged.
            Conflict: the session went on behind the caller's back; the words are kept in a fork.
            StoreError: the message could not be kept.
        """
        if session_id is not None:
            self._given = await session_to_write(self._parts.store, session_id)
        draft = await self._filtered(Draft(Role.USER, self._text), self._given)
        session, message = await self._keep(draft)
        try:
            await self._announce(session, message)
            return await self._answer(session, message)
        finally:
            await self._parts.leases.release(session.id)

    def interrupt(self) -> None:
        """Stop asking the model; what came is kept."""
        self._interruption.set()
        if self._asking is not None:
            self._asking.cancel()

    async def _filtered(self, draft: Draft, session: Session | None) -> Draft:
        return await filtered_message(self._parts.dispatcher, draft, session)

    async def _keep(self, draft: Draft) -> tuple[Session, Message]:
        if self._given is None:
            return await self._keep_in_new(draft)
        session, expect = self._given, self._expect
        for attempt in range(RETRIES):
            lease = await self._parts.leases.claim(session.id, self.run_id)
            position = session.message_count if expect is None else expect
            operations = (lease, Append(session.id, draft, position), make_current(session.uid))
            try:
                _, message, _ = await self._parts.store.apply(*operations, namespace=NAMESPACE)
            except Conflict:
                session = await self._parts.store.session(session.id)
                if expect is not None and session.message_count != expect:
                    break  # behind what the person has not seen, their words would mean another thing
                if attempt == RETRIES - 1:
                    break
                continue
            self._on_kept(self, session)
            return _grown(session, cast(Message, message))
        await self._keep_in_fork(session, draft, session.message_count if expect is None else expect)
        raise AssertionError("unreachable: keeping in a fork raises")

    async def _keep_in_new(self, draft: Draft) -> tuple[Session, Message]:
        uid = new_uid()
        lease = replace(await self._parts.leases.claim(None, self.run_id), session=uid)
        create = Create(uid, name_for(draft.content, draft.created_at))
        operations: list[Operation] = [create, Append(uid, draft, 0), lease, make_current(uid)]
        outcomes = await self._parts.store.apply(*operations, namespace=NAMESPACE)
        session = cast(Session, outcomes[0])
        self._on_kept(self, session)
        return _grown(session, cast(Message, outcomes[1]))

    async def _keep_in_fork(self, session: Session, draft: Draft, at: int) -> None:
        uid = new_uid()
        at = min(at, session.message_count)
        fork = Fork(uid, f"{session.name} (conflict)", session.id, at)
        made, _, _ = await self._parts.store.apply(
            fork, Append(uid, draft, at), make_current(uid), namespace=NAMESPACE
        )
        forked = cast(Session, made)
        await self._emit(SessionForked(name=forked.name, parent_id=session.id, at=at), forked)
        raise Conflict(
            f"session {session.id} went on elsewhere; your message is kept in session {forked.id}, "
            f"{forked.name!r}: `hfs -r {forked.id}` opens it",
            position=at,
            fork_id=forked.id,
        )

    async def _announce(self, session: Session, message: Message) -> None:
        if self._given is None:
            await self._emit(SessionCreated(name=session.name), session)
        await self._emit(MessageAdded(message=message), session)
        if self._given is None:
            self._parts.notifier.tell("on_start", session_id=session.id)
        await self._emit(RunStarted(model=self._model), session)

    async def _answer(self, session: Session, message: Message) -> Run:
        position = message.index + 1
        kept: Message | None = None
        try:
            async with self._parts.store.reply(session.id, expect=position) as writer:
                kept = await self._stream_into(writer, session, position)
        except Exception as error:  # noqa: BLE001 # what keeps a reply from being kept is told, not raised
            self._failed(error)
        with suppress(NotFound):  # purged in the meantime: its run ends all the same
            session = await self._parts.store.session(session.id)
        return await self._end(session, kept)

    async def _stream_into(self, writer: ReplyWriter, session: Session, position: int) -> Message | None:
        async def tell(text: str) -> None:
            await self._emit(MessageDelta(text=text), session, position=position)

        self._reply = reply = Reply(writer, tell)
        async with reply:
            await self._run_asking(self._ask(reply, session, position))
        if not reply.text and self._status is not Status.COMPLETE:
            return await writer.abandon(self._status)
        draft = Draft(Role.ASSISTANT, reply.text, now(), self._status, self._metadata(reply))
        if self._status is Status.COMPLETE:
            draft = await self._filtered_reply(draft, session)
        return await writer.finish(draft)

    async def _run_asking(self, asking: Coroutine[Any, Any, None]) -> None:
        if self._interruption.is_set():
            asking.close()
            self._status = Status.INTERRUPTED
            return
        # In a task of its own, the only one that an interruption cancels: what keeps the words runs on.
        self._asking = task = asyncio.create_task(guarded(asking), name=f"hfs:run:{self.run_id}")
        stopping = asyncio.create_task(self._interruption.wait(), name="hfs:run:stopping")
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({task}, timeout=ENDS_WITHIN)
        stopping.cancel()
        if task.cancelled():
            asking.close()  # one that was cancelled before its first step has never begun
        if self._interruption.is_set() and (task.cancelled() or not task.done()):
            self._status = Status.INTERRUPTED
        elif task.cancelled():
            self._failed(ModelError(f"{self._model} cancelled its own reply", model=self._model))
        elif isinstance(raised := task.result(), Raised):
            self._failed(raised.error)

    async def _ask(self, reply: Reply, session: Session, position: int) -> None:
        history = await self._parts.store.messages(session.id, 0, position)
        prompt = tuple(PromptMessage(message.role, message.content) for message in history)
        request = Request(self._model, prompt, session.id, self.run_id)
        request = await filtered_request(self._parts.dispatcher, request)
        provider = await self._parts.providers.get(request.model)
        await reply.ask(provider, request)

    async def _filtered_reply(self, draft: Draft, session: Session) -> Draft:
        try:
            return await self._filtered(draft, session)
        except HfsError as error:
            # It has been shown and kept as it came: refusing it now could only lose words.
            text = f"the reply is kept as it came: {error}"
            await self._emit(
                ErrorOccurred(source="on_message", error=type(error).__name__, text=text), session
            )
            return draft

    def _metadata(self, reply: Reply) -> dict[str, JSON]:
        metadata: dict[str, JSON] = {
            "model": self._model,
            "run_id": self.run_id,
            "duration_ms": self._milliseconds(),
        }
        if reply.finish_reason not in ("", "stop"):
            metadata["finish_reason"] = reply.finish_reason
        if reply.usage:
            metadata["usage"] = {
                "prompt_tokens": reply.usage.prompt_tokens,
                "completion_tokens": reply.usage.completion_tokens,
            }
        if self._error is not None:
            # What HFS itself says is a sentence already; a stranger's error may need its name to be understood.
            text = str(self._error) if isinstance(self._error, HfsError) else ""
            metadata["error"] = replace_surrogates(text or describe(self._error))
        return metadata

    async def _end(self, session: Session, kept: Message | None) -> Run:
        if kept is not None:
            await self._emit(MessageAdded(message=kept), session)
        usage = self._reply.usage if self._reply else None
        if usage is not None:
            recorded = UsageRecorded(
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                model=self._model,
            )
            await self._emit(recorded, session)
        if self._error is not None:
            error = ErrorOccurred(source=self._model, error=type(self._error).__name__, text=str(self._error))
            await self._emit(error, session)
        duration_ms = self._milliseconds()
        await self._emit(RunEnded(duration_ms=duration_ms, status=self._status), session)
        if snapshot := self._parts.bus.snapshot(self._session_id or session.id):
            self._parts.notifier.tell("on_run_complete", run_snapshot=snapshot)
        return Run(self.run_id, session, self._model, self._status, kept, usage, self._error, duration_ms)

    def _milliseconds(self) -> int:
        return round((time.monotonic() - self._started) * 1000)

    def _failed(self, error: BaseException) -> None:
        self._status = Status.FAILED
        if isinstance(error, HfsError):
            self._error = error
            return
        self._error = ModelError(f"{self._model} failed: {describe(error)}", model=self._model)
        self._error.__cause__ = error

    async def _emit(self, event: HfsEvent, session: Session, *, position: int | None = None) -> None:
        # A session made while the disk was full gets another id once it is kept; a run is told under one.
        self._session_id = session.id if self._session_id is None else self._session_id
        changes: dict[str, Any] = {"run_id": self.run_id, "session_id": self._session_id}
        if isinstance(event, MessageAdded):
            changes |= {"message_index": event.message.index + 1, "digest": event.message.digest}
        else:
            changes |= {"message_index": position or session.message_count, "digest": session.digest}
        await self._parts.bus.emit(replace(event, **changes))


def _grown(session: Session, message: Message) -> tuple[Session, Message]:
    """Return a session as it is after a message; reading it anew might fail, and its lease is held by now."""
    grown = replace(session, message_count=message.index + 1, digest=message.digest, updated_at=now())
    return grown, message
