"""The files: torn, damaged, full, purged, too long, and nobody else's."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest
from hfs_json_store import journal, keeper
from hfs_json_store.store import open_store

from hfs_core.api import Put, PutBlob, StoreUnavailable, StoreUnusable
from hfs_core.testing.laws.steps import begin, check_whole, say, texts


def files_of(folder: Path) -> list[Path]:
    """All files in a folder."""
    return [file for file in folder.rglob("*") if file.is_file()]


def fails_with(code: int) -> Callable[..., NoReturn]:
    """What the system does in a want."""

    def fail(*_: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return fail


def modes(folder: Path) -> dict[str, int]:
    """The permissions of everything in a folder."""
    return {str(place.relative_to(folder)): place.stat().st_mode & 0o777 for place in folder.rglob("*")}


@pytest.mark.parametrize("torn", [b'[{"torn":"sess', b"\0" * 100, b"[{\n", b'{"torn"'])
async def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    async with open_store(tmp_path) as store:
        session = await begin(store, "kept")
    file = tmp_path / "journal-000001.jsonl"
    with file.open("ab") as opened:
        opened.write(torn)
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        assert await texts(store, session.id) == ["kept"]
        await say(store, session.id, "goes on")
        assert await texts(other, session.id) == ["kept", "goes on"]
    assert torn not in file.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX limits the size of files")
async def test_a_full_disk_loses_nothing_and_goes_on_later(tmp_path: Path) -> None:
    """What is not acknowledged is not there; where there is room again, the same store writes on."""
    import resource

    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        session = await begin(store, "kept")
        size = (tmp_path / "journal-000001.jsonl").stat().st_size
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
        try:
            with pytest.raises(StoreUnavailable, match="cannot be used now: File too large"):
                await say(store, session.id, "lost")
            assert await texts(store, session.id) == await texts(other, session.id) == ["kept"]
            assert (tmp_path / "journal-000001.jsonl").stat().st_size == size
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await say(store, session.id, "goes on", expect=1)
        assert await texts(other, session.id) == ["kept", "goes on"]
        await check_whole(other, session.id)


async def test_a_damaged_line_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        session = await begin(store, "first")
        await say(store, session.id, "second")
    file = tmp_path / "journal-000001.jsonl"
    content = file.read_bytes().replace(b'"content":"first"', b'"content":"fir\x00t"')
    file.write_bytes(content)
    with pytest.raises(StoreUnusable, match=r"journal-000001\.jsonl: the line at byte \d+ is damaged"):
        async with open_store(tmp_path):
            pass
    assert file.read_bytes() == content


async def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "journal-000003.jsonl").write_text('{"format":2,"base":0}\n')
    with pytest.raises(StoreUnusable, match="newer version"):
        async with open_store(tmp_path):
            pass


async def test_words_that_were_purged_are_in_no_file(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        kept, gone = await begin(store, "kept words"), await begin(store, "secret words")
        assert await texts(other, gone.id) == ["secret words"]
        await store.purge(gone.id)
        assert [session.id for session in await other.sessions()] == [kept.id]
    everything = b"".join(file.read_bytes() for file in files_of(tmp_path))
    assert b"kept words" in everything
    assert b"secret words" not in everything


async def test_a_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SLACK", 20_000)
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        for number in range(100):
            await store.records("test").apply(Put("key", str(number) * 500))
        assert (await other.records("test").list())[0].value == "99" * 500
        (file,) = (file for file in files_of(tmp_path) if file.name.startswith("journal"))
        assert file.name > "journal-000001.jsonl"
        assert file.stat().st_size < 30_000


async def test_words_that_were_purged_on_a_full_disk_go_with_the_next_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(tmp_path) as store:
        kept, gone = await begin(store, "kept words"), await begin(store, "secret words")
        with monkeypatch.context() as full:
            full.setattr(journal, "write_whole", fails_with(errno.ENOSPC))
            await store.purge(gone.id)
        await say(store, kept.id, "more")
        assert b"secret words" not in b"".join(file.read_bytes() for file in files_of(tmp_path))


async def test_a_journal_that_cannot_be_removed_leads_nobody_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows removes no file that somebody has open: who has read it must not take it for the newest."""
    monkeypatch.setattr(journal, "SLACK", 0)
    unlink = Path.unlink

    def unlink_or_not(file: Path, missing_ok: bool = False) -> None:
        if file.name == "journal-000001.jsonl":
            raise PermissionError(errno.EACCES, "it is open")
        unlink(file, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_or_not)
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        for number in range(4):
            await other.records("test").apply(Put("key", number))
        assert len(files_of(tmp_path)) > 4
        await store.records("test").apply(Put("mine", 1))
        assert [record.value for record in await other.records("test").list()] == [3, 1]
        assert [record.value for record in await store.records("test").list()] == [3, 1]


async def test_a_journal_that_could_not_be_opened_is_opened_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SLACK", 0)
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        await other.records("test").apply(Put("key", "x" * 1000))
        with monkeypatch.context() as full:
            full.setattr(journal.os, "open", fails_with(errno.EMFILE))
            with pytest.raises(StoreUnavailable, match="Too many open files"):
                await store.records("test").list()
        assert [record.value for record in await store.records("test").list()] == ["x" * 1000]


async def test_the_names_of_new_folders_outlive_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []
    monkeypatch.setattr(keeper, "flush_folder", flushed.append)
    for _ in range(2):
        async with open_store(tmp_path / "home" / "store"):
            pass
    assert sorted(flushed) == [tmp_path, tmp_path / "home", tmp_path / "home" / "store"]


async def test_only_their_owner_may_look(tmp_path: Path) -> None:
    async with open_store(tmp_path / "home" / "store") as store:
        name = sha256(b"bytes").hexdigest()
        await begin(store, "hello")
        await store.records("test").apply(PutBlob(b"bytes"), Put("key", 1, blobs=(name,)))
        found = modes(tmp_path)
    assert found["home"] == found["home/store"] == found["home/store/blobs"] == 0o700
    assert found[f"home/store/blobs/{name}"] == found["home/store/journal-000001.jsonl"] == 0o600
    assert {mode for place, mode in found.items() if (tmp_path / place).is_file()} == {0o600}
