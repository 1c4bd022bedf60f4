"""`hfs plugins audit`: what a plugin was granted, and what it has called."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.api import Paths

from .conftest import Hfs

MANIFEST = """\
name: nosy
version: "2.0"
description: Looks at sessions, and tries to change one
capabilities: [commands, store.read, store.write, telepathy]
hooks: [provide_commands]
contributes:
  commands:
    - {name: nose, summary: "Look around"}
"""
CODE = """\
from hfs_core.api import Command, CommandResult, hookimpl
import pathlib
(pathlib.Path.home() / "imported").touch()

async def nose(invocation):
    await invocation.host.store.sessions()
    await invocation.host.sessions.rename(1, "changed")
    return CommandResult()

@hookimpl
def provide_commands():
    return [Command("nose", "Look around", nose)]
"""


@pytest.fixture
def nosy(home: Paths) -> Path:
    folder = home.plugins / "nosy"
    folder.mkdir(parents=True)
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "__init__.py").write_text(CODE)
    return folder


async def states(hfs: Hfs, name: str) -> dict[str, tuple[str, int, int]]:
    """What the audit says of each capability: its state, calls and refusals."""
    done = await hfs("plugins", "audit", name, "--json")
    assert (done.code, done.err) == (0, "")
    return {row["capability"]: (row["state"], row["calls"], row["refused"]) for row in done.json}


async def test_from_what_is_asked_for_to_what_was_called(hfs: Hfs, home: Paths, nosy: Path) -> None:
    asked = {
        "commands": ("not granted", 0, 0),
        "store.read": ("not granted", 0, 0),
        "store.write": ("not granted", 0, 0),
        "telepathy": ("unknown", 0, 0),
    }
    assert await states(hfs, "nosy") == asked
    assert not (home.root.parent / "imported").exists()
    assert (await hfs("plugins", "trust", "nosy", "--deny", "store.write")).code == 0
    refused = await hfs("nose")
    assert (home.root.parent / "imported").exists()
    assert refused.code == 1
    assert refused.err == (
        "hfs: plugin nosy was not granted store.write (change and delete your sessions, keep things of its own, and "
        "change settings): `hfs plugins trust nosy --grant commands,store.read,store.write` grants it\n"
    )
    assert await states(hfs, "nosy") == {
        "commands": ("granted", 1, 0),
        "store.read": ("granted", 1, 0),
        "store.write": ("denied", 0, 1),
        "telepathy": ("unknown", 0, 0),
    }
    shown = await hfs("plugins", "audit", "nosy")
    assert shown.out.startswith("nosy 2.0: what it has called since ")
    assert "it runs as you, and can do anything that you can do" in shown.out


async def test_what_was_denied_is_hidden_everywhere(hfs: Hfs, home: Paths, nosy: Path) -> None:
    """The plugin says in its state that nothing is left for it to do."""
    assert (await hfs("plugins", "trust", "nosy", "--deny", "commands")).code == 0
    assert "nose" not in (await hfs("--help")).out
    assert (await hfs("nose")).code == 2
    (row,) = [row for row in (await hfs("plugins", "list", "--json")).json if row["name"] == "nosy"]
    assert (row["state"], row["reason"]) == (
        "found",
        "has nothing to do without commands, which it was not granted",
    )
    assert not (home.root.parent / "imported").exists()


async def test_an_unknown_name_is_told_with_near_ones(hfs: Hfs) -> None:
    done = await hfs("plugins", "audit", "sesions")
    assert (done.code, done.out, done.err) == (
        1,
        "",
        "hfs: there is no plugin sesions: did you mean sessions?\n",
    )
