"""Commands: declared once, parsed the same everywhere, and contained."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any, Literal

import pytest

from hfs_core.api import (
    Command,
    CommandError,
    CommandResult,
    Host,
    Invocation,
    Notice,
    Param,
    Paths,
    UsageError,
    hookimpl,
)
from hfs_core.kernel import Kernel
from hfs_core.naming import names_of, nearest
from hfs_core.testing import in_process

from .conftest import StartKernel


async def rename(
    invocation: Invocation,
    name: Annotated[str, Param("the new name")],
    *words: str,
    times: int = 1,
    loudly: bool = False,
    how: Literal["fast", "slow"] = "fast",
) -> CommandResult:
    """Answer with what it was given."""
    return CommandResult((Notice(repr((name, words, times, loudly, how))),))


async def fail(invocation: Invocation) -> CommandResult:
    """Fail."""
    raise ValueError("[red]boom")


async def leave(invocation: Invocation) -> CommandResult:
    """Try to end everything."""
    raise SystemExit(3)


async def cancel(invocation: Invocation) -> CommandResult:
    """Cancel itself."""
    raise asyncio.CancelledError


async def scatter(invocation: Invocation) -> CommandResult:
    """Answer with parts that are none."""
    return CommandResult(("words",), effects=(5,))  # type: ignore[arg-type]


async def misread(invocation: Invocation, word: Nowhere) -> CommandResult:  # type: ignore[name-defined] # noqa: F821
    """Have a parameter of a type that is not there."""
    return CommandResult()


async def mumble(invocation: Invocation) -> Any:
    """Answer with what is no result."""
    return "words"


def plugin(name: str, *commands: Command, declared: tuple[str, ...] | None = None) -> Any:
    class Commands:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            return list(commands)

    names = declared if declared is not None else tuple(command.name for command in commands)
    return in_process(name, Commands, commands=tuple((name, f"{name} it") for name in names))


ALL = plugin(
    "tools",
    Command("rename", "Rename", rename),
    Command("fail", "Fail", fail),
    Command("leave", "Leave", leave),
    Command("mumble", "Mumble", mumble),
    Command("cancel", "Cancel", cancel),
    Command("scatter", "Scatter", scatter),
    Command("misread", "Misread", misread),
)


def invocation(host: Host) -> Invocation:
    async def confirm(question: str) -> bool:
        return True

    return Invocation(None, host, confirm=confirm, progress=lambda text, share: None)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ('rename "my plans"', ("my plans", (), 1, False, "fast")),
        ("rename a b c --times 3 --loudly --how slow", ("a", ("b", "c"), 3, True, "slow")),
        ("rename --times=2 it's", ("it's", (), 2, False, "fast")),
        ("rename -- --loudly", ("--loudly", (), 1, False, "fast")),
    ],
)
async def test_a_line_becomes_typed_parameters(start_kernel: StartKernel, line: str, answer: Any) -> None:
    async with start_kernel(ALL) as host:
        result = await host.commands.run(line, invocation(host))
    assert result.parts == (Notice(repr(answer)),)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rename", ["NAME"]),
        ("rename a --times many", ["many", "--times"]),
        ("rename a --how sideways", ["fast", "slow"]),
        ("rename a --colour red", ["--colour"]),
        ("", ["/help"]),
    ],
)
async def test_a_line_that_does_not_fit_says_how_it_is_used(
    start_kernel: StartKernel, line: str, words: list[str]
) -> None:
    async with start_kernel(ALL) as host:
        with pytest.raises(UsageError) as caught:
            await host.commands.run(line, invocation(host))
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fail", ["/fail failed", "ValueError", "[red]boom"]),
        ("leave", ["/leave tried to end HFS"]),
        ("mumble", ["/mumble answered with a str"]),
        ("cancel", ["/cancel failed", "CancelledError"]),
        ("scatter", ["/scatter answered with a str"]),
        ("misread word", ["/misread", "Nowhere"]),
        ("renam x", ["Unknown command: `/renam`", "/rename"]),
        ("ren", ["Unknown command: `/ren`; did you mean /rename?"]),
        ("zzz", ["Unknown command: `/zzz`"]),
    ],
)
async def test_a_command_that_fails_is_one_sentence(
    start_kernel: StartKernel, line: str, words: list[str]
) -> None:
    async with start_kernel(ALL) as host:
        with pytest.raises(CommandError) as caught:
            await host.commands.run(line, invocation(host))
    for word in words:
        assert word in str(caught.value)


async def test_commands_are_listed_without_importing_their_plugin(start_kernel: StartKernel) -> None:
    ghost = plugin("ghost", declared=("haunt",)).__class__(
        "ghost", module="not_there", commands=(("haunt", "H"),), capabilities=("commands",), lists=True
    )
    async with start_kernel(ghost, ALL) as host:
        assert [command.name for command in host.commands.names()] == [
            "cancel",
            "fail",
            "haunt",
            "leave",
            "misread",
            "mumble",
            "rename",
            "scatter",
        ]
        with pytest.raises(
            CommandError, match=r"/haunt is not to be had: plugin ghost is quarantined: .*not_there"
        ):
            await host.commands.run("haunt", invocation(host))


@pytest.mark.parametrize("rubbish", [5, [None], "words", [5]])
async def test_a_plugin_that_provides_no_commands_is_blamed(start_kernel: StartKernel, rubbish: Any) -> None:
    class Rubbish:
        @hookimpl
        def provide_commands(self) -> Any:
            return rubbish

    bad = in_process("bad", Rubbish, commands=(("go", "Go"),))
    async with start_kernel(bad) as host:
        with pytest.raises(CommandError, match=r"plugin bad is failing: .* provide_commands: it gave a"):
            await host.commands.run("go", invocation(host))


async def test_a_command_that_the_manifest_does_not_list_is_refused(start_kernel: StartKernel) -> None:
    sly = plugin("sly", Command("open", "Open", fail), Command("hidden", "Hidden", fail), declared=("open",))
    async with start_kernel(sly) as host:
        with pytest.raises(CommandError, match="plugin sly is incompatible: its manifest does not list"):
            await host.commands.run("open", invocation(host))
        entry = host.plugins.entries["sly"]
        assert (entry.state, entry.is_active) == ("incompatible", False)
        assert entry.reason == "its manifest does not list the command hidden, which it provides"
        assert host.commands.names() == []


def test_what_makes_sense_only_in_the_chat_is_known_by_name() -> None:
    names = names_of([("one", [("go", "")]), ("two", [("go", ""), ("stay", "")])], {"two": ("go",)})
    assert [(name.name, name.is_chat_only) for name in names] == [
        ("go", False),
        ("stay", False),
        ("two.go", True),
    ]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("se", ["serve", "sessions"]),
        ("sesions", ["sessions"]),
        ("mode", ["mode", "model", "models"]),
        ("", []),
        ("xyz", []),
    ],
)
def test_the_nearest_names_begin_alike_or_look_alike(word: str, near: list[str]) -> None:
    assert nearest(word, ["model", "models", "sessions", "serve", "mode"]) == near


def test_the_first_to_have_a_name_keeps_it() -> None:
    names = names_of([("one", [("go", "first")]), ("two", [("go", "second"), ("stay", "s")])])
    assert [(name.name, name.plugin, name.own_name) for name in names] == [
        ("go", "one", "go"),
        ("stay", "two", "stay"),
        ("two.go", "two", "go"),
    ]


async def test_commands_of_a_plugin_without_a_manifest_are_known_once_it_is_imported(home: Paths) -> None:
    bare = replace(plugin("bare", Command("bare-one", "Be bare", mumble)), lists=False, commands=(), hooks=())
    kernel = Kernel(home, found=[bare], environ={})
    async with kernel as host:
        assert host.commands.names() == []
        await kernel.load_unlisted()
        assert [command.name for command in host.commands.names()] == ["bare-one"]
