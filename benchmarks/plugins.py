"""What plugins cost: twenty that are installed, a call of a hook, and observers of a stream.

The twenty are distributions with manifests on the path; four of them would import SQLAlchemy, aiohttp, playwright and
mypy. `hfs` with them and without them is started in turn. `python -m benchmarks.plugins`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.paint import PROMPT
from benchmarks.program import Program
from benchmarks.reporting import Figure, report
from hfs_core.api import Draft, HfsEvent, Paths, hookimpl
from hfs_core.chains import copied_draft
from hfs_core.kernel import Kernel
from hfs_core.testing import ScriptedModel, in_process

PLUGINS = 20
HEAVY = ("sqlalchemy", "aiohttp", "playwright.sync_api", "mypy.build")
ROUNDS = 15
TOKENS = 5_000
OBSERVERS = 5
CALLS = 20_000
HFS = str(Path(sys.executable).with_name("hfs"))

DISCOVER = """
import json, sys, time
from hfs_core.plugins.discovery import discover
from hfs_core.paths import Paths
began = time.perf_counter()
found = discover(Paths.from_environment())
seconds = time.perf_counter() - began
slow = [name for name in ("importlib_metadata", "importlib.metadata", "ruamel.yaml", "pydantic") if name in sys.modules]
print(json.dumps([len(found), seconds * 1000, slow]))
"""


def install(folder: Path) -> None:
    """Write twenty distributions, as pip would have put them there."""
    for number in range(PLUGINS):
        name = f"bench_{number:02}"
        package = folder / name
        package.mkdir(parents=True)
        heavy = f"import {HEAVY[number]}\n" if number < len(HEAVY) else ""
        (package / "__init__.py").write_text(
            f"{heavy}from hfs_core.api import CommandResult, Command, hookimpl\n\n\n"
            "async def handler(invocation):\n    return CommandResult()\n\n\n"
            f"@hookimpl\ndef provide_commands():\n    return [Command('{name}', 'Nothing', handler)]\n\n\n"
            "@hookimpl\ndef on_message(message, session):\n    return None\n"
        )
        (package / "manifest.yaml").write_text(
            f"name: {name}\nversion: 1.0.{number}\ndescription: One of twenty\n"
            "capabilities: [commands, messages.read, messages.transform]\n"
            "hooks: [provide_commands, on_message]\n"
            f"contributes:\n  commands:\n    - {{name: {name}, summary: Nothing}}\n"
        )
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[hfs.plugins]\n{name} = {name}\n")


def environment(home: Path, path: str = "") -> dict[str, str]:
    """Return the environment of a process that finds what is installed on `path`, too."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home.parent),
        "HFS_HOME": str(home),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": "none",
        "HFS_MODEL": "openai/none",
        "PYTHONPATH": path,
    }


