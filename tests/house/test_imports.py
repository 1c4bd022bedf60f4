"""What a start may import: looked at in a fresh process."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hfs_core.api
from hfs_core.api import Paths
from hfs_core.kernel import Kernel
from hfs_core.plugins.info import FIRST_PARTY

ROOT = Path(__file__).parents[2]
HEAVY = (
    "pydantic",
    "textual",
    "rich",
    "sqlalchemy",
    "aiosqlite",
    "httpx2",
    "pluggy",
    "ruamel",
    "importlib_metadata",
)
PLUGINS = (
    "hfs_checkpoints",
    "hfs_commands",
    "hfs_export",
    "hfs_sqlite_store",
    "hfs_sessions",
    "hfs_openai_models",
    "hfs_local_model",
)


def imported(code: str, home: Path) -> set[str]:
    """Run code in a fresh process, twice, and return the top-level modules that the second, warm run has."""
    program = (
        "import sys, contextlib, io\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        f"    {code}\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"HFS_HOME": str(home), "PATH": ""},
            check=True,
            capture_output=True,
            text=True,
        )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "words",
    [["--version"], ["--help"], ["paths"], ["plugins", "list"], ["plugins", "--json"], ["-p", "--help"]],
)
def test_looking_around_imports_nothing_heavy_and_no_plugin(words: list[str], tmp_path: Path) -> None:
    code = f"sys.argv = ['hfs', *{words!r}]; from hfs_core.cli.__main__ import main; main()"
    assert imported(code, tmp_path).isdisjoint({*HEAVY, *PLUGINS})


def test_to_know_all_commands_needs_no_event_loop(tmp_path: Path) -> None:
    code = "sys.argv = ['hfs', '--help']; from hfs_core.cli.__main__ import main; main()"
    assert imported(code, tmp_path).isdisjoint({"asyncio", "logging", "packaging"})


def test_importing_the_package_costs_nothing(tmp_path: Path) -> None:
    before = imported("pass", tmp_path)
    assert imported("import hfs_core", tmp_path) - before == {"hfs_core"}


def test_the_version_needs_no_click(tmp_path: Path) -> None:
    code = "sys.argv = ['hfs', '--version']; from hfs_core.cli.__main__ import main; main()"
    assert "click" not in imported(code, tmp_path)


@pytest.mark.parametrize("words", [[], ["-c"], ["--continue"]])
def test_the_first_paint_needs_no_click(words: list[str], tmp_path: Path) -> None:
    code = (
        f"sys.argv = ['hfs', *{words!r}]; from hfs_core.cli import __main__, chat; "
        "from hfs_core.tui.app import ChatApp; ChatApp.run = lambda app: None; chat.has_terminal = lambda: True; "
        "__main__.main()"
    )
    loaded = imported(code, tmp_path)
    assert "textual" in loaded
    assert loaded.isdisjoint({"click", "pydantic", "ruamel", "sqlalchemy", "markdown_it", *PLUGINS})


def test_the_front_door_is_lazy(tmp_path: Path) -> None:
    assert imported("from hfs_core.api import Draft, Message", tmp_path).isdisjoint(HEAVY)


def test_every_name_of_the_front_door_is_there() -> None:
    for name in hfs_core.api.__all__:
        assert getattr(hfs_core.api, name) is not None
    assert len(hfs_core.api.__all__) == len(set(hfs_core.api.__all__))
    assert hfs_core.api._HOMES.keys() == set(hfs_core.api.__all__)


def test_the_list_of_own_distributions_holds_every_project() -> None:
    for project in ROOT.glob("hfs_plugins/*/pyproject.toml"):
        assert tomllib.loads(project.read_text())["project"]["name"] in FIRST_PARTY


async def test_manifests_say_what_the_commands_themselves_say(tmp_path: Path) -> None:
    async with Kernel(Paths(tmp_path), project=tmp_path, environ={}) as host:
        for name in host.commands.names():
            command = await host.commands.get(name.name)
            assert name.summary == command.summary
            assert name.is_chat_only == ("shell" not in command.surfaces)
