"""The commands of the plugin `sessions` in the chat, and sessions that go away while they are shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hfs_core.api import Change, Paths, Ref, ReplyWriter
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.plugins.discovery import PluginInfo, discover
from hfs_core.testing import ScriptedModel
from hfs_core.tui.app import Opening
from tests.tui.conftest import StartChat, keep


@pytest.fixture
def plugin(home: Paths) -> PluginInfo:
    """The plugin as it is installed."""
    return next(info for info in discover(home) if info.name == "sessions")


async def test_leaving_in_mid_reply_leaves_the_reply_in_the_session_that_asked(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    other = await keep(store, "other question", "other answer", name="other plans")
    go_on, end = asyncio.Event(), asyncio.Event()
    model = ScriptedModel(["begun", go_on, " and gone on", end, " and done"], "short")
    async with start_chat(plugin, model=model) as chat:
        await chat.say("mine")
        await chat.sees("begun", "answering")
        await chat.say("/new")
        await chat.until(lambda: "begun" not in chat.text, "a new session")
        await chat.ready()
        go_on.set()
        await chat.say("/resume other")
        await chat.sees("other question", "other answer", "ready")
        assert "begun" not in chat.text
        await chat.say("here")
        await chat.sees("short", "ready")
        await chat.say("/resume mine")
        await chat.sees("mine", "begun and gone on", "answering")
        assert "other answer" not in chat.text
        end.set()
        await chat.sees("begun and gone on and done", "ready")
    mine = await store.messages(other + 1)
    assert [message.content for message in mine] == ["mine", "begun and gone on and done"]
    assert [message.content for message in await store.messages(other)][-2:] == ["here", "short"]


async def test_a_reply_that_ends_while_another_session_is_shown_is_whole(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    go_on = asyncio.Event()
    async with start_chat(plugin, model=ScriptedModel(["begun", go_on, " and done"])) as chat:
        await chat.say("mine")
        await chat.sees("begun", "answering")
        await chat.say("/new")
        await chat.until(lambda: "begun" not in chat.text, "a new session")
        go_on.set()
        async with asyncio.timeout(10):
            while (await store.session(1)).message_count < 2:  # noqa: ASYNC110 # the store has no event
                await asyncio.sleep(0.01)
        assert "done" not in chat.text
        await chat.say("/resume mine")
        await chat.sees("begun and done", "ready")


async def test_a_fork_leaves_the_reply_in_its_origin(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    go_on = asyncio.Event()
    async with start_chat(plugin, model=ScriptedModel(["begun", go_on], "another answer")) as chat:
        await chat.say("question")
        await chat.sees("begun", "answering")
        await chat.say("/fork")
        await chat.sees("question", "(fork)", "ready")
        assert "begun" not in chat.text
        await chat.say("otherwise")
        await chat.sees("another answer", "ready")
        go_on.set()
    assert [message.content for message in await store.messages(2)] == [
        "question",
        "otherwise",
        "another answer",
    ]


async def test_a_renamed_session_is_called_so_at_once(start_chat: StartChat, plugin: PluginInfo) -> None:
    async with start_chat(plugin) as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        await chat.say("/rename 2026 'plans & [red]dreams'")
        await chat.sees("Session renamed to: 2026 plans & [red]dreams")
        await chat.until(lambda: "2026 plans & [red]dreams" in chat.screen[-1], "the name in the status")


async def test_deleting_the_current_session_leads_to_a_new_one(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    session_id = await keep(store, "one", "two")
    async with start_chat(plugin, opening=Opening(continue_latest=True)) as chat:
        await chat.sees("one", "two")
        await chat.say("/delete")
        await chat.sees("Delete the current session, old plans?")
        await chat.pilot.press("y")
        await chat.until(lambda: "two" not in chat.text, "a new session")
        await chat.ready()
        await chat.say("fresh")
        await chat.sees("Good day.", "ready")
        await chat.say(f"/restore {session_id}")
        await chat.sees("Session restored: old plans")
        await chat.say("/resume old")
        await chat.sees("one", "two")
        await chat.say("/purge old plans")
        await chat.sees("Purge the current session, old plans")
        await chat.pilot.press("y")
        await chat.until(lambda: "two" not in chat.text, "a new session")
    assert [session.id for session in await store.sessions(deleted=True)] == [session_id + 1]
    assert chat.app.farewell == []


async def test_deleting_in_mid_reply_loses_no_word(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    go_on = asyncio.Event()
    async with start_chat(plugin, model=ScriptedModel(["begun", go_on, " and done"])) as chat:
        await chat.say("question")
        await chat.sees("begun", "answering")
        await chat.say("/purge 1")
        await chat.sees("is getting an answer", "answering")
        await chat.say("/delete")
        await chat.sees("Delete the current session")
        await chat.pilot.press("y")
        await chat.until(lambda: "begun" not in chat.text, "a new session")
        await chat.ready()
        go_on.set()
        await chat.say("/restore 1")
        await chat.sees("Session restored")
        await chat.say("/resume 1")
        await chat.sees("question", "begun and done", "ready")
    assert [message.content for message in await store.messages(1)] == ["question", "begun and done"]


async def test_a_session_that_was_purged_elsewhere_takes_no_message(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    contents = [f"message {index}\n\nmore\n\nof it" for index in range(60)]
    session_id = await keep(store, *contents)
    async with start_chat(plugin, opening=Opening(continue_latest=True)) as chat:
        await chat.sees("message 59")
        await store.purge(session_id)
        for _ in range(12):
            await chat.pilot.press("pageup")
        await chat.pilot.press("ctrl+end")
        await chat.sees("message 59", "the rest cannot be read")
        await chat.say("are you there")
        await chat.sees(f"session {session_id} is not there any more", "begin a new one", "ready")
        assert chat.written == "are you there"
        await chat.pilot.press("ctrl+c")
        await chat.say("/sessions")
        await chat.say("/rename better")
        await chat.sees(f"no session {session_id}")
        await chat.say("/new")
        await chat.until(lambda: "message 59" not in chat.text, "a new session")
        await chat.say("anew")
        await chat.sees("anew", "Good day.", "ready")
    assert chat.app.farewell == [f"Resume with: hfs -r {session_id + 1}"]


async def test_the_chat_goes_on_where_the_end_of_a_purged_session_is_out_of_reach(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    session_id = await keep(store, *(f"message {index}\n\nmore\n\nof it" for index in range(60)))
    async with start_chat(plugin, opening=Opening(continue_latest=True)) as chat:
        await chat.sees("message 59")
        while chat.indexes[-1] == 59:
            await chat.pilot.press("pageup")
        await store.purge(session_id)
        await chat.pilot.press("ctrl+end")
        await chat.say("are you there")
        await chat.until(lambda: chat.written == "are you there", "the words come back")
        await chat.pilot.press("ctrl+c")
        await chat.say("/new")
        await chat.until(lambda: "message" not in chat.text.replace("Type a message", ""), "a new session")
        await chat.say("anew")
        await chat.sees("anew", "Good day.", "ready")


async def test_a_session_that_was_deleted_elsewhere_takes_no_message(
    start_chat: StartChat, plugin: PluginInfo, store: MemoryStore
) -> None:
    session_id = await keep(store, "one", "two")
    async with start_chat(plugin, opening=Opening(continue_latest=True)) as chat:
        await chat.sees("one", "two")
        await store.apply(Change(session_id, deleted=True))
        await chat.say("are you there")
        await chat.sees("(old plans) was deleted", f"`restore {session_id}`", "ready")
        assert chat.written == "are you there"
        await chat.pilot.press("ctrl+c")
        await chat.say(f"/restore {session_id}")
        await chat.sees("Session restored: old plans")
        await chat.say("now you are")
        await chat.sees("now you are", "Good day.", "ready")
    assert (await store.session(session_id)).message_count == 4


@pytest.mark.parametrize("is_purged", [True, False])
async def test_where_the_session_is_gone_no_way_back_is_promised(
    start_chat: StartChat, store: MemoryStore, is_purged: bool
) -> None:
    session_id = await keep(store, "one", "two")
    async with start_chat(opening=Opening(continue_latest=True)) as chat:
        await chat.sees("one", "two")
        if is_purged:
            await store.purge(session_id)
        else:
            await store.apply(Change(session_id, deleted=True))
    assert chat.app.farewell == []


class Purged(MemoryStore):
    """A store in which somebody purges the session before its reply begins."""

    @asynccontextmanager
    async def reply(self, ref: Ref, *, expect: int) -> AsyncIterator[ReplyWriter]:
        await self.purge(ref)
        async with super().reply(ref, expect=expect) as writer:
            yield writer


async def test_a_session_that_is_purged_before_the_reply_begins_ends_its_run(
    start_chat: StartChat, plugin: PluginInfo
) -> None:
    async with start_chat(plugin, keeper=Purged()) as chat:
        await chat.say("hello")
        await chat.sees("no session", "ready")
        await chat.say("/new")
        await chat.until(lambda: "hello" not in chat.text, "a new session")
        await chat.say("again")
        await chat.sees("again", "ready")


async def test_what_is_sent_while_another_session_comes_is_sent_there(
    start_chat: StartChat, store: MemoryStore
) -> None:
    plans = await keep(store, "one", "two", "three", "four", name="plans")
    await keep(store, "alpha", "beta", name="other")
    async with start_chat(opening=Opening(continue_latest=True)) as chat:
        await chat.sees("beta")
        async with chat.app.views.transcript._change():  # as while it draws
            chat.app.sitting.resume(plans)
            conversation = chat.app.sitting._conversation
            assert conversation is not None
            await chat.until(lambda: conversation.session_id == plans, "the switch begins")
            await chat.say("five")
            await chat.sees("queued: five")
        await chat.sees("five", "Good day.", "ready")
    kept = [message.content for message in await store.messages(plans)]
    assert kept == ["one", "two", "three", "four", "five", "Good **day**."]
    assert len(await store.sessions(limit=9)) == 2
