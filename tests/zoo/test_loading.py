"""What a plugin does while it is imported or activated."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import pytest

from hfs_core.api import ErrorOccurred, Paths
from hfs_core.kernel import Kernel
from hfs_core.plugins import importing
from hfs_core.plugins.info import PluginInfo
from tests.zoo.conftest import Capture
from tests.zoo.life import life

IMPORTS = {
    "raises": "raise ValueError('boom')",
    "exits": "sys.exit(3)",
    "interrupts": "raise KeyboardInterrupt",
    "is no Python": "def (",
    "recurses": "def f(): f()\nf()",
    "imports what is not there": "import nowhere_to_be_found",
    "imports what fails": "import bad_animal.missing",
    "sleeps": "time.sleep(60)",
    "loops": "while True: pass",
    "fails to say what it is": "class E(Exception):\n    __str__ = __repr__ = lambda self: 1 / 0\nraise E",
    "has a directory that fails": "def __dir__(): raise SystemExit(3)",
    "has attributes that exit": "def __getattr__(name): raise SystemExit(3)\ndef __dir__(): return ['on_message']",
}


@pytest.mark.parametrize("deed", IMPORTS)
async def test_what_fails_to_import_is_off_and_named(
    home: Paths, capture: Capture, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if deed in ("sleeps", "loops"):
        monkeypatch.setattr(importing, "IMPORT_SECONDS", 0.2)
    name = deed.partition(" ")[0]  # one that sleeps goes on keeping the lock of its module
    async with life(home, capture(name, IMPORTS[deed], "on_message")) as alive:
        await alive.chat()
        entry = alive.host.plugins.entries[name]
    assert entry.state == "quarantined"
    assert f"plugin {name}" in entry.reason
    assert entry.details
    assert not entry.is_active
    if deed == "loops":
        (thread,) = [each for each in threading.enumerate() if each.name == f"hfs-import-{name}"] or [None]
        if thread is not None:
            await asyncio.to_thread(thread.join, 10)
            assert not thread.is_alive()  # it does not go on taking the machine's time


async def test_a_load_of_over_a_second_is_told_with_its_seconds(
    home: Paths, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hfs_core.plugins import timing

    monkeypatch.setattr(timing, "SLOW_LOAD", 0.3)
    source = """
        time.sleep(0.2)

        @hookimpl
        async def activate(context):
            await asyncio.sleep(0.2)

        @hookimpl
        def on_message(message):
            return None
    """
    async with life(home, capture("slow", source, "activate", "on_message")) as alive:
        errors = await alive.host.bus.subscribe("error.occurred")
        await alive.chat()
        told = await asyncio.wait_for(anext(errors), 5)
        timings = alive.host.plugins.timings
        assert isinstance(told, ErrorOccurred)
        assert told.text.startswith("plugin slow took 0.")
        assert "s to import" in told.text
        assert timings.load_seconds("slow") >= 0.4
        spent = dict(timings.hooks("slow"))
    assert list(spent) == sorted(spent, key=lambda hook: -spent[hook].total)
    assert (spent["import"].count, spent["activate"].count, spent["on_message"].count) == (1, 1, 2)
    assert spent["activate"].longest == spent["activate"].last == spent["activate"].total >= 0.2


async def test_a_plugin_cannot_stop_the_loop(home: Paths, capture: Capture) -> None:
    source = """
        @hookimpl
        def activate(context):
            loop = asyncio.get_running_loop()
            with contextlib.suppress(RuntimeError):
                loop.close()
            loop.stop()

        @hookimpl
        def on_message(message):
            return None
    """
    async with life(home, capture("bad", source, "activate", "on_message")) as alive:
        await alive.chat()
        entry = alive.host.plugins.entries["bad"]
    assert entry.state == "quarantined"
    assert "must not stop the event loop" in entry.reason


@pytest.mark.parametrize("where", ["import", "activate"])
async def test_who_is_slow_to_load_when_hfs_ends_is_not_blamed(
    home: Paths,
    capture: Capture,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    monkeypatch.setattr(threading, "late", (begun, goes_on), raising=False)
    source = f"""
        begun, goes_on = threading.late
        {"begun.set(), goes_on.wait(20)" if where == "import" else ""}

        @hookimpl
        async def activate(context):
            begun.set()
            await asyncio.Event().wait()
    """
    name = f"late_{where}"
    kernel = Kernel(home, found=[capture(name, source, "activate", "on_message")], project=home.root.parent)
    async with kernel as host:
        loading = asyncio.create_task(kernel.load(name))
        assert await asyncio.to_thread(begun.wait, 20)
        entry = host.plugins.entries[name]
    goes_on.set()
    assert await loading is False
    assert (entry.state, entry.is_active, entry.details) == ("found", False, "")
    assert f"plugin {name} failed" not in caplog.text
    assert not (home.state / "failures" / f"{name}.json").exists()


async def test_what_fails_takes_nothing_from_another_plugin_of_its_package(
    home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "pair_animals"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    well = "from hfs_core.api import hookimpl\n\n@hookimpl\ndef on_message(message): ...\n"
    (package / "good.py").write_text(well)
    (package / "worse.py").write_text("raise ValueError('not today')")
    monkeypatch.syspath_prepend(package.parent)
    good, worse = (
        PluginInfo(
            name,
            "1",
            module=f"pair_animals.{name}",
            capabilities=("hooks",),
            hooks=("on_message",),
            lists=True,
        )
        for name in ("good", "worse")
    )
    async with life(home, worse, good) as alive:
        await alive.chat()
        assert alive.host.plugins.entries["worse"].state == "quarantined"
        assert "pair_animals.good" in sys.modules
        (package / "worse.py").write_text(well)
        await alive.host.deciding.revive("worse")
        await alive.chat()
        assert alive.host.plugins.entries["worse"].state == "active"
    for name in [name for name in sys.modules if name.startswith("pair_animals")]:
        del sys.modules[name]
