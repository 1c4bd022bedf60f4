"""`hfs plugins check`: what it finds in a plugin, and that nothing in a plugin harms who looks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner

from hfs_core.api import Paths
from hfs_core.cli.checking import contained
from hfs_core.cli.root import explain, root

ROOT = Path(__file__).parents[2]
MANIFEST = """
name: weather
version: 1.0
description: Tells the weather
entry_point: "plugin:Weather"
api: ">=1,<2"
capabilities: [commands]
hooks: [activate, provide_commands]
contributes: {commands: [{name: weather, summary: Tell the weather}]}
"""
PLUGIN = """
from hfs_core.api import Command, CommandResult, Notice, hookimpl

class Weather:
    @hookimpl
    def activate(self, context): ...
    @hookimpl
    def provide_commands(self):
        return [Command("weather", "Tell the weather", self.tell)]
    async def tell(self, invocation) -> CommandResult:
        return CommandResult((Notice("Rain."),))
"""
README = "# Weather\n\nTells the weather of today, in a sentence that is worth reading.\n" * 2


@dataclass(frozen=True, slots=True)
class Report:
    code: int
    rows: list[dict[str, str]]

    def says(self, level: str, check: str) -> list[str]:
        """The texts of one level about one thing."""
        return [row["text"] for row in self.rows if (row["level"], row["check"]) == (level, check)]

    @property
    def failures(self) -> list[str]:
        return [row["text"] for row in self.rows if row["level"] == "fail"]


Check = Callable[..., Report]


@pytest.fixture
def check(home: Paths) -> Check:
    """Check a plugin."""

    def run(plugin: Path | str) -> Report:
        done = CliRunner().invoke(root, ["plugins", "check", str(plugin), "--json"], prog_name="hfs")
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Report(done.exit_code, json.loads(done.stdout))

    return run


def directory(tmp_path: Path, plugin: str = PLUGIN, manifest: str = MANIFEST, **files: str) -> Path:
    """A plugin that is a folder."""
    folder = tmp_path / "weather"
    folder.mkdir()
    named = {
        "manifest.yaml": manifest,
        "plugin.py": plugin,
        "__init__.py": "",
        "README.md": README,
        "LICENSE": "MIT",
    }
    for name, text in {**named, **files}.items():
        (folder / name).write_text(dedent(text))
    return folder


def project(tmp_path: Path, plugin: str = PLUGIN, manifest: str = MANIFEST, toml: str = "") -> Path:
    """A plugin that is a project."""
    package = tmp_path / "hfs-weather" / "src" / "hfs_weather"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "manifest.yaml").write_text(manifest)
    (package / "plugin.py").write_text(dedent(plugin))
    (tmp_path / "hfs-weather" / "README.md").write_text(README)
    (tmp_path / "hfs-weather" / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "hfs-weather"\nversion = "1.0"\nlicense = "MIT"\nreadme = "README.md"\n'
        '[project.entry-points."hfs.plugins"]\nweather = "hfs_weather"\n'
        f'[tool.hatch.build.targets.wheel]\npackages = ["src/hfs_weather"]\n{toml}'
    )
    return tmp_path / "hfs-weather"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_good_plugin_passes_and_nothing_is_kept_of_it(check: Check, home: Paths, tmp_path: Path) -> None:
    folder = directory(tmp_path)
    before = tree(folder)
    report = check(folder)
    assert (report.code, report.failures) == (0, [])
    assert {row["level"] for row in report.rows} == {"ok"}, report.rows
    assert report.says("ok", "commands") == ["weather"]
    assert tree(folder) == before
    assert not (home.state / "trust.json").exists()
    assert not home.config.exists()


def test_a_project_is_built_and_looked_into(check: Check, tmp_path: Path) -> None:
    folder = project(tmp_path, toml='exclude = ["*.yaml"]\n')
    before = tree(folder)
    report = check(folder)
    assert report.code == 1
    (text,) = report.failures
    assert text.startswith("has no manifest.yaml")
    assert report.says("warn", "licence") == ["MIT, but there is no file LICENSE with its text"]
    assert tree(folder) == before


@pytest.mark.slow
def test_what_is_installed_is_checked_by_its_name(check: Check) -> None:
    report = check("sessions")
    assert report.code == 0, report.failures
    assert "rename" in report.says("ok", "commands")[0]


def test_what_is_not_there_is_said_with_what_may_be_meant(home: Paths, tmp_path: Path) -> None:
    for named, said in (("sesions", "did you mean sessions?"), (str(tmp_path), "there is no manifest.yaml")):
        done = CliRunner().invoke(root, ["plugins", "check", named], prog_name="hfs")
        assert done.exception is not None
        assert said in str(done.exception)
        assert explain(done.exception) == 1


STATIC: list[tuple[dict[str, Any], str, str, str]] = [
    ({"manifest": MANIFEST + "hoks: [x]\n"}, "warn", "manifest", "HFS does not know hoks"),
    (
        {"manifest": MANIFEST.replace("activate,", "on_mesage,")},
        "fail",
        "manifest",
        "did you mean on_message?",
    ),
    (
        {"manifest": MANIFEST.replace("name: weather\nv", "name: other\nv")},
        "fail",
        "manifest",
        "the folder's is",
    ),
    ({"manifest": MANIFEST.replace("version: 1.0\n", "")}, "fail", "manifest", "version"),
    ({"manifest": MANIFEST.replace('api: ">=1,<2"', "")}, "warn", "api", 'api: ">=1,<2"'),
    (
        {"manifest": MANIFEST.replace('api: ">=1,<2"', 'api: ">=7"')},
        "fail",
        "manifest",
        "is made for version >=7",
    ),
    (
        {"manifest": MANIFEST.replace("[commands]", "[comands]")},
        "warn",
        "capabilities",
        "did you mean commands?",
    ),
    (
        {"manifest": MANIFEST.replace("[commands]", "[]")},
        "fail",
        "capabilities",
        "provide_commands is only called",
    ),
    ({"README.md": "x"}, "warn", "readme", "says next to nothing"),
    ({"plugin": PLUGIN + "\n# \u202e hidden"}, "fail", "files", "plugin.py:"),
]


@pytest.mark.parametrize(("changed", "level", "about", "said"), STATIC, ids=lambda value: str(value)[:20])
def test_what_can_be_told_without_running_it_is_told(
    tmp_path: Path, changed: dict[str, Any], level: str, about: str, said: str
) -> None:
    from hfs_core.cli.checking.static import examine
    from hfs_core.plugins.source import find_source

    folder = directory(tmp_path, **changed)
    found = examine(find_source(str(folder), Paths(tmp_path / "home")))
    texts = [each.text for each in found if (each.level, each.check) == (level, about)]
    assert any(said in text for text in texts), texts


@pytest.mark.slow
def test_missing_files_and_links_are_told(check: Check, tmp_path: Path) -> None:
    folder = directory(tmp_path)
    (folder / os.fsdecode(b"\xff\x1b[31m.py")).write_text("# \u200b")
    (folder / "README.md").unlink()
    (folder / "LICENSE").unlink()
    (folder / "away").symlink_to("/etc/hostname")
    report = check(folder)
    assert report.says("warn", "readme")[0].startswith("is missing")
    assert report.says("warn", "licence")[0].startswith("is missing")
    assert "leaves the plugin's folder" in report.says("fail", "files")[0]
    (folder / "away").unlink()
    assert "has no width" in check(folder).says("fail", "files")[0]


MESSY = """
import os, pathlib, socket, subprocess, sys, threading
from hfs_core.api import Command, CommandResult, Service, WidgetSpec, hookimpl

