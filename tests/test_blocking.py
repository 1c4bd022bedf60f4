"""A filter that must not fail lets nothing pass that it could not look at, also where it could not even be loaded."""

from __future__ import annotations

from typing import Any

import pytest

from hfs_core.api import PluginError, PluginFailed, Request, hookimpl
from hfs_core.testing import HeadlessHfs, PluginFailures, in_process


class Filter:
    """Begins, or does not."""

    def __init__(self) -> None:
        raise ValueError("not like this")

    @hookimpl
    def before_send(self, request: Request) -> Request:
        return request


class Late(Filter):
    """Cannot be activated."""

    def __init__(self) -> None:
        pass

    @hookimpl
    def activate(self, context: Any) -> None:
        raise ValueError("not like this")


@pytest.mark.parametrize("plugin", [Filter, Late])
async def test_one_that_cannot_be_loaded_blocks(
    hfs_host: HeadlessHfs, plugin_failures: PluginFailures, plugin: type[Any]
) -> None:
    described = in_process("filter", plugin, on_failure="block")
    with pytest.raises(PluginError, match="not like this"):
        await hfs_host.load_plugin(described)
    run = await hfs_host.say("hello")
    assert hfs_host.model.requests == []
    assert isinstance(run.error, PluginFailed)
    text = str(run.error)
    assert text.startswith("plugin filter blocks this, as it is quarantined: ")
    assert "not like this" in text
    assert text.endswith("mend that, or `hfs plugins disable filter` to go on without it")


async def test_one_that_is_misconfigured_or_lacks_another_blocks(hfs_host: HeadlessHfs) -> None:
    with pytest.raises(PluginError, match="is no regular expression"):
        await hfs_host.load_plugin("hfs_redactor", settings={"refuse": ["("]})
    with pytest.raises(PluginFailed, match="plugin redactor blocks this, as it is misconfigured"):
        await hfs_host.say("hello")
    assert hfs_host.model.requests == []
    await hfs_host.load_plugin("hfs_redactor", settings={})
    assert (await hfs_host.say("hello")).error is None
    with pytest.raises(PluginError, match="nobody"):
        await hfs_host.load_plugin(in_process("filter", Late, on_failure="block", requires=("nobody",)))
    assert isinstance((await hfs_host.say("hello")).error, PluginFailed)


async def test_one_that_is_switched_off_or_does_not_say_so_blocks_nothing(
    hfs_host: HeadlessHfs, plugin_failures: PluginFailures
) -> None:
    with pytest.raises(PluginError, match="not like this"):
        await hfs_host.load_plugin(in_process("filter", Late))
    assert (await hfs_host.say("hello")).error is None
    with pytest.raises(PluginError, match="not like this"), plugin_failures.expected():
        await hfs_host.load_plugin(in_process("other", Late, on_failure="block"))
    hfs_host.host.settings.write("disabled_plugins", ["other", "filter"])
    await hfs_host.restart()
    assert (await hfs_host.say("hello")).error is None


async def test_one_that_may_only_look_blocks_nothing(hfs_host: HeadlessHfs) -> None:
    with pytest.raises(PluginError, match="is no regular expression"):
        await hfs_host.load_plugin("hfs_redactor", settings={"refuse": ["("]}, deny=["messages.transform"])
    assert (await hfs_host.say("hello")).error is None
