"""The page of a real chat: what its replies, its agents and its checkpoints left is what the page tells."""

from __future__ import annotations

import re
from types import SimpleNamespace

from hfs_core.api import AgentEnded, AgentStarted, RunStarted

from .conftest import Start


async def test_the_trace_of_a_chat_in_which_agents_worked(start: Start, kind: str) -> None:
    async with start("home", kind) as person:
        run = await person.host.engine.send("Plan it, please")
        person.session_id = at = run.session.id
        for event in (
            RunStarted(run_id="r2", session_id=at),
            AgentStarted(
                run_id="r2", session_id=at, agent_id="a1", triad_id="t1", role="Planner", preset="research"
            ),
            AgentStarted(run_id="r2", session_id=at, agent_id="a2", triad_id="t1", role="Critic"),
            AgentEnded(run_id="r2", session_id=at, agent_id="a1", triad_id="t1", role="Planner"),
        ):
            await person.host.bus.emit(event)
        assert (await person.run("checkpoint here")).ok
        pieces: list[str] = []
        await person.run("export md - --include checkpoints,snapshot", SimpleNamespace(write=pieces.append))
        text = "".join(pieces)
        for part in (
            f"# HFS Session: {run.session.name}\n",
            "\n- Messages: 2\n",
            "\n## Agent Activity\n\n### Triad: t1 (research)\n\n- Planner: complete\n- Critic: working\n",
            "\n### User\n",
            "\n> Plan it, please\n",
            "\n### Assistant\n",
            f" · {run.model} · ",
            "\n> ok\n",
            " | here | ",
            '"run_id": "r2"',
        ):
            assert part in text
        assert len(re.findall(r"^\*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\*", text, re.MULTILINE)) == 2