print("hello from weather")
pathlib.Path({outside!r}).write_text("x")

class Weather:
    @hookimpl
    def activate(self, context):
        context.services.provide(Service("weather.secret", 1), self)
        subprocess.run([sys.executable, "-c", "pass"])
        try:
            socket.create_connection(("127.0.0.1", 9), 0.1)
        except OSError:
            pass
        threading.Thread(target=threading.Event().wait, name="forever").start()
    @hookimpl
    def provide_commands(self):
        return [Command("storm", "Tell of storms", self.tell)]
    @hookimpl
    def provide_widgets(self):
        return [WidgetSpec("sidebar", "Sky", lambda session_id: 1 / 0)]
    async def tell(self, invocation) -> CommandResult: ...
    def on_mesage(self, message): ...
"""


def test_what_it_does_and_does_not_say_is_told(check: Check, tmp_path: Path) -> None:
    outside = str(tmp_path / "outside")
    manifest = MANIFEST.replace("[activate,", "[activate, on_exit, provide_widgets,")
    manifest = manifest.replace("[commands]", "[commands, services, ui]")
    report = check(directory(tmp_path, MESSY.format(outside=outside), manifest))
    assert report.code == 1
    assert "'hello from weather'" in report.says("warn", "import")[0]
    misspelt, listed = report.says("warn", "hooks")
    assert misspelt.startswith("on_mesage is called nearly as the hook on_message")
    assert "on_exit" in listed
    undeclared, missing = report.says("fail", "commands")
    assert undeclared.startswith("storm is not in the manifest")
    assert missing.startswith("weather is in the manifest, and the plugin does not have it")
    assert report.says("fail", "services")[0].startswith("weather.secret is not in the manifest")
    assert "ZeroDivisionError" in report.says("fail", "widgets")[0]
    assert "forever" in report.says("warn", "activation")[0]
    seen = "\n".join(report.says("warn", "tripwire"))
    for words in (f"wrote {outside}", f"started {sys.executable} -c pass", "connect 127.0.0.1:9"):
        assert words in seen
    assert "no guarantee" in seen


BROKEN = [
    ("1 / 0", "import", "ZeroDivisionError: division by zero (weather/plugin.py:1 in <module>)"),
    ("import sys; sys.exit(3)", "import", "SystemExit: 3"),
    ("import os; os._exit(0)", "import", "the process ended with code 0 while it was importing"),
    ("import os; os.abort()", "import", "the process was ended by SIGABRT while it was importing"),
    ("while True: pass", "import", "it was still importing after 4 s, and was ended"),
    (
        PLUGIN.replace("context): ...", "context): raise ValueError('no')"),
        "activation",
        "(weather/plugin.py:6 in",
    ),
    (PLUGIN.replace("self, context", "self, ctx"), "hooks", "activate has no parameter ctx"),
    (
        PLUGIN.replace("class", "import os\nclass").replace(": ...", ": os._exit(7)"),
        "import",
        "while it was activating",
    ),
    ("class Wether: ...", "import", "AttributeError: module 'hfs_dir_plugins.weather.plugin'"),
]


@pytest.mark.parametrize(("plugin", "about", "said"), BROKEN, ids=lambda value: str(value)[:24])
@pytest.mark.slow
def test_a_broken_plugin_harms_nobody_who_looks_at_it(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugin: str, about: str, said: str
) -> None:
    if "while True" in plugin:
        monkeypatch.setattr(contained, "STAGE_SECONDS", 4.0)
    report = check(directory(tmp_path, plugin))
    assert report.code == 1
    assert any(said in text for text in report.says("fail", about)), report.rows


@pytest.mark.slow
def test_a_slow_import_is_told_with_what_is_slow(check: Check, tmp_path: Path) -> None:
    folder = project(tmp_path, f"import heavy_library\n{PLUGIN}")
    (folder / "src" / "heavy_library.py").write_text("import time; time.sleep(1.05)")
    (text,) = check(folder).says("warn", "import")
    assert text.startswith("takes 1.")
    assert "heavy_library 1." in text


PROJECTS = sorted(file.parent for file in ROOT.glob("[eh]*/*/pyproject.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("plugin", PROJECTS, ids=lambda path: path.name)
def test_what_is_in_this_repository_passes(check: Check, plugin: Path) -> None:
    report = check(plugin)
    assert (report.code, report.failures) == (0, [])
    assert report.says("ok", "wheel")


@pytest.mark.slow
def test_a_store_is_held_to_the_law(check: Check, tmp_path: Path) -> None:
    plugin = """
        from contextlib import asynccontextmanager
        from hfs_core.api import hookimpl
        from hfs_core.builtin.memory_store import MemoryStore

        class Weather:
            @hookimpl
            def provide_store(self):
                @asynccontextmanager
                async def opened():
                    yield MemoryStore()
                return opened
    """
    manifest = (
        MANIFEST.partition("capabilities")[0] + "capabilities: [store.provide]\nhooks: [provide_store]\n"
    )
    report = check(directory(tmp_path, dedent(plugin), manifest))
    assert report.code == 1
    assert any(text.startswith("message: 35 of 35") for text in report.says("ok", "store"))
    (text,) = (text for text in report.says("fail", "store") if text.startswith("reopening"))
    assert "of 4;" in text, "a store that forgets must not pass"


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
@pytest.mark.parametrize("no_color", ["", "1"])
def test_colours_are_for_terminals_that_want_them(home: Paths, tmp_path: Path, no_color: str) -> None:
    import pty
    import subprocess

    folder = directory(tmp_path, manifest="name: [")
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HFS_HOME": str(home.root), "TERM": "xterm"}
    if no_color:
        environment["NO_COLOR"] = no_color
    words = [sys.executable, "-m", "hfs_core.cli", "plugins", "check", str(folder)]
    done = subprocess.run(words, stdout=theirs, stderr=subprocess.PIPE, env=environment)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "is not YAML" in shown
    assert ("\x1b[31mfail" in shown) is not bool(no_color)
