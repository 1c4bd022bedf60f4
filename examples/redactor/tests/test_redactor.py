"""What the model is asked, what is kept, and what is not sent at all."""

from __future__ import annotations

from typing import Any

import pytest

from hfs_core.api import MessageRejected, PluginError, PluginFailed
from hfs_core.testing import HeadlessHfs, PluginFailures


async def load(hfs: HeadlessHfs, **settings: Any) -> None:
    """Let HFS have this plugin with these settings."""
    await hfs.load_plugin("hfs_redactor", settings=settings)


def seen(hfs: HeadlessHfs) -> list[str]:
    """What the model got to see at last, but for what HFS says itself."""
    return [message.content for message in hfs.model.requests[-1].messages if message.role != "system"]


async def kept(hfs: HeadlessHfs) -> list[str]:
    """What is kept of the conversation."""
    return [message.content for message in await hfs.messages()]


async def test_the_model_never_sees_it_and_the_conversation_keeps_it(hfs_host: HeadlessHfs) -> None:
    await load(hfs_host, replace={r"(?i)\bacme\b": "[client]"})
    await hfs_host.say("Write to Acme, jo.doe@acme.example.org!", "Dear ACME")
    await hfs_host.say("And again.")
    assert seen(hfs_host) == ["Write to [client], [e-mail]!", "Dear [client]", "And again."]
    assert (await kept(hfs_host))[:2] == ["Write to Acme, jo.doe@acme.example.org!", "Dear ACME"]


async def test_it_can_be_replaced_for_good(hfs_host: HeadlessHfs) -> None:
    await load(hfs_host, replace={"Acme": r"\1"}, keep=True, emails=False)
    await hfs_host.say("Acme, a@b.example", "Dear Acme")
    assert await kept(hfs_host) == [r"\1, a@b.example", r"Dear \1"]


async def test_a_message_is_refused_by_name_of_the_rule(hfs_host: HeadlessHfs) -> None:
    await load(hfs_host, refuse=["blue ?bird"])
    with pytest.raises(MessageRejected, match=r"plugins\.redactor\.refuse forbids: blue \?bird"):
        await hfs_host.say("all about bluebird")
    assert hfs_host.model.requests == []
    assert await hfs_host.host.store.sessions() == []
    await hfs_host.say("all about birds", "A bluebird is a bird.")  # a reply cannot be refused: it was shown


async def test_settings_that_do_not_fit_are_told(hfs_host: HeadlessHfs) -> None:
    with pytest.raises(PluginError, match=r"plugins\.redactor\.refuse\.0: '\(' is no regular expression"):
        await load(hfs_host, refuse=["("])


async def test_where_it_fails_nothing_is_sent(
    hfs_host: HeadlessHfs, plugin_failures: PluginFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(hfs_host)

    def fail(self: object, text: str) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("hfs_redactor.plugin.RedactorPlugin._redacted", fail)
    with plugin_failures.expected("before_send"):
        run = await hfs_host.say("hello")
    assert isinstance(run.error, PluginFailed)
    assert hfs_host.model.requests == []
