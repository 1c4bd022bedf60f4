"""`hfs plugins install`, `uninstall` and `sync` in every kind of environment that people have HFS in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.installing import INSTALLS, ROOT, UV, build_wheels, run, wheel_of

pytestmark = INSTALLS


class Home:
    """Somebody's home, with HFS installed there in some way."""

    def __init__(self, folder: Path, dist: Path, programs: Path, **variables: str):
        self.folder, self.dist, self.bin = folder, dist, programs
        self.variables = {
            **os.environ,  # also what says from where this machine installs
            "HFS_HOME": str(folder / "hfs"),
            "PATH": f"{Path(UV).parent}{os.pathsep}{programs}{os.pathsep}{os.environ['PATH']}",
            "PIP_FIND_LINKS": str(dist),
            "UV_FIND_LINKS": str(dist),
            **variables,
        }

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return run(*words, env=self.variables, cwd=self.folder)

    def hfs(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [str(self.bin / "hfs"), *words]
        done = subprocess.run(command, env=self.variables, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def plugins(self) -> dict[str, Any]:
        listed = json.loads(self.hfs("plugins", "list", "--json").stdout)
        return {plugin["name"]: plugin for plugin in listed}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of HFS, and that of somebody else's plugin."""
    wheels = tmp_path_factory.mktemp("dist")
    build_wheels(tmp_path_factory.mktemp("tree"), wheels)
    run(UV, "build", "--quiet", "--wheel", "--out-dir", wheels, ROOT / "examples" / "word_count")
    return wheels


def pip_venv(folder: Path, dist: Path) -> Home:
    run(UV, "venv", "--quiet", "--seed", "--python", sys.executable, folder / "venv")
    programs = folder / "venv" / "bin"
    run(UV, "pip", "install", "--quiet", "--python", programs / "python", "--find-links", dist, "hfs-core")
    return Home(folder, dist, programs)


def uv_venv(folder: Path, dist: Path) -> Home:
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    programs = folder / "venv" / "bin"
    run(UV, "pip", "install", "--quiet", "--python", programs / "python", "--find-links", dist, "hfs-core")
    return Home(folder, dist, programs)


def uv_tool(folder: Path, dist: Path) -> Home:
    home = Home(
        folder,
        dist,
        folder / "bin",
        UV_TOOL_DIR=str(folder / "tools"),
        UV_TOOL_BIN_DIR=str(folder / "bin"),
    )
    home.run(UV, "tool", "install", "--quiet", "--python", sys.executable, "hfs-core")
    return home


def pipx(folder: Path, dist: Path) -> Home:
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "pipx")
    run(UV, "pip", "install", "--quiet", "--python", folder / "pipx" / "bin" / "python", "pipx")
    home = Home(
        folder, dist, folder / "bin", PIPX_HOME=str(folder / "pipx-home"), PIPX_BIN_DIR=str(folder / "bin")
    )
    home.variables["PATH"] += f"{os.pathsep}{folder / 'pipx' / 'bin'}"
    home.run(
        folder / "pipx" / "bin" / "pipx", "install", "--python", sys.executable, wheel_of(dist, "hfs-core")
    )
    return home


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (pip_venv, " -m pip install hfs-word-count"),
        (uv_venv, "uv pip install --python "),
        (uv_tool, "uv tool install "),
        (pipx, "pipx inject hfs-core hfs-word-count"),
    ],
    ids=["pip", "uv", "uv tool", "pipx"],
)
def test_a_plugin_comes_and_goes(make: Any, shown: str, tmp_path: Path, dist: Path) -> None:
    home = make(tmp_path, dist)
    assert home.plugins() == {}
    done = home.hfs("plugins", "install", "hfs-word-count", "hfs-sessions")
    assert shown in done.stderr
    assert done.stderr.startswith("$ ")
    assert "installed word_count 0.1.0 (hfs-word-count): " in done.stdout
    assert sorted(home.plugins()) == ["sessions", "word_count"]
    gone = home.hfs("plugins", "uninstall", "sessions")
    assert "uninstalled hfs-sessions: sessions is gone" in gone.stdout
    assert sorted(home.plugins()) == ["word_count"]
    assert "there is no plugin sesions" in home.hfs("plugins", "uninstall", "sesions", code=1).stderr
    assert home.hfs("plugins", "sync").stdout == "Nothing is missing.\n"
    failed = home.hfs("plugins", "install", str(tmp_path / "nothing-0-py3-none-any.whl"), code=1)
    assert "that command has ended with" in failed.stderr
    assert sorted(home.plugins()) == ["word_count"]


def test_what_an_upgrade_of_uv_tool_drops_is_restored(tmp_path: Path, dist: Path) -> None:
    home = uv_tool(tmp_path, dist)
    wheel = shutil.copy(wheel_of(dist, "hfs-word-count"), tmp_path)
    home.hfs("plugins", "install", "hfs-sqlite-store", f"./{Path(wheel).name}")
    home.run(UV, "tool", "upgrade", "--reinstall", "hfs-core")
    assert sorted(home.plugins()) == ["sqlite_store", "word_count"]
    home.run(UV, "tool", "install", "--quiet", "--force", "--python", sys.executable, "hfs-core")
    listed = home.hfs("plugins", "list")
    assert "2 plugins that you installed are missing: hfs-sqlite-store, hfs-word-count" in listed.stderr
    assert "`hfs plugins sync` restores them" in listed.stderr
    assert home.hfs("plugins", "sync", "--dry-run").stdout.startswith("$ ")
    assert home.hfs("plugins", "sync").stdout == "restored hfs-sqlite-store\nrestored hfs-word-count\n"
    assert sorted(home.plugins()) == ["sqlite_store", "word_count"]
    assert home.hfs("plugins", "list").stderr == ""


def test_one_of_the_default_set_goes_from_uv_tool(tmp_path: Path, dist: Path) -> None:
    home = Home(
        tmp_path,
        dist,
        tmp_path / "bin",
        UV_TOOL_DIR=str(tmp_path / "tools"),
        UV_TOOL_BIN_DIR=str(tmp_path / "bin"),
    )
    home.run(UV, "tool", "install", "--quiet", "--python", sys.executable, "hfs-core[standard]")
    before = home.plugins()
    home.hfs("plugins", "uninstall", "local_model")
    assert sorted(home.plugins()) == sorted(before.keys() - {"local_model"})


def test_what_is_no_plugin_or_only_a_folder_is_told(tmp_path: Path, dist: Path) -> None:
    home = uv_venv(tmp_path, dist)
    done = home.hfs("plugins", "install", "six")
    assert "six is installed, but it is no plugin of HFS" in done.stderr
    folder = tmp_path / "weather"
    folder.mkdir()
    (folder / "manifest.yaml").write_text("name: weather\n")
    done = home.hfs("plugins", "install", "./weather", code=1)
    assert "is a plugin in a folder: copy it into" in done.stderr
    assert "hfs-core is HFS itself" in home.hfs("plugins", "uninstall", "hfs-core", code=1).stderr
