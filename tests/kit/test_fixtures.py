"""What the fixtures for authors promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hfs_core.api import (
    Command,
    CommandError,
    CommandResult,
    Draft,
    HfsEvent,
    Invocation,
    MessageRejected,
    Notice,
    PluginError,
    PluginEvent,
    Reject,
    Role,
    Send,
    SwitchTo,
    WidgetSpec,
    hookimpl,
)
from hfs_core.testing import HeadlessHfs, PluginFailures
from hfs_core.testing.fixtures import HfsApp


class ShoutPlugin:
    """Makes the person loud, counts events, and says how often."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @hookimpl
    def on_message(self, message: Draft) -> Draft | Reject | None:
        if message.role != Role.USER:
            return None
        if not message.content.strip("?"):
            return Reject("say something")
        return replace(message, content=message.content.upper())

    @hookimpl
    def on_event(self, event: HfsEvent) -> None:
        self.heard.append(event.event_type)
        if event.event_type == "boom":
            raise ValueError("the plugin's own words")

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        return [Command("heard", "Say what was heard", self.tell)]

    @hookimpl
    def provide_widgets(self) -> Sequence[WidgetSpec]:
        return [WidgetSpec("status", "Shouts", lambda session_id: f"{len(self.heard)} heard")]

    async def tell(self, invocation: Invocation, *words: str) -> CommandResult:
        if words and not await invocation.confirm("Really?"):
            raise CommandError("then not")
        effects = (SwitchTo(None), Send("a new one")) if words else ()
        return CommandResult((Notice(" ".join(self.heard), "warning"),), effects)


async def test_a_message_goes_through_the_real_engine(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin(ShoutPlugin)
    run = await hfs_host.say("hello", "Good day.")
    assert run.reply is not None
    assert run.reply.content == "Good day."
    assert [message.content for message in await hfs_host.messages()] == ["HELLO", "Good day."]
    assert hfs_host.model.requests[0].messages[-1].content == "HELLO"
    with pytest.raises(MessageRejected, match="say something"):
        await hfs_host.say("???")
    await hfs_host.say("more", "one", "two")
    await hfs_host.say("more")
    assert [message.content for message in await hfs_host.messages()][2:] == ["MORE", "one", "MORE", "two"]


async def test_nothing_is_there_that_the_test_did_not_load(hfs_host: HeadlessHfs) -> None:
    assert {entry.info.name for entry in hfs_host.host.plugins} == {"testing"}
    with pytest.raises(CommandError, match="Unknown command: `/sessions`"):
        await hfs_host.run_command("/sessions")


async def test_events_have_been_heard_on_return(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin(ShoutPlugin)
    await hfs_host.emit(PluginEvent(event_type="my.own"))
    assert (await hfs_host.run_command("/heard")).text.split()[-1] == "my.own"
    assert hfs_host.happened("my.own") == ["my.own"]


async def test_questions_are_answered_and_effects_carried_out(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin(ShoutPlugin)
    await hfs_host.say("hello", "Good day.")
    answered = await hfs_host.run_command("heard x")
    assert answered.questions == ("Really?",)
    assert [message.content for message in await hfs_host.messages()] == ["A NEW ONE", "Good day."]
    with pytest.raises(CommandError, match="then not"):
        await hfs_host.run_command("heard x", confirm=False)


async def test_a_widget_is_drawn(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin(ShoutPlugin)
    before = await hfs_host.draw("Shouts")
    await hfs_host.emit(PluginEvent(event_type="my.own"))
    assert int((await hfs_host.draw("Shouts")).split()[0]) == int(before.split()[0]) + 1
    with pytest.raises(LookupError, match="there is Shouts"):
        await hfs_host.draw("Whispers")


async def test_sessions_outlive_a_restart(hfs_host: HeadlessHfs) -> None:
    await hfs_host.say("hello", "one", "two")
    await hfs_host.restart()
    await hfs_host.say("again")
    assert [message.content for message in await hfs_host.messages()] == ["hello", "one", "again", "two"]


async def test_an_expected_failure_is_in_hand(hfs_host: HeadlessHfs, plugin_failures: PluginFailures) -> None:
    await hfs_host.load_plugin(ShoutPlugin)
    with plugin_failures.expected("own words") as failures:
        await hfs_host.emit(PluginEvent(event_type="boom"))
    (failure,) = failures
    assert (failure.plugin, failure.hook) == ("shout", "on_event")
    assert isinstance(failure.__cause__, ValueError)
    with pytest.raises(AssertionError, match="no plugin failed"), plugin_failures.expected():
        await hfs_host.emit(PluginEvent(event_type="calm"))


async def test_settings_that_do_not_fit_are_told_at_once(hfs_host: HeadlessHfs) -> None:
    from pydantic import BaseModel

    class Limited(ShoutPlugin):
        class Settings(BaseModel):
            limit: int = 3

    with pytest.raises(PluginError, match=r"plugins\.limited\.limit"):
        await hfs_host.load_plugin(Limited, settings={"limit": "many"})
    await hfs_host.load_plugin(Limited, settings={"limit": 4})


async def test_the_app_shows_the_session(hfs_host: HeadlessHfs, hfs_app: HfsApp) -> None:
    await hfs_host.load_plugin(ShoutPlugin)
    await hfs_host.say("hello", "Good day.")
    async with hfs_app(size=(90, 30)) as screen:
        await screen.sees("HELLO", "Good day.")
        await screen.say("again")
        await screen.sees("AGAIN")
        await screen.ready()
    assert [message.content for message in await hfs_host.messages()][2:] == ["AGAIN", "Good day."]


async def test_pytest_and_hfs_do_not_fight_for_standard_output(
    hfs_host: HeadlessHfs, caplog: pytest.LogCaptureFixture
) -> None:
    await hfs_host.load_plugin(ShoutPlugin)
    await hfs_host.say("hello")
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == []
