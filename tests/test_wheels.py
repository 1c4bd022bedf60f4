"""What a person installs: every wheel builds, core starts alone, each plugin adds its feature and takes it away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLUGINS = (
    "hfs-checkpoints",
    "hfs-commands",
    "hfs-export",
    "hfs-local-model",
    "hfs-openai-models",
    "hfs-sessions",
    "hfs-sqlite-store",
)
UV = os.environ.get("HFS_UV") or shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(UV).exists(), reason="uv is not there: `make setup` brings it"),
]

Hfs = Callable[..., subprocess.CompletedProcess[str]]


def run(*words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)  # type: ignore[call-overload] # passed through
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done  # type: ignore[no-any-return] # `run` is overloaded


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every distribution of the project, built from a copy of the tree."""
    tree, dist = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    run(UV, "build", "--quiet", "--all-packages", "--wheel", "--out-dir", dist, cwd=tree)
    return dist


def wheel_of(dist: Path, distribution: str) -> Path:
    (wheel,) = dist.glob(f"{distribution.replace('-', '_')}-*.whl")
    return wheel


def foreign_requirements(wheel: Path) -> list[str]:
    """What a wheel needs that is not HFS', extras left out."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    needed = metadata.get_all("Requires-Dist") or []
    return [text for text in needed if not text.startswith("hfs-") and "extra ==" not in text]


class Environment:
    """A fresh virtual environment in which HFS is installed from wheels alone."""

    def __init__(self, folder: Path, dist: Path):
        self.folder = folder
        self.dist = dist
        self.bin = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")

    def install(self, *distributions: str) -> None:
        """Install HFS' own distributions from the folder of wheels only, and what they need from anywhere."""
        wheels = [wheel_of(self.dist, distribution) for distribution in distributions]
        foreign = sorted({text for wheel in wheels for text in foreign_requirements(wheel)})
        python = ("--quiet", "--python", self.bin / "python")
        if foreign:
            run(UV, "pip", "install", *python, *foreign)
        run(UV, "pip", "install", *python, "--no-index", "--find-links", self.dist, *distributions)

    def uninstall(self, distribution: str) -> None:
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


@pytest.fixture
def environment(tmp_path: Path, wheels: Path) -> Environment:
    return Environment(tmp_path, wheels)


def test_every_project_builds_a_wheel_that_holds_its_manifest(wheels: Path) -> None:
    built = {wheel.name.partition("-")[0].replace("_", "-") for wheel in wheels.glob("*.whl")}
    assert built == {"hfs-core", *PLUGINS}
    for plugin in PLUGINS:
        package = plugin.replace("-", "_")
        with zipfile.ZipFile(wheel_of(wheels, plugin)) as archive:
            assert {f"{package}/manifest.yaml", f"{package}/py.typed"} <= set(archive.namelist())
    with zipfile.ZipFile(wheel_of(wheels, "hfs-core")) as archive:
        assert not [
            name for name in archive.namelist() if name.startswith(("hfs_plugins", "tests", "benchmarks"))
        ]


def test_core_alone_starts_with_no_plugin_and_says_what_it_lacks(environment: Environment) -> None:
    environment.install("hfs-core")
    assert environment.hfs("--version").stdout.startswith("hfs ")
    assert "Commands of plugins" not in environment.hfs("--help").stdout
    answer = environment.hfs("-p", "hello", code=1)
    assert answer.stdout == ""
    assert "not saved: no store is installed" in answer.stderr
    assert "no model is installed" in answer.stderr
    assert "pip install hfs-openai-models hfs-local-model" in answer.stderr
    assert "pip install 'hfs-core[standard]'" in environment.hfs("doctor", code=1).stdout
    assert "No such command 'sessions'" in environment.hfs("sessions", code=2).stderr
    assert 'pip install "hfs-core[web]"' in environment.hfs("serve", code=1).stderr


@pytest.mark.parametrize("plugin", PLUGINS)
def test_each_plugin_installs_with_core_alone_and_goes_without_a_trace(
    environment: Environment, plugin: str
) -> None:
    environment.install("hfs-core", plugin)
    name = plugin.removeprefix("hfs-").replace("-", "_")
    assert f"{name} 0" in environment.hfs("doctor", code=1).stdout
    environment.hfs("-p", "hello", code=1)  # there is no model, but nothing breaks
    environment.uninstall(plugin)
    assert f"{name} 0" not in environment.hfs("doctor", code=1).stdout
    environment.hfs("-p", "hello", code=1)


def test_the_default_set_comes_with_the_extra_and_each_feature_goes_alone(environment: Environment) -> None:
    environment.install("hfs-core", *PLUGINS)
    environment.hfs("-p", "hello", code=1)
    assert "| hello" in environment.hfs("sessions").stdout
    environment.uninstall("hfs-sessions")
    assert "No such command 'sessions'" in environment.hfs("sessions", code=2).stderr
    environment.install("hfs-sessions")
    environment.uninstall("hfs-sqlite-store")
    assert "Persistence not available" in environment.hfs("sessions", code=1).stderr
    environment.install("hfs-sqlite-store")
    assert "| hello" in environment.hfs("sessions").stdout


def test_checkpoints_go_with_their_plugin_and_the_chat_works_on(environment: Environment) -> None:
    environment.install("hfs-core", "hfs-checkpoints", "hfs-sqlite-store", "hfs-openai-models")
    server = subprocess.Popen(
        [sys.executable, "-m", "hfs_core.testing.openai_server", "--reply", "answered"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        model = {
            "OPENAI_BASE_URL": server.stdout.readline().strip(),
            "OPENAI_API_KEY": "sk-test",
            "HFS_MODEL": "openai/test",
        }
        assert environment.hfs("-p", "one", **model).stdout == "answered\n"
        assert environment.hfs("checkpoints", "--json").stdout.count('"number"') == 1
        environment.hfs("rewind", "1")
        environment.uninstall("hfs-checkpoints")
        for command in ("checkpoint", "checkpoints", "rewind", "undo"):
            assert f"No such command '{command}'" in environment.hfs(command, code=2).stderr
            assert f"  {command} " not in environment.hfs("--help").stdout
        done = environment.hfs("-c", "-p", "two", **model)
        assert (done.stdout, done.stderr) == ("answered\n", "")
        environment.install("hfs-checkpoints")
        assert environment.hfs("checkpoints", "--json").stdout.count('"number"') == 1
        environment.hfs("-c", "-p", "three", **model)
        assert environment.hfs("checkpoints", "--json").stdout.count('"number"') == 2
    finally:
        server.terminate()
        server.communicate()


def test_the_extra_names_every_plugin(wheels: Path) -> None:
    with zipfile.ZipFile(wheel_of(wheels, "hfs-core")) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    standard = [text.split(";")[0] for text in metadata.get_all("Requires-Dist") or [] if "standard" in text]
    assert sorted(standard) == sorted(PLUGINS)
