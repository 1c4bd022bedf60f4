"""A plugin that cannot be used says why, and the others are used."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hfs_core import hookspecs
from hfs_core.api import Draft, NoModel, hookimpl
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.plugins.selection import Choice
from hfs_core.testing import ScriptedModel, in_process
from tests.conftest import StartKernel


class Next:
    """Comes after the culprit in the order of names."""

    @hookimpl
    def on_message(self, message: Draft) -> Draft:
        return replace(message, content=message.content + "!")


@pytest.mark.parametrize(
    ("source", "state", "word"),
    [
        ("raise ValueError('boom')", "quarantined", "ValueError: boom"),
        ("import nowhere_to_be_found", "quarantined", "ModuleNotFoundError"),
        ("def (", "quarantined", "SyntaxError"),
        ("import sys; sys.exit(3)", "quarantined", "SystemExit"),
        (
            "from hfs_core.api import hookimpl\n@hookimpl\ndef on_mesage(message): ...",
            "incompatible",
            "did you mean on_message",
        ),
        ("from hfs_core.api import hookimpl\n@hookimpl\ndef on_message(msg): ...", "incompatible", "msg"),
        ("from hfs_core.api import hookimpl\n@hookimpl\ndef on_exit(): ...", "incompatible", "on_exit"),
        (
            "from hfs_core.api import hookimpl\n@hookimpl\ndef activate(context): raise ValueError('boom')",
            "quarantined",
            "ValueError: boom",
        ),
        (
            "from hfs_core.api import hookimpl\nSettings = 5\n@hookimpl\ndef on_message(message): ...",
            "incompatible",
            "its Settings is no pydantic model",
        ),
        (
            "from hfs_core.api import hookimpl\nclass Settings:\n    model_validate = 5\n"
            "@hookimpl\ndef on_message(message): ...",
            "quarantined",
            "TypeError",
        ),
        ("def __dir__(): raise ValueError('boom')", "quarantined", "ValueError: boom"),
    ],
)
async def test_a_plugin_that_cannot_be_loaded_says_why(
    start_kernel: StartKernel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    state: str,
    word: str,
) -> None:
    (tmp_path / "broken_plugin.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_plugin", raising=False)
    hooks = ("on_message", "on_mesage", "activate")
    broken = PluginInfo("broken", module="broken_plugin", hooks=hooks, capabilities=("hooks",), lists=True)
    async with start_kernel(broken, in_process("next", Next), model=ScriptedModel("hi")) as host:
        run = await host.engine.send("hello")
        entry = host.plugins.entries["broken"]
    assert run.reply is not None
    assert run.reply.content == "hi!"
    assert (entry.state, word in entry.reason) == (state, True), entry.reason


async def test_wrong_settings_misconfigure_only_their_plugin(start_kernel: StartKernel, home: Any) -> None:
    from pydantic import BaseModel

    class Wanted(BaseModel, extra="forbid"):
        """Settings."""

        level: int = 1

    class Set:
        Settings = Wanted

        @hookimpl
        def on_message(self, message: Draft) -> None:
            """Do nothing."""

    home.root.mkdir()
    home.config.write_text("plugins:\n  set:\n    level: high\n    colour: red\n")
    async with start_kernel(
        in_process("set", Set), in_process("next", Next), model=ScriptedModel("hi")
    ) as host:
        run = await host.engine.send("hello")
        entry = host.plugins.entries["set"]
    assert run.reply is not None
    assert run.reply.content == "hi!"
    assert entry.state == "misconfigured"
    assert "plugins.set.level" in entry.reason
    assert "plugins.set.colour" in entry.reason


async def test_a_missing_requirement_is_named(start_kernel: StartKernel) -> None:
    needy = in_process("needy", Next, requires=("absent_one",))
    async with start_kernel(needy, model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
        entry = host.plugins.entries["needy"]
    assert entry.state == "missing dependency"
    assert entry.reason == "needs the plugin absent_one, which is not installed"


def test_every_hook_has_a_law_and_says_so() -> None:
    for name in hookspecs.HOOKS:
        assert getattr(hookspecs, name).__doc__


async def test_safe_mode_and_the_setting_load_only_what_they_allow(start_kernel: StartKernel) -> None:
    async with start_kernel(
        in_process("next", Next), model=ScriptedModel("hi"), choice=Choice(is_safe=True)
    ) as host:
        run = await host.engine.send("hello")
        assert host.plugins.entries["next"].state == "disabled"
    assert isinstance(run.error, NoModel)
    own = in_process("next", Next, distribution="hfs-sessions")
    async with start_kernel(own, choice=Choice(is_safe=True)) as host:
        await host.engine.send("hello")
        assert host.plugins.entries["next"].state == "active"
