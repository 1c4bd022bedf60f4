"""What a person installs: every wheel builds, core starts alone, each plugin adds its feature and takes it away."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.installing import INSTALLS, Environment, metadata_of, wheel_of

PLUGINS = (
    "hfs-checkpoints",
    "hfs-commands",
    "hfs-export",
    "hfs-local-model",
    "hfs-openai-models",
    "hfs-sessions",
    "hfs-sqlite-store",
)

pytestmark = INSTALLS


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
    needed = metadata_of(wheel_of(wheels, "hfs-core")).get_all("Requires-Dist") or []
    standard = [text.split(";")[0] for text in needed if "standard" in text]
    assert sorted(standard) == sorted(PLUGINS)
