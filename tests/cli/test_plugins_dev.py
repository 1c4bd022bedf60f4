"""`hfs plugins dev` in a real terminal: edit a file, see the new answer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hfs_core.api import Paths
from hfs_core.cli.root import root
from tests.cli.conftest import environment
from tests.tui.terminal import PATIENCE, Terminal, terminal


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["--package", "--dir"])
async def test_a_new_plugin_is_seen_live(home: Paths, tmp_path: Path, kind: str) -> None:
    made = CliRunner().invoke(root, ["plugins", "new", "weather", kind, "--path", str(tmp_path)])
    assert made.exit_code == 0, made.output
    project = tmp_path / ("weather" if kind == "--dir" else "hfs-weather")
    code = project if kind == "--dir" else project / "src" / "hfs_weather"
    source = (code / "plugin.py").read_text()
    command = [sys.executable, "-m", "hfs_core.cli", "plugins", "dev", str(project)]
    async with terminal(tmp_path, command, environment(home, None), size=(110, 30)) as screen:
        await screen.sees("weather runs from", "weather reloaded in")
        await screen.say("/weather Ada")
        await screen.sees("Hello, Ada! I have heard 0 messages.")

        (code / "plugin.py").write_text(source.replace("I have heard", "We all heard"))
        await screen.sees("weather reloaded in")
        await screen.say("/weather Bob")
        await screen.sees("Hello, Bob! We all heard 0 messages.")

        broken = source.replace("self._heard = 0", "self._heard = nothing")
        (code / "plugin.py").write_text(broken)
        shown = await screen.sees("weather is off", "NameError: name 'nothing' is not defined")
        line = broken[: broken.index("nothing")].count("\n") + 1
        assert f"{code.name}/plugin.py:{line} in activate" in shown
        await screen.say("/weather Cleo")
        await screen.sees("Unknown command: `/weather`")

        (code / "plugin.py").write_text(source.replace("0\n", "7\n"))
        await screen.sees("weather reloaded in")
        await screen.say("/weather Dora")
        await screen.sees("Hello, Dora! I have heard 7 messages.")
        await screen.keys("C-d")
        await screen.sees("ended 0")
    assert not (home.state / "trust.json").exists()
    assert not list(project.rglob("__pycache__"))


def test_another_home_can_be_named(home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs_core.cli.chat.has_terminal", lambda: True)
    monkeypatch.setattr("hfs_core.cli.plugins_dev.is_child", lambda: True)
    opened: list[str] = []
    monkeypatch.setattr("hfs_core.cli.plugins_dev.chat", lambda notice, **rest: opened.append(notice))
    made = CliRunner().invoke(root, ["plugins", "new", "weather", "--dir", "--path", str(tmp_path)])
    assert made.exit_code == 0, made.output
    done = CliRunner().invoke(
        root, ["plugins", "dev", str(tmp_path / "weather"), "--home", str(tmp_path / "other")]
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert f"those in {tmp_path / 'other'}." in opened[0]


LIVELY = """
from hfs_core.api import Command, CommandResult, Notice, WidgetSpec, hookimpl

class Weather:
    @hookimpl
    def provide_commands(self):
        return [Command("weather", "Tell the weather", self.tell)]
    @hookimpl
    def provide_widgets(self):
        return [
            WidgetSpec("status", "Sky", lambda session_id: "sky: blue"),
            WidgetSpec("panel", "Wind", lambda session_id: "wind: none"),
        ]
    async def tell(self, invocation) -> CommandResult:
        return CommandResult((Notice("It is blue."),))
"""
LIVELY_MANIFEST = """
name: weather
version: 1.0
description: Tells the weather
entry_point: "plugin:Weather"
capabilities: [commands, ui]
hooks: [provide_commands, provide_widgets]
contributes: {commands: [{name: weather, summary: Tell the weather, key: f8}]}
"""


@pytest.mark.slow
async def test_widgets_and_keys_are_the_new_ones_at_once(home: Paths, tmp_path: Path) -> None:
    folder = tmp_path / "weather"
    folder.mkdir()
    (folder / "manifest.yaml").write_text(LIVELY_MANIFEST)
    (folder / "__init__.py").write_text("")
    (folder / "plugin.py").write_text(LIVELY)
    command = [sys.executable, "-m", "hfs_core.cli", "plugins", "dev", str(folder)]
    async with terminal(tmp_path, command, environment(home, None), size=(110, 30)) as screen:
        await screen.sees("sky: blue", "wind: none")
        await screen.keys("F8")
        await screen.sees("It is blue.")

        (folder / "plugin.py").write_text(LIVELY.replace("blue", "grey").replace("none", "strong"))
        shown = await screen.sees("sky: grey", "wind: strong")
        assert "sky: blue" not in shown
        await screen.keys("F8")
        await screen.sees("It is grey.")

        (folder / "plugin.py").write_text("1 / 0")
        await screen.sees("weather is off", "ZeroDivisionError")
        await gone(screen, "sky: grey", "wind: strong")

        (folder / "manifest.yaml").write_text(LIVELY_MANIFEST.replace("f8", "f9"))
        (folder / "plugin.py").write_text(LIVELY.replace("blue", "red"))
        await screen.sees("sky: red")
        await screen.keys("F9")
        await screen.sees("It is red.")
        await screen.keys("C-d")
        await screen.sees("ended 0")


async def gone(screen: Terminal, *texts: str) -> str:
    """Return the screen once none of these is on it."""
    shown = await screen.screen()
    async with asyncio.timeout(PATIENCE):
        while any(text in shown for text in texts):
            shown = await screen.screen()
    return shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "told"), [("os._exit(0)", "exit 0"), ("os.kill(os.getpid(), 9)", "killed by SIGKILL")]
)
async def test_a_plugin_that_ends_the_process_leaves_the_terminal_right(
    home: Paths, tmp_path: Path, ending: str, told: str
) -> None:
    made = CliRunner().invoke(root, ["plugins", "new", "weather", "--dir", "--path", str(tmp_path)])
    assert made.exit_code == 0, made.output
    folder = tmp_path / "weather"
    source = (folder / "plugin.py").read_text()
    command = [sys.executable, "-m", "hfs_core.cli", "plugins", "dev", str(folder)]
    async with terminal(tmp_path, command, environment(home, None), size=(110, 30)) as screen:
        await screen.sees("weather reloaded in")
        await screen.say("/weather Ada")
        await screen.sees("Hello, Ada!")
        (folder / "plugin.py").write_text(f"{source}\nimport os\n\n{ending}\n")
        await screen.sees("the chat ended all of a sudden", told, "ended 1")
