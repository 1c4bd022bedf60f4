"""Installed plugins are found by entry point and described without importing them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import importlib_metadata  # noqa: F401 # loaded before `sys.path` is the test's alone
import pytest
import ruamel.yaml  # noqa: F401

import hfs_core.plugins.manifest  # noqa: F401
from hfs_core.api import Paths
from hfs_core.plugins.discovery import PluginInfo, discover
from hfs_core.plugins.discovery import scan as scan_with

MANIFEST = """
name: weather
version: 1.0
description: Tells the weather
entry_point: "plugin:Weather"
capabilities: [commands]
hooks: [provide_commands]
contributes: {commands: [{name: weather, summary: Tell the weather}]}
"""


NOWHERE = Path("/nowhere")


def scan() -> list[PluginInfo]:
    """What the installed distributions give."""
    return scan_with(NOWHERE)


def install(
    site: Path, name: str, manifest: str | None, *, distribution: str = "", package: str = ""
) -> Path:
    """Lay out a distribution as an installer would; its package raises when it is imported."""
    distribution, package = distribution or f"acme-{name}", package or f"acme_{name}"
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[hfs.plugins]\n{name} = {package}\n")
    (site / package).mkdir(exist_ok=True)
    (site / package / "__init__.py").write_text("raise RuntimeError('imported')")
    if manifest is not None:
        (site / package / "manifest.yaml").write_text(manifest)
    return site / package


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [str(site)])
    return site


def test_a_manifest_is_read_and_nothing_is_imported(site: Path) -> None:
    install(site, "weather", MANIFEST)
    (info,) = scan()
    assert info == PluginInfo(
        name="weather",
        version="1.0",
        description="Tells the weather",
        distribution="acme-weather",
        module="acme_weather.plugin",
        attribute="Weather",
        manifest=str(site / "acme_weather" / "manifest.yaml"),
        capabilities=("commands",),
        hooks=("provide_commands",),
        commands=(("weather", "Tell the weather"),),
        lists=True,
    )
    assert "acme_weather" not in sys.modules


def test_a_plugin_without_a_manifest_lists_nothing(site: Path) -> None:
    install(site, "weather", None)
    (info,) = scan()
    assert (info.module, info.lists, info.fault) == ("acme_weather", False, "")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("name: [", ["is not YAML"]),
        ("name: weather", ["version", "description", "capabilities"]),
        (MANIFEST.replace("name: weather\nversion", "name: other\nversion"), ["other", "weather"]),
        (MANIFEST + "on_failure: explode\n", ["on_failure"]),
        ("", ["manifest.yaml"]),
    ],
)
def test_a_bad_manifest_is_a_fault_that_names_the_file(site: Path, manifest: str, words: list[str]) -> None:
    package = install(site, "weather", manifest)
    (info,) = scan()
    for word in [str(package / "manifest.yaml"), *words]:
        assert word in info.fault


def test_one_name_from_two_distributions_is_found_twice(site: Path) -> None:
    install(site, "weather", MANIFEST)
    install(site, "weather", MANIFEST, distribution="other-weather", package="other_weather")
    assert [info.distribution for info in scan()] == ["acme-weather", "other-weather"]


def test_a_package_that_is_gone_is_a_fault(site: Path) -> None:
    package = install(site, "weather", MANIFEST)
    for file in package.iterdir():
        file.unlink()
    package.rmdir()
    (info,) = scan()
    assert "acme_weather is not there" in info.fault


def test_what_was_found_is_cached_until_something_changes(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = install(site, "weather", MANIFEST)
    home = Paths(tmp_path / "home")
    first = discover(home)
    with monkeypatch.context() as patch:
        patch.setattr("hfs_core.plugins.discovery.scan", lambda *_: pytest.fail("scanned again"))
        assert discover(home) == first
    (package / "manifest.yaml").write_text(MANIFEST.replace("Tells the", "Knows the"))
    (changed,) = discover(home)
    assert changed.description == "Knows the weather"
    install(site, "news", MANIFEST.replace("name: weather\nversion", "name: news\nversion"))
    assert [info.name for info in discover(home)] == ["news", "weather"]


@pytest.mark.parametrize("part", ["stamps", "watched", "plugins"])
@pytest.mark.parametrize("rubbish", [[], 5, "x", None, [5], [{"name": 5}]])
def test_a_spoiled_cache_is_made_again(site: Path, tmp_path: Path, part: str, rubbish: object) -> None:
    install(site, "weather", MANIFEST)
    home = Paths(tmp_path / "home")
    first = discover(home)
    cache = json.loads((home.state / "plugins.json").read_text())
    (home.state / "plugins.json").write_text(json.dumps(cache | {part: rubbish}))
    assert discover(home) == first or (part, rubbish) == (
        "plugins",
        [],
    )  # that there is none is a good cache


def test_a_home_that_cannot_be_written_costs_only_time(site: Path, tmp_path: Path) -> None:
    install(site, "weather", MANIFEST)
    (tmp_path / "home").write_text("a file where a folder should be")
    assert [info.name for info in discover(Paths(tmp_path / "home"))] == ["weather"]


def test_a_warm_discovery_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hfs_core.paths import Paths;"
        "from hfs_core.plugins.discovery import discover;"
        "found = discover(Paths(Path(sys.argv[1]))); assert found;"
        "print(*sorted({'pydantic', 'ruamel', 'importlib_metadata', 'pluggy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "home")]
    subprocess.run(command, check=True, capture_output=True)
    warm = subprocess.run(command, check=True, capture_output=True, text=True)
    assert warm.stdout.strip() == ""
