"""The reducer over events, and snapshots as JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs_core.api import (
    AgentEnded,
    AgentStarted,
    HfsEvent,
    NegotiationClaimed,
    NegotiationContested,
    NegotiationResolved,
    PhaseEnded,
    PhaseStarted,
    RunSnapshot,
    RunStarted,
    StateManager,
    UsageRecorded,
)

NAMES = st.sampled_from(["a", "b", "c"])
EVENTS = st.one_of(
    st.builds(PhaseStarted, phase_id=NAMES, phase_name=NAMES, session_id=st.just(1)),
    st.builds(PhaseEnded, phase_id=NAMES, duration_ms=st.integers(0, 9), session_id=st.just(1)),
    st.builds(AgentStarted, agent_id=NAMES, triad_id=NAMES, role=NAMES, session_id=st.just(1)),
    st.builds(AgentEnded, agent_id=NAMES, triad_id=NAMES, session_id=st.just(1)),
    st.builds(NegotiationClaimed, section_name=NAMES, claimants=st.tuples(NAMES), session_id=st.just(1)),
    st.builds(
        NegotiationContested, section_name=NAMES, claimants=st.tuples(NAMES, NAMES), session_id=st.just(1)
    ),
    st.builds(NegotiationResolved, section_name=NAMES, winner=NAMES, session_id=st.just(1)),
    st.builds(
        UsageRecorded,
        prompt_tokens=st.integers(0, 9),
        completion_tokens=st.integers(0, 9),
        model=NAMES,
        agent_id=NAMES,
        session_id=st.just(1),
    ),
)


@given(st.lists(EVENTS, max_size=12))
def test_any_snapshot_survives_json(events: list[HfsEvent]) -> None:
    state = StateManager()
    state.apply(RunStarted(run_id="r", session_id=1))
    for event in events:
        state.apply(event)
    snapshot = state.get_snapshot(1)
    assert snapshot is not None
    assert RunSnapshot.from_json(snapshot.to_json()) == snapshot


def test_a_run_of_phases_agents_and_a_negotiation() -> None:
    state = StateManager()
    for event in (
        RunStarted(run_id="r", session_id=1),
        PhaseStarted(phase_id="p1", phase_name="plan", session_id=1),
        AgentStarted(agent_id="ada", triad_id="t", role="writer", preset="pair", session_id=1),
        NegotiationClaimed(section_name="intro", claimants=("ada",), session_id=1),
        NegotiationContested(section_name="intro", claimants=("ada", "bob"), session_id=1),
        NegotiationResolved(section_name="intro", claimants=("ada", "bob"), winner="bob", session_id=1),
        UsageRecorded(
            prompt_tokens=3, completion_tokens=4, model="m", phase_id="p1", agent_id="ada", session_id=1
        ),
        AgentEnded(agent_id="ada", triad_id="t", session_id=1),
        PhaseEnded(phase_id="p1", phase_name="plan", duration_ms=12, session_id=1),
    ):
        snapshot = state.apply(event)
    assert snapshot is not None
    (triad,) = snapshot.agent_tree
    (section,) = snapshot.negotiation.sections
    assert (triad.preset, triad.agents[0].role, triad.agents[0].status) == ("pair", "writer", "complete")
    assert (section.owner, section.status, len(section.contest_history)) == ("bob", "resolved", 2)
    assert snapshot.usage.by_agent == {"ada": 7}
    assert snapshot.timeline[0].total_duration_ms == 12


def test_a_run_starts_its_own_sessions_state_afresh() -> None:
    state = StateManager()
    state.apply(RunStarted(run_id="one", session_id=1))
    state.apply(PhaseStarted(phase_id="p", session_id=1))
    state.apply(RunStarted(run_id="two", session_id=2))
    first = state.get_snapshot(1)
    assert first is not None
    assert len(first.timeline) == 1
    state.apply(RunStarted(run_id="three", session_id=1))
    assert state.get_snapshot(1) == RunSnapshot("three")
    assert state.get_snapshot(3) is None


def test_a_session_without_a_run_has_no_state() -> None:
    state = StateManager()
    assert state.apply(PhaseStarted(phase_id="p", session_id=1)) is None
    assert state.get_snapshot() is None


def test_a_restored_state_is_the_state() -> None:
    state = StateManager()
    state.restore(4, RunSnapshot("old"))
    assert state.get_snapshot(4) == state.get_snapshot() == RunSnapshot("old")


def test_what_is_no_snapshot_is_refused() -> None:
    with pytest.raises(ValueError, match="run_id"):
        RunSnapshot.from_json("{}")
    with pytest.raises(ValueError, match="version 2 of a snapshot is newer than 1"):
        RunSnapshot.from_json('{"run_id": "x", "version": 2}')
