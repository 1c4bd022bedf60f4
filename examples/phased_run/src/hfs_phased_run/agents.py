"""Who takes part in a run, and what each is told to do."""

from __future__ import annotations

from dataclasses import dataclass

TRIAD = "writers"
"""The group in which the agents work together."""

PRESET = "author-critic"
"""What kind of group that is."""

SECTION = "last word"
"""What both agents claim, and one of them gets."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One who speaks in a run.

    Attributes:
        role: what the person, the model and the state know it by.
        agent_id: its name in the state; "" for one that is no agent, as it belongs to neither side.
        instruction: what the model is told to be.
    """

    role: str
    agent_id: str
    instruction: str


AUTHOR = Speaker("author", "author-1", "You are the author. You write plain texts of at most sixty words.")
CRITIC = Speaker(
    "critic", "critic-1", "You are the critic. You say in two sentences what a text still lacks."
)
ARBITER = Speaker("arbiter", "", "You are the arbiter between an author and a critic. You belong to neither.")
AGENTS = (AUTHOR, CRITIC)

DRAFT = "Write a first draft about: {topic}"
CRITICISE = "Criticise the author's draft about: {topic}"
ARBITRATE = (
    "The author and the critic both want the last word on the text. Who shall have it? "
    "Begin your answer with one word, author or critic, and give the reason in one sentence."
)
REVISE = "You have the last word. Write the final text about: {topic}"


def named_first(verdict: str) -> Speaker | None:
    """Return the agent that a verdict names first; None if it names none."""
    words = verdict.casefold()
    named = [agent for agent in AGENTS if agent.role in words]
    return min(named, key=lambda agent: words.index(agent.role), default=None)
