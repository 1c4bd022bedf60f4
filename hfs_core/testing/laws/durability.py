"""Killed and crowded: what was acknowledged survives `kill -9`, and processes that write at once lose nothing."""

from __future__ import annotations

import inspect
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from hfs_core.contracts import Store, StoreFactory
from hfs_core.models import Status
from hfs_core.testing.laws.steps import check_whole, say

Start = Callable[[str], "subprocess.Popen[str]"]

PROCESSES, TIMES = 3, 20
"""How many count together, and how far each."""


class DurabilityLaws:
    """What a store that is not only in memory promises to processes, those that die among them."""

    persistent: bool
    kills: int

    @pytest.fixture
    def start(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
        """Start a process on the store of this test: one that talks under a name, or that adds a number of times."""
        if not self.persistent:
            pytest.skip("this store keeps nothing after it is closed")
        started: list[subprocess.Popen[str]] = []

        def start(job: str) -> subprocess.Popen[str]:
            suite = type(self)
            words = [str(request.config.rootpath), suite.__module__, inspect.getfile(suite), suite.__name__]
            command = [sys.executable, "-m", "hfs_core.testing.laws.talker", *words, str(tmp_path), job]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
            )
            started.append(process)
            return process

        yield start
        for process in started:
            if process.returncode is None:
                process.kill()
                process.communicate()

    async def test_killed_at_a_random_moment(self, factory: StoreFactory, start: Start) -> None:
        """No acknowledged word is lost, and a reply that was cut off keeps its words as interrupted."""
        for _ in range(self.kills):
            told = killed(start("one"), random.randrange(8, 60))
            async with factory() as store:
                await check_kept(store, "one", told)

    async def test_killed_while_another_looks_on(self, factory: StoreFactory, start: Start) -> None:
        """Who has the store open all the while sees every word of the dead, and can write behind them at once."""
        if not self.kills:
            pytest.skip("this suite asks for no kills")
        async with factory() as store:
            told = killed(start("one"), 30)
            await check_kept(store, "one", told)
            position = (await store.session("one")).message_count
            await say(store, "one", "and now?", expect=position)
            await check_whole(store, "one")

    async def test_processes_that_count_together(self, factory: StoreFactory, start: Start) -> None:
        """Each reads, adds one and expects that nobody came between: every addition counts."""
        crowd = [start(str(TIMES)) for _ in range(PROCESSES)]
        opened = [process.stdout.readline() for process in crowd if process.stdout]
        assert opened == ['["opened"]\n'] * PROCESSES
        for process in crowd:
            assert process.stdin is not None
            process.stdin.write("begin\n")
            process.stdin.flush()
        for process in crowd:
            process.communicate()
        assert [process.returncode for process in crowd] == [0] * PROCESSES
        async with factory() as store:
            record = await store.records("test").get("sum")
            assert record is not None
            assert (record.value, record.revision) == (PROCESSES * TIMES, PROCESSES * TIMES)


def killed(process: subprocess.Popen[str], after: int) -> list[Any]:
    """Kill a process once it has told that many things; return all that it told."""
    assert process.stdout is not None
    told = list(islice(process.stdout, after))
    process.kill()
    rest, _ = process.communicate()
    told = [
        line for line in [*told, *rest.splitlines()] if line.rstrip().endswith("]")
    ]  # a line may be cut off
    assert told, "the process ended before it had written anything"
    return [json.loads(line) for line in told]


async def check_kept(store: Store, name: str, told: list[Any]) -> None:
    """Assert that all that was acknowledged is there."""
    messages = await store.messages(name)
    await check_whole(store, name)
    finished = {place for kind, place, _ in told if kind == "kept"}
    for kind, place, value in told:
        if kind == "kept":
            assert (messages[place].digest, messages[place].status) == (value, Status.COMPLETE)
        elif kind == "came":
            assert messages[place].content.startswith(value)
            assert place in finished or messages[place].status in (Status.COMPLETE, Status.INTERRUPTED)
        else:
            record = await store.records("test").get("position", session=name)
            assert record is not None
            assert record.value >= place
