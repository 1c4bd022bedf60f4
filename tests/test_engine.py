"""One message and its answer: the order of things, and what becomes of every failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from hfs_core.api import (
    Conflict,
    Draft,
    Finished,
    HfsEvent,
    Host,
    MessageRejected,
    NoModel,
    PluginFailed,
    PromptMessage,
    RateLimited,
    Reject,
    Request,
    RunSnapshot,
    Session,
    SessionBusy,
    Status,
    StreamBroken,
    TextDelta,
    Usage,
    hookimpl,
)
from hfs_core.reply import Reply
from hfs_core.testing import Ending, ScriptedModel, in_process

from .conftest import StartKernel, models_plugin


async def until_idle(host: Host) -> None:
    """Let plugins hear all that was told so far."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_message_goes_through_in_the_order_that_checkpoints_rely_on(
    start_kernel: StartKernel,
) -> None:
    heard: list[tuple[Any, ...]] = []
    done = asyncio.Event()

    class Witness:
        @hookimpl
        def on_message(self, message: Draft, session: Session | None) -> None:
            heard.append(("on_message", message.role, session and session.message_count))

        @hookimpl
        async def before_send(self, request: Request) -> None:
            heard.append(("before_send", [message.content for message in request.messages]))

        @hookimpl
        def on_event(self, event: HfsEvent) -> None:
            if event.event_type != "plugin.state":
                heard.append((event.event_type, event.message_index))

        @hookimpl
        async def on_start(self, session_id: int) -> None:
            heard.append(("on_start", session_id))

        @hookimpl
        def on_run_complete(self, run_snapshot: RunSnapshot) -> None:
            heard.append(("on_run_complete", run_snapshot.usage.total_tokens))
            done.set()

    model = ScriptedModel(["Hi", Usage(2, 1)])
    async with start_kernel(in_process("witness", Witness), model=model) as host:
        run = await host.engine.send("Hello")
        await done.wait()
    chain = [item for item in heard if item[0] in ("on_message", "before_send")]
    told = [item for item in heard if item[0] not in ("on_message", "before_send")]
    assert chain == [("on_message", "user", None), ("before_send", ["Hello"]), ("on_message", "assistant", 1)]
    assert told == [
        ("session.created", 1),
        ("message.added", 1),
        ("on_start", run.session.id),
        ("run.started", 1),
        ("message.delta", 1),
        ("message.added", 2),
        ("usage.recorded", 2),
        ("run.ended", 2),
        ("on_run_complete", 3),
    ]


async def test_an_event_carries_the_digest_of_its_position_and_its_snapshot(
    start_kernel: StartKernel,
) -> None:
    async with start_kernel(model=ScriptedModel(["Hi", Usage(2, 1)])) as host:
        events = await host.bus.subscribe("run.*")
        run = await host.engine.send("Hello")
        first, _ = await host.store.messages(run.session.id)
        started, ended = await anext(events), await anext(events)
    assert started.digest == first.digest
    assert ended.digest == run.session.digest
    assert started.snapshot is not None
    assert ended.snapshot is not None
    assert (started.snapshot.usage.total_tokens, ended.snapshot.usage.total_tokens) == (0, 3)


async def test_the_whole_conversation_is_sent_again(start_kernel: StartKernel) -> None:
    model = ScriptedModel("one", "two")
    async with start_kernel(model=model) as host:
        run = await host.engine.send("first")
        await host.engine.send("second", session_id=run.session.id)
    assert [message.content for message in model.requests[1].messages] == ["first", "one", "second"]


async def test_a_session_is_named_from_its_first_message(start_kernel: StartKernel) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        run = await host.engine.send("A question that is longer than thirty characters\nby far")
    assert run.session.name.startswith("A question that is longer than... - 20")


