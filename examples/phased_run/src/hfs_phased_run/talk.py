"""What is said in a run: asked of the model, kept in the session, and told as events.

Everything that is written says at which position it belongs (`expect`): where somebody else was quicker, the store
answers with `Conflict` instead of mixing two conversations. An event is told once that of which it tells is kept.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import cast
from uuid import uuid4

from hfs_core.api import (
    JSON,
    Append,
    Create,
    Draft,
    ErrorOccurred,
    HfsError,
    HfsEvent,
    Host,
    Message,
    MessageAdded,
    MessageDelta,
    ModelError,
    PluginContext,
    PromptMessage,
    Reply,
    ReplyWriter,
    Request,
    Role,
    Session,
    SessionCreated,
    Status,
    UsageRecorded,
    now,
)
from hfs_phased_run.agents import Speaker


class Stopped(Exception):
    """A reply that is not whole; `status` says whether it failed or was interrupted."""

    def __init__(self, status: Status, error: HfsError | None = None):
        super().__init__(status)
        self.status = status
        self.error = error


class Talk:
    """One run's words in one session.

    Attributes:
        run_id: names the run in every event and every reply.
        session_id: None until the session is there.
    """

    def __init__(self, context: PluginContext, host: Host, model: str, session_id: int | None):
        self.run_id = uuid4().hex
        self.session_id = session_id
        self._context = context
        self._host = host
        self._model = model
        self._position = 0
        self._asking: asyncio.Task[Exception | None] | None = None
        self._is_interrupted = False

    def interrupt(self) -> None:
        """Stop asking the model; may be called at any time, and more than once."""
        self._is_interrupted = True
        if self._asking is not None:
            self._asking.cancel()

    async def emit(self, event: HfsEvent) -> None:
        """Tell everybody of something in this run.

        The event does not say at which position of the conversation it happened: `PluginContext.emit` fills in the
        one that the session has now, and its digest. So it must be told before more is kept.
        """
        await self._context.emit(replace(event, run_id=self.run_id, session_id=self.session_id))

    async def begin(self, topic: str) -> int:
        """Make a session that begins with the topic, in one transaction; returns its id.

        Raises:
            MessageRejected: a plugin refused the topic.
        """
        draft = await self._host.engine.filter_message(Draft(Role.USER, topic), None)
        uid, name = uuid4().hex, " ".join(draft.content.split())[:60]
        made, message = await self._host.store.apply(Create(uid, name), Append(uid, draft, 0))
        self.session_id = cast(Session, made).id
        await self.emit(SessionCreated(name=name))
        await self._added(cast(Message, message))
        return self.session_id

    async def go_on(self, session: Session, topic: str) -> None:
        """Keep the topic in a session that is there already.

        Raises:
            MessageRejected: a plugin refused the topic.
            Conflict: somebody else was quicker.
        """
        draft = await self._host.engine.filter_message(Draft(Role.USER, topic), session)
        (message,) = await self._host.store.apply(Append(session.id, draft, session.message_count))
        await self._added(cast(Message, message))

    async def say(self, speaker: Speaker, task: str, phase_id: str) -> Message:
        """Let somebody answer to all that was said and to a task, and keep the answer.

        Raises:
            Stopped: it is not whole; the words that came are kept.
            StoreError: it could not be kept.
        """
        if self._is_interrupted or self.session_id is None:
            raise Stopped(Status.INTERRUPTED)
        started = time.monotonic()
        said = await self._host.store.messages(self.session_id, 0, self._position)
        prompt = (
            PromptMessage(Role.SYSTEM, speaker.instruction),
            *(PromptMessage(message.role, message.content) for message in said),
            PromptMessage(Role.USER, task),
        )
        request = Request(self._model, prompt, self.session_id, self.run_id)
        # An open reply holds its place: what was said is on disk while it comes, also if this process is killed.
        async with self._host.store.reply(self.session_id, expect=self._position) as writer:
            async with Reply(writer, self._tell) as reply:
                stopped = await self._ask(reply, request)
            metadata: dict[str, JSON] = {
                "model": self._model,
                "run_id": self.run_id,
                "agent": speaker.role,
                "duration_ms": round((time.monotonic() - started) * 1000),
            }
            kept = await self._finish(writer, reply, stopped, metadata)
        if kept is not None:
            await self._added(kept)
        await self._record_usage(reply, speaker, phase_id)
        if stopped is not None:
            raise stopped
        return cast(Message, kept)

    async def _ask(self, reply: Reply, request: Request) -> Stopped | None:
        """Stream the answer to a request into `reply`; returns why it is not whole, None if it is."""
        # In a task of its own, the only one that an interruption cancels: what keeps the words runs on.
        self._asking = self._context.spawn(self._asked(reply, request), "ask")
        await asyncio.wait({self._asking})
        if self._is_interrupted:
            return Stopped(Status.INTERRUPTED)
        if self._asking.cancelled():
            error: Exception | None = ModelError(f"{self._model} cancelled its own reply", model=self._model)
        else:
            error = self._asking.result()
        if error is None:
            return None
        if not isinstance(error, HfsError):  # a provider is foreign code: what it raises may say little
            error = ModelError(f"{self._model} failed: {type(error).__name__}: {error}", model=self._model)
        return Stopped(Status.FAILED, error)

    async def _asked(self, reply: Reply, request: Request) -> Exception | None:
        """Return what went wrong: an error that left a spawned task would count as a failure of this plugin."""
        try:
            request = await self._host.engine.filter_request(request)
            await reply.ask(await self._host.providers.get(request.model), request)
        except Exception as error:  # noqa: BLE001 # a provider is foreign code
            return error
        return None

    async def _finish(
        self, writer: ReplyWriter, reply: Reply, stopped: Stopped | None, metadata: dict[str, JSON]
    ) -> Message | None:
        """Keep a reply with how it ended; None, and no message, if it was stopped before its first word."""
        if stopped is not None and not reply.text:
            return await writer.abandon(stopped.status)
        if reply.finish_reason not in ("", "stop"):
            metadata["finish_reason"] = reply.finish_reason
        if reply.usage is not None:
            metadata["usage"] = {
                "prompt_tokens": reply.usage.prompt_tokens,
                "completion_tokens": reply.usage.completion_tokens,
            }
        if stopped is not None:
            if stopped.error is not None:
                metadata["error"] = str(stopped.error)
            return await writer.finish(Draft(Role.ASSISTANT, reply.text, now(), stopped.status, metadata))
        return await writer.finish(await self._filtered(Draft(Role.ASSISTANT, reply.text, metadata=metadata)))

    async def _filtered(self, draft: Draft) -> Draft:
        session = await self._host.store.session(cast(int, self.session_id))
        try:
            return await self._host.engine.filter_message(draft, session)
        except (
            HfsError
        ) as error:  # it has been shown and kept as it came: refusing it now could only lose words
            await self.tell_failure(error)
            return draft

    async def _tell(self, text: str) -> None:
        await self.emit(MessageDelta(text=text, message_index=self._position))

    async def _added(self, message: Message) -> None:
        self._position = message.index + 1
        await self.emit(MessageAdded(message=message))

    async def _record_usage(self, reply: Reply, speaker: Speaker, phase_id: str) -> None:
        if reply.usage is not None:
            recorded = UsageRecorded(
                prompt_tokens=reply.usage.prompt_tokens,
                completion_tokens=reply.usage.completion_tokens,
                model=self._model,
                phase_id=phase_id,
                agent_id=speaker.agent_id or None,
            )
            await self.emit(recorded)

    async def tell_failure(self, error: HfsError) -> None:
        """Tell everybody why the run failed."""
        await self.emit(ErrorOccurred(source=self._model, error=type(error).__name__, text=str(error)))
