"""What plugins do that they should not, whichever hook they do it in."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from inspect import isawaitable
from typing import Any

from hfs_core.api import Draft, hookimpl
from hfs_core.plugins.signatures import PARAMETERS


class Boom(Exception):
    """What the animals raise."""


class Undescribable(Exception):
    """An error that fails to say what it is."""

    def __str__(self) -> str:
        raise Boom("no text")

    __repr__ = __str__


class Poisoned:
    """A value that raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise Boom(f"who asks for {name}?")

    def __str__(self) -> str:
        raise Boom("no text")

    def __iter__(self) -> Iterator[Any]:
        raise Boom("not to be walked")

    def __bool__(self) -> bool:
        raise Boom("neither nor")

    __repr__ = __str__


class Exiting:
    """A value that ends the process when it is asked what it is."""

    @property
    def __class__(self) -> Any:
        raise SystemExit(3)

    @__class__.setter
    def __class__(self, value: Any) -> None: ...


class Endless(list[Any]):
    """A list that has no end."""

    def __iter__(self) -> Iterator[Any]:
        return itertools.repeat(5)


def throw(error: BaseException) -> Any:
    """Raise, where only an expression fits."""
    raise error


async def throw_later(error: BaseException) -> Any:
    """Raise once awaited."""
    await asyncio.sleep(0)
    raise error


async def cancel_current() -> None:
    """Cancel the task that one runs in."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


def cancel_now() -> None:
    """Cancel the task that one is called from: where the hook is not async, the chat's own."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def cancel_others() -> None:
    """Cancel the tasks that hold the chat together, as far as their names tell."""
    for task in asyncio.all_tasks():
        if task.get_name().startswith("hfs:bad_"):
            task.cancel()
    await asyncio.sleep(0)


released = threading.Event()
"""Set once the test is over: who ignores cancellation may go."""


async def ignore_cancellation() -> None:
    """Go on, whoever asks to stop."""
    while not released.is_set():
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            continue


def recurse() -> Any:
    """Call oneself for ever."""
    return recurse()


def recurse_in_c() -> Any:
    """Go so deep that C code compares for ever."""
    a: list[Any] = []
    b: list[Any] = []
    a.append(b)
    b.append(a)
    c: list[Any] = []
    d: list[Any] = []
    c.append(d)
    d.append(c)
    return a == c


Act = Callable[..., Any]

FAILING: dict[str, Act] = {
    "raises": lambda **_: throw(Boom("boom")),
    "raises later": lambda **_: throw_later(Boom("boom")),
    "exits": lambda **_: sys.exit(3),
    "exits later": lambda **_: throw_later(SystemExit(3)),
    "interrupts": lambda **_: throw(KeyboardInterrupt()),
    "interrupts later": lambda **_: throw_later(KeyboardInterrupt()),
    "raises a cancellation": lambda **_: throw(asyncio.CancelledError()),
    "raises a cancellation later": lambda **_: throw_later(asyncio.CancelledError()),
    "cancels its task": lambda **_: cancel_current(),
    "ends an iteration": lambda **_: throw(StopIteration()),
    "ends a generator": lambda **_: throw(GeneratorExit()),
    "ends a generator later": lambda **_: throw_later(GeneratorExit()),
    "never answers": lambda **_: asyncio.Event().wait(),
    "ignores cancellation": lambda **_: ignore_cancellation(),
    "sleeps": lambda **_: asyncio.sleep(60),
    "recurses": lambda **_: recurse(),
    "recurses in C": lambda **_: recurse_in_c(),
    "is undescribable": lambda **_: throw(Undescribable()),
    "raises a group": lambda **_: throw(BaseExceptionGroup("two", [Boom("boom"), SystemExit(3)])),
    "cancels its caller": lambda **_: cancel_now(),
}
"""Each fails, in whichever hook: its plugin is named, with a traceback."""

WRONG: dict[str, Act] = {
    "a text": lambda **_: "wrong",
    "a number": lambda **_: 5,
    "a number later": lambda **_: asyncio.sleep(0, 5),
    "a list of texts": lambda **_: ["wrong"],
    "a list of nothing": lambda **_: [None],
    "a generator without end": lambda **_: itertools.repeat("wrong"),
    "a list without end": lambda **_: Endless(["wrong"]),
    "a huge list": lambda **_: ["wrong"] * 100_000,
    "what raises at a look": lambda **_: Poisoned(),
    "a list of what raises at a look": lambda **_: [Poisoned()],
    "what exits at a look": lambda **_: Exiting(),
    "a list of what exits at a look": lambda **_: [Exiting()],
    "a class": lambda **_: Draft,
    "an exception": lambda **_: Boom("returned"),
}
"""What no hook may answer: its plugin is named where the answer counts, and it does no harm where it does not."""


def culprit(hook: str, act: Act, *, is_async: bool = False) -> type[Any]:
    """Return a plugin class that has one hook, and does this in it."""
    parameters = PARAMETERS[hook]
    given = ", ".join(f"{name}={name}" for name in parameters)
    head = f"def {hook}({', '.join(('self', *parameters))}):"
    lines = (
        ["async " + head, f"    return await answered(act({given}))"]
        if is_async
        else [head, f"    return act({given})"]
    )
    source = "\n".join(["class Culprit:", "    @hookimpl", *(f"    {line}" for line in lines)])
    made: dict[str, Any] = {"hookimpl": hookimpl, "act": act, "answered": answered}
    exec(compile(source, f"<zoo {hook}>", "exec"), made)
    kind: type[Any] = made["Culprit"]
    return kind


async def answered(answer: Any) -> Any:
    """Return what an act answers, awaited where it is a coroutine."""
    return await answer if isawaitable(answer) else answer
