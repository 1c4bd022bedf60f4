"""Completing what follows a slash."""

from __future__ import annotations

import asyncio

import pytest

from hfs_core.api import Completion, Completions
from hfs_core.testing import ScriptedModel
from hfs_core.tui.matching import best
from tests.tui.conftest import StartChat, answers, commands_plugin, keep
from tests.tui.stage import Writing, writing
from tests.tui.test_composer_search import shown

COMMANDS = (
    Completion("help", "Say what there is"),
    Completion("rename", "Give a session another name"),
    Completion("resume", "Go on with a session"),
    Completion("sessions", "List the sessions"),
)
NAMES = (
    Completion("12", "old plans"),
    Completion("13", "new [red]plans"),
    Completion("'my file'", ""),
    Completion("docs/", ""),
    Completion("'old docs/'", ""),
)


class Source:
    """Completes commands, then names; can be made to wait."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def __call__(self, line: str) -> Completions:
        self.asked.append(line)
        await self.goes_on.wait()
        command, space, word = line.partition(" ")
        return Completions(len(command) + 1, word, NAMES) if space else Completions(0, command, COMMANDS)


async def offered(person: Writing, *lines: str) -> None:
    """Return once exactly this is offered."""
    try:
        await person.until(lambda: person.app.query("Popup") and shown(person) == list(lines))
    except TimeoutError:
        raise AssertionError(f"offered instead of {lines}:\n{person.text}") from None


async def test_commands_are_offered_with_summaries_while_they_are_typed() -> None:
    async with writing() as person:
        person.composer.use_completer(Source())
        await person.keys(" /")
        await offered(
            person,
            "help      Say what there is",
            "rename    Give a session another name",
            "resume    Go on with a session",
            "sessions  List the sessions",
        )
        await person.keys(" rsm")
        await offered(person, "resume  Go on with a session")
        await person.keys("backspace", "backspace", "backspace")
        await person.until(lambda: len(shown(person)) == 4)
        await person.keys("backspace")
        await offered(person)


async def test_tab_accepts_and_goes_on_to_the_arguments() -> None:
    async with writing() as person:
        person.composer.use_completer(Source())
        await person.keys(" /re")
        await offered(person, "rename  Give a session another name", "resume  Go on with a session")
        assert await person.keys("down", "tab") == "/resume "
        await offered(
            person,
            "12           old plans",
            "13           new [red]plans",
            "'my file'",
            "docs/",
            "'old docs/'",
        )
        await person.keys(" pla")
        await offered(person, "12  old plans", "13  new [red]plans")
        assert await person.keys("up", "tab") == "/resume 13 "
        assert person.app.sent == []
        assert await person.keys(*["backspace"] * 3, " fil", "tab") == "/resume 'my file' "
        assert await person.keys(*["backspace"] * 10, " doc", "tab") == "/resume docs/"
        assert await person.keys(*["backspace"] * 5, " old docs", "tab") == "/resume 'old docs/'"


async def test_enter_sends_exactly_what_is_typed() -> None:
    async with writing() as person:
        person.composer.use_completer(Source())
        await person.keys(" /re")
        await offered(person, "rename  Give a session another name", "resume  Go on with a session")
        await person.keys("down", "enter")
        assert person.app.sent == ["/re"]
        await offered(person)


async def test_escape_closes_the_list_and_tab_opens_it_again() -> None:
    async with writing() as person:
        person.composer.use_completer(Source())
        await person.keys(" /re")
        await person.until(lambda: person.composer._completing and person.composer._completing.is_open)
        assert await person.keys("escape", " s") == "/res"
        await person._pilot.pause()
        assert shown(person) == []
        assert person.app.noted == []
        await person.keys("escape")
        assert person.app.noted == ["escape"]
        assert await person.keys("tab") == "/resume "


async def test_a_tab_that_is_typed_before_anything_is_known_is_not_forgotten() -> None:
    async with writing() as person:
        source = Source()
        person.composer.use_completer(source)
        source.goes_on.clear()
        assert await person.keys(" /sess", "tab") == "/sess"
        source.goes_on.set()
        await person.until(lambda: person.composer.text == "/sessions ")


async def test_a_slow_completer_blocks_nothing_and_its_late_answer_is_dropped() -> None:
    async with writing() as person:
        source = Source()
        person.composer.use_completer(source)
        source.goes_on.clear()
        assert await person.keys(" /he", "tab", " y you") == "/hey you"
        source.goes_on.set()
        await person._pilot.pause()
        assert person.composer.text == "/hey you"
        await person.keys("enter")
        assert person.app.sent == ["/hey you"]


async def test_an_answer_for_a_line_that_is_another_one_by_now_is_dropped() -> None:
    async with writing() as person:
        source = Source()
        person.composer.use_completer(source)
        source.goes_on.clear()
        await person.keys(" /he")
        person.composer.move_cursor((0, 1))  # as a click does
        source.goes_on.set()
        await person._pilot.pause()
        assert not person.app.query("Popup")


async def test_a_completer_that_fails_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(line: str) -> Completions:
        raise ZeroDivisionError(line)

    async with writing() as person:
        person.composer.use_completer(fails)
        assert await person.keys(" /help", "tab") == "/help"
        await person.until(lambda: "ZeroDivisionError" in caplog.text)
        assert not person.app.query("Popup")


async def test_nothing_is_offered_for_other_texts() -> None:
    async with writing() as person:
        source = Source()
        person.composer.use_completer(source)
        await person.keys(" a /help", "tab", "ctrl+j", " /help", "tab")
        assert source.asked == []


async def test_a_command_that_comes_from_the_history_is_no_trap_for_up() -> None:
    async with writing() as person:
        person.composer.use_completer(Source())
        for text in ("one", "/help"):
            await person.keys(f" {text}", "enter")
        assert await person.keys("up", "up") == "one"


async def test_a_click_accepts() -> None:
    async with writing() as person:
        person.composer.use_completer(Source())
        await person.keys(" /re")
        await offered(person, "rename  Give a session another name", "resume  Go on with a session")
        await person._pilot.click("Popup", offset=(3, 1))
        assert person.composer.text == "/resume "


@pytest.mark.parametrize(("width", "height"), [(20, 8), (10, 4), (80, 2), (1, 1)])
async def test_fits_where_there_is_little_room(width: int, height: int) -> None:
    async with writing(size=(width, height)) as person:
        person.composer.use_completer(Source())
        await person.keys(" /")
        await person.until(lambda: person.composer._completing and person.composer._completing.is_open)
        assert await person.keys("down", "up", "up", "tab") == "/sessions "
        await person.resize(80, 24)


async def test_completes_what_the_plugins_have(start_chat: StartChat, store: object) -> None:
    session = await keep(store, "hello", name="old plans")  # type: ignore[arg-type] # the fixture's store
    plugin = commands_plugin(export=answers(), exhume=answers())
    async with start_chat(plugin, model=ScriptedModel("x")) as chat:
        await chat.pilot.press(*"/exp")
        await chat.sees("export", "does export")
        await chat.pilot.press("tab")
        assert chat.written == "/export "
        assert session


def test_the_best_fit_is_first() -> None:
    names = ["mode", "model", "remodel", "my-model", "m-o-d-e", "help"]
    assert best(names, "mode", lambda name: (name,), 9) == ["mode", "model", "my-model", "remodel", "m-o-d-e"]
    assert best(names, "MODEL", lambda name: (name,), 2) == ["model", "my-model"]
    assert best(names, "", lambda name: (name,), 3) == ["mode", "model", "remodel"]
    assert best(["b", "a"], "say", lambda name: (name, f"{name} says it"), 9) == ["b", "a"]
    assert best(["b"], "sy", lambda name: (name, "says it"), 9) == []


def test_a_hostile_name_does_not_keep_it_busy() -> None:
    name = "axbx" * 10_000
    assert best([name], "abababab" * 4, lambda each: (each,), 9) == [name]
