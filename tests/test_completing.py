"""What a line that is being written may become."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import pytest

from hfs_core.api import Command, CommandResult, Completion, Host, Invocation, Param, complete, hookimpl
from hfs_core.contracts import Append, Create
from hfs_core.models import Draft, Role
from hfs_core.testing import ScriptedModel, in_process
from tests.conftest import StartKernel


async def _colours(invocation: Invocation, word: str) -> Sequence[Completion]:
    return [Completion(f"{word}red", "warm"), Completion("sky blue", "cold")]


async def _paint(
    invocation: Invocation,
    how: Literal["thick", "thin"],
    colour: Annotated[str, Param("of the paint", complete=_colours)],
    *words: Annotated[str, Param(complete=("one", "two"))],
    on: Annotated[str, Param("a file", complete="file")] = "",
    session: Annotated[str, Param(complete="session")] = "",
    fast: bool = False,
) -> CommandResult:
    return CommandResult()


async def _ask(invocation: Invocation, model: Annotated[str, Param(complete="model")]) -> CommandResult:
    return CommandResult()


async def _values(invocation: Invocation, word: str) -> Sequence[Completion]:
    return [Completion(" ".join(invocation.written))]


async def _change(
    invocation: Invocation, key: str, *value: Annotated[str, Param(complete=_values)]
) -> CommandResult:
    return CommandResult()


class Painter:
    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [Command("paint", "Paint it", _paint), Command("ask", "Ask it", _ask)]


PAINTER = in_process("painter", Painter, commands=(("paint", "Paint it"), ("ask", "Ask it")))


def invocation(host: Host) -> Invocation:
    async def never(question: str) -> bool:
        raise AssertionError(question)

    return Invocation(None, host, never, lambda text, share: None)


@pytest.mark.parametrize(
    ("line", "start", "word", "texts"),
    [
        ("", 0, "", ["ask", "paint"]),
        ("pa", 0, "pa", ["ask", "paint"]),
        ("paint ", 6, "", ["thick", "thin"]),
        ("paint  th", 7, "th", ["thick", "thin"]),
        ("paint thin ", 11, "", ["red", "'sky blue'"]),
        ("paint thin 'sk", 11, "sk", ["skred", "'sky blue'"]),
        ("paint thin red ", 15, "", ["one", "two"]),
        ("paint thin red one two ", 23, "", ["one", "two"]),
        ("paint --fast thin ", 18, "", ["red", "'sky blue'"]),
        ("paint --", 6, "--", ["--on", "--session", "--fast"]),
        ("ask ", 4, "", ["scripted/model"]),
        ("ask scripted/m ", 15, "", []),
        ("nothing ", 8, "", []),
    ],
)
async def test_a_line_is_completed(
    start_kernel: StartKernel, line: str, start: int, word: str, texts: list[str]
) -> None:
    model = ScriptedModel("ok")
    async with start_kernel(PAINTER, model=model) as host:
        found = await complete(line, invocation(host))
    assert (found.start, found.word) == (start, word)
    assert [candidate.text for candidate in found.candidates] == texts


async def test_a_completer_knows_the_words_before(start_kernel: StartKernel) -> None:
    class Changer:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command("change", "Change it", _change)]

    async with start_kernel(in_process("changer", Changer, commands=(("change", "Change it"),))) as host:
        found = await complete("change 'the key' fast wo", invocation(host))
    assert [candidate.text for candidate in found.candidates] == ["'the key fast'"]


async def test_sessions_and_files_are_completed(
    start_kernel: StartKernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.md").touch()
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "my plan.md").touch()
    monkeypatch.chdir(tmp_path)
    async with start_kernel(PAINTER) as host:
        await host.store.apply(Create("u", "about rain"), Append("u", Draft(Role.USER, "rain?")))
        sessions = await complete("paint --session ", invocation(host))
        folder = await complete("paint --on ", invocation(host))
        below = await complete("paint --on plans/m", invocation(host))
    assert [(found.text, found.summary) for found in sessions.candidates] == [("1", "about rain")]
    assert {"notes.md", "plans/"} <= {found.text for found in folder.candidates}
    assert [found.text for found in below.candidates] == ["'plans/my plan.md'"]
