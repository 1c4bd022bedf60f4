"""A plugin in a folder runs nothing before a person has agreed to exactly what is in it."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hfs_core.api import Paths, PluginState
from hfs_core.errors import PluginError
from hfs_core.plugins import exact
from hfs_core.plugins.directories import describe_folder
from hfs_core.plugins.judgement import Judgement, NotTrusted, Standing
from hfs_core.plugins.trust import Trust
from tests.plugin_folders import drop


@pytest.fixture
def greet(home: Paths) -> Path:
    """A plugin in the folder of plugins that nobody has decided about."""
    return drop(home.plugins)


def judged(home: Paths, folder: Path, trust: Trust | None = None) -> Judgement:
    return (trust or Trust(home, environ={})).judge(describe_folder(folder))


def agree(home: Paths, folder: Path) -> Judgement:
    trust = Trust(home, environ={})
    return trust.grant(judged(home, folder, trust))


def test_what_nobody_decided_about_waits_and_says_what_to_do(home: Paths, greet: Path) -> None:
    judgement = judged(home, greet)
    assert (judgement.standing, judgement.state) == (Standing.WAITING, PluginState.UNTRUSTED)
    assert "hfs plugins trust greet" in judgement.reason
    assert not judgement.grants.granted
    with pytest.raises(NotTrusted):
        Trust(home, environ={}).admit(describe_folder(greet))
    assert exact.mounted("greet") is None


def test_an_agreement_holds_for_another_process_that_reads_the_record(home: Paths, greet: Path) -> None:
    agree(home, greet)
    judgement = judged(home, greet)
    assert judgement.is_trusted
    assert judgement.grants.granted == {"commands"}
    record = home.state / "trust.json"
    assert record.stat().st_mode & 0o777 == 0o600
    entry = json.loads(record.read_text())["folders"][str(greet.resolve())]
    assert set(entry["files"]) == {"manifest.yaml", "plugin.py", "words.py"}
    assert entry["capabilities"] == ["commands"]


def test_a_change_asks_again_and_tells_which_files_it_was(home: Paths, greet: Path) -> None:
    agree(home, greet)
    (greet / "words.py").write_text("HELLO = 'evil'\n")
    (greet / "more.py").write_text("")
    (greet / "plugin.py").rename(greet / "plugin2.py")
    judgement = judged(home, greet)
    assert judgement.state is PluginState.CHANGED
    assert "2 added, 1 changed, 1 removed" in judgement.reason
    assert judgement.difference is not None
    assert judgement.difference.added == ("more.py", "plugin2.py")
    assert judgement.difference.changed == ("words.py",)
    assert judgement.difference.removed == ("plugin.py",)
    with pytest.raises(NotTrusted):
        Trust(home, environ={}).admit(describe_folder(greet))


def test_a_denial_is_remembered_until_the_folder_changes_or_the_person_does(home: Paths, greet: Path) -> None:
    trust = Trust(home, environ={})
    trust.deny(judged(home, greet, trust))
    judgement = judged(home, greet)
    assert (judgement.standing, judgement.state) == (Standing.DENIED, PluginState.UNTRUSTED)
    assert "refused it on" in judgement.reason
    (greet / "words.py").write_text("HELLO = 'hi'\n")
    assert judged(home, greet).standing is Standing.WAITING
    (greet / "words.py").write_text('HELLO = "hello"\n')
    assert judged(home, greet).standing is Standing.DENIED
    assert agree(home, greet).is_trusted
    assert judged(home, greet).is_trusted


def test_what_is_taken_back_waits_again(home: Paths, greet: Path) -> None:
    agree(home, greet)
    trust = Trust(home, environ={})
    assert trust.forget(describe_folder(greet))
    assert not trust.forget(describe_folder(greet))
    assert judged(home, greet).standing is Standing.WAITING


def test_what_is_taken_back_is_so_wherever_the_folder_lay(home: Paths, tmp_path: Path) -> None:
    home.plugins.mkdir(parents=True)
    link = home.plugins / "greet"
    for place in ("one", "two"):
        link.unlink(missing_ok=True)
        link.symlink_to(drop(tmp_path / place))
        agree(home, link)
    assert Trust(home, environ={}).forget(describe_folder(link))
    link.unlink()
    link.symlink_to(tmp_path / "one" / "greet")
    assert judged(home, link).standing is Standing.WAITING


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2, "folders": {}}',
        '{"format": 1}',
        '{"format": 1, "folders": []}',
        "\x80",
    ],
)
def test_a_damaged_record_trusts_nobody_and_says_so(home: Paths, greet: Path, content: str) -> None:
    agree(home, greet)
    record = home.state / "trust.json"
    record.write_text(content, encoding="latin-1")
    judgement = judged(home, greet)
    assert judgement.standing is Standing.WAITING
    assert str(record) in judgement.told
    agree(home, greet)
    assert judged(home, greet).is_trusted
    assert (home.state / "trust.json.unusable").read_text(encoding="latin-1") == content


@pytest.mark.parametrize("field", ["kind", "sha256", "files", "granted", "capabilities", "name"])
@pytest.mark.parametrize("rubbish", [None, 5, "x", ["x", 5], {"a": 5}])
def test_a_damaged_entry_trusts_nobody(home: Paths, greet: Path, field: str, rubbish: object) -> None:
    agree(home, greet)
    record = home.state / "trust.json"
    content = json.loads(record.read_text())
    content["folders"][str(greet.resolve())][field] = rubbish
    record.write_text(json.dumps(content))
    judgement = judged(home, greet)
    if (field, rubbish) != ("name", "x"):  # a name is for people: what counts is the folder and its hash
        assert not judgement.is_trusted


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX'")
def test_a_record_that_others_may_write_trusts_nobody(home: Paths, greet: Path) -> None:
    agree(home, greet)
    (home.state / "trust.json").chmod(0o666)
    assert "can be written by others" in judged(home, greet).told
    assert not judged(home, greet).is_trusted


def test_a_record_that_cannot_be_written_decides_nothing(home: Paths, greet: Path) -> None:
    home.state.parent.mkdir(exist_ok=True)
    home.state.write_text("a file where a folder should be")
    with pytest.raises(PluginError, match="cannot be written"):
        agree(home, greet)


def _agree_to_one(root: Path, number: int) -> None:
    home = Paths(root)
    agree(home, home.plugins / f"greet{number}")


def test_processes_that_decide_at_once_lose_no_decision(home: Paths) -> None:
    folders = [drop(home.plugins, f"greet{number}") for number in range(8)]
    spawn = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    processes = [spawn.Process(target=_agree_to_one, args=(home.root, number)) for number in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert all(judged(home, folder).is_trusted for folder in folders)


def test_another_folder_of_the_same_bytes_is_another_plugin(home: Paths, greet: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    drop(elsewhere)
    agree(home, greet)
    for file in greet.iterdir():
        file.unlink()
    greet.rmdir()
    greet.symlink_to(elsewhere / "greet")
    assert judged(home, greet).standing is Standing.WAITING
    assert agree(home, greet).is_trusted
    drop(tmp_path / "third")
    greet.unlink()
    greet.symlink_to(tmp_path / "third" / "greet")
    assert not judged(home, greet).is_trusted


def test_the_environment_trusts_a_hash_and_no_other(home: Paths, greet: Path) -> None:
    tree = judged(home, greet).tree
    assert tree is not None
    named = Trust(home, environ={"HFS_TRUST": f"other@sha256:{'0' * 64}, greet@sha256:{tree.sha256}"})
    assert judged(home, greet, named).is_trusted
    assert named.judge(describe_folder(greet)).grants.granted == {"commands"}
    assert not (home.state / "trust.json").exists()
    wrong = Trust(home, environ={"HFS_TRUST": f"greet@sha256:{'0' * 64}"})
    judgement = judged(home, greet, wrong)
    assert not judgement.is_trusted
    assert tree.sha256[:12] in judgement.told
    (greet / "words.py").write_text("")
    assert not judged(home, greet, named).is_trusted


def test_the_environment_widens_nothing_that_the_person_has_narrowed(home: Paths, greet: Path) -> None:
    trust = Trust(home, environ={})
    judgement = trust.grant(judged(home, greet, trust), [])
    assert judgement.tree is not None
    named = Trust(home, environ={"HFS_TRUST": f"greet@sha256:{judgement.tree.sha256}"})
    assert named.judge(describe_folder(greet)).grants.granted == frozenset()


@pytest.mark.parametrize(
    "value", ["greet", "greet@", "greet@sha256:", "greet@sha256:d36585", "greet@sha256:" + "g" * 64]
)
def test_an_environment_that_names_no_whole_hash_trusts_nobody(home: Paths, greet: Path, value: str) -> None:
    judgement = judged(home, greet, Trust(home, environ={"HFS_TRUST": value}))
    assert not judgement.is_trusted
    assert value in judgement.told


def test_a_consent_for_one_run_holds_whatever_is_there_and_leaves_no_record(home: Paths, greet: Path) -> None:
    trust = Trust(home, environ={}, consented=[greet])
    assert judged(home, greet, trust).is_trusted
    (greet / "words.py").write_text("HELLO = 'other'\n")
    assert judged(home, greet, trust).is_trusted
    assert not (home.state / "trust.json").exists()
    assert not judged(home, drop(home.plugins, "second"), trust).is_trusted


def test_a_poisoned_pyc_never_runs(home: Paths, greet: Path) -> None:
    """The attack of the research: the source and the hash are unchanged, the bytecode beside it is another's."""
    agree(home, greet)
    source = greet / "words.py"
    honest = source.read_text()
    source.write_text("HELLO = 'EVIL'".ljust(len(honest) - 1) + "\n")
    status = source.stat()
    cache = [sys.executable, "-m", "compileall", "-q", str(source)]
    subprocess.run(cache, check=True)
    source.write_text(honest)
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    program = "import sys; sys.path.insert(0, sys.argv[1]); import words; print(words.HELLO)"
    attacked = subprocess.run(
        [sys.executable, "-c", program, str(greet)], capture_output=True, text=True, check=True
    )
    assert attacked.stdout.strip() == "EVIL"  # so the attack is real: an ordinary import falls for it
    trust = Trust(home, environ={})
    try:
        trust.admit(describe_folder(greet))
        from importlib import import_module

        assert import_module("hfs_dir_plugins.greet.words").HELLO == "hello"
    finally:
        trust.drop("greet")


def test_what_is_swapped_after_it_was_hashed_does_not_run(home: Paths, greet: Path) -> None:
    agree(home, greet)
    trust = Trust(home, environ={})
    try:
        trust.admit(describe_folder(greet))
        (greet / "words.py").write_text("HELLO = 'EVIL'\n")
        (greet / "late.py").write_text("HELLO = 'EVIL'\n")
        from importlib import import_module

        assert import_module("hfs_dir_plugins.greet.words").HELLO == "hello"
        with pytest.raises(ModuleNotFoundError):
            import_module("hfs_dir_plugins.greet.late")
    finally:
        trust.drop("greet")


def test_the_manifest_that_counts_is_the_one_that_was_hashed(home: Paths, greet: Path) -> None:
    stale = describe_folder(greet)
    manifest = greet / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("[commands]", "[commands, store.write]"))
    agree(home, greet)
    trust = Trust(home, environ={})
    try:
        info = trust.admit(stale)
        assert info.capabilities == ("commands", "store.write")
        assert trust.grants(stale).granted == {"commands", "store.write"}
    finally:
        trust.drop("greet")
