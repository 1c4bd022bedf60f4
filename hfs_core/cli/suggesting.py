"""What a word of the shell may become: asked of a running HFS, which says nothing else meanwhile."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.contracts import Completion, Invocation
    from hfs_core.parameters import Parameter

NAMED = ("session", "deleted session")
"""The completers whose candidates are numbers with names: a shell, which matches only words, is offered both."""

MOST = 25
"""How many sessions are offered before anything of one is written."""

Ask = Callable[["Invocation"], Awaitable[list[CompletionItem]]]


def suggest(ctx: click.Context, name: str, words: Sequence[str], word: str) -> list[CompletionItem]:
    """Return what `word` may become after `words`, which follow the name of a plugin's command."""

    async def ask(invocation: Invocation) -> list[CompletionItem]:
        from hfs_core.parameters import parameters

        command = await invocation.host.commands.get(name)
        own = parameters(command)
        taken = {parameter.name for parameter in own}
        shared = [parameter for parameter in _shared() if parameter.name not in taken]
        return await _fitting([*own, *shared], words, word, invocation)

    return _asked(ctx, ask)


def suggest_value(ctx: click.Context, completer: str, word: str) -> list[CompletionItem]:
    """Return what a value may become, by the name of its completer."""

    async def ask(invocation: Invocation) -> list[CompletionItem]:
        return await _fitting(
            [_parameter("value", completer=completer, is_option=False)], (), word, invocation
        )

    return _asked(ctx, ask)


async def _fitting(
    known: Sequence[Parameter], words: Sequence[str], word: str, invocation: Invocation
) -> list[CompletionItem]:
    from hfs_core.completing import awaited, candidates
    from hfs_core.contracts import Completion

    parameter = None if word.startswith("-") else awaited(known, words)
    completer = parameter.param.complete if parameter else ()
    if completer == "file":
        return [CompletionItem(word, type="file")]
    found = list(await candidates(known, words, word, invocation))
    if completer in NAMED:
        if not word:
            del found[MOST:]
        found = [
            *(Completion(item.summary, f"session {item.text}") for item in found if _is_word(item)),
            *found,
        ]
    fitting: dict[str, CompletionItem] = {}
    for item in found:
        if item.text.startswith(word) and item.text.isprintable():
            fitting.setdefault(item.text, CompletionItem(item.text, help=one_line(item.summary) or None))
    return list(fitting.values())


def _is_word(named: Completion) -> bool:
    """Tell whether a name means its session on a command line, and not a number or an option."""
    return named.summary != "" and not named.summary.isdecimal() and not named.summary.startswith("-")


def _asked(ctx: click.Context, ask: Ask) -> list[CompletionItem]:
    """Ask a running HFS; nothing is offered where it fails, for a person is in the middle of a line."""
    from hfs_core.cli.choosing import chosen
    from hfs_core.cli.running import run_async, running
    from hfs_core.contracts import Invocation

    async def no(question: str) -> bool:
        return False

    async def asking() -> list[CompletionItem]:
        async with running(chosen(ctx)) as host:
            current = await host.sessions.current()
            about = current.id if current else None
            return await ask(Invocation(about, host, confirm=no, progress=lambda text, share: None))

    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):
        try:
            return run_async(asking())
        except Exception:  # noqa: BLE001 # completers are plugins'
            return []


def _shared() -> list[Parameter]:
    """Return the options that every command has in the shell."""
    return [
        _parameter("json", bool, about="print data as one JSON array"),
        _parameter("session", about="the session that it is about", completer="session"),
        _parameter("yes", bool, about="answer every question with yes"),
        _parameter("help", bool, about="say how the command is used"),
    ]


def _parameter(
    name: str, kind: type = str, *, about: str = "", completer: str = "", is_option: bool = True
) -> Parameter:
    from hfs_core.contracts import Param
    from hfs_core.parameters import Parameter

    return Parameter(name, kind, (), None, False, is_option, False, Param(about, completer))
