"""A plugin under test is named as its author thinks of it, and its manifest counts."""

from __future__ import annotations

from pathlib import Path

import hfs_phased_run.plugin
import pytest

from hfs_core.api import PluginError
from hfs_core.testing import HeadlessHfs

EXAMPLE = Path(__file__).parents[2] / "examples" / "phased_run"
MANIFEST = """\
name: greeter
version: 1.2
description: Greets
capabilities: [commands]
hooks: [provide_commands]
contributes:
  commands: [{name: greet, summary: Greet}]
"""
CODE = """\
from hfs_core.api import Command, CommandResult, Notice, hookimpl

from .words import GREETING


async def greet(invocation):
    return CommandResult((Notice(GREETING),))


@hookimpl
def provide_commands():
    return [Command("greet", "Greet", greet)]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plugin that is a folder."""
    folder = tmp_path / "greeter"
    folder.mkdir()
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "__init__.py").write_text(CODE)
    (folder / "words.py").write_text('GREETING = "Good day"\n')
    return folder


@pytest.mark.parametrize(
    "plugin",
    [
        EXAMPLE,
        str(EXAMPLE),
        EXAMPLE / "src" / "hfs_phased_run",
        "hfs_phased_run",
        hfs_phased_run,
        hfs_phased_run.plugin,
        hfs_phased_run.plugin.PhasedRunPlugin,
    ],
    ids=["project", "text", "package folder", "package", "module", "submodule", "class"],
)
async def test_every_way_to_name_it_finds_its_manifest(hfs_host: HeadlessHfs, plugin: object) -> None:
    entry = await hfs_host.load_plugin(plugin)  # type: ignore[arg-type] # each is one of its types
    assert (entry.info.name, entry.info.lists, entry.info.capabilities[0]) == ("phased_run", True, "commands")
    assert [name.name for name in hfs_host.host.commands.names()] == ["phased"]


async def test_a_folder_is_a_plugin(hfs_host: HeadlessHfs, folder: Path) -> None:
    entry = await hfs_host.load_plugin(folder)
    assert entry.info.version == "1.2"
    assert (await hfs_host.run_command("/greet")).text == "Good day\n"


async def test_what_is_no_plugin_is_named(hfs_host: HeadlessHfs, folder: Path) -> None:
    with pytest.raises(PluginError, match="no package hfs_nobody"):
        await hfs_host.load_plugin("hfs_nobody")
    with pytest.raises(PluginError, match=r"no manifest\.yaml"):
        await hfs_host.load_plugin(folder.parent)
    (folder / "manifest.yaml").write_text("name: greeter\n")
    with pytest.raises(PluginError, match="version"):
        await hfs_host.load_plugin(folder)


async def test_code_that_does_more_than_its_manifest_says_is_refused(
    hfs_host: HeadlessHfs, folder: Path
) -> None:
    (folder / "manifest.yaml").write_text(MANIFEST.replace("hooks: [provide_commands]\n", ""))
    with pytest.raises(PluginError, match="does not list the hook provide_commands"):
        await hfs_host.load_plugin(folder)
