"""The values that everything else speaks of: messages, sessions, requests and usage.

All are frozen and slotted; the borders (configuration, import, command parameters) validate, these do not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

JSON = Any
"""None, bool, int, finite float, str, or lists and string-keyed dicts of these."""

EMPTY_DIGEST = ""
"""The digest of a conversation without messages."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
# Up to 2**32 seconds (the year 2106) a float of seconds is off by less than half a microsecond, which rounding
# mends; and it is four times as quick as adding a timedelta, which a long conversation feels.
_EXACT = 2**32 * 1_000_000


def now() -> datetime:
    """Return the present time: aware, UTC, to the microsecond."""
    return datetime.now(UTC)


def to_microseconds(moment: datetime) -> int:
    """Return whole microseconds since 1970-01-01 UTC; `moment` must be aware."""
    return (moment - EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the aware UTC time that many microseconds after 1970-01-01."""
    if 0 <= microseconds < _EXACT:
        return datetime.fromtimestamp(microseconds / 1e6, UTC)
    return EPOCH + timedelta(microseconds=microseconds)


def replace_surrogates(text: str) -> str:
    """Return `text` with each lone surrogate, which UTF-8 cannot hold, as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def canonical_json(value: JSON) -> str:
    """Return sorted, space-free JSON; raises ValueError for NaN and TypeError for what JSON lacks."""
    return _CANONICAL.encode(value)


def checked_text(text: str) -> str:
    """Return `text`; raises ValueError for a lone surrogate, which no store can hold."""
    text.encode()
    return text


def checked_json(value: JSON) -> str:
    """Return canonical JSON; raises ValueError for what would not come back as it is, or has a lone surrogate."""
    try:
        _check_keys(value)
        return checked_text(canonical_json(value))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error


def _check_keys(value: JSON) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is no string")
            _check_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_keys(item)


def message_digest(
    parent: str, role: str, content: str, created_at: int, status: str, metadata: Mapping[str, JSON]
) -> str:
    """Return the SHA-256, in hexadecimal, that names a conversation up to and including one message.

    Args:
        parent: the digest of the conversation before it, `EMPTY_DIGEST` for the first message.
        created_at: in microseconds since 1970-01-01 UTC.
    """
    canonical = canonical_json([parent, role, content, created_at, status, metadata])
    return hashlib.sha256(canonical.encode()).hexdigest()


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Status(StrEnum):
    """How a finished message, or a run, came to its end."""

    COMPLETE = "complete"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it has a place in a session."""

    role: str
    content: str
    created_at: datetime = field(default_factory=now)
    status: str = Status.COMPLETE
    metadata: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A finished, immutable message.

    Attributes:
        session_id: the session that wrote it, an ancestor of the one that it was read from after a fork.
        index: 0-based place in the conversation.
        digest: names the whole conversation up to and including it.
    """

    session_id: int
    index: int
    role: str
    content: str
    created_at: datetime
    status: str
    metadata: Mapping[str, JSON]
    digest: str

    @classmethod
    def from_draft(cls, draft: Draft, *, session_id: int, index: int, parent: str) -> Message:
        """Return what `draft` becomes at its place, after the conversation that the digest `parent` names.

        Raises ValueError for what no store keeps: a lone surrogate, a time without a zone, an unknown status,
        metadata that is not JSON.
        """
        if draft.created_at.tzinfo is None:
            raise ValueError(f"a message's time needs a zone: {draft.created_at!r}")
        role, status, moment = str(draft.role), Status(draft.status).value, to_microseconds(draft.created_at)
        metadata = json.loads(checked_json(dict(draft.metadata))) if draft.metadata else {}
        digest = message_digest(parent, role, draft.content, moment, status, metadata)
        created_at = from_microseconds(moment)
        return cls(session_id, index, role, draft.content, created_at, status, metadata, digest)


@dataclass(frozen=True, slots=True)
class Parent:
    """Where a session branched off: it shares the messages `[0:at]` of `session_id`."""

    session_id: int
    at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A named conversation.

    Attributes:
        id: for people; never reused in one store, and a later session has a higher one. While the disk is full they
            are negative and count down.
        uid: for interchange between stores.
        message_count: inherited messages included.
        digest: of the whole conversation.
        updated_at: when a message was last kept in it, or when it was made.
    """

    id: int
    uid: str
    name: str
    parent: Parent | None
    message_count: int
    digest: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A plugin's JSON document.

    Attributes:
        revision: 1 when made, one more with each change.
        blobs: the SHA-256 of each blob that it names.
    """

    session_id: int | None
    key: str
    value: JSON
    position: int
    revision: int
    blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run used, in tokens."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message as the model will see it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model.

    Attributes:
        model: `provider/model`.
        messages: the whole conversation, oldest first.
        options: sampling settings such as `temperature` and `max_tokens`, by their OpenAI names.
    """

    model: str
    messages: tuple[PromptMessage, ...]
    session_id: int | None = None
    run_id: str = ""
    options: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a provider offers.

    Attributes:
        name: without the provider.
        context_window: in tokens, None where unknown.
        note: a word to the person who chooses it, such as its limits.
    """

    name: str
    context_window: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of a reply."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The provider's own count of a run's tokens."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a reply; without it a stream has broken off.

    Attributes:
        reason: `stop`, `length` (cut at the token limit) or the provider's own word.
    """

    reason: str = "stop"


Delta = TextDelta | UsageReport | Finished
"""What a provider streams."""


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to answer, at its end.

    Attributes:
        reply: what was kept of the answer, None where no word came.
        error: why it failed.
    """

    run_id: str
    session: Session
    model: str
    status: str
    reply: Message | None
    usage: Usage | None
    error: Exception | None
    duration_ms: int
