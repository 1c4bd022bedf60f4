"""What a manifest says is checked key by key: what is wrong is named, what is not known is a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.api import API_VERSION

from .distributions import MANIFEST, install, scan


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (">=1,<2", True),
        ("1", True),
        ("1.0", True),
        ("~=1.0", True),
        (">=2", False),
        ("2", False),
        ("<1", False),
    ],
)
def test_the_interface_must_be_one_that_the_plugin_works_with(site: Path, wanted: str, fits: bool) -> None:
    install(site, "weather", MANIFEST + f"api: '{wanted}'\n")
    (info,) = scan()
    assert (info.fault == "") is fits
    if not fits:
        assert wanted in info.fault
        assert API_VERSION in info.fault


def test_a_wish_that_is_no_range_of_versions_is_told(site: Path) -> None:
    install(site, "weather", MANIFEST + "api: newest\n")
    (info,) = scan()
    assert "manifest.yaml: api: newest: that is no range of versions" in info.fault


def test_a_needed_plugin_of_another_version_is_told(site: Path) -> None:
    install(site, "news", MANIFEST.replace("name: weather\nversion", "name: news\nversion"))
    install(
        site,
        "weather",
        MANIFEST + "requires: [{plugin: news, version: '>=2'}, {plugin: gone, version: '3'}]\n",
    )
    (_, info) = scan()
    assert info.requires == ("news", "gone")
    assert info.mismatches == (("news", "needs the plugin news in version >=2, and there is 1.0"),)


def test_what_a_manifest_says_beyond_what_hfs_knows_is_a_warning(site: Path) -> None:
    more = "advisorry: {}\nhooks: [on_mesage]\nmanifest_version: 2\nrequires: [{plugin: news, colour: red}]\n"
    known = MANIFEST.replace("summary: Tell", "sumary: x, summary: Tell").replace(
        "hooks: [provide_commands]\n", ""
    )
    install(site, "weather", known + more)
    (info,) = scan()
    assert info.fault == ""
    assert sorted(info.warnings) == [
        "HFS does not know advisorry and leaves it out; did you mean advisory?",
        "HFS does not know contributes.commands.sumary and leaves it out; did you mean summary?",
        "HFS does not know requires.colour and leaves it out",
        "its manifest is of version 2, this HFS knows 1",
        "there is no hook on_mesage, so it is never called; did you mean on_message?",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("requires: [{}]", "requires.0: must name a plugin or a service"),
        ("requires: [{plugin: a, service: b}]", "requires.0: must name a plugin or a service"),
        ("requires: [{service: b, version: '>=2'}]", "the version of a service is a whole number"),
        ("hooks: [{on_message: early}]", "hooks.0.order"),
        ("hooks: [[on_message]]", "hooks.0: must be the name of a hook"),
        ("contributes: {commands: [{name: 'a b'}]}", "contributes.commands.0.name"),
        ("contributes: {services: ['\\e[31m']}", "contributes.services.0"),
        ("settings: [[1]]", "settings"),
        ("advisory: {net: example.com}", "advisory.net"),
        ("entry_point: 'os.system('", "entry_point"),
        ("when: 2024-99-99", "is not YAML"),
    ],
)
def test_each_wrong_key_is_named(site: Path, line: str, words: str) -> None:
    text = "\n".join(each for each in MANIFEST.splitlines() if each.split(":")[0] != line.split(":")[0])
    install(site, "weather", f"{text}\n{line}\n")
    (info,) = scan()
    assert words in info.fault
    assert "\x1b" not in info.fault


@pytest.mark.parametrize(
    ("content", "words"), [("", "is empty"), ("# later\n", "is empty"), ("[1]", "holds no")]
)
def test_a_file_without_keys_is_no_manifest(site: Path, content: str, words: str) -> None:
    install(site, "weather", content)
    (info,) = scan()
    assert f"{words}" in info.fault
    assert "a manifest has at least name, version, description, capabilities" in info.fault


def test_a_file_that_is_too_long_is_no_manifest(site: Path) -> None:
    install(site, "weather", MANIFEST + "# " + "x" * 300_000)
    (info,) = scan()
    assert "longer than 256 KiB" in info.fault


def test_a_manifest_that_grows_without_bounds_is_refused_at_once(site: Path) -> None:
    """Nobody has agreed to it yet, and `hfs plugins` must still come up beside it."""
    levels = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9)]
    install(site, "weather", MANIFEST + "a0: &a0 {x: 1}\n" + "".join(levels))
    (info,) = scan()
    assert "a manifest must not use aliases" in info.fault


def test_of_very_much_that_is_wrong_only_some_is_told(site: Path) -> None:
    install(site, "weather", MANIFEST.replace("hooks: [provide_commands]\n", "") + f"hooks: {[1] * 5000}\n")
    (info,) = scan()
    assert "and 4990 more" in info.fault
    assert len(info.fault) < 2000
