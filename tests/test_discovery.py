"""Installed plugins are found by entry point and described without importing them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.plugins.discovery import PluginInfo, discover

from .distributions import MANIFEST, install, scan


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


def described(found: list[PluginInfo]) -> dict[str, str]:
    return {info.name: info.fault or info.description for info in found}


def test_a_manifest_that_is_added_or_taken_away_is_noticed(site: Path, tmp_path: Path) -> None:
    home, package = Paths(tmp_path / "home"), install(site, "weather", None)
    assert [info.lists for info in discover(home)] == [False]
    (package / "manifest.yaml").write_text(MANIFEST)
    assert [info.lists for info in discover(home)] == [True]
    (package / "manifest.yaml").unlink()
    assert [info.lists for info in discover(home)] == [False]


def test_a_distribution_that_is_taken_away_is_noticed(site: Path, tmp_path: Path) -> None:
    home = Paths(tmp_path / "home")
    install(site, "weather", MANIFEST)
    install(site, "news", MANIFEST.replace("name: weather\nversion", "name: news\nversion"))
    assert list(described(discover(home))) == ["news", "weather"]
    shutil.rmtree(site / "acme_news-1.0.dist-info")
    assert list(described(discover(home))) == ["weather"]


def test_an_editable_install_that_is_described_anew_in_place_is_noticed(site: Path, tmp_path: Path) -> None:
    home = Paths(tmp_path / "home")
    install(site, "weather", None)
    assert list(described(discover(home))) == ["weather"]
    (site / "acme_weather-1.0.dist-info" / "entry_points.txt").write_text(
        "[hfs.plugins]\nwind = acme_weather\n"
    )
    assert list(described(discover(home))) == ["wind"]


def test_folders_are_found_beside_distributions_and_each_change_is_noticed(
    site: Path, tmp_path: Path
) -> None:
    home = Paths(tmp_path / "home")
    install(site, "news", MANIFEST.replace("name: weather\nversion", "name: news\nversion"))
    assert list(described(discover(home))) == ["news"]
    folder = home.plugins / "weather"
    folder.mkdir(parents=True)
    assert "has no manifest.yaml" in described(discover(home))["weather"]
    (folder / "manifest.yaml").write_text(MANIFEST)
    (_, info) = discover(home)
    assert (info.source, info.folder, info.fault) == ("directory", str(folder), "")
    (folder / "manifest.yaml").write_text(MANIFEST.replace("Tells the", "Knows the"))
    assert described(discover(home))["weather"] == "Knows the weather"
    shutil.rmtree(folder)
    assert list(described(discover(home))) == ["news"]


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
