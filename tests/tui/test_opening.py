"""From the first paint to the farewell."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from hfs_core.api import ConfigError, Host, Paths, StoreUnusable
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.kernel import Kernel
from hfs_core.testing import Ending, ScriptedModel
from hfs_core.tui.app import ChatApp, Opening
from tests.conftest import models_plugin
from tests.tui.conftest import StartChat, keep, store_plugin


class Gate:
    """A kernel that starts when it is let, in the thread that makes it."""

    def __init__(self, home: Paths, store: MemoryStore, *, model: ScriptedModel | None = None):
        self.may_start = threading.Event()
        self.home = home
        self.found = [models_plugin(model or ScriptedModel("Good day.")), store_plugin(store)]

    def start(self) -> Kernel:
        self.may_start.wait(20)
        return Kernel(self.home, found=self.found, environ={"HFS_MODEL": "scripted/model"})


async def test_paints_first_and_keeps_what_is_typed_before_it_has_started(
    start_chat: StartChat, home: Paths, store: MemoryStore
) -> None:
    gate = Gate(home, store)
    async with start_chat(start=gate.start, awaits=False) as chat:
        await chat.sees("Type a message", "starting")
        await chat.pilot.press(*"first", "enter", *"sec", "ctrl+j", *"ond")
        await chat.sees("queued: first", "sec", "ond")
        gate.may_start.set()
        await chat.sees("first", "Good day.", "ready")
        assert chat.written == "sec\nond"
        assert "queued" not in chat.text


async def test_a_command_before_the_start_waits_and_quitting_does_not(
    start_chat: StartChat, home: Paths, store: MemoryStore
) -> None:
    gate = Gate(home, store)
    async with start_chat(start=gate.start, awaits=False) as chat:
        await chat.say("/nonsense")
        await chat.sees("queued: /nonsense")
        await chat.say("hello")
        gate.may_start.set()
        await chat.sees("Unknown command: `/nonsense`", "ready")
        await chat.until(lambda: chat.written == "hello", "what was said after a command that failed")
        await chat.pilot.press("enter")
        await chat.sees("Good day.", "ready")
        await chat.say("/exit")
        await chat.until(lambda: not chat.app.is_running, "the end")


async def test_a_start_that_fails_is_a_sentence_and_keeps_the_words(start_chat: StartChat) -> None:
    def start() -> Any:
        raise StoreUnusable("the file sessions.db is damaged: restore a backup")

    async with start_chat(start=start, awaits=False) as chat:
        await chat.sees(
            "HFS could not start: the file sessions.db is damaged: restore a backup", "not running"
        )
        await chat.say("precious words")
        await chat.sees("precious words", "not sent")
        assert chat.written == "precious words"
        await chat.pilot.press("ctrl+c")
        assert chat.written == ""
        await chat.pilot.press("ctrl+d")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert chat.app.farewell == []


async def test_a_start_that_breaks_is_no_traceback(start_chat: StartChat) -> None:
    class Broken:
        faults: tuple[ConfigError, ...] = ()

        async def __aenter__(self) -> Host:
            raise RuntimeError("[red]boom[/]")

        async def __aexit__(self, *_: object) -> None:
            raise AssertionError("never entered")

    async with start_chat(start=Broken, awaits=False) as chat:
        await chat.sees("HFS could not start: RuntimeError: [red]boom[/]")
        assert "Traceback" not in chat.text
        chat.app.views.composer.insert("draft")
        await chat.pilot.press("ctrl+q")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert chat.app.farewell == ["Not sent: draft"]
    assert not chat.app.return_code


async def test_an_end_that_breaks_is_told_and_the_way_back_all_the_same(
    start_chat: StartChat, home: Paths, store: MemoryStore
) -> None:
    class Breaking(Kernel):
        async def __aexit__(self, *exc_info: Any) -> None:
            await super().__aexit__(*exc_info)
            raise RuntimeError("boom\x1b[31m")

    found = [models_plugin(ScriptedModel("Good day.")), store_plugin(store)]

    def start() -> Kernel:
        return Breaking(home, found=found, environ={"HFS_MODEL": "scripted/model"})

    async with start_chat(start=start) as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        await chat.pilot.press("ctrl+d")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert chat.app.farewell == [
        "HFS did not end as it should: RuntimeError: boom",
        "Resume with: hfs -r 1",
    ]


async def test_goes_on_with_the_current_session(start_chat: StartChat, store: MemoryStore) -> None:
    session_id = await keep(store, "what is up", "not much")
    await keep(store, "other", "thing", name="other")
    await keep(store, "latest", "reply", name="latest")
    async with start_chat(opening=Opening(continue_latest=True)) as chat:
        await chat.sees("latest", "reply", "scripted/model · latest")
    async with start_chat(opening=Opening(resume="old pl")) as chat:
        await chat.sees("what is up", "not much", "old plans")
        await chat.say("go on")
        await chat.sees("Good day.", "ready")
        asked = [message.content for message in chat.model.requests[0].messages]
        assert asked == ["what is up", "not much", "go on"]
    assert chat.app.farewell == [f"Resume with: hfs -r {session_id}"]


async def test_a_session_that_is_not_there_is_a_sentence(start_chat: StartChat, store: MemoryStore) -> None:
    async with start_chat(opening=Opening(resume="nowhere")) as chat:
        await chat.sees("no session is called, or numbered, 'nowhere'")
        await chat.say("hello")
        await chat.sees("Good day.")


async def test_words_for_a_session_that_is_not_there_are_given_back(
    start_chat: StartChat, home: Paths, store: MemoryStore
) -> None:
    gate = Gate(home, store)
    async with start_chat(start=gate.start, opening=Opening(resume="nowhere"), awaits=False) as chat:
        await chat.say("for nowhere")
        gate.may_start.set()
        await chat.sees("no session is called", "ready")
        assert chat.written == "for nowhere"
        assert not list(await store.sessions())


async def test_nothing_to_continue_is_told(start_chat: StartChat) -> None:
    async with start_chat(opening=Opening(continue_latest=True)) as chat:
        await chat.sees("there is no session to continue: this is a new one")


async def test_without_a_store_continuing_says_why_not(start_chat: StartChat) -> None:
    async with start_chat(opening=Opening(continue_latest=True), is_saved=False) as chat:
        await chat.sees("there are no sessions to continue: no store is installed")


async def test_leaving_a_session_tells_how_to_come_back(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        await chat.pilot.press("ctrl+d")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert chat.app.farewell == ["Resume with: hfs -r 1"]
    assert chat.app.return_code == 0


async def test_leaving_without_a_message_says_nothing(start_chat: StartChat, store: MemoryStore) -> None:
    async with start_chat() as chat:
        await chat.pilot.press("ctrl+d")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert chat.app.farewell == []
    assert not list(await store.sessions())


async def test_leaving_names_what_is_not_saved(start_chat: StartChat) -> None:
    async with start_chat(is_saved=False) as chat:
        await chat.sees("not saved: no store is installed")
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        await chat.say("/quit")
        await chat.until(lambda: not chat.app.is_running, "the end")
    (line,) = chat.app.farewell
    assert line.startswith("Not saved: hello - ")
    assert "no store is installed" in line


async def test_leaving_in_mid_reply_keeps_its_words(start_chat: StartChat, store: MemoryStore) -> None:
    async with start_chat(model=ScriptedModel(["some words", Ending.HANG])) as chat:
        await chat.say("hello")
        await chat.sees("some words")
        await chat.say("and then")
        await chat.say("/exit")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert chat.app.farewell == ["Resume with: hfs -r 1", "Not sent: and then"]
    assert [message.status for message in await store.messages(1)] == ["complete", "interrupted"]


async def test_an_app_that_ends_at_once_still_stops_the_kernel(
    start_chat: StartChat, store: MemoryStore
) -> None:
    async with start_chat(model=ScriptedModel(["some words", Ending.HANG])) as chat:
        await chat.say("hello")
        await chat.sees("some words")
        chat.app.exit()
    assert [message.content for message in await store.messages(1)] == ["hello", "some words"]
    assert chat.app.farewell == ["Resume with: hfs -r 1"]


async def test_a_fault_in_the_settings_is_told(start_chat: StartChat, home: Paths) -> None:
    home.root.mkdir()
    home.config.write_text("output_mode: loud\n")
    async with start_chat() as chat:
        await chat.sees("output_mode", "compact")


async def test_colours_can_be_refused(monkeypatch: pytest.MonkeyPatch, start_chat: StartChat) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with start_chat() as chat:
        await chat.say("hello")
        await chat.sees("Good day.")
        colours = {
            segment.style.color.get_truecolor()
            for strip in chat.app.screen._compositor.render_strips()
            for segment in strip.apply_filter(chat.app._filters[0], chat.app.background_colors[0])
            if segment.style and segment.style.color
        }
        assert all(colour.red == colour.green == colour.blue for colour in colours)


def test_the_first_paint_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import sys, hfs_core.tui.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    heavy = {
        "pydantic",
        "pluggy",
        "sqlalchemy",
        "click",
        "markdown_it",
        "textual.widgets._markdown",
        "httpx2",
    }
    assert not heavy & loaded
    assert {name for name in loaded if name.startswith("hfs_core.")} == {
        name for name in loaded if name.startswith(("hfs_core.tui", "hfs_core.api"))
    }


def test_the_app_is_a_plain_object_until_it_runs() -> None:
    asyncio.run(_made())


async def _made() -> None:
    app = ChatApp(lambda: pytest.fail("started before it ran"))
    assert app.farewell == []
