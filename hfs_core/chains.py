"""What a plugin's answer to a filtering hook must be; a frozen value can still hold anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hfs_core.contracts import Reject
from hfs_core.dispatch import StopChain
from hfs_core.models import Draft, PromptMessage, Request, Role, checked_json, replace_surrogates


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
    return replace(answer, content=replace_surrogates(answer.content))


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
    return answer
