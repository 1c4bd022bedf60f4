"""What the status line says of the session: what it is a branch of, and how much of the model's memory it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from hfs_core import api

if TYPE_CHECKING:
    from hfs_core.api import HfsEvent, Message
    from hfs_core.tui.conversation import Conversation

ASK_AGAIN = 300.0
"""Seconds after which a provider that did not say how much a model can take in is asked again."""


class Gauge:
    """Reads it when another session is shown, and follows it from event to event."""

    def __init__(self, conversation: Conversation):
        self._conversation = conversation
        self._status = conversation.views.status
        self._origin: int | None = None
        self._windows: dict[str, int | None] = {}
        self._asked_at: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, event: HfsEvent) -> None:
        """Take in what an event says of the session that is shown."""
        session_id = event.session_id
        if session_id is None:
            return
        if isinstance(event, api.SessionRenamed) and session_id == self._origin:
            self._status.origin = event.name
        elif isinstance(event, api.UsageRecorded) and self._is_shown(session_id):
            self._used(event.prompt_tokens + event.completion_tokens, event.model)

    def read(self) -> None:
        """Read it of the session that is shown now."""
        self._origin = None
        self._status.origin, self._status.tokens, self._status.window = "", None, None
        if self._conversation.session_id is not None:
            self._spawn(self._read(self._conversation.session_id))

    def stop(self) -> None:
        """Read no more."""
        for task in self._tasks:
            task.cancel()

    def _is_shown(self, session_id: int) -> bool:
        return self._conversation.aliases.get(session_id, session_id) == self._conversation.session_id

    async def _read(self, session_id: int) -> None:
        store = self._conversation.host.store
        try:
            session = await store.session(session_id)
            latest = await store.messages(
                session_id, max(session.message_count - 2, 0), session.message_count
            )
            origin = await store.session(session.parent.session_id) if session.parent else None
        except api.StoreError:
            return  # what could not be read is left out
        if session_id != self._conversation.session_id:
            return
        if origin is not None:
            self._origin, self._status.origin = origin.id, origin.name
        if self._status.tokens is None:
            self._take(latest)

    def _take(self, latest: Sequence[Message]) -> None:
        for message in reversed(latest):
            usage = message.metadata.get("usage")
            model = message.metadata.get("model")
            if isinstance(usage, dict) and isinstance(model, str):
                prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
                if isinstance(prompt, int) and isinstance(completion, int):
                    self._used(prompt + completion, model)
                return

    def _used(self, tokens: int, model: str) -> None:
        self._status.tokens, self._status.window = tokens, self._windows.get(model)
        asked_at = self._asked_at.get(model)
        if self._windows.get(model) is None and (asked_at is None or time.monotonic() - asked_at > ASK_AGAIN):
            self._asked_at[model] = time.monotonic()
            self._spawn(self._ask(model, tokens))

    async def _ask(self, model: str, tokens: int) -> None:
        """Ask the providers, which keep what they answer, how much a model can take in."""
        for offer in await self._conversation.host.providers.offers():
            for name, info in offer.by_name.items():
                self._windows[name] = info.context_window
        if self._status.tokens == tokens:
            self._status.window = self._windows.get(model)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="hfs:tui:gauge")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
