"""The state of each session's run: immutable snapshots, and the reducer that makes them from events.

The bus applies the reducer before it tells subscribers, so a snapshot taken on an event includes that event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from hfs_core import events
from hfs_core.models import JSON

SNAPSHOT_VERSION = 1


class AgentStatus(StrEnum):
    """What an agent is doing."""

    IDLE = "idle"
    WORKING = "working"
    BLOCKED = "blocked"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent of a triad."""

    agent_id: str
    role: str = ""
    status: AgentStatus = AgentStatus.IDLE


@dataclass(frozen=True, slots=True)
class Triad:
    """Agents that work on one thing together."""

    triad_id: str
    preset: str = ""
    agents: tuple[Agent, ...] = ()


@dataclass(frozen=True, slots=True)
class Contest:
    """One time that a section was contested or resolved."""

    round: int
    claimants: tuple[str, ...]
    winner: str = ""
    resolution_type: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the work that agents negotiate over; `status` is claimed, contested or resolved."""

    section_name: str
    status: str
    owner: str = ""
    claimants: tuple[str, ...] = ()
    contest_history: tuple[Contest, ...] = ()


@dataclass(frozen=True, slots=True)
class Negotiation:
    """Who owns what; `temperature` is the share of sections that are still contested, 0 to 1."""

    temperature: float = 0.0
    round: int = 0
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class UsageTotals:
    """Tokens of the run so far."""

    by_phase: Mapping[str, int] = field(default_factory=dict)
    by_agent: Mapping[str, int] = field(default_factory=dict)
    total_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a run."""

    phase_id: str
    phase_name: str
    started_at: datetime
    ended_at: datetime | None = None
    total_duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """Everything that is known of a session's run at one moment."""

    run_id: str
    version: int = SNAPSHOT_VERSION
    agent_tree: tuple[Triad, ...] = ()
    negotiation: Negotiation = field(default_factory=Negotiation)
    usage: UsageTotals = field(default_factory=UsageTotals)
    timeline: tuple[Phase, ...] = ()

    def to_json(self) -> str:
        """Return the snapshot as sorted JSON; equal snapshots give equal text."""
        return json.dumps(self, default=_plain, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RunSnapshot:
        """Return the snapshot that `to_json` wrote; raises ValueError for anything else."""
        from pydantic import TypeAdapter

        snapshot = TypeAdapter(cls).validate_json(text)
        if snapshot.version > SNAPSHOT_VERSION:
            raise ValueError(f"version {snapshot.version} of a snapshot is newer than {SNAPSHOT_VERSION}")
        return snapshot


def _plain(value: Any) -> JSON:
    """Return what JSON has for a moment, or for one of the frozen values above; `asdict` would copy each first."""
    if isinstance(value, datetime):
        return value.isoformat()
    return {name: getattr(value, name) for name in value.__slots__}


class StateManager:
    """Keeps one snapshot a session."""

    def __init__(self) -> None:
        self._snapshots: dict[int, RunSnapshot] = {}
        self._latest: int | None = None

    def get_snapshot(self, session_id: int | None = None) -> RunSnapshot | None:
        """Return a session's snapshot, of the session that changed last when none is named."""
        wanted = self._latest if session_id is None else session_id
        return None if wanted is None else self._snapshots.get(wanted)

    def restore(self, session_id: int, snapshot: RunSnapshot) -> None:
        """Make `snapshot` the state of a session."""
        self._snapshots[session_id] = snapshot
        self._latest = session_id

    def apply(self, event: events.HfsEvent) -> RunSnapshot | None:
        """Take in an event and return its session's snapshot after it."""
        session_id = event.session_id
        if session_id is None:
            return None
        before = self._snapshots.get(session_id)
        after = reduce(before, event)
        if after is not None and after is not before:
            self.restore(session_id, after)
        return after


def reduce(snapshot: RunSnapshot | None, event: events.HfsEvent) -> RunSnapshot | None:
    """Return the state after `event`; `snapshot` itself where the event does not concern it."""
    if isinstance(event, events.RunStarted):
        return RunSnapshot(run_id=event.run_id or "")
    if snapshot is None:
        return None
    reducer: Any = _REDUCERS.get(type(event))
    return reducer(snapshot, event) if reducer else snapshot


def _phase_started(snapshot: RunSnapshot, event: events.PhaseStarted) -> RunSnapshot:
    phase = Phase(event.phase_id, event.phase_name, started_at=event.timestamp)
    return replace(snapshot, timeline=(*snapshot.timeline, phase))


def _phase_ended(snapshot: RunSnapshot, event: events.PhaseEnded) -> RunSnapshot:
    def ended(phase: Phase) -> Phase:
        if phase.phase_id != event.phase_id or phase.ended_at is not None:
            return phase
        return replace(phase, ended_at=event.timestamp, total_duration_ms=event.duration_ms)

    return replace(snapshot, timeline=tuple(map(ended, snapshot.timeline)))


def _with_agent(snapshot: RunSnapshot, triad_id: str, preset: str, agent: Agent) -> RunSnapshot:
    triads = {triad.triad_id: triad for triad in snapshot.agent_tree}
    triad = triads.get(triad_id, Triad(triad_id, preset))
    agents = {known.agent_id: known for known in triad.agents}
    agents[agent.agent_id] = replace(
        agent, role=agent.role or getattr(agents.get(agent.agent_id), "role", "")
    )
    triads[triad_id] = replace(triad, preset=preset or triad.preset, agents=tuple(agents.values()))
    return replace(snapshot, agent_tree=tuple(triads.values()))


def _agent_started(snapshot: RunSnapshot, event: events.AgentStarted) -> RunSnapshot:
    agent = Agent(event.agent_id, event.role, AgentStatus.WORKING)
    return _with_agent(snapshot, event.triad_id, event.preset, agent)


def _agent_ended(snapshot: RunSnapshot, event: events.AgentEnded) -> RunSnapshot:
    return _with_agent(snapshot, event.triad_id, "", Agent(event.agent_id, event.role, AgentStatus.COMPLETE))


def _with_section(negotiation: Negotiation, section: Section) -> Negotiation:
    sections = {known.section_name: known for known in negotiation.sections}
    sections[section.section_name] = section
    contested = sum(known.status == "contested" for known in sections.values())
    return replace(negotiation, sections=tuple(sections.values()), temperature=contested / len(sections))


def _negotiated(
    snapshot: RunSnapshot,
    event: events.NegotiationClaimed | events.NegotiationContested | events.NegotiationResolved,
) -> RunSnapshot:
    negotiation = snapshot.negotiation
    known = {section.section_name: section for section in negotiation.sections}
    section = known.get(event.section_name, Section(event.section_name, "claimed"))
    section = replace(section, status=event.event_type.rpartition(".")[2], claimants=event.claimants)
    if isinstance(event, events.NegotiationClaimed):
        section = replace(section, owner=event.claimants[0] if len(event.claimants) == 1 else section.owner)
    elif isinstance(event, events.NegotiationContested):
        negotiation = replace(negotiation, round=negotiation.round + 1)
        contest = Contest(negotiation.round, event.claimants)
        section = replace(section, owner="", contest_history=(*section.contest_history, contest))
    else:
        contest = Contest(negotiation.round, event.claimants, event.winner, event.resolution_type)
        section = replace(section, owner=event.winner, contest_history=(*section.contest_history, contest))
    return replace(snapshot, negotiation=_with_section(negotiation, section))


def _usage_recorded(snapshot: RunSnapshot, event: events.UsageRecorded) -> RunSnapshot:
    tokens = event.prompt_tokens + event.completion_tokens
    usage = snapshot.usage
    by_phase, by_agent = dict(usage.by_phase), dict(usage.by_agent)
    if event.phase_id:
        by_phase[event.phase_id] = by_phase.get(event.phase_id, 0) + tokens
    if event.agent_id:
        by_agent[event.agent_id] = by_agent.get(event.agent_id, 0) + tokens
    return replace(snapshot, usage=UsageTotals(by_phase, by_agent, usage.total_tokens + tokens))


_REDUCERS: dict[type[events.HfsEvent], object] = {
    events.PhaseStarted: _phase_started,
    events.PhaseEnded: _phase_ended,
    events.AgentStarted: _agent_started,
    events.AgentEnded: _agent_ended,
    events.NegotiationClaimed: _negotiated,
    events.NegotiationContested: _negotiated,
    events.NegotiationResolved: _negotiated,
    events.UsageRecorded: _usage_recorded,
}
