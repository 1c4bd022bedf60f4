"""No command and no tool writes to a place on which HFS itself relies, whatever the path is written like."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfs_core.api import HfsError, Paths, ProtectedPlace

PROTECTED = [
    "plugins",
    "plugins/weather/plugin.py",
    "state",
    "state/trust.json",
    "models/small.gguf",
    "config.yaml",
    "sessions.db",
    "sessions.db-wal",
    "sessions.db-journal",
    "sessions.db.2026-11-21.bak",
]
FREE = [
    "exports/chat.md",
    "data/weather/notes.json",
    "logs/hfs.log",
    "sessions.txt",
    "statement.md",
    "config.yaml.md",
]


@pytest.fixture(params=["used", "new", "no folder"])
def kept(home: Paths, request: pytest.FixtureRequest) -> Paths:
    """A home folder with all its places, one without them, and one that is not there."""
    if request.param != "no folder":
        home.root.mkdir()
    if request.param == "used":
        for folder in (
            home.plugins / "weather",
            home.state,
            home.models,
            home.exports,
            home.data / "weather",
            home.logs,
        ):
            folder.mkdir(parents=True)
        for file in (
            "plugins/weather/plugin.py",
            "state/trust.json",
            "models/small.gguf",
            "config.yaml",
            "sessions.db",
        ):
            (home.root / file).write_text("kept")
    return home


def is_free(paths: Paths, path: Path | str) -> bool:
    try:
        paths.check_writable(path)
    except ProtectedPlace:
        return False
    return True


@pytest.mark.parametrize("name", PROTECTED)
def test_what_hfs_relies_on_is_refused(kept: Paths, name: str) -> None:
    assert not is_free(kept, kept.root / name)
    assert not is_free(kept, str(kept.root / name))


@pytest.mark.parametrize("name", FREE)
def test_everything_else_is_free(kept: Paths, tmp_path: Path, name: str) -> None:
    assert is_free(kept, kept.root / name)
    assert is_free(kept, tmp_path / name)
    assert is_free(kept, tmp_path / PROTECTED[3])


def test_the_error_is_one_that_surfaces_tell(home: Paths) -> None:
    with pytest.raises(HfsError, match=r"trust.json is not written to: HFS keeps .*state for itself"):
        home.check_writable(home.state / "trust.json")


@pytest.mark.parametrize("path", ["..", ".", "plugins/..", "models/../../home"])
def test_what_would_take_a_protected_place_with_it_is_refused(kept: Paths, path: str) -> None:
    assert not is_free(kept, kept.root / path)


def test_a_way_with_dots_is_the_place_where_it_leads(kept: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_free(kept, kept.root / "exports" / ".." / "state" / "trust.json")
    assert is_free(kept, kept.root / "state" / ".." / "exports" / "chat.md")
    kept.root.mkdir(exist_ok=True)
    monkeypatch.chdir(kept.root)
    assert not is_free(kept, "config.yaml")
    assert not is_free(kept, "./exports/../config.yaml")
    assert is_free(kept, "chat.md")


def test_a_link_is_the_place_where_it_leads(kept: Paths, tmp_path: Path) -> None:
    ways = {
        "folder": kept.state,
        "whole": kept.root,
        "file": kept.config,
        "not there": kept.state / "more" / "x",
    }
    for name, target in ways.items():
        (tmp_path / name).symlink_to(target)
    (tmp_path / "twice").symlink_to(tmp_path / "whole")
    assert not is_free(kept, tmp_path / "folder" / "trust.json")
    assert not is_free(kept, tmp_path / "twice" / "plugins" / "a" / "b.py")
    assert not is_free(kept, tmp_path / "file")
    assert not is_free(kept, tmp_path / "not there")
    assert is_free(kept, tmp_path / "whole" / "exports" / "chat.md")


def test_another_name_of_the_same_file_is_refused(home: Paths, tmp_path: Path) -> None:
    home.root.mkdir()
    home.config.write_text("theme: dark")
    os.link(home.config, tmp_path / "innocent.md")
    assert not is_free(home, tmp_path / "innocent.md")


def test_a_protected_place_that_lies_elsewhere_is_refused_there(home: Paths, tmp_path: Path) -> None:
    big = tmp_path / "big disk"
    big.mkdir()
    home.root.mkdir()
    home.models.symlink_to(big)
    assert not is_free(home, big / "small.gguf")
    assert not is_free(home, home.models / "small.gguf")


@pytest.mark.parametrize("name", ["State/trust.json", "PLUGINS/a.py", "Config.YAML", "SESSIONS.DB-wal"])
def test_other_letters_are_refused_where_the_disk_may_take_them_for_the_same(home: Paths, name: str) -> None:
    """Of what is not there yet nobody can tell how the disk will compare its name."""
    home.root.mkdir()
    assert not is_free(home, home.root / name)


def test_other_letters_on_a_disk_that_tells_them_apart_are_another_place(home: Paths) -> None:
    home.state.mkdir(parents=True)
    is_the_same = (home.root / "STATE").exists()
    assert is_free(home, home.root / "STATE" / "x") is not is_the_same


def test_a_tilde_is_the_home_folder(home: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home.root.parent))
    assert not is_free(home, "~/home/config.yaml")
    assert is_free(home, "~/chat.md")
    assert is_free(home, "~nobody.md")


def test_a_name_that_no_disk_takes_is_refused(home: Paths) -> None:
    with pytest.raises(ProtectedPlace, match="no path"):
        home.check_writable("a\0b")


def _ways(root: Path) -> Iterator[Path]:
    yield root
    yield root.parent / "link to home"
    yield root / "exports" / "link to home"


@settings(max_examples=40)
@given(
    protected=st.sampled_from(PROTECTED),
    way=st.integers(0, 2),
    detours=st.lists(st.sampled_from(["exports/..", ".", "missing/..", "plugins/weather/../.."]), max_size=4),
)
def test_no_way_leads_in(
    tmp_path_factory: pytest.TempPathFactory, protected: str, way: int, detours: list[str]
) -> None:
    root = tmp_path_factory.mktemp("home") / "home"
    (root / "exports").mkdir(parents=True)
    (root / "plugins" / "weather").mkdir(parents=True)
    (root.parent / "link to home").symlink_to(root)
    (root / "exports" / "link to home").symlink_to("..")
    start = list(_ways(root))[way]
    path = os.path.join(start, *detours, protected)
    assert not is_free(Paths(root), path)
    assert is_free(Paths(root), os.path.join(start, *detours, "exports", "chat.md"))
