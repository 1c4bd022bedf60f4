"""What was sent: Up and Down, across sittings and processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.tui.composer.history import History
from hfs_core.tui.composer.history_file import ENTRIES, FILE_SIZE, LONGEST, HistoryFile
from tests.tui.conftest import StartChat
from tests.tui.stage import writing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history is kept; its folder is not there yet."""
    return tmp_path / "state" / "history.jsonl"


async def test_is_kept_across_sittings(start_chat: StartChat, home: Paths) -> None:
    async with start_chat() as chat:
        await chat.say("first")
        await chat.sees("Good day.", "ready")
        await chat.say("second\nline")
        await chat.pilot.press(*"cleared", "ctrl+c")
    file = home.state / "history.jsonl"
    assert [json.loads(line) for line in file.read_text().splitlines()] == ["first", "second\nline"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with start_chat() as chat:
        await chat.until(lambda: chat.app.views.composer._sent.texts)
        await chat.pilot.press("up")
        assert chat.written == "second\nline"
        await chat.pilot.press("up", "up")
        assert chat.written == "first"


async def test_what_is_sent_before_it_is_read_stays_last(path: Path) -> None:
    HistoryFile(path).append("earlier")
    async with writing() as person:
        await person.keys(" now", "enter", " draft")
        assert await person.keys("up") == "now"
        person.composer.use_history(path)
        await person.until(lambda: len(person.composer._sent.texts) == 2)
        assert await person.keys("up") == "earlier"
        assert await person.keys("down", "down") == "draft"
        await person.until(lambda: HistoryFile(path).read() == ["earlier", "now"])


async def test_a_large_text_comes_back_in_this_sitting_and_is_not_kept(path: Path) -> None:
    async with writing() as person:
        person.composer.use_history(path)
        await person.paste("x" * (LONGEST + 1))
        await person.keys("enter", " small", "enter")
        await person.until(lambda: HistoryFile(path).read() == ["small"])
        await person.keys("up", "up", "enter")
        assert person.app.sent == ["x" * (LONGEST + 1), "small", "x" * (LONGEST + 1)]


async def test_a_kept_text_that_is_large_comes_back_as_a_token(path: Path) -> None:
    HistoryFile(path).append("y" * 20_000)
    async with writing() as person:
        person.composer.use_history(path)
        await person.until(lambda: person.composer._sent.texts)
        assert await person.keys("up") == "[Pasted text #1: 20,000 characters]"


async def test_a_draft_is_not_lost_when_an_earlier_text_is_sent_in_its_place() -> None:
    async with writing() as person:
        await person.keys(" one", "enter", " draft", "up", "enter")
        assert person.app.sent == ["one", "one"]
        assert await person.keys("up") == "one"
        assert await person.keys("up") == "draft"


async def test_up_and_down_go_through_lines_before_texts() -> None:
    async with writing() as person:
        await person.keys(" one", "enter", " a", "ctrl+j", " b")
        await person.keys("up")
        assert person.cursor == (0, 1)
        assert await person.keys("up") == "one"
        assert await person.keys("down") == "a\nb"


async def test_undo_brings_back_what_an_earlier_text_took_the_place_of() -> None:
    async with writing() as person:
        await person.keys(" one", "enter", " draft", "up", " more", "up")
        assert await person.keys("ctrl+underscore", "ctrl+underscore") == "draft"


def test_the_last_thousand_are_read_and_the_same_in_a_row_once(path: Path) -> None:
    file = HistoryFile(path)
    for number in range(ENTRIES + 5):
        file.append(str(number))
    file.append(str(ENTRIES + 4))
    assert file.read() == [str(number) for number in range(5, ENTRIES + 5)]


def test_damaged_lines_are_passed_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(
        b'"one"\n{"a": 1}\n\xff\xfe\n"tw\n17\nnull\n\n"'
        + b"[" * 9_000
        + b'"\n'
        + b"[" * 99_000
        + b'\n"two"\n"cut o'
    )
    file = HistoryFile(path)
    assert file.read() == ["one", "[" * 9_000, "two"]
    file.append("three\n\u2028\ud800")
    assert file.read()[-2:] == ["two", "three\n\u2028\ud800"]


def test_a_file_that_has_grown_large_is_made_smaller(path: Path) -> None:
    file = HistoryFile(path)
    size = 50_000
    for number in range(FILE_SIZE // size + 2):
        file.append(f"{number} " + "x" * size)
    before = file.read()
    assert path.stat().st_size <= FILE_SIZE // 2
    after = file.read()
    assert 10 < len(after) < len(before)
    assert after == before[-len(after) :]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == [path.name]
    file.append("next")
    assert file.read()[-1] == "next"


def _write(path: Path, name: str, count: int) -> None:
    file = HistoryFile(path)
    for number in range(count):
        file.append(f"{name} {number} " + "x" * 20_000)
        if number % 10 == 0:
            file.read()


@pytest.mark.slow
def test_several_processes_append_while_the_file_is_made_smaller(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    count = 120
    writers = [context.Process(target=_write, args=(path, name, count)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert path.stat().st_size <= FILE_SIZE
    texts = HistoryFile(path).read()
    assert all(text.endswith("x" * 20_000) for text in texts)
    for name in "abc":
        numbers = [int(text.split()[1]) for text in texts if text.startswith(name)]
        assert numbers == list(range(count - len(numbers), count)), (
            "a text was lost, or is in the wrong place"
        )


def _spoil(path: Path, what: str) -> None:
    path.parent.mkdir()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.parent.rmdir()
        path.parent.write_text("not a folder")


@pytest.mark.parametrize("what", ["folder", "pipe", "unwritable"])
async def test_a_file_that_cannot_be_used_does_not_disturb(
    path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    _spoil(path, what)
    async with writing() as person:
        person.composer.use_history(path)
        await person.keys(" one", "enter", " two", "enter")
        await person.until(lambda: caplog.messages)
        assert await person.keys("up", "up") == "one"
    assert len([message for message in caplog.messages if "not kept" in message]) == 1


def test_a_lock_that_is_never_given_back_is_not_waited_for(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fcntl = pytest.importorskip("fcntl")
    file = HistoryFile(path)
    file.append("one")
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        thread = threading.Thread(target=file.append, args=("two",))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    assert "not kept" in caplog.text


def test_forgets_texts_that_cannot_be_shown_any_more() -> None:
    history = History()
    for text in ("one", "two", "three"):
        history.add(text)
    history.drop(lambda text: text == "two")
    assert history.older("") == "three"
    assert history.older("") == "one"
    assert history.older("") is None
