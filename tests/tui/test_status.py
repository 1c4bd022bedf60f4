"""The status line, the banner, and what is told of plugins and the store."""

from __future__ import annotations

import pytest

from hfs_core.api import hookimpl
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import in_process
from hfs_core.tui.status import fitted
from hfs_core.tui.text import cut_middle
from tests.faulty_store import FaultyStore
from tests.tui.conftest import StartChat, host_of


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (40, "local/qwen2.5 · my plans"),
        (21, "local/qwen2.5"),
        (22, "local/qwen2.5 · my…ans"),
        (16, "qwen2.5 · my…ans"),
        (8, "qwen2.5"),
        (5, "qw….5"),
        (1, ""),
        (0, ""),
    ],
)
def test_what_matters_most_stays(width: int, line: str) -> None:
    found = fitted("local/qwen2.5", "my plans", width)
    assert len(found) <= width
    if width in (40, 8, 5, 1, 0):
        assert found == line


@pytest.mark.parametrize("width", range(12))
def test_cutting_keeps_both_ends_and_the_width(width: int) -> None:
    cut = cut_middle("plans (fork 2)", width)
    assert len(cut) <= width
    if width >= 3:
        assert cut[0] == "p"
        assert cut[-1] == ")"


def test_cutting_counts_cells_not_letters() -> None:
    assert cut_middle("日本語日本語", 7) == "日本…語"


@pytest.mark.parametrize(
    ("width", "cut"),
    [
        (70, "question 3 about the history o... - 2026-11-21_08-30 (fork 2)"),
        (40, "question 3 about the history o… (fork 2)"),
        (28, "question 3 about t… (fork 2)"),
        (12, "questi…rk 2)"),
    ],
)
def test_the_time_in_a_name_is_the_first_to_go(width: int, cut: str) -> None:
    assert cut_middle("question 3 about the history o... - 2026-11-21_08-30 (fork 2)", width) == cut


@pytest.mark.parametrize("name", ["storage, and then some more of it", "hello th... - 2026-11-21_11-35"])
def test_what_tells_branches_apart_is_the_last_to_go(name: str) -> None:
    for width in range(22, len(name)):
        first, second = (cut_middle(f"{name} (rewind from #{number})", width) for number in (1, 2))
        assert first.endswith(" (rewind from #1)")
        assert second.endswith(" (rewind from #2)")
        assert first.startswith(name[:4])
        assert len(first) <= width
    assert cut_middle("日本語日本語 (fork)", 12) == "日本… (fork)"


async def test_tells_what_is_not_saved_and_when_it_is_again(
    start_chat: StartChat, store: MemoryStore
) -> None:
    faulty = FaultyStore(store, is_full=True)
    async with start_chat(keeper=faulty) as chat:
        assert "not saved" not in chat.text
        await chat.say("hello")
        await chat.sees("not saved: the disk is full", "Good day.", "ready")
        faulty.is_full = False
        assert await host_of(chat).store.flush()  # type: ignore[attr-defined] # the store around the faulty one
        await chat.until(lambda: "not saved" not in chat.text, "it is saved")
        await chat.say("again")
        await chat.until(lambda: chat.app.views.transcript.count == 4, "both answers")
        await chat.sees("again", "ready")
    assert chat.app.farewell == ["Resume with: hfs -r 1"]
    assert [message.content for message in await store.messages(1)][::2] == ["hello", "again"]


async def test_a_store_that_recovers_in_mid_reply_keeps_the_chat_going(
    start_chat: StartChat, store: MemoryStore
) -> None:
    faulty = FaultyStore(store, is_full=True)

    class Mender:
        @hookimpl
        def before_send(self) -> None:
            faulty.is_full = False

    async with start_chat(in_process("mender", Mender), keeper=faulty) as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        await host_of(chat).store.flush()  # type: ignore[attr-defined] # the store around the faulty one
        await chat.say("again")
        await chat.until(lambda: chat.app.views.transcript.count == 4, "both answers")
        await chat.sees("ready")


async def test_leaving_during_an_outage_names_the_session(start_chat: StartChat, store: MemoryStore) -> None:
    async with start_chat(keeper=FaultyStore(store, is_full=True)) as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        await chat.pilot.press("ctrl+d")
        await chat.until(lambda: not chat.app.is_running, "the end")
    (line,) = chat.app.farewell
    assert line.startswith("Not saved: hello - ")
    assert line.endswith("the disk is full")


async def test_a_plugin_that_fails_is_named_once(start_chat: StartChat) -> None:
    class Broken:
        @hookimpl
        def before_send(self) -> None:
            raise RuntimeError("[red]boom[/]")

    async with start_chat(in_process("broken", Broken)) as chat:
        await chat.say("hello")
        await chat.sees("▌ broken", "failed in before_send: RuntimeError:", "[red]boom[/]")
        await chat.sees("Good day.", "ready")
        await chat.say("again")
        await chat.until(lambda: chat.app.views.transcript.count == 4, "the second answer")
        assert chat.text.count("boom") == 1


async def test_a_plugin_that_is_put_out_of_use_is_named_once(start_chat: StartChat) -> None:
    class Broken:
        @hookimpl
        def before_send(self) -> None:
            raise RuntimeError("boom")

    async with start_chat(in_process("broken", Broken), size=(119, 40)) as chat:
        for number in range(1, 5):
            await chat.say("hello")
            await chat.until(lambda n=number: chat.app.views.transcript.count == 2 * n)  # type: ignore[misc]
        await chat.sees("it failed 3 times in a row and is off for this session", "ready")
        assert chat.text.count("off for this session") == 1


async def test_fits_the_smallest_screens(start_chat: StartChat) -> None:
    async with start_chat(is_saved=False) as chat:
        await chat.say("hello")
        await chat.sees("Good day.")
        await chat.pilot.press(*"typed")
        for size in ((40, 12), (20, 10), (20, 6), (20, 3), (20, 2), (10, 1), (1, 1), (80, 24)):
            await chat.pilot.resize_terminal(*size)
            await chat.pilot.pause()
            if size[0] >= 10:
                await chat.sees("typed")
        await chat.sees("hello", "Good day.", "not saved", "typed")
