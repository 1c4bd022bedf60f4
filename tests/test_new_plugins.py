"""A new plugin as its author has it: made, tested, checked, built, installed and used, with HFS from its wheel."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.installing import INSTALLS, UV, Environment, run

pytestmark = INSTALLS


@pytest.fixture
def author(tmp_path: Path, wheels: Path) -> Environment:
    """HFS with what the tests of plugins need, what builds a wheel, and what checks types."""
    environment = Environment(tmp_path, wheels)
    environment.install("hfs-core", extras=("testing",))
    environment.pip_install("hatchling>=1.27", "mypy>=1.18")
    return environment


def run_python(author: Environment, folder: Path, *words: str) -> str:
    """Run a module of the author's environment in a folder, and return what it says."""
    done = subprocess.run(
        [author.bin / "python", "-m", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(author.folder)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_package_is_tested_checked_built_installed_and_used(
    author: Environment, tmp_path: Path
) -> None:
    author.hfs("plugins", "new", "sea_weather")
    project = author.folder / "hfs-sea-weather"
    assert "2 passed" in run_python(author, project, "pytest", "-q", "-W", "error")
    run_python(author, project / "src", "mypy", "--strict", "--cache-dir", os.devnull, "hfs_sea_weather")
    assert author.hfs("plugins", "check", str(project)).stdout.endswith("no failures, no warnings\n")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path / "dist", project)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert wheel.name.startswith("hfs_sea_weather-0.1.0-")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for name in ("__init__.py", "manifest.yaml", "plugin.py", "py.typed"):
        assert f"hfs_sea_weather/{name}" in names
    assert not [name for name in names if name.startswith("tests")]
    author.pip_install("--no-index", "--find-links", author.dist, wheel)
    assert '"sea_weather"' in author.hfs("plugins", "list", "--json").stdout
    assert author.hfs("sea-weather", "Ada").stdout == "Hello, Ada! I have heard 0 messages.\n"
    author.hfs("config", "plugins.sea_weather.greeting", "Ahoy", code=2)  # that command is another plugin's
    author.uninstall("hfs-sea-weather")
    assert "No such command 'sea-weather'" in author.hfs("sea-weather", code=2).stderr


def test_a_new_folder_is_tested_checked_trusted_and_used_where_it_lies(author: Environment) -> None:
    author.hfs("plugins", "new", "weather", "--dir")
    folder = author.folder / "home" / "plugins" / "weather"
    assert author.hfs("plugins", "check", "weather").stdout.endswith("no failures, no warnings\n")
    assert "`hfs plugins trust weather` agrees to it" in author.hfs("weather", code=2).stderr
    author.hfs("plugins", "trust", "weather")
    assert author.hfs("weather", "Ada").stdout == "Hello, Ada! I have heard 0 messages.\n"
    assert "2 passed" in run_python(author, folder, "pytest", "-q", "-W", "error")
    assert author.hfs("weather").stdout == "Hello, you! I have heard 0 messages.\n", (
        "its tests changed the folder"
    )
