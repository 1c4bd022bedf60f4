"""The status line: what a session is a branch of, what it takes of the model's memory, and what stays when narrow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from hfs_core.api import Append, Draft, ModelInfo, Request, Role, Usage
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import Ending, ScriptedModel
from hfs_core.tui.app import Opening
from hfs_core.tui.status import StatusLine, counted
from tests.tui.conftest import Chat, StartChat, host_of, keep


class Sized(ScriptedModel):
    """A model that says how much it can take in."""

    window: int | None = 32_000
    asked = 0

    async def models(self) -> Sequence[ModelInfo]:
        """Return its one model."""
        self.asked += 1
        return [ModelInfo("model", self.window)]

    def stream(self, request: Request) -> AbstractAsyncContextManager[Any]:
        """Give the next reply."""
        return super().stream(request)


def line(chat: Chat) -> str:
    """What the status line shows."""
    return chat.app.views.status.render().plain


async def test_says_what_the_conversation_takes(start_chat: StartChat) -> None:
    model = Sized(["Good day.", Usage(11_900, 400)], ["Once more.", Usage(31_000, 500)])
    async with start_chat(model=model) as chat:
        assert "tok" not in line(chat)
        await chat.say("hello")
        await chat.sees("12.3k tok · 38%", "ready")
        await chat.say("again")
        await chat.sees("31.5k tok · 98%", "ready")
        assert model.asked == 1


async def test_a_model_that_does_not_say_its_size_is_given_no_share(start_chat: StartChat) -> None:
    model = Sized(["Good day.", Usage(900, 12)])
    model.window = None
    async with start_chat(model=model) as chat:
        await chat.say("hello")
        await chat.sees("912 tok", "ready")
        assert "%" not in chat.text


async def test_a_model_that_counts_nothing_is_given_no_number(start_chat: StartChat) -> None:
    async with start_chat(model=Sized("Good day.")) as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        assert "tok" not in chat.text


async def test_a_resumed_session_takes_what_it_took(start_chat: StartChat, store: MemoryStore) -> None:
    session_id = await keep(store, "what is up")
    usage = {"prompt_tokens": 7_000, "completion_tokens": 1_000}
    metadata = {"usage": usage, "model": "scripted/model"}
    await store.apply(Append(session_id, Draft(Role.ASSISTANT, "not much", metadata=metadata)))
    await keep(store, "other", "thing", name="other")
    async with start_chat(model=Sized(), opening=Opening(resume=str(session_id)), size=(130, 24)) as chat:
        await chat.sees("8k tok · 25%")
        await chat.pilot.press("f6")
        for _ in range(2):
            if "▸ old plans" in chat.text:
                await chat.pilot.press("up", "enter")
        await chat.sees("▸ other")
        await chat.until(lambda: "tok" not in line(chat), "another session's is not shown")


@pytest.mark.parametrize("usage", ["many", {"prompt_tokens": "7"}, {"prompt_tokens": 1}, None])
async def test_what_was_kept_of_it_may_be_anything(
    start_chat: StartChat, store: MemoryStore, usage: Any
) -> None:
    session_id = await keep(store, "what is up")
    draft = Draft(Role.ASSISTANT, "not much", metadata={"usage": usage, "model": "scripted/model"})
    await store.apply(Append(session_id, draft))
    async with start_chat(opening=Opening(resume=str(session_id))) as chat:
        await chat.sees("not much", "ready")
        assert "tok" not in chat.text


async def test_says_what_a_session_is_a_branch_of(start_chat: StartChat, store: MemoryStore) -> None:
    origin = await keep(store, "what is up", "not much")
    async with start_chat(opening=Opening(resume=str(origin)), size=(110, 24)) as chat:
        host = host_of(chat)
        fork = await host.sessions.fork(origin, name="branch")
        chat.app.sitting.resume(fork.id)
        await chat.sees("branch ⑂ of old plans")
        await host.sessions.rename(origin, "new plans")
        await chat.sees("branch ⑂ of new plans")
        await chat.pilot.resize_terminal(40, 24)
        await chat.until(lambda: "⑂" not in chat.text, "there is no room for it")
        await chat.sees("model · branch", "ready")
        chat.app.sitting.resume(origin)
        await chat.until(lambda: "branch" not in chat.text, "the other session")


async def test_counts_the_seconds_of_a_reply(start_chat: StartChat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start_chat(model=ScriptedModel(["some words", Ending.HANG])) as chat:
        await chat.say("hello")
        await chat.sees("answering · Esc stops it")
        status = chat.app.views.status
        later = time.monotonic() + 75
        with monkeypatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: later)
            assert "answering 75 s · Esc stops it" in line(chat)
        assert status._clock is not None
        await chat.pilot.press("escape")
        await chat.sees("ready")
        assert status._clock is None


async def test_names_the_mode_of_vim(start_chat: StartChat) -> None:
    async with start_chat(
        opening=Opening(keybinding_mode="vim"), environ={"HFS_KEYBINDING_MODE": "vim"}
    ) as chat:
        await chat.until(lambda: "INSERT" in line(chat) or "NORMAL" in line(chat), "a mode")
        before = line(chat)
        await chat.pilot.press("escape" if "INSERT" in before else "i")
        await chat.until(lambda: line(chat) != before, "another mode")
        host_of(chat).settings.write("keybinding_mode", "standard")


async def test_the_keys_change_at_once(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        host_of(chat).settings.write("keybinding_mode", "vim")
        await chat.until(lambda: chat.app.views.composer.mode_name, "vim's keys")
        host_of(chat).settings.write("keybinding_mode", "standard")
        await chat.until(lambda: not chat.app.views.composer.mode_name, "standard keys")


@pytest.mark.parametrize("width", [200, 120, 80, 60, 40, 30, 20, 10, 5, 1])
@pytest.mark.parametrize("is_busy", [True, False])
async def test_what_matters_most_stays_where_there_is_little_room(
    start_chat: StartChat, width: int, is_busy: bool
) -> None:
    async with start_chat(size=(width, 24), awaits=False) as chat:
        await chat.until(lambda: chat.app.views.status.model, "the start")
        status = chat.app.views.status
        status.model, status.session = (
            "local/qwen2.5-coder-0.5b",
            "Chat in SQLite - 2026-03-14_09-26 (fork 2)",
        )
        status.origin, status.tokens, status.window = "Chat in SQLite", 12_345, 32_768
        status.segments, status.mode = ("main*", "日本語"), "NORMAL"
        status.tell_run(time.monotonic() - 12.5 if is_busy else None)
        await chat.pilot.pause()
        found = line(chat)
        room = max(status.content_size.width, 0)
        assert status.render().cell_length <= max(room, 0)
        if width == 200:
            assert all(part in found for part in ("⑂ of Chat in SQLite", "main*", "12.3k tok · 38%"))
        if width >= 80:
            assert "(fork 2)" in found
        if width >= 200:
            assert "Esc stops it" in found or not is_busy
        if width >= 40:
            assert "qwen2.5" in found
        if width >= 20:
            assert "NORMAL" in found
            assert ("12 s" if is_busy else "ready") in found


def test_what_is_in_passing_takes_the_place_of_the_rest() -> None:
    status = StatusLine()
    status.set_reactive(StatusLine.tokens, 12)
    status.set_reactive(StatusLine.progress, "copied")
    assert [[part.plain for part in parts] for parts in status._parts()] == [["", "copied"], ["copied"]]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (12_345, "12.3k"),
        (128_000, "128k"),
        (999_600, "1M"),
        (2_340_000, "2.34M"),
    ],
)
def test_counts_are_short(tokens: int, text: str) -> None:
    assert counted(tokens) == text
