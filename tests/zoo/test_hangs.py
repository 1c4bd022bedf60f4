"""A plugin that keeps the event loop is broken out of, blamed and off; nobody else's code is ever touched."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from pathlib import Path
from textwrap import indent

import pytest

from hfs_core.api import Paths
from hfs_core.attribution import Owners
from hfs_core.watchdog import Hang, Watchdog
from tests.zoo.conftest import Capture
from tests.zoo.life import life

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm")

HANGS = {
    "sleeps": "time.sleep(60)",
    "loops": "while True: pass",
    "loops and catches what it can": """
while True:
    try:
        time.sleep(0.01)
    except Exception:
        pass
""",
    "waits for a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "waits for a process": "import subprocess; subprocess.run(['sleep', '60'])",
    "waits for a socket": "import socket; a, b = socket.socketpair()\nwith a, b: a.recv(1)",
    "computes in a library": "json.loads('[' + ','.join(['[1, 2]'] * 300) + ']', object_hook=None); "
    "[re.sub('a', lambda m: time.sleep(60), 'a' * 10)]",
    "walks without end": "max(iter(lambda: 1, 2))",
    "prints without end": "while True: print('and on')",
}


def block(seconds: float) -> None:
    """Keep the loop, as no coroutine should."""
    time.sleep(seconds)


def hook(body: str, name: str = "on_message", parameter: str = "message") -> str:
    return f"@hookimpl\ndef {name}({parameter}):\n{indent(body.strip(), '    ')}\n"


@pytest.mark.parametrize("hang", HANGS)
async def test_a_filter_that_hangs_is_stopped_and_off_at_once(
    home: Paths, capture: Capture, hang: str
) -> None:
    bad = capture("bad", hook(HANGS[hang]), "on_message")
    started = time.monotonic()
    async with life(home, bad, HFS_HANG_SECONDS="0.2") as alive:
        await alive.chat()
        entry = alive.host.plugins.entries["bad"]
    assert time.monotonic() - started < 20
    assert entry.state == "quarantined"
    assert "kept everything waiting" in entry.reason
    assert "bad_animal.py" in entry.details


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(hook("time.sleep(60)", "on_event", "event"), id="event"),
        pytest.param(hook("time.sleep(60)", "activate", "context"), id="activate"),
        pytest.param(hook("time.sleep(60)", "on_exit", ""), id="exit"),
        pytest.param("@hookimpl\nasync def on_start(session_id): time.sleep(60)", id="task"),
        pytest.param(
            "async def work(): time.sleep(60)\n" + hook("context.spawn(work())", "activate", "context"),
            id="spawned",
        ),
        pytest.param(
            "async def work(): time.sleep(60)\ntasks = []\n"
            + hook("tasks.append(asyncio.create_task(work()))", "activate", "context"),
            id="created",
        ),
        pytest.param(
            hook("asyncio.get_running_loop().call_soon(time.sleep, 60)", "activate", "context"), id="callback"
        ),
    ],
)
async def test_wherever_it_hangs_it_is_stopped(home: Paths, capture: Capture, source: str) -> None:
    listed = [name for name in ("on_event", "activate", "on_exit", "on_start") if f"def {name}" in source]
    bad = capture("bad", source, *listed, lists=False)
    async with life(home, bad, HFS_HANG_SECONDS="0.2") as alive:
        await alive.chat()
        entry = alive.host.plugins.entries["bad"]
    assert entry.state == "quarantined"
    assert "kept everything waiting" in entry.reason


async def test_a_command_that_hangs_is_stopped(home: Paths, capture: Capture) -> None:
    source = """
        async def hang(invocation):
            time.sleep(60)

        @hookimpl
        def provide_commands():
            return [Command("hang", "Hangs", hang)]
    """
    bad = capture("bad", source, "provide_commands", commands=(("hang", "Hangs"),))
    async with life(home, bad, HFS_HANG_SECONDS="0.2") as alive:
        with pytest.raises(Exception, match="kept everything waiting"):
            await alive.command("hang")
        await alive.chat()
        entry = alive.host.plugins.entries["bad"]
    assert entry.state == "quarantined"
    assert "time.sleep(60)" in entry.details


async def test_what_hfs_itself_does_is_not_broken_into_but_told(
    home: Paths, capture: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    bad = capture("bad", hook("return None"), "on_message")
    async with life(home, bad, HFS_HANG_SECONDS="0.1") as alive:
        await alive.chat()
        block(0.35)  # this test is nobody's plugin
        await asyncio.sleep(0.05)
        assert alive.host.plugins.entries["bad"].state == "active"
    text = (home.logs / "hfs.log").read_text()
    assert "HFS keeps everything waiting" in text
    assert text.count("keeps everything waiting") == 1


async def test_the_alarm_is_given_back_and_never_taken(home: Paths, capture: Capture) -> None:
    def own(number: int, frame: object) -> None: ...

    bad = capture("bad", hook("time.sleep(0.5)"), "on_message")
    former = signal.signal(signal.SIGALRM, own)
    try:
        async with life(home, bad, HFS_HANG_SECONDS="0.1") as alive:
            assert signal.getsignal(signal.SIGALRM) is own
            await alive.chat()
            entry = alive.host.plugins.entries["bad"]
        assert signal.getsignal(signal.SIGALRM) is own
    finally:
        signal.signal(signal.SIGALRM, former)
    assert entry.state == "quarantined"
    assert "could not be stopped here" in entry.reason
    assert "bad_animal.py" in entry.details
    async with life(home, HFS_HANG_SECONDS="0.1") as alive:
        assert signal.getsignal(signal.SIGALRM) not in (former, own)
        await alive.chat()
    assert signal.getsignal(signal.SIGALRM) == former
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.fixture
def watched() -> tuple[Watchdog, list[Hang]]:
    hangs: list[Hang] = []
    return Watchdog(0.1, Owners([]), told=hangs.append, told_now=lambda hang: None), hangs


async def test_an_idle_loop_is_left_alone(
    watched: tuple[Watchdog, list[Hang]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    watchdog, hangs = watched
    look = watchdog._look
    monkeypatch.setattr(watchdog, "_look", lambda frame: (looks.append(1), look(frame))[1])
    watchdog.start()
    await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    watchdog.stop()
    assert len(looks) <= 2
    assert not hangs


def test_in_another_thread_a_hang_is_only_told(watched: tuple[Watchdog, list[Hang]]) -> None:
    watchdog, hangs = watched

    async def hang() -> None:
        watchdog.start()
        block(0.3)
        await asyncio.sleep(0.05)
        watchdog.stop()

    thread = threading.Thread(target=lambda: asyncio.run(hang()))
    thread.start()
    thread.join()
    assert [hang.was_broken for hang in hangs] == [False]
    assert "block(0.3)" in hangs[0].stack


async def test_a_debugger_may_take_its_time(home: Paths, capture: Capture) -> None:
    import sys

    bad = capture("bad", hook("time.sleep(0.5)"), "on_message")
    tracing = sys.gettrace()
    sys.settrace(lambda frame, event, argument: None)
    try:
        async with life(home, bad, HFS_HANG_SECONDS="0.1") as alive:
            await alive.chat()
            assert alive.host.plugins.entries["bad"].state == "active"
    finally:
        sys.settrace(tracing)


def test_children_inherit_no_alarm(tmp_path: Path) -> None:
    import subprocess
    import sys

    async def spawn() -> bytes:
        watchdog = Watchdog(0.2, Owners([]), told=lambda hang: None, told_now=lambda hang: None)
        watchdog.start()
        code = "import signal, time; time.sleep(0.5); print(int(signal.getsignal(signal.SIGALRM)))"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
        out, _ = await process.communicate()
        watchdog.stop()
        assert process.returncode == 0
        return out

    assert int(asyncio.run(spawn())) == signal.SIG_DFL
