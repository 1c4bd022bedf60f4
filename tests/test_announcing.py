"""A plugin that was installed is told of once, and so is each new version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hfs_core.plugins.announcing import announcements
from hfs_core.plugins.info import PluginInfo

WEATHER = PluginInfo("weather", "1.0", distribution="hfs-weather")
OWN = PluginInfo("sessions", "0.1.0", distribution="hfs-sessions")
FOLDER = PluginInfo("notes", "1.0", source="directory", folder="/plugins/notes")


def test_each_version_is_told_of_once(tmp_path: Path) -> None:
    (told,) = announcements(tmp_path, [WEATHER, OWN, FOLDER])
    assert told.startswith("new plugin: weather 1.0 (of hfs-weather); `hfs plugins info weather`")
    assert announcements(tmp_path, [WEATHER, OWN, FOLDER]) == []
    assert announcements(tmp_path, []) == []
    (told,) = announcements(tmp_path, [replace(WEATHER, version="1.1")])
    assert told.startswith("another version of a plugin: weather 1.1 (of hfs-weather)")
    (told,) = announcements(tmp_path, [replace(WEATHER, version="1.1", distribution="weather-evil")])
    assert "weather-evil" in told


def test_a_damaged_note_tells_again(tmp_path: Path) -> None:
    (tmp_path / "announced.json").write_text("[")
    assert len(announcements(tmp_path, [WEATHER])) == 1
