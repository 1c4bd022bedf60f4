"""What happened: frozen facts in the past tense, told after they are durable.

`message_index` is the number of messages kept in the session at that moment (a position, not an index), and
`digest` names the conversation up to there. Plugins add types of their own by deriving from `HfsEvent`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from hfs_core.models import EMPTY_DIGEST, JSON, Message, now

if TYPE_CHECKING:
    from hfs_core.state import RunSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class HfsEvent:
    """A fact.

    Attributes:
        snapshot: the state of the session's run as of this event, set by the bus; None where there is none.
    """

    timestamp: datetime = field(default_factory=now)
    event_type: str
    run_id: str | None = None
    session_id: int | None = None
    message_index: int = 0
    digest: str = EMPTY_DIGEST
    snapshot: RunSnapshot | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(HfsEvent):
    """A run began; its user message is kept."""

    event_type: str = "run.started"
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(HfsEvent):
    """A run is over and its reply, if any, is kept."""

    event_type: str = "run.ended"
    duration_ms: int = 0
    status: str = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted(HfsEvent):
    """A phase of a multi-agent run began."""

    event_type: str = "phase.started"
    phase_id: str
    phase_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEnded(HfsEvent):
    """A phase of a multi-agent run is over."""

    event_type: str = "phase.ended"
    phase_id: str
    phase_name: str = ""
    duration_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStarted(HfsEvent):
    """An agent took up work."""

    event_type: str = "agent.started"
    agent_id: str
    triad_id: str = ""
    role: str = ""
    preset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEnded(HfsEvent):
    """An agent finished its work."""

    event_type: str = "agent.ended"
    agent_id: str
    triad_id: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiationClaimed(HfsEvent):
    """An agent claimed a section."""

    event_type: str = "negotiation.claimed"
    section_name: str
    claimants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiationContested(HfsEvent):
    """Several agents claim one section."""

    event_type: str = "negotiation.contested"
    section_name: str
    claimants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiationResolved(HfsEvent):
    """A contested section has its owner."""

    event_type: str = "negotiation.resolved"
    section_name: str
    claimants: tuple[str, ...] = ()
    winner: str = ""
    resolution_type: Literal["concede", "arbiter"] = "concede"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecorded(HfsEvent):
    """The tokens of a run are known."""

    event_type: str = "usage.recorded"
    prompt_tokens: int
    completion_tokens: int
    model: str
    phase_id: str | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorOccurred(HfsEvent):
    """Something failed that a person should see.

    Attributes:
        source: the plugin or the model that failed.
        error: the exception's type name.
    """

    event_type: str = "error.occurred"
    source: str
    error: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCreated(HfsEvent):
    """A session was made, with its first message."""

    event_type: str = "session.created"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResumed(HfsEvent):
    """A kept session became the current one."""

    event_type: str = "session.resumed"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRenamed(HfsEvent):
    """A session has a new name."""

    event_type: str = "session.renamed"
    name: str
    old_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForked(HfsEvent):
    """A session was made that shares the past of another."""

    event_type: str = "session.forked"
    name: str = ""
    parent_id: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDeleted(HfsEvent):
    """A session was hidden; it can be restored."""

    event_type: str = "session.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRestored(HfsEvent):
    """A hidden session was brought back."""

    event_type: str = "session.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPurged(HfsEvent):
    """A session was removed for good."""

    event_type: str = "session.purged"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAdded(HfsEvent):
    """A message was kept."""

    event_type: str = "message.added"
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelta(HfsEvent):
    """A piece of a reply that is under way, batched to at most one a frame; not yet durable."""

    event_type: str = "message.delta"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRequested(HfsEvent):
    """A plugin asks for a point to go back to, where the session is now."""

    event_type: str = "checkpoint.request"
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointCreated(HfsEvent):
    """A point to go back to was kept."""

    event_type: str = "checkpoint.created"
    number: int
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStateChanged(HfsEvent):
    """A plugin went into another state, such as `failing`; `reason` says why."""

    event_type: str = "plugin.state"
    plugin: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginReloaded(HfsEvent):
    """A plugin that is being written was taken up as its files are now; `error` is a sentence about why not."""

    event_type: str = "plugin.reloaded"
    plugin: str
    duration_ms: float
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStateChanged(HfsEvent):
    """The store stopped keeping what is said (`saved` is False), or keeps it again."""

    event_type: str = "store.state"
    saved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged(HfsEvent):
    """A setting was written; `host.settings.current` holds what is in force now."""

    event_type: str = "setting.changed"
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginEvent(HfsEvent):
    """An event of a plugin's own kind, with JSON details."""

    details: JSON = None


WORDLESS: frozenset[type[HfsEvent]] = frozenset(
    {
        RunStarted,
        RunEnded,
        PhaseStarted,
        PhaseEnded,
        AgentStarted,
        AgentEnded,
        NegotiationClaimed,
        NegotiationContested,
        NegotiationResolved,
        UsageRecorded,
        SessionDeleted,
        SessionRestored,
        SessionPurged,
        SettingChanged,
    }
)
"""The events that hold nothing that a person or a model said, and no text that may quote it."""


def has_words(event: HfsEvent) -> bool:
    """Tell whether an event may hold what somebody said: only plugins that may read messages hear of it.

    A session's name begins with the first message, a failure's text may quote one, and what other plugins tell may
    be anything: an event that nobody has looked at counts as one with words.
    """
    return type(event) not in WORDLESS


def is_own(event: HfsEvent, plugin: str) -> bool:
    """Tell whether an event is one of a plugin's own: a `PluginEvent` whose type begins with its name and a dot."""
    return isinstance(event, PluginEvent) and event.event_type.startswith(f"{plugin}.")
