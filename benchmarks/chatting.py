"""The programs that the benchmarks of the chat compare: `python -m benchmarks.chatting chat|bare|empty ...`."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

END = "ZZEND"
"""The last word of a reply."""

SECTION = """## Section {number}

The {number}. paragraph is *plain* prose with some **bold** words, `inline_code({number})` and a
[link](https://example.org/{number}), long enough to be wrapped in a terminal of eighty columns. It goes on for
another sentence or two, because models like to explain what nobody has asked them. Everything considered,
understanding paragraphs without emphasis requires comparatively little concentration, notwithstanding their
extraordinary length and unnecessarily complicated vocabulary throughout.

- a first point, short
- a second one with `code` in it
  - and a nested one
- a third one that is longer than the others, so that it takes more than one line on the screen

| name | value | note |
|---|---|---|
| alpha | {number} | the first |
| beta | {number}{number} | the second, **bold** |

```python
def step_{number}(values: list[int]) -> int:
    total = 0
    for value in values:  # from the first to the last
        total += value * {number}
    return total
```

"""


def tokens(count: int) -> list[str]:
    """Return Markdown of that many tokens: prose, lists, tables and code; 23 kB for 5,000."""
    text = "".join(SECTION.format(number=number) for number in range(1, count // 80))
    pieces = re.findall(r"\n+|[ ]*\w+[^\w\s]?|[ ]*[^\w\s]{1,4}|[ ]+", text)[: count - 1]
    return [*pieces, f"\n\n{END}\n"]


async def said(count: int, rate: float, burst: int = 0) -> AsyncIterator[str]:
    """Give tokens, so many a second; the first `burst`, and all with a rate of 0, as fast as they are taken."""
    started = time.perf_counter()
    for number, token in enumerate(tokens(count)):
        if number < burst:
            started = time.perf_counter()
        due = started + max(number - burst, 0) / rate - time.perf_counter() if rate else 0.0
        await asyncio.sleep(max(due, 0))
        yield token


def session_of(home: Path, messages: int) -> int:
    """Keep a session with that many messages, questions and Markdown, and return its id."""
    from hfs_sqlite_store.store import open_store

    from hfs_core.api import Append, Create, Draft

    answers = ["".join(tokens(count)[:-1]) for count in (90, 180, 270)]

    async def keep() -> int:
        (home / "hfs").mkdir(exist_ok=True)
        async with open_store(home / "hfs" / "sessions.db") as store:
            uid = f"{messages} messages, {time.time_ns()}"
            await store.apply(Create(uid, uid))
            for start in range(0, messages, 1_000):
                await store.apply(
                    *(
                        Append(uid, Draft("assistant", f"Answer {n}.\n\n{answers[n // 2 % 3]}\n\nDone{n}"))
                        if n % 2
                        else Append(uid, Draft("user", f"Question {n}, if you please?"))
                        for n in range(start, min(start + 1_000, messages))
                    )
                )
            return (await store.session(uid)).id

    return asyncio.run(keep())


def chat(count: int, rate: float, options: dict[str, Any]) -> None:
    """Run HFS with its plugins and a model that says these tokens."""
    from hfs_core.tui.app import ChatApp, Opening

    def start() -> Any:
        from hfs_core.api import Finished, ModelInfo, Paths, Request, TextDelta, hookimpl
        from hfs_core.kernel import Kernel
        from hfs_core.plugins.discovery import discover
        from hfs_core.testing import in_process

        class Talker:
            name = "talker"

            async def models(self) -> list[ModelInfo]:
                return [ModelInfo("model")]

            @asynccontextmanager
            async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[Any]]:
                async def deltas() -> AsyncIterator[Any]:
                    async for token in said(count, rate, options.get("burst", 0)):
                        yield TextDelta(token)
                    yield Finished("stop")

                yield deltas()

        class Models:
            @hookimpl
            def provide_models(self) -> list[Any]:
                return [Talker()]

        paths = Paths.from_environment()
        found = [*discover(paths), in_process("talker", Models)]
        return Kernel(paths, found=found, environ={"HFS_MODEL": "talker/model"})

    app = ChatApp(start, Opening(resume=options.get("resume")))
    _watch(app, options)
    app.run()


def bare(count: int, rate: float, pace: float) -> None:
    """Run a bare Textual app that appends what came in each `pace` to one Markdown, once a key is pressed."""
    from textual.app import App, ComposeResult
    from textual.containers import VerticalScroll
    from textual.widgets import Input, Markdown

    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            with VerticalScroll(can_focus=False):
                yield Markdown()
            yield Input(placeholder="Type a message")

        def on_mount(self) -> None:
            self.query_one(VerticalScroll).anchor()

        def on_input_submitted(self) -> None:
            self.streaming = asyncio.create_task(self.stream())

        async def stream(self) -> None:
            came: list[str] = []
            is_over = False

            async def produce() -> None:
                nonlocal is_over
                async for token in said(count, rate):
                    came.append(token)
                is_over = True

            producing = asyncio.create_task(produce())
            while not is_over or came:
                text = "".join(came)
                came.clear()
                if text:
                    await self.query_one(Markdown).append(text)
                await asyncio.sleep(pace)
            await producing

    Bare().run()


def _watch(app: Any, options: dict[str, Any]) -> None:
    """Write down how late the event loop runs what is due, when told so by a signal.

    The file that is named gets pairs of the moment and the lag, in seconds.
    """
    if "lags" not in options:
        return
    lags: list[tuple[float, float]] = []

    async def watching() -> None:
        while True:
            due = time.perf_counter() + 0.005
            await asyncio.sleep(0.005)
            lags.append((due, time.perf_counter() - due))

    def begin() -> None:
        app.watching = asyncio.create_task(watching())

    signal.signal(signal.SIGUSR1, lambda *_: Path(options["lags"]).write_text(json.dumps(lags)))
    app.call_later(begin)


def main(kind: str, count: str, rate: str, rest: str = "{}") -> None:
    """Run one of the programs."""
    if kind == "chat":
        chat(int(count), float(rate), json.loads(rest))
    else:
        bare(int(count), float(rate), float(rest))


if __name__ == "__main__":
    main(*sys.argv[1:])
