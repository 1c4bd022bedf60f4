"""The filtering hooks, and what a plugin's answer to one must be; a frozen value can still hold anything."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from typing import cast

from hfs_core.contracts import Reject
from hfs_core.dispatch import Dispatcher, StopChain
from hfs_core.errors import MessageRejected
from hfs_core.models import Draft, PromptMessage, Request, Role, Session, checked_json, replace_surrogates


async def filtered_message(dispatcher: Dispatcher, draft: Draft, session: Session | None) -> Draft:
    """Return a message as the plugins' `on_message` leave it.

    Raises:
        MessageRejected: a plugin refused it.
        PluginFailed: one that blocks failed.
    """
    try:
        answer = await dispatcher.chain(
            "on_message", "message", draft, copied_draft(draft), check_draft, copied_draft, session=session
        )
    except StopChain as stop:
        reason = cast(Reject, stop.answer).reason
        text = f"plugin {stop.plugin} refused the message: {reason}"
        raise MessageRejected(text, plugin=stop.plugin, reason=reason) from None
    return cast(Draft, answer)


async def filtered_request(dispatcher: Dispatcher, request: Request) -> Request:
    """Return a request as the plugins' `before_send` leave it; raises PluginFailed if one that blocks failed."""
    handed = _copied_request(request)
    answer = await dispatcher.chain("before_send", "request", request, handed, check_request, _copied_request)
    return cast(Request, answer)


def check_draft(before: Draft, answer: object) -> Draft:
    """Return the answer of `on_message` as a draft; raises StopChain for a Reject of a user message.

    Raises:
        TypeError, ValueError: it is no message, or of another role, or cannot be kept.
    """
    if isinstance(answer, Reject):
        if before.role != Role.USER:
            raise ValueError("only a user message can be refused")
        raise StopChain(answer)
    if not isinstance(answer, Draft):
        raise TypeError(f"it is a {type(answer).__name__}, not a message")
    if not isinstance(answer.content, str) or not isinstance(answer.created_at, datetime):
        raise TypeError("content must be text and created_at a time")
    if answer.role != before.role or answer.status != before.status:
        raise ValueError("it changes the role or the status")
    if answer.created_at.tzinfo is None:
        raise ValueError("created_at has no time zone")
    checked_json(dict(answer.metadata))
    return copied_draft(replace(answer, content=replace_surrogates(answer.content)))


def check_request(before: Request, answer: object) -> Request:
    """Return the answer of `before_send` as a request; raises TypeError or ValueError if it is none."""
    if not isinstance(answer, Request):
        raise TypeError(f"it is a {type(answer).__name__}, not a request")
    if not isinstance(answer.messages, tuple) or not all(
        isinstance(message, PromptMessage) and isinstance(message.content, str) for message in answer.messages
    ):
        raise TypeError("messages must be a tuple of PromptMessage")
    if answer.run_id != before.run_id or answer.session_id != before.session_id:
        raise ValueError("it changes the run or the session")
    return _copied_request(answer)


def copied_draft(draft: Draft) -> Draft:
    """Return a message of which nothing is anybody else's: a frozen value can still hold what is not."""
    metadata = deepcopy(dict(draft.metadata)) if draft.metadata else {}
    return Draft(draft.role, draft.content, draft.created_at, draft.status, metadata)


def _copied_request(request: Request) -> Request:
    return replace(request, options=deepcopy(dict(request.options)))