def run(command: list[str], variables: dict[str, str]) -> tuple[float, str]:
    """Run a command to its end; return its seconds of wall time, and what it wrote."""
    began = time.perf_counter()
    done = subprocess.run(
        command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - began, done.stdout


def paint(variables: dict[str, str]) -> float:
    """Return the seconds from the start of the terminal interface to its first paint."""
    with Program([HFS], variables) as program:
        return program.wait_for(PROMPT) - program.started


def in_pairs(measure: Callable[[dict[str, str]], float], *both: dict[str, str]) -> float:
    """Return the median ratio of the second to the first, measured in turn; the first pair makes caches."""
    pairs = [tuple(measure(variables) for variables in both) for _ in range(ROUNDS + 1)][1:]
    for name, column in zip(("none", "twenty"), zip(*pairs, strict=True), strict=True):
        print(f"  {name}: {statistics.median(column) * 1000:.0f} ms")
    return statistics.median(many / none for none, many in pairs)


def starting(folder: Path) -> list[Figure]:
    """Compare `hfs --help`, and the first paint, with twenty plugins and with none of them."""
    installed = folder / "site"
    install(installed)
    none, many = environment(folder / "none"), environment(folder / "many", str(installed))
    written = run([HFS, "plugins", "list", "--json"], many)[1]
    there = sum(plugin["name"].startswith("bench_") for plugin in json.loads(written))
    if there != PLUGINS:
        raise RuntimeError(f"{there} of {PLUGINS} plugins were found")
    print("hfs --help")
    help_ratio = in_pairs(lambda variables: run([HFS, "--help"], variables)[0], none, many)
    print("first paint")
    paint_ratio = in_pairs(paint, none, many)
    answers = [json.loads(run([sys.executable, "-c", DISCOVER], many)[1]) for _ in range(ROUNDS)]
    slow = sorted({name for answer in answers for name in answer[2]})
    print(f"discovery of {answers[0][0]} plugins imports of what is slow: {', '.join(slow) or 'nothing'}")
    return [
        Figure("hfs --help with 20 plugins / with none", help_ratio, 1.1),
        Figure("first paint with 20 plugins / with none", paint_ratio, 1.1),
        Figure("discovery, warm", statistics.median(answer[1] for answer in answers), 10, "ms"),
        Figure("slow modules that discovery imports", len(slow), 0, "modules"),
    ]


class Sync:
    """A filter that leaves messages as they are."""

    @hookimpl
    def on_message(self, message: Draft) -> None:
        """Leave it as it is."""


class Async:
    """The same as a coroutine."""

    @hookimpl
    async def on_message(self, message: Draft) -> None:
        """Leave it as it is."""


class Observer:
    """Hears of everything, and counts the letters."""

    def __init__(self) -> None:
        self.letters = 0

    @hookimpl
    def on_event(self, event: HfsEvent) -> None:
        """Count the letters of deltas."""
        self.letters += len(getattr(event, "text", ""))


@asynccontextmanager
async def kernel_with(home: Path, *plugins: Any) -> AsyncIterator[tuple[Kernel, Any]]:
    """Run HFS with plugins that are classes, on the memory store."""
    found = [in_process(f"{plugin.__name__.lower()}_{n}", plugin) for n, plugin in enumerate(plugins)]
    kernel = Kernel(Paths(home), found=found, environ={})
    async with kernel as host:
        yield kernel, host


async def microseconds(call: Callable[[], Awaitable[Any]]) -> float:
    """Return what one of many calls takes, the best of five rounds."""
    await call()
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(CALLS // 5):
            await call()
        rounds.append((time.perf_counter() - began) / (CALLS // 5) * 1e6)
    return min(rounds)


async def hook(home: Path, *plugins: Any) -> float:
    """Return what one `on_message` takes with these plugins, in microseconds."""
    draft = Draft("user", "hello")
    handed = copied_draft(draft)
    async with kernel_with(home, *plugins) as (kernel, _):
        dispatcher = kernel._dispatcher  # what is measured has no other door

        def check(value: Any, answer: Any) -> Any:
            return answer

        return await microseconds(
            lambda: dispatcher.chain(
                "on_message", "message", draft, handed, check, copied_draft, session=None
            )
        )


async def calling(home: Path) -> list[Figure]:
    """Measure one isolated call: what the first implementation adds to a hook that nobody has."""
    nobody = await hook(home)
    one, many = await hook(home, Sync), await hook(home, *[Sync] * 5)
    waiting, waited = await hook(home, Async), await hook(home, *[Async] * 5)
    print(
        f"on_message: nobody {nobody:.2f} us; sync 1, 5: {one:.2f}, {many:.2f}; async {waiting:.1f}, {waited:.1f}"
    )
    return [
        Figure("one isolated sync hook call", one - nobody, 3, "us"),
        Figure("one isolated async hook call", waiting - nobody, 25, "us"),
        Figure("a sync call of five", (many - nobody) / 5, 3, "us"),
        Figure("an async call of five", (waited - nobody) / 5, 25, "us"),
    ]


async def streamed(home: Path, observers: int) -> float:
    """Return the seconds of CPU time that a reply of 5,000 tokens takes."""
    model = ScriptedModel(tuple(f"word{n} " for n in range(TOKENS)))

    class Models:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return [model]

    async with kernel_with(home, Models, *[Observer] * observers) as (_, host):
        await host.engine.send("warm up", session_id=None, model="scripted/model")
        began = time.process_time()
        await host.engine.send("go", session_id=None, model="scripted/model")
        return time.process_time() - began


async def observing(home: Path) -> list[Figure]:
    """Compare a stream that five plugins observe with one that nobody observes."""
    pairs = [(await streamed(home, 0), await streamed(home, OBSERVERS)) for _ in range(9)]
    alone, observed = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"CPU of {TOKENS:,} tokens: {alone * 1000:.0f} ms, observed by five: {observed * 1000:.0f} ms")
    ratio = statistics.median(observed / alone for alone, observed in pairs)
    return [Figure("5,000 tokens with five observers, CPU / with none", ratio, 1.2)]


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        figures = asyncio.run(calling(folder / "calls")) + asyncio.run(observing(folder / "stream"))
        return report([*figures, *starting(folder)])


if __name__ == "__main__":
    raise SystemExit(main())
