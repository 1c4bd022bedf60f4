"""`hfs plugins new`: what it makes, and what it refuses."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from hfs_core.api import Paths
from hfs_core.cli.root import explain, root
from hfs_core.plugins.manifest import read_manifest
from hfs_core.plugins.scaffold.project import LICENSES, proposed_name


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str


Hfs = Callable[..., Done]


@pytest.fixture
def hfs(home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hfs:
    """Run `hfs` in this process, in the folder of the test; nothing of this needs one of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Done:
        done = CliRunner().invoke(root, words, prog_name="hfs")
        if done.exception is None or isinstance(done.exception, SystemExit):
            return Done(done.exit_code, done.stdout, done.stderr)
        return Done(explain(done.exception), done.stdout, str(done.exception))

    return run


def texts(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.glob("**/*") if file.is_file()}


def test_a_package_says_the_same_of_itself_everywhere(hfs: Hfs, tmp_path: Path) -> None:
    done = hfs("plugins", "new", "sea_weather")
    assert (done.code, done.err) == (0, "")
    made = tmp_path / "hfs-sea-weather"
    files = texts(made)
    assert set(files) == {
        ".gitignore",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "src/hfs_sea_weather/__init__.py",
        "src/hfs_sea_weather/manifest.yaml",
        "src/hfs_sea_weather/plugin.py",
        "src/hfs_sea_weather/py.typed",
        "tests/conftest.py",
        "tests/test_sea_weather.py",
    }
    assert all(name in done.out for name in files)
    manifest = read_manifest(made / "src" / "hfs_sea_weather" / "manifest.yaml")
    assert (manifest.name, manifest.entry_point, manifest.warnings) == (
        "sea_weather",
        "plugin:SeaWeather",
        (),
    )
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["entry-points"]["hfs.plugins"] == {"sea_weather": "hfs_sea_weather"}
    assert (project["name"], project["license"]) == ("hfs-sea-weather", "MIT")
    for name, text in files.items():
        assert "$" not in text, name
        if name.endswith(".py"):
            ast.parse(text)


def test_a_directory_goes_where_hfs_finds_it_and_is_to_be_trusted(hfs: Hfs, home: Paths) -> None:
    done = hfs("plugins", "new", "weather", "--dir")
    assert done.code == 0
    assert "hfs plugins trust weather" in done.out
    made = home.plugins / "weather"
    assert set(texts(made)) == {
        ".gitignore",
        "LICENSE",
        "README.md",
        "__init__.py",
        "manifest.yaml",
        "plugin.py",
        "pytest.ini",
        "tests/conftest.py",
        "tests/test_weather.py",
    }
    assert read_manifest(made / "manifest.yaml").name == "weather"
    assert home.plugins.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("terms", [*LICENSES, "none"])
def test_the_license_is_chosen(hfs: Hfs, tmp_path: Path, terms: str) -> None:
    assert (hfs("plugins", "new", "weather", "--license", terms)).code == 0
    files = texts(tmp_path / "hfs-weather")
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert ("LICENSE" in files, project.get("license", "none")) == (terms != "none", terms)


def test_another_place_can_be_chosen(hfs: Hfs, tmp_path: Path) -> None:
    assert (hfs("plugins", "new", "weather", "--path", "deep/er")).code == 0
    assert (tmp_path / "deep" / "er" / "hfs-weather" / "pyproject.toml").is_file()
    done = hfs("plugins", "new", "weather", "--dir", "--path", str(tmp_path / "here"))
    assert (tmp_path / "here" / "weather" / "manifest.yaml").is_file()
    assert "hfs plugins dev here/weather" in done.out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("My Weather", "Try my_weather."),
        ("hfs-weather", "Try weather."),
        ("hfs_weather", "Try weather."),
        ("2fast", "Try fast."),
        ("../etc", "Try etc."),
        ("数", "Try my_plugin."),
        ("help", "the plugin commands has the command help. Try my_help."),
        ("sessions", "a plugin of that name is there already. Try my_sessions."),
        ("doctor", "hfs doctor is a command of HFS itself. Try my_doctor."),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_a_proposal(
    hfs: Hfs, tmp_path: Path, name: str, said: str
) -> None:
    done = hfs("plugins", "new", name)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.split())
    assert not list(tmp_path.glob("**/manifest.yaml"))


def test_a_folder_is_not_called_like_a_module_of_python(hfs: Hfs) -> None:
    done = hfs("plugins", "new", "calendar", "--dir")
    assert done.code == 2
    assert "Try my_calendar" in done.err
    assert (hfs("plugins", "new", "calendar")).code == 0


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_is_left_alone(hfs: Hfs, tmp_path: Path, there: str) -> None:
    place = tmp_path / "hfs-weather"
    if there == "file":
        place.write_text("mine")
    elif there == "folder":
        place.mkdir()
    else:
        place.symlink_to(tmp_path / "nowhere")
    done = hfs("plugins", "new", "weather")
    assert done.code == 1
    assert f"{place} is there already" in done.err
    assert not list(tmp_path.glob("**/plugin.py"))
    assert not list(tmp_path.glob(".hfs-*"))


@pytest.mark.parametrize("name", ["", "A", "___", "hfs_", "ä", "x" * 200, "9" * 80, "Read-Me 2"])
def test_what_is_proposed_can_be_used(name: str) -> None:
    assert proposed_name(proposed_name(name)) == proposed_name(name)


def test_the_list_of_subcommands_imports_none_of_them(hfs: Hfs) -> None:
    done = hfs("plugins", "--help")
    assert "Make a new plugin" in done.out
    done = hfs("plugins", "nwe")
    assert (done.code, "Did you mean new?" in done.err) == (2, True)
