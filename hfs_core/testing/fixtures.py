"""Fixtures for the tests of a plugin.

In the `conftest.py` of your tests (`pip install "hfs-core[testing]"`; pytest with `asyncio_mode = "auto"`, for a test
that uses them is an async function, as HFS is asynchronous throughout)::

    pytest_plugins = ["hfs_core.testing"]

and then::

    async def test_it_counts(load_plugin, say, run_command):
        await load_plugin("hfs_word_count")
        await say("one two three", "four five")
        assert (await run_command("/wc")).rows[-1]["words"] == 5

No plugin is there but those that a test loads; nothing is read or written outside of the test's own folder. A
plugin that fails fails the test, with its own traceback, unless it is expected: see `plugin_failures`.

PYTEST_DONT_REWRITE: it has no asserts, and may be imported before pytest takes it up.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from hfs_core.events import HfsEvent
from hfs_core.models import Run
from hfs_core.plugins.registry import Entry
from hfs_core.testing.failures import PluginFailures
from hfs_core.testing.headless import Answered, HeadlessHfs

if TYPE_CHECKING:
    from hfs_core.testing.screen import Screen

HFS = pytest.StashKey[HeadlessHfs]()
"""Where the HFS of a test is, for the hook that fails the test."""


def pytest_configure() -> None:
    """Let `caplog` see the log of HFS from the first test on.

    It stands beside loggers that keep their lines to themselves, as HFS' does once it runs, only if they do so before
    the test.
    """
    logging.getLogger("hfs").propagate = False


HfsApp = Callable[..., "AbstractAsyncContextManager[Screen]"]


@pytest_asyncio.fixture
async def hfs_host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[HeadlessHfs]:
    """A running HFS without an interface, in a home of its own, with no plugin but those that the test loads."""
    for variable in [name for name in os.environ if name.startswith("HFS_")]:
        monkeypatch.delenv(variable)
    home, project = tmp_path / "hfs", tmp_path / "project"
    project.mkdir()
    monkeypatch.setenv("HFS_HOME", str(home))

    def on_path(folder: str) -> None:
        if folder not in sys.path:
            monkeypatch.syspath_prepend(folder)

    hfs = HeadlessHfs(home, project, on_path)
    request.node.stash[HFS] = hfs
    await hfs.start()
    yield hfs
    await hfs.stop()
    hfs.failures.check()


@pytest.fixture
def load_plugin(hfs_host: HeadlessHfs) -> Callable[..., Awaitable[Entry]]:
    """Load a plugin.

    `await load_plugin("hfs_word_count", settings={"limit": 3})`; see `HeadlessHfs.load_plugin`.
    """
    return hfs_host.load_plugin


@pytest.fixture
def run_command(hfs_host: HeadlessHfs) -> Callable[..., Awaitable[Answered]]:
    """Run a command.

    `(await run_command("/wc")).text`; see `HeadlessHfs.run_command`.
    """
    return hfs_host.run_command


@pytest.fixture
def say(hfs_host: HeadlessHfs) -> Callable[..., Awaitable[Run]]:
    """Send a message.

    `(await say("hello", "what the model answers")).reply`; see `HeadlessHfs.say`.
    """
    return hfs_host.say


@pytest.fixture
def emit(hfs_host: HeadlessHfs) -> Callable[[HfsEvent], Awaitable[None]]:
    """Tell everybody of an event.

    `await emit(UsageRecorded(...))`; see `HeadlessHfs.emit`.
    """
    return hfs_host.emit


@pytest.fixture
def plugin_failures(hfs_host: HeadlessHfs) -> PluginFailures:
    """What plugins did wrong, which fails the test.

    Where it is meant to go wrong: `with plugin_failures.expected("boom"): await say("hello")`.
    """
    return hfs_host.failures


@pytest.fixture
def hfs_app(hfs_host: HeadlessHfs) -> HfsApp:
    """Open the chat on a screen of its own.

    `async with hfs_app(size=(80, 24)) as screen: await screen.sees("hello")`; see `Screen`. While it
    is open `hfs_host` is not running; the session and the plugins are the same.
    """
    from hfs_core.testing.screen import open_screen

    @asynccontextmanager
    async def opened(**options: Any) -> AsyncIterator[Screen]:
        async with hfs_host.stopped(), open_screen(hfs_host, **options) as screen:
            yield screen
        await hfs_host.go_on()

    return opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in which a plugin failed; if it failed anyway, show what the plugin did."""
    hfs = item.stash.get(HFS, None)
    if hfs is None:
        return (yield)
    hfs.take_streams()
    try:
        outcome = yield
    except BaseException as error:
        hfs.failures.forgive(error)
        if text := hfs.failures.take_text():
            item.add_report_section("call", "failures of plugins", text)
        raise
    hfs.failures.check()
    return outcome
