"""What went wrong with a plugin is known at the next start, without importing it; and who took HFS down is off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hfs_core.owner import OWNERS, Owner
from hfs_core.plugins.health import Health
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.states import Entry, PluginState

WEATHER = PluginInfo("weather", version="1.0", distribution="acme-weather")
STORE = PluginInfo("sqlite_store", version="1.0", distribution="hfs-sqlite-store", hooks=("provide_store",))
MODELS = PluginInfo("local_model", version="1.0", distribution="hfs-local-model")

CRASH = """
import os, sys
from pathlib import Path
from hfs_core.owner import OWNERS, Owner
from hfs_core.plugins.health import Health
from hfs_core.plugins.info import PluginInfo
state = Path(sys.argv[1])
owner = Owner(state / OWNERS)
owner.acquire()
with Health(state, owner).loading(PluginInfo(sys.argv[2], version="1.0")):
    print("loading", flush=True)
    sys.stdin.read()
    os._exit(9)
"""


def health(state: Path) -> Health:
    return Health(state)


def crash(state: Path, plugin: str) -> None:
    code = subprocess.run(
        [sys.executable, "-c", CRASH, str(state), plugin], input=b"", stdout=subprocess.DEVNULL
    )
    assert code.returncode == 9


def test_who_took_hfs_down_is_off_until_it_is_enabled(tmp_path: Path) -> None:
    crash(tmp_path, "weather")
    state, reason = health(tmp_path).verdict(WEATHER) or ("", "")
    assert state is PluginState.QUARANTINED
    assert "hfs plugins enable weather" in reason
    assert health(tmp_path).verdict(PluginInfo("news", version="1.0")) is None
    assert health(tmp_path).forget("weather")
    assert health(tmp_path).verdict(WEATHER) is None
    assert not health(tmp_path).forget("weather")


def test_another_version_is_another_try(tmp_path: Path) -> None:
    crash(tmp_path, "weather")
    assert health(tmp_path).verdict(PluginInfo("weather", version="1.1")) is None
    assert health(tmp_path).verdict(PluginInfo("weather", version="1.0", digest="abc")) is None


def test_a_process_that_still_loads_is_no_crash(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CRASH, str(tmp_path), "weather"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as loading:
        assert loading.stdout is not None
        assert loading.stdout.readline() == b"loading\n"
        assert health(tmp_path).verdict(WEATHER) is None
        loading.communicate(b"")
    assert health(tmp_path).verdict(WEATHER) is not None


def test_one_of_hfs_own_gets_another_try_and_the_store_always(tmp_path: Path) -> None:
    for plugin in ("local_model", "sqlite_store"):
        crash(tmp_path, plugin)
    known = health(tmp_path)
    for info in (MODELS, STORE):
        assert known.verdict(info) is None
        assert f"--no-plugin {info.name}" in known.warning(info)
    for plugin in ("local_model", "sqlite_store"):
        crash(tmp_path, plugin)
    known = health(tmp_path)
    assert "2 times" in (known.verdict(MODELS) or ("", ""))[1]
    assert known.warning(MODELS) == ""
    assert known.verdict(STORE) is None
    assert "2 times" in known.warning(STORE)


def test_loading_well_forgets_the_crash(tmp_path: Path) -> None:
    crash(tmp_path, "local_model")
    known = health(tmp_path)
    known.loaded(MODELS)
    assert known.warning(MODELS) == ""
    assert health(tmp_path).warning(MODELS) == ""


def test_two_that_were_being_loaded_are_both_off_and_come_back_one_by_one(tmp_path: Path) -> None:
    owner = Owner(tmp_path / OWNERS)
    owner.acquire()
    known = Health(tmp_path, owner)
    news = PluginInfo("news", version="1.0")
    with known.loading(WEATHER), known.loading(news):
        (note,) = (tmp_path / "loading").iterdir()
        text = note.read_text()
    assert not list((tmp_path / "loading").iterdir())
    owner.release()
    note.write_text(text)
    known = health(tmp_path)
    assert "(and news)" in (known.verdict(WEATHER) or ("", ""))[1]
    known.forget("weather")
    assert health(tmp_path).verdict(WEATHER) is None
    assert health(tmp_path).verdict(news) is not None


@pytest.mark.parametrize("rubbish", ["", "[", "[]", '{"plugins": 3, "when": ""}', '{"plugins": {}}'])
def test_a_spoiled_note_or_failure_says_nothing(tmp_path: Path, rubbish: str) -> None:
    for name in ("loading", "failures"):
        (tmp_path / name).mkdir()
        for file in ("1-abc.json", "weather.json", ".DS_Store"):
            (tmp_path / name / file).write_text(rubbish)
    known = health(tmp_path)
    assert known.verdict(WEATHER) is None
    assert known.last_failure(WEATHER) is None


def test_a_home_that_cannot_be_written_keeps_nothing_and_stops_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file where a folder should be")
    known = health(state)
    with known.loading(WEATHER):
        known.keep(Entry(WEATHER, PluginState.FAILING, "it failed"))
    assert health(state).verdict(WEATHER) is None


def test_the_last_failure_is_kept_until_the_plugin_loads_well_or_is_another_version(tmp_path: Path) -> None:
    health(tmp_path).keep(Entry(WEATHER, PluginState.QUARANTINED, "it rained", details="Traceback: rain"))
    entry = Entry(WEATHER)
    health(tmp_path).remember(entry)
    assert entry.state is PluginState.FAILING
    assert entry.reason.endswith("it was quarantined: it rained")
    assert entry.details == "Traceback: rain"
    assert health(tmp_path).last_failure(PluginInfo("weather", version="2")) is None
    known = health(tmp_path)
    known.loaded(WEATHER)
    assert known.last_failure(WEATHER) is None
    assert health(tmp_path).last_failure(WEATHER) is None


def test_of_several_that_were_being_loaded_hfs_own_are_not_blamed(tmp_path: Path) -> None:
    owner = Owner(tmp_path / OWNERS)
    owner.acquire()
    known = Health(tmp_path, owner)
    with known.loading(MODELS), known.loading(WEATHER), known.loading(STORE):
        (note,) = (tmp_path / "loading").iterdir()
        text = note.read_text()
    owner.release()
    note.write_text(text)
    known = health(tmp_path)
    assert known.verdict(WEATHER) is not None
    assert known.warning(MODELS) == known.warning(STORE) == ""


def test_any_name_can_fail(tmp_path: Path) -> None:
    info = PluginInfo("../../x y", version="1.0")
    health(tmp_path).keep(Entry(info, PluginState.FAILING, "it failed"))
    assert [file.parent for file in tmp_path.rglob("*.json")] == [tmp_path / "failures"]
    failure = health(tmp_path).last_failure(info)
    assert failure is not None
    assert failure.reason == "it failed"
