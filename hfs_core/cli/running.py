"""A kernel for the time of one shell command, with what goes wrong told on stderr."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TextIO, TypeVar

from hfs_core.bus import Subscription
from hfs_core.errors import CommandError
from hfs_core.events import ErrorOccurred, PluginStateChanged, StoreStateChanged
from hfs_core.host import Host
from hfs_core.kernel import Kernel
from hfs_core.models import Session
from hfs_core.paths import Paths
from hfs_core.plugins.selection import NO_CHOICE, Choice
from hfs_core.plugins.states import USABLE
from hfs_core.tui.text import clean, one_line

T = TypeVar("T")

ENDS_WITHIN = 2.0
"""Seconds that tasks get to end after they are cancelled, once everything else is done."""


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; what plugins print goes to stderr, so that stdout holds only the answer."""
    with contextlib.redirect_stdout(sys.stderr):
        return asyncio.run(_leaving_nobody_waiting(main))


async def _leaving_nobody_waiting(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end; tasks of plugins that refuse to end would keep the process for ever."""
    result = await main
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others and (stuck := (await asyncio.wait(others, timeout=ENDS_WITHIN))[1]):
        say(f"left behind, as it does not end: {', '.join(sorted(map(_called, stuck)))}")
        stdout().flush()
        os._exit(result if isinstance(result, int) else 0)
    return result


def _called(task: asyncio.Task[Any]) -> str:
    """Return a task's name; of one that was given none, which function it runs, and in which file."""
    code = getattr(task.get_coro(), "cr_code", None)
    if code is None or not task.get_name().startswith("Task-"):
        return task.get_name()
    return f"{code.co_name} of {code.co_filename}"


def say(text: str) -> None:
    """Tell the person something that is not the answer."""
    sys.stderr.write(f"hfs: {clean(text)}\n")
    sys.stderr.flush()


@asynccontextmanager
async def running(choice: Choice = NO_CHOICE, *, loads_all: bool = False) -> AsyncIterator[Host]:
    """Start HFS without an interface; its faults and its plugins' failures go to stderr, a line each."""
    kernel = Kernel(Paths.from_environment(), choice=choice)
    for fault in kernel.faults:
        say(str(fault))
    async with kernel as host:
        saved, reason = host.is_saved()
        told = asyncio.create_task(_tell(await host.bus.subscribe("*"), "" if saved else reason))
        try:
            for entry in host.deciding.waiting():  # nobody is asked here: there may be nobody
                say(f"plugin {one_line(entry.info.name)} is skipped: {one_line(entry.reason)}")
            if not saved:
                say(f"not saved: {reason}")
            if loads_all:
                for news in kernel.news():
                    say(news)
                await kernel.load_unlisted()
            yield host
        finally:
            await asyncio.sleep(0)  # events that were emitted in the background are told first
            told.cancel()
    for name in kernel.lost:
        say(f"not saved to the end: {name}")


async def chosen_session(host: Host, *, continue_: bool, resume: str | None) -> Session | None:
    """Return the session that `-c` or `-r` means; None for a new one.

    Raises:
        CommandError: there is none of that name, or sessions cannot be read.
    """
    if not continue_ and resume is None:
        return None
    if host.store_name == "" and not host.is_saved()[0]:
        raise CommandError(f"there are no sessions to continue: {host.is_saved()[1]}")
    if resume:
        return await host.sessions.resume((await host.sessions.find(resume)).id)
    current = await host.sessions.current()
    if current is None:
        say("there is no session to continue: this is a new one")
        return None
    return await host.sessions.resume(current.id)


def stdout() -> TextIO:
    """Return the real standard output, whatever plugins' prints are redirected to."""
    stream = sys.__stdout__
    if stream is None:
        raise CommandError("there is no standard output")
    return stream


async def _tell(events: Subscription, unsaved: str) -> None:
    """Say what goes wrong; `unsaved` is why nothing is saved, as far as it was said already."""
    said: set[str] = set()
    async for event in events:
        if isinstance(event, ErrorOccurred) and event.run_id is None:
            said.add(event.text)
            say(event.text)
        elif isinstance(event, PluginStateChanged) and event.state not in USABLE:
            is_said = event.reason in said
            why = f"; `hfs plugins info {event.plugin}` says more" if is_said else f": {event.reason}"
            say(f"plugin {event.plugin} is {event.state}{why}")
        elif isinstance(event, StoreStateChanged):
            reason = "" if event.saved else event.reason
            if event.saved:
                say(f"saved again{': ' if event.reason else ''}{event.reason}")
            elif reason != unsaved:
                say(f"not saved: {reason}")
            unsaved = reason
