"""The commands of the plugin `commands`, by keys, as a person uses them in the chat."""

from __future__ import annotations

from hfs_core.api import Paths, WidgetSpec, hookimpl
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.plugins.discovery import PluginInfo, discover
from hfs_core.testing import Ending, ScriptedModel, in_process
from tests.tui.conftest import StartChat


def commands(home: Paths) -> PluginInfo:
    """The plugin as it is installed."""
    (found,) = (info for info in discover(home) if info.name == "commands")
    return found


async def test_help_shows_what_is_installed(start_chat: StartChat, home: Paths) -> None:
    async with start_chat(commands(home), size=(80, 50)) as chat:
        await chat.say("/help")
        await chat.sees("/retry", "Ask the last question again, in a new branch")
        await chat.say("/help retry")
        await chat.sees("hfs retry")
        await chat.say("/retr")
        await chat.sees("Unknown command: `/retr`; did you mean /retry?")


async def test_a_question_is_asked_again_in_a_branch(
    start_chat: StartChat, home: Paths, store: MemoryStore
) -> None:
    model = ScriptedModel("alpha", ["half", Ending.CLOSE], "third answer")
    async with start_chat(commands(home), model=model) as chat:
        await chat.say("why?")
        await chat.sees("alpha", "ready")
        await chat.say("/retry")
        await chat.sees("Retrying in a new branch", "why?", "half", "ready")
        assert "alpha" not in chat.text
        await chat.say("/retry")
        await chat.sees("third answer", "ready")
        assert "half" not in chat.text
    said = [[m.content for m in await store.messages(number)] for number in (1, 2, 3)]
    assert said == [["why?", "alpha"], ["why?", "half"], ["why?", "third answer"]]


async def test_clearing_begins_anew_and_says_how_to_come_back(
    start_chat: StartChat, home: Paths, store: MemoryStore
) -> None:
    async with start_chat(commands(home)) as chat:
        await chat.say("old words")
        await chat.sees("Good day.", "ready")
        await chat.say("/clear")
        await chat.sees("A new session. Session 1", "is kept")
        assert "Good day." not in chat.text
        await chat.say("new words")
        await chat.sees("new words", "Good day.", "ready")
    assert [(await store.session(number)).message_count for number in (1, 2)] == [2, 2]


async def test_code_is_copied(start_chat: StartChat, home: Paths, store: MemoryStore) -> None:
    model = ScriptedModel("So:\n```\nls -l\n```\n")
    async with start_chat(commands(home), model=model) as chat:
        await chat.say("/copy")
        await chat.sees("there is nothing to copy yet")
        await chat.say("how?")
        await chat.sees("ls -l", "ready")
        await chat.say("/copy code")
        await chat.until(lambda: chat.app.clipboard == "ls -l", "on the clipboard")
        await chat.sees("Copied the last block of code: 5 characters.")


async def test_a_model_is_used_from_the_next_message_on(start_chat: StartChat, home: Paths) -> None:
    model = ScriptedModel("ok")
    async with start_chat(commands(home), model=model) as chat:
        await chat.say("/model scripted/other")
        await chat.sees("scripted does not list it", "Model: scripted/other.", "HFS_MODEL goes before it")
        await chat.say("hi")
        await chat.sees("scripted/other", "ok", "ready")
    assert model.requests[0].model == "scripted/other"
    assert home.config.read_text() == "model: scripted/other\n"


async def test_settings_hold_at_once(start_chat: StartChat, home: Paths) -> None:
    async with start_chat(commands(home), size=(80, 40)) as chat:
        await chat.say("/theme nord")
        await chat.until(lambda: chat.app.theme == "nord", "the theme nord")
        await chat.say("/config set theme dracula")
        await chat.until(lambda: chat.app.theme == "dracula", "the theme dracula")
        await chat.say("/mode compact")
        await chat.until(lambda: chat.app.screen.has_class("-compact"), "compact")
        await chat.say("/config unset output_mode")
        await chat.until(lambda: chat.app.screen.has_class("-verbose"), "verbose again")
        await chat.say("/config show output_mode")
        await chat.sees("Setting", "Value", "Source", "output_mode", "default")
        await chat.say("/theme pink")
        await chat.sees("'pink' is not one of the allowed values", "hfs-dark")


async def test_exit_ends_hfs(start_chat: StartChat, home: Paths) -> None:
    async with start_chat(commands(home)) as chat:
        await chat.say("/exit")
        await chat.until(lambda: not chat.app.is_running, "the end")


async def test_a_theme_and_a_model_are_chosen_by_keys(start_chat: StartChat, home: Paths) -> None:
    async with start_chat(commands(home)) as chat:
        await chat.say("/theme")
        await chat.sees("hfs-dark (current)")
        await chat.pilot.press(*"dracula", "enter")
        await chat.until(lambda: chat.app.theme == "dracula", "the theme dracula")
        await chat.sees("Theme: dracula.")
        await chat.say("/model")
        await chat.sees("scripted/model (current)", "says what a script tells it to")
        await chat.pilot.press("enter")
        await chat.sees("Model: scripted/model.")


async def test_a_plugin_is_looked_at_and_switched_off_by_keys(start_chat: StartChat, home: Paths) -> None:
    async with start_chat(commands(home), size=(100, 30)) as chat:
        await chat.say("/plugins")
        await chat.sees("hfs-commands", "The commands of the chat that are about HFS itself", "x Switch off")
        await chat.pilot.press("x", "x")
        await chat.sees("off from the next start on")
    assert home.config.read_text() == "disabled_plugins:\n- commands\n"


async def test_plugins_that_are_broken_in_every_way_are_listed_and_looked_at(
    start_chat: StartChat, home: Paths
) -> None:
    words = "[red]\x1b[2J\x07\u202e~~~\n# " + "x" * 10_000
    evil = PluginInfo(
        "evil", words, words, fault=words, distribution=words, manifest=words, capabilities=(words,),
        hooks=(words,), commands=((words, words),), advisory=((words, (words,)),), warnings=(words,),
    )  # fmt: skip
    async with start_chat(evil, commands(home), size=(132, 40)) as chat:
        await chat.say("/plugins")
        await chat.sees("type to filter", "evil", "incompatible")
        await chat.pilot.press("down")
        await chat.sees("[red]", "more characters")
        await chat.pilot.press("c")
        await chat.until(lambda: chat.app.clipboard, "the report is copied")
        await chat.pilot.press("enter")
        await chat.sees("Type a message", "more characters")
        assert "\x1b" not in chat.text
        assert "\u202e" not in chat.text
        await chat.say("hello")
        await chat.sees("Good day.", "ready")


async def test_a_toast_about_a_failure_names_the_command_that_says_more(
    start_chat: StartChat, home: Paths
) -> None:
    def render(session_id: int | None) -> str:
        raise RuntimeError("boom")

    class Widgets:
        @hookimpl
        def provide_widgets(self) -> list[WidgetSpec]:
            return [WidgetSpec("panel", "Bad", render)]

    async with start_chat(in_process("bad", Widgets), commands(home), size=(100, 40)) as chat:
        await chat.sees("/plugins bad says more")
        await chat.say("/plugins bad")
        await chat.sees("Its last failure", "RuntimeError: boom", "r Try again")
        assert "isolation.py" not in chat.text
