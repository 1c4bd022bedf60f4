"""A plugin's folder is read whole, and its hash names every byte and every name in it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hfs_core.paths import Paths
from hfs_core.plugins.directories import describe_folder
from hfs_core.plugins.judgement import Standing
from hfs_core.plugins.tree import (
    MOST_BYTES,
    MOST_FILES,
    Difference,
    TreeRefused,
    difference,
    read_tree,
)
from hfs_core.plugins.trust import Trust
from tests.plugin_folders import drop


def test_the_hash_is_the_one_that_is_documented(tmp_path: Path) -> None:
    """Who checks a hash in another program gets the same one: the format stands in the docstring of the room."""
    from hashlib import sha256

    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "run.sh").write_bytes(b"echo")
    (tmp_path / "b" / "run.sh").chmod(0o700)
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    (tmp_path / "c.py").symlink_to("a.py")
    entries = [
        f"f\0a.py\0\0{sha256(b'x = 1' + bytes([10])).hexdigest()}\n",
        f"x\0b/run.sh\0\0{sha256(b'echo').hexdigest()}\n",
        f"f\0c.py\0a.py\0{sha256(b'x = 1' + bytes([10])).hexdigest()}\n",
    ]
    wanted = sha256(("hfs-tree-1\n" + "".join(entries)).encode()).hexdigest()
    assert read_tree(tmp_path).sha256 == wanted


@pytest.mark.parametrize(
    "name", ["__pycache__/words.pyc", ".git/HEAD", ".venv/bin/python", "words.pyc", "sub/__pycache__/x"]
)
def test_what_never_runs_does_not_count(tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "words.py").write_text("")
    before = read_tree(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("anything")
    assert read_tree(tmp_path) == before


def test_a_link_within_the_folder_is_read_and_counts(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    before = read_tree(tmp_path).sha256
    (tmp_path / "b.py").symlink_to("a.py")
    linked = read_tree(tmp_path)
    assert linked.files["b.py"].content == b"x = 1\n"
    (tmp_path / "b.py").unlink()
    (tmp_path / "b.py").write_text("x = 1\n")
    assert len({before, linked.sha256, read_tree(tmp_path).sha256}) == 3


def refuse(folder: Path, *words: str) -> None:
    with pytest.raises(TreeRefused) as refused:
        read_tree(folder)
    for word in words:
        assert word in str(refused.value)


def test_a_link_that_leaves_the_folder_is_refused_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "greet"
    folder.mkdir()
    (tmp_path / "secret").write_text("")
    (tmp_path / "greet2").mkdir()
    (tmp_path / "greet2" / "x").write_text("")
    targets = ["../secret", str(tmp_path / "secret"), "..", "../greet2/x", "/etc/passwd", "nowhere", "loop"]
    for target in targets:
        (folder / "loop").symlink_to(target)
        refuse(folder, f"{folder / 'loop'}: is a link")
        (folder / "loop").unlink()
    (folder / "inner").mkdir()
    (folder / "inner" / "again").symlink_to("..")
    refuse(folder, f"{folder / 'inner' / 'again'}: is a link")
    (folder / "inner" / "again").unlink()
    (folder / "again").symlink_to("inner")
    refuse(folder, f"{folder / 'again'}: is a link to a folder")


def test_what_is_no_file_is_refused_by_its_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refuse(tmp_path, "pipe", "a pipe")
    (tmp_path / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
        refuse(tmp_path, "socket", "a socket")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    (tmp_path / "secret").chmod(0)
    refuse(tmp_path, "secret", "Permission denied")


def test_a_folder_that_is_no_plugin_s_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path / "nothing", "nothing", "cannot be read")
    with (tmp_path / "weights").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    refuse(tmp_path, "weights", "too large", "32 MiB")
    (tmp_path / "weights").unlink()
    for name in ("half", "other half"):
        (tmp_path / name).write_bytes(b"x" * (MOST_BYTES // 2 + 1))
    refuse(tmp_path, "too large")


def test_more_files_than_a_plugin_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs_core.plugins.tree.MOST_FILES", 3)
    for number in range(4):
        (tmp_path / str(number)).write_text("")
    refuse(tmp_path, "more than 3 files")
    assert MOST_FILES == 4000


@pytest.mark.skipif(sys.platform != "linux", reason="other disks take only names that are UTF-8")
def test_a_name_that_is_no_text_has_a_hash_and_is_kept(home: Paths) -> None:
    folder = drop(home.plugins)
    os.close(os.open(os.fsencode(folder) + b"/\xff.txt", os.O_CREAT | os.O_WRONLY, 0o600))
    trust = Trust(home, environ={})
    trust.grant(trust.judge(describe_folder(folder)))
    assert Trust(home, environ={}).judge(describe_folder(folder)).is_trusted


def test_what_became_of_files_is_told_by_name(tmp_path: Path) -> None:
    old = {"a": "1", "b": "1", "c": "1"}
    assert difference(old, {"b": "2", "c": "1", "d": "1"}) == Difference(("d",), ("b",), ("a",))


NAMES = st.sampled_from(
    ["a.py", "b.py", "data.bin", "sub/a.py", "sub/deep/x.txt", "A.PY", "é.py", "a.py.bak"]
)
CONTENTS = st.binary(max_size=40)


@settings(max_examples=60)
@given(
    files=st.dictionaries(NAMES, CONTENTS, min_size=1, max_size=5),
    number=st.integers(0, 100),
    kind=st.sampled_from(["flip", "append", "cut", "rename", "add", "remove", "mode"]),
    more=st.integers(1, 255),
)
def test_any_change_of_a_byte_a_name_or_a_mode_is_another_hash(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], number: int, kind: str, more: int
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    before = read_tree(folder)
    assert read_tree(folder) == before
    path = folder / sorted(files)[number % len(files)]
    content = path.read_bytes()
    if kind == "flip" and content:
        place = number % len(content)
        path.write_bytes(content[:place] + bytes([content[place] ^ more]) + content[place + 1 :])
    elif kind == "cut" and content:
        path.write_bytes(content[:-1])
    elif kind == "rename":
        path.rename(path.with_name("new"))
    elif kind == "add":
        (folder / "new").write_bytes(b"")
    elif kind == "remove":
        path.unlink()
    elif kind == "mode":
        path.chmod(path.stat().st_mode ^ 0o100)
    else:
        path.write_bytes(content + bytes([more]))
    after = read_tree(folder)
    assert after.sha256 != before.sha256
    assert difference(before.digests(), after.digests()) != Difference()


class Consent(RuleBasedStateMachine):
    """A person agrees to, refuses and takes back what somebody else changes; a model of it says how it must stand."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        self.home = Paths(Path(self._folder.name) / "home")
        self.plugin = drop(self.home.plugins)
        self.info = describe_folder(self.plugin)
        self.decided: tuple[str, dict[str, tuple[bytes, int]]] | None = None

    def teardown(self) -> None:
        self._folder.cleanup()

    def held(self) -> dict[str, tuple[bytes, int]]:
        files = [path for path in self.plugin.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(self.plugin)): (path.read_bytes(), path.stat().st_mode & 0o100)
            for path in files
        }

    @rule(
        name=st.sampled_from(["words.py", "more.py", "sub/x.py"]),
        content=st.sampled_from([b"", b"x = 1\n", b"x = 2\n"]),
    )
    def write(self, name: str, content: bytes) -> None:
        (self.plugin / name).parent.mkdir(exist_ok=True)
        (self.plugin / name).write_bytes(content)

    @rule(name=st.sampled_from(["words.py", "more.py", "sub/x.py"]))
    def remove(self, name: str) -> None:
        (self.plugin / name).unlink(missing_ok=True)

    @rule()
    def make_executable(self) -> None:
        (self.plugin / "plugin.py").chmod((self.plugin / "plugin.py").stat().st_mode ^ 0o100)

    @rule(is_granted=st.booleans())
    def decide(self, is_granted: bool) -> None:
        trust = Trust(self.home, environ={})
        judgement = trust.judge(self.info)
        (trust.grant if is_granted else trust.deny)(judgement)
        self.decided = ("granted" if is_granted else "denied", self.held())

    @rule()
    def take_back(self) -> None:
        assert Trust(self.home, environ={}).forget(self.info) is (self.decided is not None)
        self.decided = None

    @invariant()
    def stands_as_it_must(self) -> None:
        standing = Trust(self.home, environ={}).judge(self.info).standing
        if self.decided is None:
            assert standing is Standing.WAITING
        elif self.decided[1] == self.held():
            assert standing is (Standing.TRUSTED if self.decided[0] == "granted" else Standing.DENIED)
        else:
            assert standing is (Standing.CHANGED if self.decided[0] == "granted" else Standing.WAITING)


Consent.TestCase.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
TestConsent = Consent.TestCase
