"""A test says what its plugin may do, as a person would."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.api import CapabilityDenied, CommandError, PluginError, Usage
from hfs_core.testing import HeadlessHfs, PluginFailures

MANIFEST = """\
name: reader
version: 1
description: Reads
capabilities: [commands, store.read]
hooks: [provide_commands]
contributes:
  commands: [{name: last, summary: Say what was said last}]
"""
CODE = """\
from hfs_core.api import Command, CommandResult, Notice, hookimpl


async def last(invocation):
    messages = await invocation.host.store.messages(invocation.session_id)
    return CommandResult((Notice({what}),))


@hookimpl
def provide_commands():
    return [Command("last", "Say what was said last", last)]
"""


def folder(tmp_path: Path, what: str = "messages[-1].content") -> Path:
    """A plugin that is a folder."""
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "__init__.py").write_text(CODE.format(what=what))
    return folder


@pytest.mark.parametrize("what", ["first", "second"])
async def test_a_folder_runs_as_it_is_now(hfs_host: HeadlessHfs, tmp_path: Path, what: str) -> None:
    """Also where another test has loaded another folder of that name, and where it changes between two loads."""
    await hfs_host.say("hello")
    await hfs_host.load_plugin(folder(tmp_path, repr(what)))
    assert (await hfs_host.run_command("/last")).text == f"{what}\n"
    (tmp_path / "reader" / "__init__.py").write_text(CODE.format(what=repr("changed")))
    await hfs_host.load_plugin(tmp_path / "reader")
    assert (await hfs_host.run_command("/last")).text == "changed\n"


async def test_what_is_denied_raises(hfs_host: HeadlessHfs, tmp_path: Path) -> None:
    await hfs_host.say("hello", "Good day.")
    await hfs_host.load_plugin(folder(tmp_path))
    assert (await hfs_host.run_command("/last")).text == "Good day.\n"
    for choice in ({"deny": ["store.read"]}, {"grant": ["commands"]}):
        await hfs_host.load_plugin(tmp_path / "reader", **choice)  # type: ignore[arg-type] # keywords
        with pytest.raises(CapabilityDenied, match=r"was not granted store\.read"):
            await hfs_host.run_command("/last")


async def test_a_contribution_that_is_denied_is_not_there(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin("hfs_word_count", deny=["commands"])
    with pytest.raises(CommandError, match="Unknown command: `/wc`"):
        await hfs_host.run_command("/wc")
    await hfs_host.load_plugin("hfs_word_count", grant=["commands", "store.read"])
    await hfs_host.say("hello")
    assert (await hfs_host.run_command("/wc")).rows


async def test_a_plugin_that_may_not_write_fails_where_it_does(
    hfs_host: HeadlessHfs, plugin_failures: PluginFailures
) -> None:
    await hfs_host.load_plugin("hfs_token_clock", deny=["store.write"])
    with plugin_failures.expected("CapabilityDenied") as failures:
        await hfs_host.say("hello", ["Good day.", Usage(3, 4)])
    assert {failure.hook for failure in failures} == {"on_event"}


async def test_only_what_is_there_and_listed_can_be_granted(hfs_host: HeadlessHfs) -> None:
    with pytest.raises(PluginError, match=r"no capability files: there are commands, messages\.read"):
        await hfs_host.load_plugin("hfs_word_count", grant=["files"])
    with pytest.raises(PluginError, match=r"does not list store\.write, so it cannot be granted"):
        await hfs_host.load_plugin("hfs_word_count", grant=["store.write"])
