"""One run of two agents: who speaks when, and which events tell of it.

The order is that of one message in HFS: what the person asked is kept, then `run.started`; each reply is kept, then
`message.added`, then `usage.recorded`; `run.ended` comes last, however the run ends. Checkpoints rely on it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hfs_core.api import (
    AgentEnded,
    AgentStarted,
    HfsError,
    Invocation,
    NegotiationClaimed,
    NegotiationContested,
    NegotiationResolved,
    PhaseEnded,
    PhaseStarted,
    PluginContext,
    RunEnded,
    RunStarted,
    Status,
)
from hfs_phased_run import agents
from hfs_phased_run.agents import AGENTS, ARBITER, AUTHOR, CRITIC, SECTION, Speaker
from hfs_phased_run.talk import Stopped, Talk

REPLIES = 4
"""How many replies a whole run has, for the share of it that is done."""


class PhasedRun:
    """An author drafts, a critic criticises; both claim the last word, and the one who gets it revises.

    Attributes:
        winner: who got the last word, "" before that was decided.
        status: how it ended.
        error: why it failed.
    """

    def __init__(self, context: PluginContext, invocation: Invocation, topic: str):
        self.winner = ""
        self.status = Status.COMPLETE
        self.error: HfsError | None = None
        self._invocation = invocation
        self._model = invocation.model or invocation.host.settings.current.model
        self._talk = Talk(context, invocation.host, self._model, invocation.session_id)
        self._topic = topic
        self._done = 0

    @property
    def session_id(self) -> int | None:
        """Where it is kept; None before that is known."""
        return self._talk.session_id

    def interrupt(self) -> None:
        """Stop: the words that came are kept, and the run ends."""
        self._talk.interrupt()

    async def take(self) -> None:
        """Do the whole run.

        Raises:
            NoModel: there is none to ask.
            MessageRejected: a plugin refused the topic.
            SessionBusy: the session has a run already.
            StoreError: the topic could not be kept.
        """
        invocation, talk = self._invocation, self._talk
        await invocation.host.providers.get(self._model)  # or a run would begin that cannot go on
        session_id, is_new = invocation.session_id, invocation.session_id is None
        if session_id is None:
            session_id = await talk.begin(self._topic)
            await invocation.switch_to(session_id)
        # While it is held no other run starts in the session: a message that is sent meanwhile waits in this chat,
        # and is refused in another process. Esc calls `interrupt`; so does HFS when it ends.
        async with invocation.host.engine.hold(session_id, talk.run_id, self.interrupt) as session:
            if not is_new:
                await talk.go_on(session, self._topic)
            started = time.monotonic()
            await talk.emit(RunStarted(model=self._model))
            try:
                await self._work()
            except Stopped as stopped:
                self.status, self.error = stopped.status, stopped.error
            except HfsError as error:  # what was said could not be kept, or somebody else wrote in between
                self.status, self.error = Status.FAILED, error
            if self.error is not None:
                await talk.tell_failure(self.error)
            await talk.emit(RunEnded(duration_ms=_milliseconds(started), status=self.status))

    async def _work(self) -> None:
        async with self._phase("draft", "Draft and criticism"):
            async with self._agent(AUTHOR):
                await self._say(AUTHOR, agents.DRAFT, "draft")
            async with self._agent(CRITIC):
                await self._say(CRITIC, agents.CRITICISE, "draft")
        async with self._phase("revision", "The last word"):
            winner = await self._negotiate()
            async with self._agent(winner):
                await self._say(winner, agents.REVISE, "revision")

    async def _negotiate(self) -> Speaker:
        """Decide who has the last word: as the arbiter says; where it names nobody, the critic concedes."""
        emit = self._talk.emit
        claimants = tuple(agent.agent_id for agent in AGENTS)
        for claimant in claimants:
            await emit(NegotiationClaimed(section_name=SECTION, claimants=(claimant,)))
        await emit(NegotiationContested(section_name=SECTION, claimants=claimants))
        verdict = await self._say(ARBITER, agents.ARBITRATE, "revision")
        named = agents.named_first(verdict)
        winner = named or AUTHOR
        self.winner = winner.role
        resolved = NegotiationResolved(
            section_name=SECTION,
            claimants=claimants,
            winner=winner.agent_id,
            resolution_type="arbiter" if named else "concede",
        )
        await emit(resolved)
        return winner

    async def _say(self, speaker: Speaker, task: str, phase_id: str) -> str:
        self._invocation.progress(f"the {speaker.role} speaks", self._done / REPLIES)
        message = await self._talk.say(speaker, task.format(topic=self._topic), phase_id)
        self._done += 1
        return message.content

    @asynccontextmanager
    async def _phase(self, phase_id: str, name: str) -> AsyncIterator[None]:
        """Tell of a phase, and of its end however it comes: nothing is left as if it went on."""
        started = time.monotonic()
        await self._talk.emit(PhaseStarted(phase_id=phase_id, phase_name=name))
        try:
            yield
        finally:
            duration_ms = _milliseconds(started)
            await self._talk.emit(PhaseEnded(phase_id=phase_id, phase_name=name, duration_ms=duration_ms))

    @asynccontextmanager
    async def _agent(self, agent: Speaker) -> AsyncIterator[None]:
        """Tell of an agent's work, and of its end however it comes."""
        started = AgentStarted(
            agent_id=agent.agent_id, triad_id=agents.TRIAD, role=agent.role, preset=agents.PRESET
        )
        await self._talk.emit(started)
        try:
            yield
        finally:
            ended = AgentEnded(agent_id=agent.agent_id, triad_id=agents.TRIAD, role=agent.role)
            await self._talk.emit(ended)


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
