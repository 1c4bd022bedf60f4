"""The conversation that checkpoints are measured on: turns whose runs have phases and negotiate."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hfs_core.api import (
    AgentStarted,
    HfsEvent,
    NegotiationClaimed,
    NegotiationContested,
    NegotiationResolved,
    PhaseEnded,
    PhaseStarted,
    RunEnded,
    RunStarted,
    UsageRecorded,
)

BYTES = 800
"""How many bytes a message has, on average."""

ROLES = ("writer", "critic", "editor")
AGENTS = tuple(f"{role}-1" for role in ROLES)
SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and nobody minds at all.",
    'It said "no", then `yes(42)`, and wrote both into C:\\temp.',
    "- a point that is made shortly",
    "Größere Fragen bleiben offen, was niemanden stört.",
    "Everything considered, understanding paragraphs without emphasis requires little concentration.",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer, and what the run tells.

    Attributes:
        told: what shapes the state of the run, before its triggers.
        triggers: at which a checkpoint is kept, the last one once the answer is kept.
    """

    question: str
    answer: str
    told: tuple[HfsEvent, ...]
    triggers: tuple[PhaseEnded, NegotiationResolved, RunEnded]


def text(chance: random.Random) -> str:
    """Return a text of 100 to 1,500 bytes, `BYTES` on average."""
    lines: list[str] = []
    wanted = chance.randint(100, 2 * BYTES - 100)
    while sum(len(line.encode()) + 1 for line in lines) < wanted:
        lines.append(chance.choice(SENTENCES))
    return "\n".join(lines).encode()[:wanted].decode(errors="ignore")


def turns(count: int) -> Iterator[Turn]:
    """Return turns; their runs have one to nine phases and sections, more of them as the conversation goes on."""
    chance = random.Random(count)
    for number in range(count):
        run_id, last = f"{number:032x}", 1 + 9 * number // count
        told = [RunStarted(run_id=run_id), *_agents(run_id)]
        for step in range(1, last + 1):
            told += _begun(run_id, step)
            if step < last:
                told += _settled(run_id, step)
        triggers = (*_settled(run_id, last), RunEnded(duration_ms=4_321, run_id=run_id))
        yield Turn(text(chance), text(chance), tuple(told), triggers)


def _agents(run_id: str) -> Iterator[HfsEvent]:
    for agent, role in zip(AGENTS, ROLES, strict=True):
        yield AgentStarted(agent_id=agent, triad_id="triad-1", role=role, preset="careful", run_id=run_id)


def _begun(run_id: str, step: int) -> Iterator[HfsEvent]:
    """Begin a phase, in which all agents work and two of them want the same section."""
    phase, section = f"phase-{step}", f"section-{step}"
    yield PhaseStarted(phase_id=phase, phase_name=f"The phase {step}", run_id=run_id)
    for agent in AGENTS:
        used = UsageRecorded(prompt_tokens=900, completion_tokens=300, model="m", run_id=run_id)
        yield replace(used, phase_id=phase, agent_id=agent)
    yield NegotiationClaimed(section_name=section, claimants=AGENTS[:1], run_id=run_id)
    yield NegotiationContested(section_name=section, claimants=AGENTS[:2], run_id=run_id)


def _settled(run_id: str, step: int) -> tuple[PhaseEnded, NegotiationResolved]:
    """End a phase, and settle who writes its section."""
    return (
        PhaseEnded(
            phase_id=f"phase-{step}", phase_name=f"The phase {step}", duration_ms=1_234, run_id=run_id
        ),
        NegotiationResolved(
            section_name=f"section-{step}", claimants=AGENTS[:2], winner=AGENTS[1], run_id=run_id
        ),
    )