async def test_a_failed_run_keeps_the_words_that_came_and_is_never_asked_again(
    start_kernel: StartKernel,
) -> None:
    model = ScriptedModel(["half an ", "answer", RateLimited("slow down", retry_after=3)])
    async with start_kernel(model=model) as host:
        run = await host.engine.send("Hello")
        kept = await host.store.messages(run.session.id)
    assert run.status == Status.FAILED
    assert isinstance(run.error, RateLimited)
    assert [(message.content, message.status) for message in kept] == [
        ("Hello", "complete"),
        ("half an answer", "failed"),
    ]
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ([Ending.CLOSE], StreamBroken),
        ([SystemExit(3)], Exception),
        ([ValueError("[red")], Exception),
        (["x", 17], StreamBroken),
    ],
)
async def test_a_provider_that_misbehaves_fails_the_run_and_the_chat_goes_on(
    start_kernel: StartKernel, script: list[Any], error: type[Exception]
) -> None:
    async with start_kernel(model=ScriptedModel(script, "better")) as host:
        run = await host.engine.send("Hello")
        assert run.status == Status.FAILED
        assert isinstance(run.error, error)
        if run.reply is not None:
            assert run.reply.metadata["error"] == str(run.error)
        again = await host.engine.send("Again", session_id=run.session.id)
    assert again.reply is not None
    assert again.reply.content == "better"


async def test_an_interruption_keeps_the_words_and_reaches_the_provider(start_kernel: StartKernel) -> None:
    model = ScriptedModel(["some words", Ending.HANG], "fine")
    async with start_kernel(model=model) as host:
        deltas = await host.bus.subscribe("message.delta")
        sending = asyncio.create_task(host.engine.send("Hello"))
        delta = await anext(deltas)
        assert delta.session_id is not None
        with pytest.raises(SessionBusy):
            await host.engine.send("too early", session_id=delta.session_id)
        assert host.engine.interrupt(delta.session_id)
        run = await sending
        assert not host.engine.interrupt(delta.session_id)
        again = await host.engine.send("Again", session_id=run.session.id)
    assert (run.status, run.reply and run.reply.content) == (Status.INTERRUPTED, "some words")
    assert model.left_early == 1
    assert again.status == Status.COMPLETE


async def test_leaving_in_the_middle_of_a_reply_keeps_its_words(start_kernel: StartKernel) -> None:
    model = ScriptedModel(["some words", Ending.HANG])
    async with start_kernel(model=model) as host:
        deltas = await host.bus.subscribe("message.delta")
        sending = asyncio.create_task(host.engine.send("Hello"))
        delta = await anext(deltas)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        kept = await host.store.messages(delta.session_id or 0)
    assert [(message.content, message.status) for message in kept][1:] == [("some words", "interrupted")]


async def test_a_plugin_can_change_what_is_kept_and_what_is_sent(start_kernel: StartKernel) -> None:
    class Changer:
        @hookimpl
        def on_message(self, message: Draft) -> Draft:
            return replace(message, content=message.content.upper())

        @hookimpl
        async def before_send(self, request: Request) -> Request:
            return replace(request, messages=(PromptMessage("system", "be brief"), *request.messages))

    model = ScriptedModel("hi")
    async with start_kernel(in_process("changer", Changer), model=model) as host:
        run = await host.engine.send("hello")
        kept = await host.store.messages(run.session.id)
    assert [message.content for message in kept] == ["HELLO", "HI"]
    assert [message.content for message in model.requests[0].messages] == ["be brief", "HELLO"]


async def test_a_rejected_message_is_not_kept(start_kernel: StartKernel) -> None:
    class Guard:
        @hookimpl
        def on_message(self, message: Draft) -> Reject | None:
            return Reject("no secrets") if "secret" in message.content else None

    async with start_kernel(in_process("guard", Guard), model=ScriptedModel("the secret is 7")) as host:
        with pytest.raises(MessageRejected, match="guard refused the message: no secrets"):
            await host.engine.send("a secret")
        assert list(await host.store.sessions()) == []
        run = await host.engine.send("hello")  # a reply cannot be refused: it is kept as it came
    assert run.reply is not None
    assert run.reply.content == "the secret is 7"


