"""`hfs plugins` and the switches for plugins, in real processes, with real distributions on the path."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.cli.conftest import Hfs

Install = Callable[..., None]


@pytest.fixture
async def openai_server() -> AsyncIterator[OpenAIServer]:
    """A server that answers every message."""
    async with OpenAIServer(*(Answer("ok") for _ in range(9))) as server:
        yield server


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lay a distribution out in a folder on the path of every `hfs` that the test runs."""
    site = tmp_path / "site"
    site.mkdir()

    def add(name: str, manifest: str = "", code: str = "raise RuntimeError('imported')", **more: str) -> None:
        distribution = more.get("distribution", f"acme-{name}")
        package = distribution.replace("-", "_")
        info = site / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[hfs.plugins]\n{name} = {package}\n")
        (site / package).mkdir()
        (site / package / "__init__.py").write_text(code)
        head = f"name: {name}\nversion: 1.0\ndescription: Is {name}\ncapabilities: []\n"
        (site / package / "manifest.yaml").write_text(head + manifest)

    return add


def on_path(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"PYTHONPATH": str(tmp_path / "site"), **more}


async def states(hfs: Hfs, tmp_path: Path, *words: str, **env: str) -> dict[str, dict[str, Any]]:
    """What `hfs plugins list --json` says, by name."""
    done = await hfs(*words, "plugins", "list", "--json", env=on_path(tmp_path, **env))
    assert done.code == 0, done.err
    return {each["name"]: each for each in done.json}


async def test_the_list_says_of_each_how_it_stands_and_imports_none(
    hfs: Hfs, install: Install, tmp_path: Path
) -> None:
    install("weather", "hooks: [on_exit]\n")
    install("news", "api: '>=2'\nhooks: [on_exit]\n")
    install("tides", "hooks: [on_exit]\nrequires: [{plugin: weather, version: '>=2'}]\n")
    install("wind", "hooks: [on_exit]\nrequires: [{plugin: moon}]\n")
    install("sun", "hooks: 3\n")
    install("rain", "hooks: [on_exit]\nkumquat: new\n")
    install("snow", "hooks: [on_exit]\n", distribution="one-snow")
    install("snow", "hooks: [on_exit]\n", distribution="two-snow")
    done = await hfs("plugins", "list", "--json", env=on_path(tmp_path))
    assert done.code == 0
    assert all(list(each)[:5] == ["name", "version", "source", "state", "reason"] for each in done.json)
    by_name = {each["name"]: each for each in done.json}
    told = {name: (each["state"], each["reason"]) for name, each in by_name.items()}
    assert told["weather"] == ("found", "")
    assert told["news"][0] == told["sun"][0] == told["snow"][0] == "incompatible"
    assert ">=2" in told["news"][1]
    assert "1.0" in told["news"][1]
    assert "manifest.yaml: hooks: " in told["sun"][1]
    assert told["tides"] == (
        "missing dependency",
        "needs the plugin weather in version >=2, and there is 1.0",
    )
    assert told["wind"] == ("missing dependency", "needs the plugin moon, which is not installed")
    assert by_name["rain"]["warnings"] == ["HFS does not know kumquat and leaves it out"]
    snow = [each for each in done.json if each["name"] == "snow"]
    assert [each["distribution"] for each in snow] == ["one-snow", "two-snow"]
    assert all("one-snow and two-snow" in each["reason"] for each in snow)


async def test_every_switch_works_before_anything_is_imported(
    hfs: Hfs, install: Install, tmp_path: Path
) -> None:
    install("weather", "contributes: {commands: [{name: weather, summary: Tell it}]}\n")
    for words, env, reason in [
        (["--no-plugin", "acme-weather"], {}, "--no-plugin names it"),
        ([], {"HFS_PLUGINS": "none"}, "HFS_PLUGINS is none"),
    ]:
        told = (await states(hfs, tmp_path, *words, **env))["weather"]
        assert (told["state"], told["reason"]) == ("disabled", reason)
    done = await hfs("--no-plugin", "weather", "weather", env=on_path(tmp_path))
    assert done.code == 2
    assert "No such command 'weather'" in done.err
    assert "hfs plugins enable" not in done.err  # that would not help
    await hfs("plugins", "disable", "weather", env=on_path(tmp_path))
    done = await hfs("weather", env=on_path(tmp_path))
    assert "disabled_plugins names it; `hfs plugins enable weather` brings it back" in done.err


async def test_a_switch_that_means_no_plugin_is_told(hfs: Hfs, tmp_path: Path) -> None:
    done = await hfs("--no-plugin", "exprt", "plugins", env={"HFS_PLUGINS": "sesions,export"})
    assert "--no-plugin: there is no plugin exprt; did you mean export?" in done.err
    assert "HFS_PLUGINS: there is no plugin sesions; did you mean sessions?" in done.err


