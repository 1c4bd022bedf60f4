"""`hfs plugins dev` in a real terminal: edit a file, see the new answer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hfs_core.api import Paths
from hfs_core.cli.root import root
from tests.cli.conftest import environment
from tests.tui.terminal import terminal


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
    opened: list[str] = []
    monkeypatch.setattr("hfs_core.cli.plugins_dev.chat", lambda notice, **rest: opened.append(notice))
    made = CliRunner().invoke(root, ["plugins", "new", "weather", "--dir", "--path", str(tmp_path)])
    assert made.exit_code == 0, made.output
    done = CliRunner().invoke(
        root, ["plugins", "dev", str(tmp_path / "weather"), "--home", str(tmp_path / "other")]
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert f"those in {tmp_path / 'other'}." in opened[0]
