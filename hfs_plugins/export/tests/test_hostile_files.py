"""Whatever file is named, a sentence says what is wrong with it and nothing of it is kept; what can be read is read."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from hfs_core.api import CommandError

from .conftest import Start
from .hostile import LARGE, READ, REFUSED

LAUNCHER = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss >> 10)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Tells the memory, in MB, that the program took which it starts: its own is so small that it does not show."""


async def test_every_refused_file_has_its_sentence(start: Start, tmp_path: Path) -> None:
    """In the chat, which goes on; large ones are for the shell, below."""
    async with start("home", "memory") as person:
        for number, (name, (make, text)) in enumerate(REFUSED.items()):
            if name in LARGE:
                continue
            path = tmp_path / f"{number} it is.json"
            make(path)
            for line in (f"import '{path}'", f"import --dry-run '{path}'"):
                with pytest.raises(CommandError) as raised:
                    await person.run(line)
                said = str(raised.value)
                assert text in said, name
                assert path.name in said, name
                assert len(said.replace(str(tmp_path), "")) < 200, name
                assert "\n" not in said, name
        assert await person.everything() == []


async def test_every_odd_file_is_read(start: Start, tmp_path: Path) -> None:
    """Encodings, times, keys and names that are odd are no reason to refuse a file."""
    async with start("home", "memory") as person:
        for number, (name, (make, count)) in enumerate(READ.items()):
            if name in LARGE:
                continue
            path = tmp_path / f"{number}.json"
            make(path)
            await person.run(f"import '{path}'")
            assert person.session_id is not None
            session = await person.store.session(person.session_id)
            assert session.message_count == count, name
            (message,) = await person.store.messages(session.id)
            assert 1 < message.created_at.year < 9999, name
        assert len(await person.everything()) == 4


@pytest.mark.parametrize("path", ["~nobody-of-that-name/a.json", "a\0b.json", "x" * 5000, "/proc/self/mem"])
async def test_names_that_no_disk_has(start: Start, path: str) -> None:
    """They are no crash."""
    async with start("home", "memory") as person:
        with pytest.raises(CommandError, match=r"cannot be read|nobody here|embedded null") as raised:
            await person.run(f"import {shlex.quote(path)}")
        assert "failed" not in str(raised.value)


async def launched(home: Path, *words: str, before: tuple[str, ...] = ()) -> tuple[int, str, str, int]:
    """Run `hfs` to its end, with words before it; returns its exit code, what it said, and its memory in MB."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-c", LAUNCHER, *before, sys.executable, "-m", "hfs_core.cli", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "HFS_HOME": str(home / ".hfs")},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    *said, memory = out.decode().splitlines()
    return process.returncode, "\n".join(said), err.decode(), int(memory)


@pytest.mark.slow
async def test_no_permission(tmp_path: Path) -> None:
    """Neither for the file nor for its folder; root gives away for this what lets it read everything."""
    before: tuple[str, ...] = ()
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("root may read everything, and there is no setpriv")
        drop = "-dac_override,-dac_read_search"
        before = (setpriv, "--bounding-set", drop, "--inh-caps", drop)
    folder = tmp_path / "closed"
    folder.mkdir()
    path = folder / "a.json"
    path.write_text("[]")
    for closed in (path, folder):
        closed.chmod(0)
        code, out, err, _ = await launched(tmp_path, "import", str(path), before=before)
        closed.chmod(0o700)
        assert (code, out) == (1, "")
        assert err == f"hfs: {path} cannot be read: Permission denied\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
async def test_the_shell_refuses_it_in_bounded_memory(name: str, tmp_path: Path) -> None:
    """Exit code 1, one line on stderr, no session, within a few seconds."""
    make, text = REFUSED[name]
    path = tmp_path / "it.json"
    make(path)
    async with asyncio.timeout(30):
        code, out, err, memory = await launched(tmp_path, "import", str(path))
    assert (code, out) == (1, "")
    assert text in err
    assert len(err.splitlines()) == 1
    assert memory < (400 if name == "a huge string of pictures" else 200)
    code, out, _, _ = await launched(tmp_path, "sessions", "--json")
    assert (code, out) == (0, "[]")


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
async def test_the_shell_reads_it_in_bounded_memory(name: str, tmp_path: Path) -> None:
    """Also a hundred megabytes on one line."""
    make, count = READ[name]
    path = tmp_path / "it.json"
    make(path)
    code, out, err, memory = await launched(tmp_path, "import", str(path))
    assert (code, "Traceback" in err) == (0, False)
    assert f"({count} message{'' if count == 1 else 's'})" in out
    assert memory < 120