async def test_disable_and_enable_keep_the_comments_and_say_what_follows(
    hfs: Hfs, install: Install, tmp_path: Path, home: Paths
) -> None:
    install("weather", "hooks: [on_exit]\n")
    install("tides", "hooks: [on_exit]\nrequires: [{plugin: weather}]\n")
    home.root.mkdir()
    text = "# mine\ndisabled_plugins:\n  - gone  # long ago\n# dark\ntheme: nord\n"
    home.config.write_text(text)
    done = await hfs("plugins", "disable", "acme_weather", env=on_path(tmp_path))
    assert done.code == 0
    assert "weather is off from the next start on" in done.out
    assert "tides is off with it: it needs the plugin weather" in done.out
    assert home.config.read_text() == text.replace("long ago\n", "long ago\n  - weather\n")
    known = await states(hfs, tmp_path)
    assert [known[name]["state"] for name in ("weather", "tides")] == ["disabled", "missing dependency"]
    done = await hfs("plugins", "enable", "weather", env=on_path(tmp_path))
    assert (done.code, done.out) == (0, "weather is on from the next start on\n")
    assert home.config.read_text() == text
    done = await hfs("plugins", "enable", "gone", env=on_path(tmp_path))
    assert done.code == 0
    assert home.config.read_text() == "# mine\n# dark\ntheme: nord\n"
    done = await hfs("plugins", "disable", "wether", env=on_path(tmp_path))
    assert done.code == 1
    assert "there is no plugin wether; did you mean weather?" in done.err
    done = await hfs("plugins", "enable", "weather", env=on_path(tmp_path, HFS_DISABLED_PLUGINS="weather"))
    assert done.code == 1
    assert "weather is still disabled: disabled_plugins names it in HFS_DISABLED_PLUGINS" in done.out


async def test_info_tells_all_that_is_known(hfs: Hfs, install: Install, tmp_path: Path) -> None:
    install(
        "weather",
        "hooks: [on_exit, {on_message: first}]\n"
        "contributes: {commands: [{name: weather, summary: Tell it}], services: [acme.weather]}\n"
        "requires: [{plugin: sessions, version: '>=0.1'}, {service: hfs.store}]\n"
        "settings: {place: Where you are}\n"
        "advisory: {network: [api.example.com]}\nnonsense: 3\n",
    )
    done = await hfs("plugins", "info", "weather", env=on_path(tmp_path))
    assert done.code == 0
    for words in [
        "weather: Is weather",
        "State          found",
        "on_exit, on_message",
        "weather Tell it",
        "acme.weather",
        "plugin sessions >=0.1, service hfs.store",
        "plugins.weather.place Where you are",
        "The author also says (not enforced):\n  network api.example.com",
        "HFS does not know nonsense",
    ]:
        assert words in done.out
    done = await hfs("plugins", "info", "weather", "--json", env=on_path(tmp_path))
    assert list(done.json[0])[:5] == ["name", "version", "source", "state", "reason"]
    assert done.json[0]["settings"] == [{"key": "plugins.weather.place", "about": "Where you are"}]
    done = await hfs("plugins", "info", "wether", env=on_path(tmp_path))
    assert done.code == 1
    assert "did you mean weather?" in done.err


async def test_info_of_a_hook_is_whom_it_calls_in_which_order(
    hfs: Hfs, install: Install, tmp_path: Path
) -> None:
    reads = "capabilities: [messages.read]\n"
    for name, hooks in [("aaa", "{on_message: last}"), ("bbb", "on_message"), ("ccc", "{on_message: first}")]:
        install(name, f"hooks: [{hooks}]\n")
        manifest = tmp_path / "site" / f"acme_{name}" / "manifest.yaml"
        manifest.write_text(manifest.read_text().replace("capabilities: []\n", reads))
    done = await hfs("plugins", "info", "on_message", "--json", env=on_path(tmp_path))
    assert [(each["name"], each["wants"]) for each in done.json] == [
        ("ccc", "first"),
        ("bbb", ""),
        ("aaa", "last"),
    ]


async def test_a_plugin_that_took_hfs_down_is_off_until_it_is_enabled(
    hfs: Hfs, install: Install, tmp_path: Path, openai_server: OpenAIServer
) -> None:
    install("weather", "hooks: [on_message]\n", code="import os; os._exit(77)")
    manifest = tmp_path / "site" / "acme_weather" / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("[]", "[messages.read]"))
    done = await hfs("-p", "hello", server=openai_server, env=on_path(tmp_path))
    assert done.code == 77
    done = await hfs("-p", "hello", server=openai_server, env=on_path(tmp_path))
    assert done.code == 0
    assert "plugin weather is quarantined: HFS ended while this plugin was being loaded" in done.err
    assert "hfs plugins enable weather" in done.err
    assert (await states(hfs, tmp_path))["weather"]["state"] == "quarantined"
    assert (await hfs("plugins", "enable", "weather", env=on_path(tmp_path))).code == 0
    assert (await states(hfs, tmp_path))["weather"]["state"] == "found"
    assert (await hfs("-p", "hello", server=openai_server, env=on_path(tmp_path))).code == 77


