"""Files get names that every disk takes, go where they were sent, and are there whole or not at all."""

from __future__ import annotations

import asyncio
import os
import re
import resource
from pathlib import Path

import pytest
from hfs_export.places import LONGEST, place_for, safe_name, written
from hypothesis import given
from hypothesis import strategies as st

from hfs_core.api import Append, CommandError, Create, Draft, ProtectedPlace, Role

from .conftest import Start

NAMES = {
    "../../x": "x",
    "/etc/passwd": "etc_passwd",
    "C:\\x": "C_x",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "com1": "_com1",
    "console": "console",
    "a" * 300: "a" * LONGEST,
    "ü" * 300: "ü" * (LONGEST // 2),
    "Tea 🍵 time": "Tea_time",
    "🍵🍵": "session",
    "שלום עולם": "שלום_עולם",
    "\u202egnp.exe": "gnp.exe",
    "...": "session",
    "": "session",
    "  x  ": "x",
    "x. . ": "x",
    "-rf": "rf",
    ".hidden": "hidden",
    "a\nb\tc\0d": "a_b_c_d",
    'what?*<>|":': "what",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_session_s_name_becomes_that_of_a_file(name: str) -> None:
    assert safe_name(name) == NAMES[name]


@given(st.text())
def test_any_name_is_safe(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe.encode()) <= LONGEST + 1
    assert not set(safe) & set('/\\:*?"<>|\0\n ')
    assert safe[0] not in ".-"
    assert safe[-1] not in ". "
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", safe)


@pytest.mark.parametrize("name", NAMES)
async def test_a_session_of_any_name_is_exported(start: Start, name: str) -> None:
    async with start("home", "memory") as person:
        await person.store.apply(Create("u", name or "x"), Append("u", Draft(Role.USER, "tea")))
        await person.run("export md --session 1")
        (file,) = (person.host.paths.exports).iterdir()
    assert re.fullmatch(rf"{re.escape(NAMES[name] if name else 'x')}_\d{{8}}_\d{{6}}\.md", file.name)


def test_where_a_file_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "exports"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert place_for("notes", "n", "md", folder) == folder / "notes"
    assert place_for("./notes", "n", "md", folder) == Path("notes")
    assert place_for("a/notes.txt", "n", "md", folder) == Path("a/notes.txt")
    assert place_for("/a/notes", "n", "md", folder) == Path("/a/notes")
    assert place_for("~/notes", "n", "md", folder) == tmp_path / "notes"
    for into in (str(tmp_path), f"{tmp_path}/new/", ".", ".."):
        place = place_for(into, "n", "md", folder)
        assert place.parent == Path(into)
        assert re.fullmatch(r"n_\d{8}_\d{6}\.md", place.name)


def test_two_exports_of_one_second_have_a_name_each(tmp_path: Path) -> None:
    for _ in range(3):
        place_for("", "n", "md", tmp_path).touch(exist_ok=False)
    assert len(list(tmp_path.iterdir())) == 3


def unfinished(folder: Path) -> list[Path]:
    """Files that are not whole."""
    return list(folder.rglob("*.part"))


async def refused(place: Path | str, tmp_path: Path, start: Start) -> str:
    """Export to a place where that cannot be; returns what is said."""
    async with start("home", "memory") as person:
        await person.store.apply(Create("u", "tea"), Append("u", Draft(Role.USER, "tea")))
        with pytest.raises(CommandError) as raised:
            await person.run(f"export md '{place}' --session 1")
    said = str(raised.value)
    assert "\n" not in said
    assert unfinished(tmp_path) == []
    return said


async def test_a_place_that_cannot_be_is_one_sentence(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    assert "~nobody-of-that-name has no home folder here" in await refused(
        "~nobody-of-that-name/x", tmp_path, start
    )
    assert "no NUL" in await refused("a\0b", tmp_path, start)
    assert "cannot be written" in await refused(tmp_path / "file" / "x", tmp_path, start)
    assert "cannot be written" in await refused("/proc/hfs/x", tmp_path, start)
    assert "cannot be written: File name too long" in await refused(tmp_path / ("a" * 300), tmp_path, start)
    assert "is there already: --force" in await refused(tmp_path / "file", tmp_path, start)
    assert (tmp_path / "file").read_text() == "here"


async def test_nothing_is_written_where_hfs_keeps_its_own(start: Start) -> None:
    async with start("home", "memory") as person:
        await person.store.apply(Create("u", "tea"), Append("u", Draft(Role.USER, "tea")))
        paths = person.host.paths
        (paths.root / "link").symlink_to(paths.config)
        for place in (
            "plugins/tea/plugin.py",
            "state",
            "state/trust.json",
            "config.yaml",
            "sessions.db-wal",
            "link",
        ):
            for option in ("", "--force"):
                with pytest.raises(ProtectedPlace, match="HFS keeps"):
                    await person.run(f"export md {paths.root / place} --session 1 {option}")
        assert not paths.plugins.exists()
        assert not paths.config.exists()
        await person.run(f"export md {paths.root / 'tea.md'} --session 1")


async def test_a_pipe_stays_a_pipe(start: Start, tmp_path: Path) -> None:
    """What is no file is not replaced by one, whoever may do that."""
    os.mkfifo(tmp_path / "pipe")
    async with start("home", "memory") as person:
        await person.store.apply(Create("u", "tea"), Append("u", Draft(Role.USER, "tea")))
        with pytest.raises(CommandError, match=r"pipe is no file: name one, or - "):
            await person.run(f"export md {tmp_path / 'pipe'} --session 1 --force")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_is_not_ours_is_one_sentence(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o500)
    assert "cannot be written: Permission denied" in await refused(folder / "x", tmp_path, start)


def left_in(folder: Path) -> list[str]:
    """The names of what is in a folder, hidden ones too."""
    return sorted(each.name for each in folder.iterdir())


async def test_a_disk_that_is_full_keeps_what_was_there(start: Start, tmp_path: Path) -> None:
    """The system's limit on the size of files stands in for the disk: beyond it, writing fails with a real error."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "page").write_text("before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with start("home", "memory") as person:
        await person.store.apply(Create("u", "tea"), Append("u", Draft(Role.USER, "tea " * 100_000)))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
            with pytest.raises(CommandError, match=r"page cannot be written: File too large"):
                await person.run(f"export jsonl {folder / 'page'} --force --session 1")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (folder / "page").read_text() == "before"
    assert left_in(folder) == ["page"]


async def test_what_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    async def stopped() -> None:
        async with written(tmp_path / "page.md", force=False) as write:
            write("half")
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await stopped()
    assert left_in(tmp_path) == []
