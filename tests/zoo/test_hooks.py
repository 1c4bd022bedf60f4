"""Whatever a plugin does in a hook, the chat goes on, the next one's answer is right, and the culprit is named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from hfs_core import hookspecs
from hfs_core.api import Paths
from hfs_core.hookspecs import HOOKS
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import in_process
from tests.zoo.life import life
from tests.zoo.misdeeds import FAILING, WRONG, Act, cancel_others, culprit, released

WITHOUT_TRACE = ("cancels its caller",)
"""What leaves no traceback: nothing was raised."""

COUNTS = ("chain", "collect")
"""The modes of the hooks whose answers are used."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every hook have a tenth of a second; whoever does not end by himself ends with the test."""
    for name, law in HOOKS.items():
        monkeypatch.setitem(hookspecs.HOOKS, name, replace(law, timeout=0.1))
    released.clear()
    yield
    released.set()


def one_a_hook(act: Act, *, is_async: bool = False) -> list[PluginInfo]:
    """A culprit for every hook there is, which does this in that hook."""
    hooks = [hook for hook, law in HOOKS.items() if not (is_async and law.is_sync)]
    return [
        in_process(f"bad_{hook}", culprit(hook, act, is_async=is_async), hooks=(hook,), lists=True)
        for hook in hooks
    ]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("misdeed", FAILING)
async def test_it_fails_in_any_hook(home: Paths, misdeed: str, is_async: bool) -> None:
    culprits = one_a_hook(FAILING[misdeed], is_async=is_async)
    async with life(home, *culprits, HFS_STORE="bad_provide_store") as alive:
        await alive.chat()
        entries = {info.name: alive.host.plugins.entries[info.name] for info in culprits}
    for name, entry in entries.items():
        hook = name.removeprefix("bad_")
        assert f"plugin {name}" in entry.reason, (name, entry)
        assert hook in entry.reason
        assert entry.details.count("\n") > (misdeed not in WITHOUT_TRACE), (name, entry.details)
    await all_gone()


async def all_gone() -> None:
    """Let those end that ignore being cancelled."""
    released.set()
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=1)


@pytest.mark.usefixtures("impatient")
async def test_it_cancels_every_task_that_bears_its_name(home: Paths) -> None:
    culprits = one_a_hook(lambda **_: cancel_others())
    async with life(home, *culprits, HFS_STORE="bad_provide_store") as alive:
        await alive.chat()


@pytest.mark.usefixtures("impatient")
async def test_it_changes_what_it_is_handed(home: Paths) -> None:
    def change(**given: object) -> None:
        for name, value in given.items():
            for attribute in ("content", "messages", "event_type", "id", "name", "version"):
                with suppress(AttributeError, TypeError):
                    setattr(value, attribute, f"changed {name}")

    async with life(home, *one_a_hook(change)) as alive:
        run = await alive.chat()
        assert run.session.name.startswith("hello! - ")
        names = {entry.info.name for entry in alive.host.plugins}
        assert names == set(alive.host.plugins.entries)


@pytest.mark.parametrize("answer", WRONG)
async def test_it_answers_what_it_must_not(home: Paths, answer: str) -> None:
    culprits = one_a_hook(WRONG[answer])
    async with life(home, *culprits, HFS_STORE="bad_provide_store") as alive:
        await alive.chat()
        entries = {info.name: alive.host.plugins.entries[info.name] for info in culprits}
    for name, entry in entries.items():
        hook = name.removeprefix("bad_")
        if HOOKS[hook].mode in COUNTS:
            assert hook in entry.reason, (name, entry)