@pytest.mark.slow
async def test_the_last_failure_is_listed_without_importing(
    hfs: Hfs, install: Install, tmp_path: Path, openai_server: OpenAIServer
) -> None:
    install("weather", "hooks: [on_message]\n", code="raise RuntimeError('it rains')")
    manifest = tmp_path / "site" / "acme_weather" / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("[]", "[messages.read]"))
    done = await hfs("-p", "hello", server=openai_server, env=on_path(tmp_path))
    assert done.code == 0
    told = (await states(hfs, tmp_path))["weather"]
    assert told["state"] == "failing"
    assert "RuntimeError: it rains" in told["reason"]
    done = await hfs("plugins", "info", "weather", env=on_path(tmp_path))
    assert 'acme_weather/__init__.py", line 1' in done.out
    code = "from hfs_core.api import hookimpl\n@hookimpl\ndef on_message(message): ...\n"
    (tmp_path / "site" / "acme_weather" / "__init__.py").write_text(code)
    done = await hfs("-p", "hello", server=openai_server, env=on_path(tmp_path))
    assert done.err == ""
    assert (await states(hfs, tmp_path))["weather"]["state"] == "found"


async def test_nothing_that_an_author_writes_reaches_a_terminal_or_begins_a_line(
    hfs: Hfs, install: Install, tmp_path: Path
) -> None:
    words = '"calm \\e]0;pwned\\a\\e[2J\\nTrusted: yes"'
    install("evil", f"description: {words}\ncontributes: {{commands: [{{name: evil, summary: {words}}}]}}\n")
    manifest = tmp_path / "site" / "acme_evil" / "manifest.yaml"
    text = manifest.read_text().replace("description: Is evil\n", "").replace("[]", "[commands]")
    manifest.write_text(text)
    env = on_path(tmp_path, UV=shutil.which("true") or "true")  # as if uv had found it to be there already
    for line in ("plugins install acme-evil", "plugins info evil", "plugins list", "--help"):
        done = await hfs(*line.split(), env=env)
        assert done.code == 0, done.err
        assert "calm" in done.out, line
        assert "\x1b" not in done.out + done.err, line
        assert "\nTrusted: yes" not in done.out, line


async def test_of_two_distributions_with_one_plugin_each_can_be_uninstalled(
    hfs: Hfs, install: Install, tmp_path: Path
) -> None:
    install("snow", "hooks: [on_exit]\n", distribution="one-snow")
    install("snow", "hooks: [on_exit]\n", distribution="two-snow")
    env = on_path(tmp_path, UV="uv")
    for distribution in ("one-snow", "two-snow"):
        done = await hfs("plugins", "uninstall", "--dry-run", distribution, env=env)
        assert done.code == 0, done.err
        assert done.out.endswith(f" {distribution}\n")
    done = await hfs("plugins", "uninstall", "--dry-run", "snow", env=env)
    assert done.code == 1
    assert "one-snow and two-snow both offer the plugin snow: say which is to go" in done.err


async def test_names_of_plugins_are_completed(hfs: Hfs, install: Install, tmp_path: Path) -> None:
    install("weather", "hooks: [on_exit]\n")
    for line, place in (("hfs plugins disable wea", "3"), ("hfs --no-plugin wea", "2")):
        asked = {"_HFS_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": place}
        done = await hfs(env=on_path(tmp_path, **asked))
        assert "weather" in done.out, line


@pytest.mark.slow
async def test_doctor_speaks_of_faults_and_of_sections_without_a_plugin(
    hfs: Hfs, install: Install, tmp_path: Path, home: Paths, openai_server: OpenAIServer
) -> None:
    install("weather", "hooks: [on_exit]\nrequires: [{plugin: moon}]\n")
    (home.plugins / "bad \x1b[31mname").mkdir(parents=True)
    (home.plugins / "bad \x1b[31mname" / "manifest.yaml").touch()
    home.config.write_text(
        json.dumps({"plugins": {"sesions": {"x": 1}, "zzz": {}}, "disabled_plugins": ["q"]})
    )
    done = await hfs("doctor", server=openai_server, env=on_path(tmp_path))
    assert done.code == 1
    assert "!! plugin    weather 1.0 (acme-weather): missing dependency: needs the plugin moon" in done.out
    assert "hfs plugins disable weather" in done.out
    assert "hfs plugins disable 'bad name'" in done.out
    assert "\x1b" not in done.out
    assert "!! config    plugins.sesions: there is no plugin sesions; did you mean sessions?" in done.out
    assert "ok config    plugins.zzz: there is no plugin zzz" in done.out
    assert "ok config    disabled_plugins: there is no plugin q" in done.out
