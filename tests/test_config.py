"""Settings: whose word counts, what a bad value does, and what writing keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.api import Paths, UserConfig
from hfs_core.config import PROJECT_FILE, read_config, read_setting
from hfs_core.config_file import unset_setting, write_setting
from hfs_core.errors import ConfigError


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_environment_beats_project_beats_global_beats_default(home: Paths, tmp_path: Path) -> None:
    write(home.config, "model: a/global\noutput_mode: compact\nstore: global_store\n")
    write(tmp_path / PROJECT_FILE, "model: a/project\noutput_mode: verbose\n")
    config, faults = read_config(home, project=tmp_path, environ={"HFS_MODEL": "a/environment"})
    assert not faults
    assert (config.model, config.output_mode, config.store) == ("a/environment", "verbose", "global_store")
    assert config.checkpoint_retention == 10
    assert config.sources == {
        "model": "HFS_MODEL",
        "output_mode": str(tmp_path / PROJECT_FILE),
        "store": str(home.config),
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("output_mode: loud", ["output_mode", "'loud'", "compact, verbose"]),
        ("checkpoint_retention: 0", ["checkpoint_retention", "at least 1"]),
        ("checkpoint_retention: many", ["checkpoint_retention", "at least 1"]),
        ("checkpoint_retention: true", ["checkpoint_retention", "at least 1"]),
        ("disabled_plugins: {a: b}", ["disabled_plugins", "list of names"]),
        ("model: [a]", ["model", "text"]),
        ("colour: red", ["colour", "there is no setting"]),
        ("plugins: [a]", ["plugins", "section"]),
    ],
)
def test_one_bad_value_names_itself_and_spoils_no_other(
    home: Paths, tmp_path: Path, line: str, words: list[str]
) -> None:
    write(home.config, f"{line}\nkeybinding_mode: vim\n")
    config, faults = read_config(home, project=tmp_path, environ={})
    assert config.keybinding_mode == "vim"
    (fault,) = faults
    for word in [str(home.config), *words]:
        assert word in str(fault)


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- a\n- b\n",
        "\x00",
        "just words",
        "2020-01-01: x",
        "? [a, b]\n: c",
        "a: &a [*a]",
        pytest.param("[" * 9999, id="deep"),
    ],
)
def test_a_file_that_is_no_settings_is_named_and_left_alone(home: Paths, tmp_path: Path, text: str) -> None:
    write(home.config, text)
    config, (fault,) = read_config(home, project=tmp_path, environ={})
    assert config == UserConfig()
    assert str(home.config) in str(fault)
    assert home.config.read_text() == text


def test_a_bad_section_of_one_plugin_spoils_no_others(home: Paths, tmp_path: Path) -> None:
    write(home.config, "plugins:\n  bad: 5\n  empty:\n  good: {level: 1}\n")
    config, (fault,) = read_config(home, project=tmp_path, environ={})
    assert config.plugins == {"empty": {}, "good": {"level": 1}}
    assert "plugins.bad" in str(fault)


@pytest.mark.parametrize("entry", ["5", "[]", "[[1], 5]", '["STAMP", 5]', '["STAMP"]', '{"0": 1}'])
def test_a_spoiled_cache_only_costs_time(home: Paths, tmp_path: Path, entry: str) -> None:
    write(home.config, "model: a/b\n")
    status = home.config.stat()
    entry = entry.replace('"STAMP"', f"[{status.st_mtime_ns}, {status.st_size}]")
    write(home.state / "config.json", f'{{"{home.config}": {entry}}}')
    config, faults = read_config(home, project=tmp_path, environ={})
    assert (config.model, faults) == ("a/b", [])


def test_a_folder_that_is_gone_has_no_settings(
    home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    write(home.config, "model: a/b\n")
    config, faults = read_config(home, environ={})
    assert (config.model, faults) == ("a/b", [])


@pytest.mark.parametrize("text", ["plugins:\n", "plugins: 5\n", "- a\n"])
def test_writing_into_what_is_no_section_says_so(home: Paths, text: str) -> None:
    write(home.config, text)
    if text == "plugins:\n":
        write_setting(home.config, "plugins.one.level", 1)
        assert "level: 1" in home.config.read_text()
        return
    with pytest.raises(ConfigError, match=str(home.config)):
        write_setting(home.config, "plugins.one.level", 1)
    assert home.config.read_text() == text


def test_an_unchanged_file_is_not_parsed_again(
    home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home.config, "model: a/b\nplugins:\n  one:\n    level: 1\n")
    first, _ = read_config(home, project=tmp_path, environ={})
    monkeypatch.setattr("hfs_core.config._parse", lambda file: pytest.fail("parsed again"))
    again, _ = read_config(home, project=tmp_path, environ={})
    assert again == first
    assert again.plugins == {"one": {"level": 1}}


def test_writing_keeps_comments_and_everything_else(home: Paths, tmp_path: Path) -> None:
    write(home.config, "# mine\nmodel: a/b  # the best\nplugins:\n  one:\n    level: 1\n")
    write_setting(home.config, "model", "c/d")
    write_setting(home.config, "plugins.one.level", 2)
    write_setting(home.config, "plugins.two.name", "x")
    text = home.config.read_text()
    assert "# mine" in text
    assert "# the best" in text
    config, _ = read_config(home, project=tmp_path, environ={})
    assert config.model == "c/d"
    assert config.plugins == {"one": {"level": 2}, "two": {"name": "x"}}


COMMENTED = """\
# mine
model: a/b  # the best
# how it looks
theme: nord

