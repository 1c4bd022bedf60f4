"""A new plugin as its author has it: made, tested, built, installed and used, with HFS itself from its wheel."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.test_wheels import UV, Environment, environment, pytestmark, run, wheels

__all__ = ["environment", "pytestmark", "wheels"]


@pytest.fixture
def author(environment: Environment) -> Environment:
    """HFS, what tests of plugins need, and what checks types."""
    environment.install("hfs-core")
    needed = ("pytest>=9", "pytest-asyncio>=1.3", "hypothesis>=6.150", "mypy>=1.18")
    run(UV, "pip", "install", "--quiet", "--python", environment.bin / "python", *needed)
    return environment


def run_tests(author: Environment, folder: Path) -> None:
    variables = {"PATH": os.environ["PATH"], "HOME": str(author.folder)}
    done = subprocess.run(
        [author.bin / "python", "-m", "pytest", "-q", "-W", "error"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=variables,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    checked = subprocess.run(
        [
            author.bin / "python",
            "-m",
            "mypy",
            "--strict",
            "--explicit-package-bases",
            "--cache-dir",
            os.devnull,
            ".",
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env=variables,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_new_package_is_tested_built_installed_and_used(author: Environment, tmp_path: Path) -> None:
    author.hfs("plugins", "new", "sea_weather")
    project = author.folder / "hfs-sea-weather"
    run_tests(author, project)
    run(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path / "dist", project)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert wheel.name.startswith("hfs_sea_weather-0.1.0-")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        f"hfs_sea_weather/{name}" for name in ("__init__.py", "manifest.yaml", "plugin.py", "py.typed")
    } < names
    assert not [name for name in names if name.startswith("tests")]
    python = ("--quiet", "--python", author.bin / "python")
    run(UV, "pip", "install", *python, "--no-index", "--find-links", author.dist, wheel)
    assert '"sea_weather"' in author.hfs("plugins", "list", "--json").stdout
    assert author.hfs("sea-weather", "Ada").stdout == "Hello, Ada! I have heard 0 messages.\n"
    run(UV, "pip", "uninstall", *python, "hfs-sea-weather")
    assert "No such command 'sea-weather'" in author.hfs("sea-weather", code=2).stderr


def test_a_new_folder_is_tested_where_it_lies(author: Environment) -> None:
    author.hfs("plugins", "new", "weather", "--dir")
    folder = author.folder / "home" / "plugins" / "weather"
    before = {file.name for file in folder.iterdir()}
    run_tests(author, folder)
    after = {file.name for file in folder.iterdir()} - {"__pycache__"}
    assert after == before, "HFS would ask for consent again"
