"""The command lines by which plugins are installed, by what manages the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.errors import PluginError
from hfs_core.plugins.environments import Environment, name_of, normal, this_environment
from hfs_core.plugins.wanted import Wanted

RECEIPT = """
[tool]
requirements = [
    { name = "hfs-core", extras = ["standard", "web"], specifier = ">=0.1" },
    { name = "hfs-weather", specifier = "==1.2" },
    { name = "hfs-notes", path = "/wheels/hfs_notes-1.0-py3-none-any.whl" },
    { name = "hfs-here", editable = "/projects/here" },
    { name = "hfs-far", git = "https://example.org/far.git?rev=v1" },
]
python = "3.12"

[tool.options]
find-links = ["file:///wheels"]
index = [{ url = "https://example.org/simple", default = true }, { url = "https://example.org/more" }]
"""


def tool(tmp_path: Path, receipt: str = RECEIPT) -> Environment:
    prefix = tmp_path / "hfs-core"
    prefix.mkdir()
    (prefix / "uv-receipt.toml").write_text(receipt)
    return this_environment(str(prefix), which=lambda name: f"/bin/{name}")


OPTIONS = [
    *("--python", "3.12", "--find-links", "file:///wheels"),
    *("--default-index", "https://example.org/simple", "--index", "https://example.org/more"),
]
NOTES = ["--with", "/wheels/hfs_notes-1.0-py3-none-any.whl"]
REST = ["--with-editable", "/projects/here", "--with", "hfs-far @ git+https://example.org/far.git?rev=v1"]


def test_uv_tool_is_told_all_that_is_there_and_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    environment = tool(tmp_path)
    assert environment.kind == "uv tool"
    start = ["/bin/uv", "tool", "install", *OPTIONS, "hfs-core[standard,web]>=0.1"]
    weather = ["--with", "hfs-weather==1.2"]
    assert environment.adding(["hfs-tea"]) == [*start, *weather, *NOTES, *REST, "--with", "hfs-tea"]
    assert environment.adding(["hfs_weather>=2"]) == [*start, *NOTES, *REST, "--with", "hfs_weather>=2"]
    assert environment.removing(["hfs-weather"]) == [*start, *NOTES, *REST]


def test_uv_tool_parts_an_extra_of_which_one_is_not_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    environment = tool(
        tmp_path, '[tool]\nrequirements = [{ name = "hfs-core", extras = ["standard", "web"] }]\n'
    )
    line = environment.removing(["hfs-sessions"])
    assert line[:4] == ["/bin/uv", "tool", "install", "hfs-core[web]"]
    assert "hfs-checkpoints" in line
    assert "hfs-sessions" not in line
    with pytest.raises(PluginError, match="pluggy is here because something else needs it"):
        environment.removing(["pluggy"])


def test_a_receipt_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"uv-receipt\.toml cannot be read: run `uv tool install \.\.\.`"):
        tool(tmp_path, "[tool").adding(["hfs-tea"])


def test_pipx_injects_into_the_environment_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "hfs-core").mkdir()
    (tmp_path / "hfs-core" / "pipx_metadata.json").write_text("{}")
    environment = this_environment(str(tmp_path / "hfs-core"), which=lambda name: f"/bin/{name}")
    assert environment.kind == "pipx"
    assert environment.adding(["hfs-tea"]) == ["/bin/pipx", "inject", "hfs-core", "hfs-tea"]
    assert environment.removing(["hfs-tea"]) == ["/bin/pipx", "uninject", "hfs-core", "hfs-tea"]
    with pytest.raises(PluginError, match="which is not on the PATH"):
        this_environment(str(tmp_path / "hfs-core"), which=lambda name: None)


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("hfs_Weather", "hfs-weather"),
        ("hfs.weather[fast]>=1,<2", "hfs-weather"),
        ("hfs-weather @ https://example.org/x.tar.gz", "hfs-weather"),
        ("hfs-weather==1.2", "hfs-weather"),
        ("./dist/hfs_weather-1.2-py3-none-any.whl", "hfs-weather"),
        ("https://example.org/x.tar.gz", ""),
        ("git+https://example.org/x.git", ""),
        ("./weather", ""),
        ("weather-1.0.tar.gz", ""),
        ("C:\\weather", ""),
        ("--index-url", ""),
    ],
)
def test_what_a_requirement_means(requirement: str, name: str) -> None:
    assert name_of(requirement) == name


def test_what_is_wanted_is_kept_and_what_is_missing_is_known(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path / "home" / "state")
    assert (wanted.read(), wanted.fault) == ({}, "")
    wanted.add({"HFS_Weather": "hfs-weather==1.2", "hfs-tea": "hfs-tea"})
    wanted.add({"hfs-notes": "/wheels/notes"})
    assert Wanted(tmp_path / "home" / "state").missing(["hfs_tea"]) == {
        "hfs-notes": "/wheels/notes",
        "hfs-weather": "hfs-weather==1.2",
    }
    wanted.remove(["hfs.weather"])
    assert sorted(wanted.read()) == ["hfs-notes", "hfs-tea"]
    assert normal("A_b.C--d") == "a-b-c-d"


@pytest.mark.parametrize("text", ["", "[]", '{"plugins": []}', "{", "[" * 100_000])
def test_a_damaged_list_is_told_and_kept_beside(tmp_path: Path, text: str) -> None:
    (tmp_path / "wanted.json").write_text(text)
    wanted = Wanted(tmp_path)
    assert wanted.read() == {}
    assert "wanted.json is damaged" in wanted.fault
    wanted.add({"hfs-tea": "hfs-tea"})
    assert (wanted.read(), wanted.fault) == ({"hfs-tea": "hfs-tea"}, "")
    assert (tmp_path / "wanted.json.unusable").read_text() == text


def test_a_list_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(PluginError, match="cannot be written"):
        Wanted(tmp_path / "state").add({"hfs-tea": "hfs-tea"})
