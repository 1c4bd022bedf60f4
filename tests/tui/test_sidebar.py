"""The sidebar: there where there is room, folded away with a key, and a way to other sessions."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from hfs_core.api import Parent, Paths, Session, StoreError
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import Ending, ScriptedModel
from hfs_core.tui import session_feed
from hfs_core.tui.app import Opening
from hfs_core.tui.preferences import Preferences, read_preferences, write_preferences
from hfs_core.tui.session_list import SessionList, tree
from tests.tui.conftest import Chat, StartChat, host_of, keep

WIDE = (130, 24)
ROOMY = (104, 24)


def sidebar(chat: Chat) -> bool:
    """Whether the sidebar can be seen."""
    return chat.app.frame.sidebar.is_shown()


def is_in_sidebar(chat: Chat) -> bool:
    """Whether the keys go to the list of sessions."""
    return isinstance(chat.app.focused, SessionList)


@pytest.mark.parametrize(
    ("size", "opening", "is_shown"),
    [
        (WIDE, None, True),
        (WIDE, False, False),
        (ROOMY, None, False),
        (ROOMY, True, True),
        ((80, 24), None, False),
        ((80, 24), True, False),
    ],
)
async def test_the_width_and_the_person_say_whether_it_is_shown(
    start_chat: StartChat, size: tuple[int, int], opening: bool | None, is_shown: bool
) -> None:
    async with start_chat(size=size, opening=Opening(sidebar=opening)) as chat:
        assert sidebar(chat) is is_shown
        await chat.until(lambda: ("Sessions" in chat.text) is is_shown, "its title")


async def test_ctrl_b_folds_it_away_for_good(start_chat: StartChat, home: Paths) -> None:
    async with start_chat(size=WIDE) as chat:
        await chat.pilot.press("ctrl+b")
        assert not sidebar(chat)
        assert chat.app.focused is chat.app.views.composer
    assert read_preferences(home) == Preferences(sidebar=False)
    async with start_chat(size=ROOMY, opening=Opening(sidebar=False)) as chat:
        await chat.pilot.press("ctrl+b")
        await chat.until(lambda: is_in_sidebar(chat), "it has the keys")
        await chat.pilot.press("escape")
        assert chat.app.focused is chat.app.views.composer
        assert sidebar(chat)
    assert read_preferences(home) == Preferences(sidebar=True)


async def test_on_a_narrow_screen_it_lies_over_the_transcript_for_a_moment(
    start_chat: StartChat, store: MemoryStore, home: Paths
) -> None:
    await keep(store, "what is up", "not much")
    async with start_chat() as chat:
        width = chat.app.views.transcript.size.width
        for leave in ("escape", "ctrl+b"):
            await chat.pilot.press("ctrl+b")
            await chat.sees("Sessions", "old plans")
            await chat.until(lambda: is_in_sidebar(chat), "it has the keys")
            assert chat.app.views.transcript.size.width == width
            await chat.pilot.press(leave)
            assert not sidebar(chat)
            assert chat.app.focused is chat.app.views.composer
    assert read_preferences(home) == Preferences()


async def test_is_usable_on_the_smallest_screens(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "what is up", "not much", name="a name that is far too long (fork 2)")
    async with start_chat(size=(20, 8)) as chat:
        await chat.pilot.press("ctrl+b")
        await chat.sees("a nam… (fork 2)")
        await chat.pilot.press("enter")
        await chat.sees("not much")
        await chat.pilot.resize_terminal(20, 1)
        await chat.pilot.press("ctrl+b")
        assert not sidebar(chat)


async def test_comes_and_goes_with_the_width(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "what is up", "not much")
    async with start_chat() as chat:
        assert chat.app.frame.sidebar.sessions is None
        await chat.pilot.resize_terminal(*WIDE)
        await chat.sees("Sessions", "old plans")
        await chat.pilot.resize_terminal(80, 24)
        assert not sidebar(chat)


async def test_enter_goes_on_with_a_session(start_chat: StartChat, store: MemoryStore) -> None:
    first = await keep(store, "what is up", "not much")
    await keep(store, "other", "thing", name="other")
    async with start_chat(size=WIDE, opening=Opening(continue_latest=True)) as chat:
        await chat.sees("thing", "▸ other", "old plans")
        await chat.pilot.press("f6")
        assert is_in_sidebar(chat)
        await chat.pilot.press("down", "enter")
        await chat.sees("not much", "▸ old plans", "model · old plans")
        assert "▸ other" not in chat.text
        assert chat.app.focused is chat.app.views.composer
        await chat.say("go on")
        await chat.sees("Good day.", "ready")
    assert (await store.session(first)).message_count == 4


async def test_a_click_goes_on_with_a_session(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "what is up", "not much")
    await keep(store, "other", "thing", name="other")
    async with start_chat(size=WIDE) as chat:
        await chat.sees("old plans")
        row = next(number for number, line in enumerate(chat.screen) if "old plans" in line)
        await chat.pilot.click(offset=(6, row))
        await chat.sees("not much", "▸ old plans")


async def test_shows_what_is_new_renamed_and_gone(
    start_chat: StartChat, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_feed, "PACE", 0.05)
    old = await keep(store, "what is up", "not much")
    async with start_chat(size=WIDE) as chat:
        await chat.sees("old plans")
        await chat.say("hello")
        await chat.sees("Good day.", "▸ hello - 20")
        host = host_of(chat)
        await host.sessions.rename(old, "new plans")
        await chat.sees("  new plans")
        fork = await host.sessions.fork(old)
        await chat.sees("└ new plans (fork)")
        await host.sessions.delete(fork.id)
        await chat.until(lambda: "(fork)" not in chat.text, "it is gone")


async def test_marks_what_runs(start_chat: StartChat, store: MemoryStore) -> None:
    async with start_chat(size=WIDE, model=ScriptedModel(["some words", Ending.HANG])) as chat:
        await chat.say("hello")
        await chat.sees("some words", "● hello")
        await chat.pilot.press("escape")
        await chat.sees("▸ hello", "ready")


class Counting(MemoryStore):
    """A store that counts how often sessions are listed, and may refuse to."""

    listed = 0
    is_broken = False

    async def sessions(self, **rest: Any) -> Sequence[Session]:
        """List the sessions."""
        self.listed += 1
        if self.is_broken:
            raise StoreError("the disk [red]is gone")
        return await super().sessions(**rest)


async def test_asks_the_store_seldom(start_chat: StartChat) -> None:
    store = Counting()
    await keep(store, "what is up")
    async with start_chat(size=WIDE, keeper=store) as chat:
        await chat.sees("old plans")
        store.listed, started = 0, time.monotonic()
        for number in range(40):
            await host_of(chat).sessions.rename(1, f"name {number}")
            await chat.pilot.pause()
        await chat.sees("name 39")
        assert store.listed <= 2 + (time.monotonic() - started)


async def test_a_folded_one_asks_nothing(start_chat: StartChat) -> None:
    store = Counting()
    async with start_chat(keeper=store) as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        assert store.listed == 0


async def test_a_store_that_fails_is_told_in_its_place(start_chat: StartChat) -> None:
    store = Counting()
    store.is_broken = True
    async with start_chat(size=WIDE, keeper=store) as chat:
        await chat.sees("cannot be read", "[red]is gone")
        store.is_broken = False
        await chat.say("hello")
        await chat.sees("Good day.", "▸ hello")
        await chat.until(lambda: "cannot be read" not in chat.text, "it can be read")


async def test_says_that_there_is_no_session_yet(start_chat: StartChat) -> None:
    async with start_chat(size=WIDE) as chat:
        await chat.sees("none yet")


async def test_a_session_that_was_purged_meanwhile_is_a_sentence(
    start_chat: StartChat, store: MemoryStore
) -> None:
    session_id = await keep(store, "what is up")
    async with start_chat(size=WIDE) as chat:
        await chat.sees("old plans")
        await store.purge(session_id)
        await chat.pilot.press("f6", "enter")
        await chat.sees("no session 1")


async def test_nothing_is_lost_when_leaving_at_once(start_chat: StartChat, home: Paths) -> None:
    async with start_chat(size=WIDE) as chat:
        await chat.pilot.press("ctrl+b", "ctrl+b", "ctrl+b")
        chat.app.exit()
    assert read_preferences(home) == Preferences(sidebar=False)


async def test_is_folded_before_hfs_has_started(start_chat: StartChat) -> None:
    async with start_chat(size=WIDE, start=lambda: pytest.fail("nothing starts"), awaits=False) as chat:
        await chat.pilot.press("ctrl+b")
        assert not sidebar(chat)
        await chat.pilot.press("ctrl+b")
        assert sidebar(chat)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"sidebar": "yes"}', "3", "\x00"])
def test_preferences_that_make_no_sense_are_none(home: Paths, text: str) -> None:
    home.state.mkdir(parents=True)
    (home.state / "ui.json").write_text(text)
    assert read_preferences(home) == Preferences()
    write_preferences(home, Preferences(sidebar=True))
    assert json.loads((home.state / "ui.json").read_text()) == {"sidebar": True}
    assert [file.name for file in home.state.iterdir()] == ["ui.json"]


def test_preferences_where_nothing_can_be_written_are_let_go(home: Paths) -> None:
    home.root.parent.mkdir(exist_ok=True)
    home.root.write_text("a file")
    write_preferences(home, Preferences(sidebar=True))
    assert read_preferences(home) == Preferences()


def session(number: int, parent: int | None = None) -> Session:
    """A session with that number."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    origin = Parent(parent, 1) if parent else None
    return Session(number, str(number), f"name {number}", origin, 1, "", moment, moment)


def test_branches_stand_below_their_origins_families_by_their_last_word() -> None:
    listed = [session(5, 2), session(4), session(6, 5), session(3, 99), session(2)]
    found = [(depth, one.id) for depth, one in tree(listed)]
    assert found == [(0, 2), (1, 5), (2, 6), (0, 4), (0, 3)]


def test_a_long_line_of_branches_takes_no_time() -> None:
    listed = [session(number, number - 1) for number in range(50, 0, -1)]
    assert [depth for depth, _ in tree(listed)] == list(range(50))


async def test_only_the_latest_are_listed(start_chat: StartChat, store: MemoryStore) -> None:
    for number in range(300):
        await keep(store, name=f"session {number}")
    async with start_chat(size=(130, 60)) as chat:
        await chat.sees("session 299", "session 250")
        assert chat.app.frame.sidebar.sessions is not None
        assert chat.app.frame.sidebar.sessions.option_count == 50