async def test_a_filter_that_fails_is_open_unless_it_says_block(start_kernel: StartKernel) -> None:
    class Broken:
        @hookimpl
        def on_message(self, message: Draft) -> None:
            raise RuntimeError("boom")

    async with start_kernel(in_process("broken", Broken), model=ScriptedModel("ok")) as host:
        assert (await host.engine.send("hello")).status == Status.COMPLETE
    block = in_process("broken", Broken, on_failure="block")
    async with start_kernel(block, model=ScriptedModel("ok")) as host:
        for _ in range(5):  # once it is quarantined it goes on blocking
            with pytest.raises(PluginFailed, match="broken"):
                await host.engine.send("hello")
        assert host.plugins.entries["broken"].state == "quarantined"


async def test_without_a_model_the_words_are_kept_and_the_error_says_what_to_do(
    start_kernel: StartKernel,
) -> None:
    async with start_kernel() as host:
        run = await host.engine.send("hello")
        assert isinstance(run.error, NoModel)
        assert "pip install" in str(run.error)
        assert [message.content for message in await host.store.messages(run.session.id)] == ["hello"]


async def test_words_behind_the_senders_back_go_into_a_fork_that_the_error_names(
    start_kernel: StartKernel,
) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        run = await host.engine.send("one")
        await host.engine.send("two", session_id=run.session.id)
        with pytest.raises(Conflict, match="your message is kept in session") as caught:
            await host.engine.send("three", session_id=run.session.id, expect=2)
        forked = await host.store.messages(caught.value.fork_id or 0)
    assert [message.content for message in forked] == ["one", "ok", "three"]


async def test_lone_surrogates_become_replacement_characters(start_kernel: StartKernel) -> None:
    model = ScriptedModel([TextDelta("a\udc80b"), Finished()])
    async with start_kernel(model=model) as host:
        run = await host.engine.send("x\ud800\0\u2028y")
        kept = await host.store.messages(run.session.id)
    assert [message.content for message in kept] == ["x�\0\u2028y", "a�b"]


class Stubborn:
    """A provider that heeds no cancellation, in entering its stream or within it, until it is let go."""

    name = "stubborn"

    def __init__(self, *, enters: bool):
        self.enters = enters
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def models(self) -> list[Any]:
        return []

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[Any]]:
        async def deltas() -> AsyncIterator[Any]:
            yield TextDelta("some words")
            await self._refuse()

        self.asked.set()
        if not self.enters:
            await self._refuse()
        yield deltas()

    async def _refuse(self) -> None:
        while not self.let_go.is_set():
            with suppress(asyncio.CancelledError):
                await self.let_go.wait()


@pytest.mark.parametrize("enters", [True, False])
async def test_a_provider_that_heeds_no_interruption_is_left_to_itself(
    start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch, enters: bool
) -> None:
    monkeypatch.setattr("hfs_core.turn.ENDS_WITHIN", 0.1)
    stubborn = Stubborn(enters=enters)
    async with start_kernel(models_plugin(stubborn)) as host:
        events = await host.bus.subscribe("*")
        sending = asyncio.create_task(host.engine.send("Hello", model="stubborn/x"))
        wanted = "message.delta" if enters else "run.started"
        while (event := await anext(events)).event_type != wanted:
            pass
        await stubborn.asked.wait()
        assert host.engine.interrupt(event.session_id or 0)
        run = await asyncio.wait_for(sending, 5)
        stubborn.let_go.set()
    assert run.status == Status.INTERRUPTED
    assert (run.reply.content if run.reply else "") == ("some words" if enters else "")


async def test_a_provider_that_never_opens_its_stream_is_given_up(
    start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def never(request: Request) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    model = ScriptedModel("unheard")
    monkeypatch.setattr(model, "stream", never)
    monkeypatch.setattr(Reply.ask, "__defaults__", (0.1,))
    async with start_kernel(model=model) as host:
        run = await host.engine.send("Hello")
    assert isinstance(run.error, StreamBroken)
    assert "said nothing for 0.1 s" in str(run.error)
