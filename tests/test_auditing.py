"""What plugins have called is counted, added up between processes, and shown without importing them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import CapabilityDenied, Command, CommandResult, Draft, Invocation, Paths, hookimpl
from hfs_core.plugins.auditing import Audit, read_audit
from hfs_core.plugins.capabilities import CAPABILITIES, Grants
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.timing import Timings
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel
from .test_capabilities import asking


async def look(invocation: Invocation) -> CommandResult:
    """Look twice, and try to change something."""
    for _ in range(2):
        await invocation.host.store.sessions()
    with suppress(CapabilityDenied):
        await invocation.host.sessions.rename(1, "changed")
    return CommandResult()


class Looking:
    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        return [Command("look", "Look", look)]

    @hookimpl
    def on_message(self, message: Draft) -> None:
        """Look at it."""

    @hookimpl
    def on_event(self, event: Any) -> None:
        """Hear of it."""


async def test_calls_and_refusals_are_kept_and_add_up(start_kernel: StartKernel, home: Paths) -> None:
    """What a hook hears, what a command calls and what was refused: of two runs of HFS, one after the other."""
    looking = in_process(
        "looking",
        Looking,
        commands=(("look", "Look"),),
        capabilities=("commands", "messages.read", "store.read"),
    )
    for runs in (1, 2):
        async with start_kernel(looking, model=ScriptedModel("hi")) as host:
            await host.commands.run("look", asking(host))
            await host.engine.send("hello")
        record = read_audit(home.state)["looking"]
        assert record.version == "1.0"
        assert {name: (used.calls, used.refused) for name, used in record.used.items()} == {
            "commands": (runs, 0),
            "store.read": (2 * runs, 0),
            "store.write": (0, runs),
            # `on_message` for both messages, and two events of what was said, with the reply on its way between
            "messages.read": (record.used["messages.read"].calls, 0),
        }
        assert record.used["messages.read"].calls >= 5 * runs
        assert record.since <= record.used["commands"].last == record.used["store.write"].last_refused
        assert (record.used["store.write"].last, record.used["commands"].last_refused) == (0, 0)


async def test_it_is_written_while_hfs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs_core.plugins.auditing.WRITE_EVERY", 0.001)
    gates, timings = counted("1")

    def kept() -> int:
        record = read_audit(tmp_path).get("acme")
        return record.used["ui"].calls if record else 0

    async with Audit(tmp_path, gates, timings).kept():
        for expected in (1, 2):
            gates.of("acme").count("ui")
            async with asyncio.timeout(10):
                while kept() < expected:  # noqa: ASYNC110 # a file tells nobody
                    await asyncio.sleep(0)
    assert kept() == 2


async def test_whoever_does_nothing_is_not_in_the_file(start_kernel: StartKernel, home: Paths) -> None:
    async with start_kernel(in_process("looking", Looking)):
        pass
    assert read_audit(home.state) == {}
    assert not (home.state / "audit.json").exists()


def counted(version: str) -> tuple[Gates, Timings]:
    gates = Gates()
    gates.admit(PluginInfo("acme", version), Grants(frozenset(CAPABILITIES)))
    return gates, Timings()


async def test_another_version_begins_anew(tmp_path: Path) -> None:
    """A process that began before with the old version adds nothing to the counts of the new one."""
    old_gates, timings = counted("1")
    old = Audit(tmp_path, old_gates, timings)
    old_gates.of("acme").count("services")
    await old.write()
    new_gates, timings = counted("2")
    new = Audit(tmp_path, new_gates, timings)
    new_gates.of("acme").count("ui")
    await new.write()
    for _ in range(3):
        old_gates.of("acme").count("services")
    await old.write()
    record = read_audit(tmp_path)["acme"]
    assert (record.version, {name: used.calls for name, used in record.used.items()}) == ("2", {"ui": 1})


async def test_nothing_is_counted_twice(tmp_path: Path) -> None:
    gates, timings = counted("1")
    audit = Audit(tmp_path, gates, timings)
    for count in (1, 0, 2, 0):
        for _ in range(count):
            gates.of("acme").count("ui")
        await audit.write()
    assert read_audit(tmp_path)["acme"].used["ui"].calls == 3


async def test_what_was_used_stays_used_whatever_is_denied_later(tmp_path: Path) -> None:
    gates, timings = counted("1")
    audit = Audit(tmp_path, gates, timings)
    for _ in range(2):
        timings.of("acme", "on_message").add(0.1)
    await audit.write()
    gates.admit(PluginInfo("acme", "1"), Grants(frozenset({"messages.read"})))
    gates.answered("acme", "on_message")
    await audit.write()
    used = read_audit(tmp_path)["acme"].used
    assert (used["messages.transform"].calls, used["messages.transform"].refused) == (2, 1)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"plugins": []}', '{"plugins": {"acme": {"version": 1}}}']
)
async def test_a_broken_file_is_begun_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "audit.json").write_text(content)
    assert read_audit(tmp_path) == {}
    gates, timings = counted("1")
    gates.of("acme").count("ui")
    await Audit(tmp_path, gates, timings).write()
    assert read_audit(tmp_path)["acme"].used["ui"].calls == 1


async def test_where_it_cannot_be_kept_hfs_ends_all_the_same(start_kernel: StartKernel, home: Paths) -> None:
    home.root.mkdir()
    (home.state / "audit.lock").mkdir(parents=True)
    looking = in_process("looking", Looking)
    async with start_kernel(looking, model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
    assert read_audit(home.state) == {}
    assert "the audit is not kept" in (home.logs / "hfs.log").read_text()


WRITER = """
import asyncio, sys
from pathlib import Path
from hfs_core.plugins.auditing import Audit
from hfs_core.plugins.capabilities import CAPABILITIES, Grants
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.timing import Timings

async def main():
    gates = Gates()
    gates.admit(PluginInfo("acme", "1"), Grants(frozenset(CAPABILITIES)))
    audit = Audit(Path(sys.argv[1]), gates, Timings())
    for _ in range(20):
        gates.of("acme").count("ui")
        await audit.write()

asyncio.run(main())
"""


def test_processes_side_by_side_lose_no_count(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    assert read_audit(tmp_path)["acme"].used["ui"].calls == 60
    assert sorted(file.name for file in tmp_path.iterdir()) == ["audit.json", "audit.lock"]


@pytest.mark.parametrize(
    ("granted", "hook", "used"),
    [
        ("messages.transform", "on_message", "messages.transform"),
        ("messages.read", "before_send", "messages.read"),
        ("ui", "provide_widgets", "ui"),
        ("ui.raw", "provide_widgets", "ui.raw"),
        ("store.provide", "provide_store", "store.provide"),
        ("models.provide", "provide_models", "models.provide"),
    ],
)
async def test_a_called_hook_is_a_use_of_what_opened_it(
    tmp_path: Path, granted: str, hook: str, used: str
) -> None:
    gates, timings = Gates(), Timings()
    gates.admit(PluginInfo("acme", "1"), Grants(frozenset({granted})))
    for name in (hook, "on_start"):
        timings.of("acme", name).add(0.1)
    await Audit(tmp_path, gates, timings).write()
    assert [(name, each.calls) for name, each in read_audit(tmp_path)["acme"].used.items()] == [(used, 1)]
