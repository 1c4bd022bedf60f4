"""What a plugin does where nobody waits for it: tasks, threads, prints, and what belongs to the whole process."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
import warnings

import pytest

from hfs_core.api import Paths
from tests.zoo.conftest import Capture
from tests.zoo.life import Life, life

ORPHANS = {
    "a task": "held.append(asyncio.create_task(fail()))\n    asyncio.get_running_loop().call_later(0.02, held.clear)",
    "a callback": "asyncio.get_running_loop().call_soon(boom)",
    "a task of its own": "context.spawn(fail())",
    "a thread": "threading.Thread(target=boom).start()",
    "a thread of its own": "context.spawn(context.run_blocking(boom))",
}

SOURCE = """
held = []

def boom():
    raise ValueError("boom")

async def fail():
    boom()

@hookimpl
def activate(context):
    {deed}

@hookimpl
def on_message(message):
    return None
"""


async def named(alive: Life, plugin: str) -> str:
    """Return the traceback of a plugin's failure once there is one."""
    entry = alive.host.plugins.entries[plugin]
    async with asyncio.timeout(10):
        while not entry.details:  # noqa: ASYNC110 # there is no event for what a garbage collector finds
            await asyncio.sleep(0.01)
    return entry.details


@pytest.mark.parametrize("orphan", ORPHANS)
async def test_what_fails_where_nobody_waits_is_blamed_on_its_plugin(
    home: Paths, capture: Capture, orphan: str
) -> None:
    bad = capture("bad", SOURCE.format(deed=ORPHANS[orphan]), "activate", "on_message")
    async with life(home, bad) as alive:
        await alive.chat()
        details = await named(alive, "bad")
        assert alive.host.plugins.entries["bad"].state == "failing"
    assert "bad_animal.py" in details
    assert "ValueError: boom" in details


async def test_a_coroutine_that_nobody_awaits_is_told_in_the_log(home: Paths, capture: Capture) -> None:
    source = """
        async def forgotten(): ...

        @hookimpl
        def on_message(message):
            forgotten()
    """
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        async with life(home, capture("bad", source, "on_message")) as alive:
            await alive.chat()
    text = (home.logs / "hfs.log").read_text()
    assert "WARNING hfs.plugin.bad" in text
    assert "coroutine 'forgotten' was never awaited" in text


PRINTS = """
    import sys
    @hookimpl
    def on_message(message):
        print("to everybody")
        print("to the others", file=sys.stderr)
        sys.stdout.write("in ")
        sys.stdout.write("parts\\n")
        logging.getLogger().warning("to the root")
        warnings.warn("take care")
"""


async def test_what_it_prints_goes_to_its_log(
    home: Paths, capture: Capture, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = capture("bad", "print('at import')\n" + PRINTS.replace("\n    ", "\n"), "on_message")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        async with life(home, bad) as alive:
            await alive.chat()
            print("of nobody")  # noqa: T201 # this is what is tried
    out, err = capsys.readouterr()
    assert (out, "to the others" in err) == ("of nobody\n", False)
    lines = (home.logs / "hfs.log").read_text().splitlines()
    for said in ("at import", "to everybody", "to the others", "in parts"):
        assert any(line.endswith(f"hfs.plugin.bad: printed: {said}") for line in lines), said
    assert any("hfs.plugin.bad" in line and "take care" in line for line in lines)


async def test_what_it_deletes_of_the_whole_process_is_put_back(home: Paths, capture: Capture) -> None:
    source = """
        @hookimpl
        def activate(context):
            del sys.excepthook, warnings.showwarning

        @hookimpl
        def on_message(message):
            del sys.stdout
    """
    before = (sys.stdout, sys.excepthook, warnings.showwarning)
    async with life(home, capture("bad", source, "activate", "on_message")) as alive:
        await alive.chat()
        assert hasattr(sys, "stdout")
    assert (sys.stdout, sys.excepthook, warnings.showwarning) == before


async def test_what_is_the_whole_process_s_is_put_back_and_told(home: Paths, capture: Capture) -> None:
    source = """
        import io

        @hookimpl
        def activate(context):
            sys.stdout = sys.stderr = io.StringIO()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            warnings.simplefilter("error")
            logging.disable(logging.CRITICAL)
            threading.excepthook = sys.excepthook = None

        @hookimpl
        def on_message(message):
            return None
    """
    bad = capture("bad", source, "activate", "on_message")
    before = (signal.getsignal(signal.SIGINT), warnings.filters[:], logging.root.manager.disable)
    streams = (sys.stdout, sys.stderr, threading.excepthook, sys.excepthook)
    async with life(home, bad) as alive:
        await alive.chat()
        sys.stdout.write("")
        assert (signal.getsignal(signal.SIGINT), warnings.filters[:], logging.root.manager.disable) == before
        assert threading.excepthook is not None
        entry = alive.host.plugins.entries["bad"]
    assert (sys.stdout, sys.stderr, threading.excepthook, sys.excepthook) == streams
    text = (home.logs / "hfs.log").read_text()
    assert "plugin bad" in text
    assert "sys.stdout" in text
    assert "the signal SIGINT" in text
    assert entry.state == "active"
