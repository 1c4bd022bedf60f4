"""What a command line that is being written may become: commands, their options and their arguments."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import cast

from hfs_core.contracts import Completer, Completion, Invocation
from hfs_core.errors import CommandError
from hfs_core.isolation import Raised, describe, unhurried
from hfs_core.parameters import Parameter, parameters

SESSIONS = 200
"""How many sessions are offered: the last active ones."""

FILES = 500
"""How many entries of one folder are offered."""


@dataclass(frozen=True, slots=True)
class Completions:
    """What may stand from `start` of a line on.

    Attributes:
        start: where the word that is being written begins in the line.
        word: that word so far, its quotes removed.
        candidates: in no order of fitness, and not only those that fit: the surface ranks. Their texts are quoted
            where the command line needs it.
    """

    start: int
    word: str = ""
    candidates: tuple[Completion, ...] = ()


async def complete(line: str, invocation: Invocation) -> Completions:
    """Return what the last word of a command line, its slash left out, may become.

    Loads the plugin whose command is written. What a completer raises is raised: the surface offers nothing then.
    """
    words, start = _words(line)
    *before, word = words
    if not before:
        names = invocation.host.commands.names()
        return Completions(start, word, tuple(Completion(name.name, name.summary) for name in names))
    try:
        known = parameters(await invocation.host.commands.get(before[0]))
    except CommandError:
        return Completions(start, word)
    found = await candidates(known, before[1:], word, invocation)
    if not word.startswith("-"):
        found = [Completion(shlex.quote(item.text), item.summary) for item in found]
    return Completions(start, word, tuple(found))


async def candidates(
    known: Sequence[Parameter], words: Sequence[str], word: str, invocation: Invocation
) -> Sequence[Completion]:
    """Return what `word` may become after `words`, which follow the name of a command with these parameters."""
    if word.startswith("-"):
        return _options(known)
    parameter = awaited(known, words)
    if parameter is None:
        return ()
    return await _candidates(parameter, replace(invocation, written=tuple(words)), word)


def _words(line: str) -> tuple[list[str], int]:
    """Return the words of a line, its last one the one being written ("" after a space), and where that begins."""
    words = [""]
    start = position = 0
    quote = ""
    is_between = True
    while position < len(line):
        character = line[position]
        if quote:
            quote = "" if character == quote else quote
            words[-1] += character if quote else ""
        elif character.isspace():
            if not is_between:
                words.append("")
            start, is_between = position + 1, True
        else:
            if character in "'\"":
                quote = character
            else:
                words[-1] += character
            is_between = False
        position += 1
    return words, start


def _options(known: Sequence[Parameter]) -> tuple[Completion, ...]:
    return tuple(
        Completion("--" + parameter.name.replace("_", "-"), parameter.param.help)
        for parameter in known
        if parameter.is_option
    )


def awaited(known: Sequence[Parameter], words: Sequence[str]) -> Parameter | None:
    """Return the parameter whose value comes after these words."""
    options = {"--" + each.name.replace("_", "-"): each for each in known if each.is_option}
    arguments = [each for each in known if not each.is_option]
    place = 0
    pending: Parameter | None = None
    for word in words:
        if pending is not None:
            pending = None
        elif word in options:
            pending = options[word] if options[word].type is not bool else None
        else:
            place += 1
    if pending is not None:
        return pending
    if place < len(arguments):
        return arguments[place]
    return arguments[-1] if arguments and arguments[-1].takes_rest else None


async def _candidates(parameter: Parameter, invocation: Invocation, word: str) -> Sequence[Completion]:
    complete = parameter.param.complete
    if parameter.choices:
        return [Completion(choice) for choice in parameter.choices]
    if isinstance(complete, tuple):
        return [Completion(choice) for choice in complete]
    if isinstance(complete, str):
        completer = COMPLETERS.get(complete)
        return await completer(invocation, word) if completer else ()
    seen = invocation.host.commands.seen(parameter.plugin, invocation)
    found = await unhurried(parameter.plugin, "completion", _completed(complete, seen, word))
    if not isinstance(found, Raised):
        return cast(Sequence[Completion], found)
    if isinstance(found.error, Exception):
        raise found.error
    raise CommandError(f"nothing to choose from: {describe(found.error)}") from found.error


async def _completed(complete: Completer, invocation: Invocation, word: str) -> Sequence[Completion]:
    return [item for item in await complete(invocation, word) if isinstance(item, Completion)]


async def _sessions(invocation: Invocation, word: str) -> Sequence[Completion]:
    sessions = await invocation.host.store.sessions(limit=SESSIONS)
    return [Completion(str(session.id), session.name) for session in sessions]


async def _deleted_sessions(invocation: Invocation, word: str) -> Sequence[Completion]:
    found = []
    async for session in invocation.host.sessions.all(deleted=True):
        if session.deleted_at is not None:
            found.append(Completion(str(session.id), session.name))
            if len(found) == SESSIONS:
                break
    return found


async def _models(invocation: Invocation, word: str) -> Sequence[Completion]:
    offers = await invocation.host.providers.offers()
    return [Completion(name, model.note) for offer in offers for name, model in offer.by_name.items()]


async def _commands(invocation: Invocation, word: str) -> Sequence[Completion]:
    return [Completion(name.name, name.summary) for name in invocation.host.commands.names()]


async def _files(invocation: Invocation, word: str) -> Sequence[Completion]:
    return await asyncio.to_thread(_entries, word)


def _entries(word: str) -> Sequence[Completion]:
    folder = word[: word.rfind("/") + 1]
    found = []
    try:
        with os.scandir(Path(folder).expanduser() if folder else Path()) as entries:
            for entry in islice(entries, FILES):
                if not entry.name.startswith(".") or word[len(folder) :].startswith("."):
                    found.append(folder + entry.name + ("/" if entry.is_dir() else ""))
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder for ~
        return ()
    return [Completion(path) for path in sorted(found)]


COMPLETERS: dict[str, Callable[[Invocation, str], Awaitable[Sequence[Completion]]]] = {
    "session": _sessions,
    "deleted session": _deleted_sessions,
    "model": _models,
    "command": _commands,
    "file": _files,
}
"""The completers that a parameter may name."""
