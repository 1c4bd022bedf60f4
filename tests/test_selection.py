"""What a person says of plugins is heard before anything is imported, by either name of a plugin."""

from __future__ import annotations

import pytest

from hfs_core.config import UserConfig
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.selection import Choice, Selection

WEATHER = PluginInfo("weather", distribution="Acme_Weather")
NEWS = PluginInfo("news", distribution="acme-news")
STORE = PluginInfo("sqlite_store", distribution="hfs-sqlite-store")
FOLDER = PluginInfo("notes", source="directory", folder="/home/x/.hfs/plugins/notes")
ALL = (WEATHER, NEWS, STORE, FOLDER)


def wanted(
    choice: Choice | None = None, *, disabled: tuple[str, ...] = (), environ: dict[str, str] | None = None
) -> list[str]:
    selection = Selection(choice or Choice(), UserConfig(disabled_plugins=disabled), environ or {})
    return [info.name for info in ALL if not selection.why_off(info)]


@pytest.mark.parametrize("name", ["weather", "acme-weather", "ACME.weather", "Acme_Weather"])
def test_a_plugin_is_meant_by_its_name_and_its_distributions(name: str) -> None:
    others = ["news", "sqlite_store", "notes"]
    assert wanted(Choice(without=(name,))) == others
    assert wanted(disabled=(name,)) == others
    assert wanted(environ={"HFS_PLUGINS": name}) == ["weather"]


def test_safe_loads_only_the_distributions_of_hfs_itself() -> None:
    assert wanted(Choice(is_safe=True)) == ["sqlite_store"]
    rogue = PluginInfo("sqlite_store", source="directory", distribution="hfs-sqlite-store")
    assert Selection(Choice(is_safe=True), UserConfig(), {}).why_off(rogue)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", ["weather", "news", "sqlite_store", "notes"]),
        (" , ", ["weather", "news", "sqlite_store", "notes"]),
        ("none", []),
        ("news, notes", ["news", "notes"]),
    ],
)
def test_the_environment_names_the_only_ones(value: str, names: list[str]) -> None:
    assert wanted(environ={"HFS_PLUGINS": value}) == names


def test_each_way_says_why() -> None:
    def why(choice: Choice, disabled: tuple[str, ...], only: str) -> str:
        return Selection(choice, UserConfig(disabled_plugins=disabled), {"HFS_PLUGINS": only}).why_off(
            WEATHER
        )

    assert why(Choice(is_safe=True), (), "") == "--safe loads only HFS' own plugins"
    assert why(Choice(without=("weather",)), ("weather",), "") == "--no-plugin names it"
    assert why(Choice(), (), "none") == "HFS_PLUGINS is none"
    assert why(Choice(), (), "news") == "HFS_PLUGINS does not name it"
    assert why(Choice(), ("weather",), "") == "disabled_plugins names it"
    assert why(Choice(), ("news",), "weather") == ""


def test_a_name_that_means_no_plugin_is_said_with_the_one_that_was_meant() -> None:
    config = UserConfig(disabled_plugins=("newz", "gone"))
    selection = Selection(Choice(without=("wether", "x")), config, {"HFS_PLUGINS": "weather,foo"})
    said = [str(fault) for fault in selection.unknown(ALL)]
    assert said == [
        "--no-plugin: there is no plugin wether; did you mean weather?",
        "--no-plugin: there is no plugin x",
        "HFS_PLUGINS: there is no plugin foo",
        "disabled_plugins: there is no plugin newz; did you mean news?",
    ]
    thorough = [str(fault) for fault in selection.unknown(ALL, is_thorough=True)]
    assert thorough == [*said, "disabled_plugins: there is no plugin gone"]