# what plugins want
plugins:
  one:
    level: 1
    words: |
      many
      words

    # of the last one
    colours: [red, blue]
  two: {name: x, size: 2}
# the end
"""


@pytest.mark.parametrize(
    ("key", "gone"),
    [
        ("model", "model: a/b  # the best\n"),
        ("theme", "theme: nord\n"),
        ("plugins.one.level", "    level: 1\n"),
        ("plugins.one.words", "    words: |\n      many\n      words\n"),
        ("plugins.one.colours", "    colours: [red, blue]\n"),
        ("plugins.two", "  two: {name: x, size: 2}\n"),
        ("plugins.two.name", "name: x, "),
    ],
)
def test_taking_a_setting_out_leaves_everything_else(home: Paths, key: str, gone: str) -> None:
    write(home.config, COMMENTED)
    assert unset_setting(home.config, key)
    assert home.config.read_text() == COMMENTED.replace(gone, "")
    assert not unset_setting(home.config, key)


def test_taking_the_last_setting_of_a_section_out_takes_the_section(home: Paths) -> None:
    write(home.config, "# mine\nplugins:\n  one:\n    deep:\n      level: 1\n# the end\n")
    assert not unset_setting(home.config, "plugins.two.deep.level")
    assert not unset_setting(home.config, "plugins.one.deep.level.more")
    assert unset_setting(home.config, "plugins.one.deep.level")
    assert home.config.read_text() == "# mine\n# the end\n"


def test_taking_out_what_is_not_there_makes_no_file(home: Paths) -> None:
    assert not unset_setting(home.config, "model")
    assert not home.config.exists()


def test_taking_out_of_what_is_no_yaml_says_so(home: Paths) -> None:
    write(home.config, "a: [")
    with pytest.raises(ConfigError, match="is not YAML"):
        unset_setting(home.config, "a")


def test_writing_makes_the_file_and_a_private_folder(home: Paths) -> None:
    write_setting(home.config, "model", "a/b")
    assert home.root.stat().st_mode & 0o777 == 0o700


def test_a_plugins_section_can_come_from_the_environment(home: Paths, tmp_path: Path) -> None:
    config, _ = read_config(home, project=tmp_path, environ={"HFS_PLUGINS__SQLITE_STORE__PATH": "/x"})
    assert config.plugins == {"sqlite_store": {"path": "/x"}}
    assert config.sources == {"plugins.sqlite_store.path": "HFS_PLUGINS__SQLITE_STORE__PATH"}


def test_it_is_known_where_a_plugins_setting_comes_from(home: Paths, tmp_path: Path) -> None:
    write(home.config, "plugins: {one: {level: 1, name: x}}\n")
    write(tmp_path / PROJECT_FILE, "plugins: {one: {level: 2}}\n")
    config, _ = read_config(home, project=tmp_path, environ={})
    assert config.plugins == {"one": {"level": 2, "name": "x"}}
    assert config.sources == {
        "plugins.one.level": str(tmp_path / PROJECT_FILE),
        "plugins.one.name": str(home.config),
    }


def test_names_and_allowed_values_can_be_asked_for() -> None:
    assert "output_mode" in UserConfig.get_field_names()
    assert UserConfig.get_valid_values("output_mode") == ("compact", "verbose")
    assert UserConfig.get_valid_values("model") == ()
    with pytest.raises(ConfigError, match="there is no setting colour"):
        UserConfig.get_valid_values("colour")
    assert read_setting("disabled_plugins", "a, b") == ("a", "b")
