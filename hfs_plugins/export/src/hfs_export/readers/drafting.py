"""Makes messages of what lists of messages hold, whatever they call roles, times and parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import Any

from hfs_core.api import EPOCH, JSON, Draft, Role, Status, checked_json, replace_surrogates
from hfs_export.readers.fences import fenced
from hfs_export.readers.losses import Losses
from hfs_export.readers.moments import moment_of

ROLES = {
    "user": Role.USER,
    "human": Role.USER,
    "prompter": Role.USER,
    "assistant": Role.ASSISTANT,
    "gpt": Role.ASSISTANT,
    "chatgpt": Role.ASSISTANT,
    "bot": Role.ASSISTANT,
    "ai": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
}
"""Who speaks, by the names that programs give to roles."""

TOOLS = frozenset(("tool", "function", "function_call", "tool_call", "function_response", "observation"))
"""Roles of what was asked of tools and of what they answered: sent on as such, no model takes it without the rest."""

LONGEST_NAME = 60
"""How many characters of what was said first name a conversation that has no name."""

LOOKED_AT = 8
"""How many messages are looked at for a name."""


def text_of(content: object, missing: list[str]) -> str:
    """Return a message's content as text: a text, None, or parts as OpenAI's interface takes them.

    Args:
        missing: gets what is only marked in the text, such as `image`.
    """
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    parts = content if isinstance(content, list) else [content]
    return "\n\n".join(text for part in parts if (text := _part(part, missing)))


def _part(part: object, missing: list[str]) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return json.dumps(part, ensure_ascii=False)
    for key in ("text", "refusal", "value", "content"):
        if isinstance(part.get(key), str):
            return str(part[key])
    kind = part.get("type")
    name = str(kind)[:40].removeprefix("input_").removesuffix("_url") if isinstance(kind, str) else "a part"
    missing.append(replace_surrogates(name))
    inner = part.get(kind) if isinstance(kind, str) else None
    url = inner.get("url") if isinstance(inner, Mapping) else inner
    where = f": {url}" if isinstance(url, str) and not url.startswith("data:") and len(url) < 2000 else ""
    return f"[{name}{where}]"


def call_of(name: object, arguments: object) -> str:
    """Return what was asked of a tool as text."""
    told = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"Call of {name if isinstance(name, str) and name else 'a tool'}:\n\n{fenced(told, 'json')}"


class Drafting:
    """Makes the messages of one conversation.

    Those without a time have that of the message before: so that a file makes the same messages whenever it is read.
    """

    def __init__(self, where: str, losses: Losses, begun: object = None):
        """Begin a conversation.

        Args:
            where: names it for people.
            begun: when it began, if the file tells that.
        """
        self._where = where
        self._losses = losses
        self._last = EPOCH
        with suppress(ValueError):
            self._last = moment_of(_seconds(begun)) or EPOCH
        self._count = 0

    def draft(
        self,
        role: object,
        text: str,
        at: object = None,
        status: object = None,
        metadata: object = None,
    ) -> Draft:
        """Return the next message; of what is no message's, as little as can be is lost.

        Args:
            role: as the file calls it; so the time and the status.
        """
        self._count += 1
        facts = self._facts(metadata)
        named = replace_surrogates(role)[:40] if isinstance(role, str) else ""
        known = ROLES.get(named.lower())
        if known is None:
            facts["role"] = named
            is_tool = named.lower() in TOOLS
            what = (
                "what tools said is kept as the assistant's"
                if is_tool
                else "a role that is not known is kept as the assistant's"
            )
            self.lose(what)
        elif named.lower() == "developer":
            facts["role"] = named
        try:
            self._last = moment_of(_seconds(at)) or self._last
        except ValueError:
            self.lose("a time that no calendar has is left out")
        kept = status if isinstance(status, str) and status in tuple(Status) else Status.COMPLETE
        content = self._losses.text(text, self.place)
        return Draft(known or Role.ASSISTANT, content, self._last, kept, facts)

    @property
    def place(self) -> str:
        """The message that was made last, for people."""
        return f"message {max(self._count, 1):,} of {self._where}"

    def lose(self, what: str) -> None:
        """Tell that something of the message that was made last does not come along."""
        self._losses.add(what, self.place)

    def _facts(self, metadata: object) -> dict[str, JSON]:
        if not isinstance(metadata, Mapping):
            return {}
        facts = dict(metadata)
        try:
            checked_json(facts)
        except ValueError:
            self.lose("metadata that no store takes is left out")
            return {}
        return facts


def named(name: object, messages: Iterator[Draft]) -> tuple[str, Iterator[Draft]]:
    """Return a conversation's name, by the first words of its person if it has none, and its messages."""
    if isinstance(name, str) and name.strip():
        return replace_surrogates(name), messages
    first: list[Draft] = []
    for draft in messages:
        first.append(draft)
        if draft.role == Role.USER or len(first) == LOOKED_AT:
            break
    said = next((each.content for each in first if each.role == Role.USER), "")
    words = " ".join(said[:400].split())
    title = words if len(words) <= LONGEST_NAME else words[:LONGEST_NAME].rsplit(" ", 1)[0] + "…"
    return title, chain(first, messages)


def usage_of(prompt: object, completion: object) -> dict[str, JSON]:
    """Return the tokens of a reply as HFS keeps them in its metadata, nothing where they are not told."""
    if (
        type(prompt) is int
        and type(completion) is int
        and 0 <= prompt < 1 << 53
        and 0 <= completion < 1 << 53
    ):
        return {"usage": {"prompt_tokens": prompt, "completion_tokens": completion}}
    return {}


def _seconds(at: Any) -> Any:
    """Return a time in seconds where it is told in milliseconds, or finer; the year 5000 is far enough."""
    if isinstance(at, int | float) and not isinstance(at, bool):
        for unit in (1, 1e3, 1e6, 1e9):
            if abs(at) < 1e11 * unit:
                return at / unit
    return at
