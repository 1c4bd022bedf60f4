"""What tests that install something share: uv, wheels of the tree as it is, environments, copies of examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = os.environ.get("HFS_UV") or shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")
EXAMPLES = sorted(file.parent.name for file in (ROOT / "examples").glob("*/pyproject.toml"))

INSTALLS = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(UV).exists(), reason="uv is not there: `make setup` brings it"),
]
"""The `pytestmark` of a module whose tests install something."""


def run(*words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, which must be a good one."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)  # type: ignore[call-overload] # passed through
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done  # type: ignore[no-any-return] # `run` is overloaded


def build_wheels(tree: Path, dist: Path) -> None:
    """Build every distribution of the project from a copy of what git knows, made in `tree`."""
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    run(UV, "build", "--quiet", "--all-packages", "--wheel", "--out-dir", dist, cwd=tree)


def wheel_of(dist: Path, distribution: str) -> Path:
    """Return the wheel of a distribution."""
    (wheel,) = dist.glob(f"{distribution.replace('-', '_')}-*.whl")
    return wheel


def metadata_of(wheel: Path) -> Message:
    """Return what a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def copy_of(example: str, folder: Path, *ignored: str) -> Path:
    """Copy an example, as an author would; without what matches `ignored`."""
    copy = folder / example
    shutil.copytree(ROOT / "examples" / example, copy, ignore=shutil.ignore_patterns("__pycache__", *ignored))
    return copy


def install_beside(project: Path, target: Path) -> None:
    """Install a project into a folder, to be used with HFS as it is here: `PYTHONPATH` names the folder."""
    run(UV, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", target, project)


class Environment:
    """A fresh virtual environment in which HFS is installed from wheels alone."""

    def __init__(self, folder: Path, dist: Path):
        self.folder = folder
        self.dist = dist
        self.bin = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")

    def install(self, *distributions: str, extras: tuple[str, ...] = ()) -> None:
        """Install HFS' own distributions from the folder of wheels only, and what they need from anywhere.

        Args:
            extras: of these distributions; what they need is installed too.
        """
        wheels = [wheel_of(self.dist, distribution) for distribution in distributions]
        if foreign := sorted({text for wheel in wheels for text in _foreign_requirements(wheel, extras)}):
            self.pip_install(*foreign)
        self.pip_install("--no-index", "--find-links", self.dist, *distributions)

    def pip_install(self, *words: str | Path) -> None:
        """Install something from wherever it is."""
        run(UV, "pip", "install", "--quiet", "--python", self.bin / "python", *words)

    def uninstall(self, distribution: str) -> None:
        """Take a distribution away."""
        run(UV, "pip", "uninstall", "--quiet", "--python", self.bin / "python", distribution)

    def hfs(
        self, *words: str, code: int = 0, text: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the installed `hfs` far from the project, in a home of its own."""
        environment = {
            "HFS_HOME": str(self.folder / "home"),
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            **variables,
        }
        done = subprocess.run(
            [str(self.bin / "hfs"), *words],
            input=text,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=environment,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done


def _foreign_requirements(wheel: Path, extras: tuple[str, ...]) -> list[str]:
    """What a wheel needs that is not HFS'."""
    needed = metadata_of(wheel).get_all("Requires-Dist") or []
    found = []
    for text in needed:
        requirement, _, marker = text.partition(";")
        extra = marker.partition("extra ==")[2].strip().strip("'\"")
        if not text.startswith("hfs-") and (not extra or extra in extras):
            found.append(requirement.strip() if extra else text)
    return found
