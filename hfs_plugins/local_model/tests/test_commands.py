"""The command `models`, and the plugin that declares it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hfs_local_model import commands
from hfs_local_model.catalogue import CATALOGUE, DEFAULT, SMALLEST, Address
from hfs_local_model.commands import ModelsCommand
from hfs_local_model.weights import Weights

from hfs_core.api import (
    CommandError,
    Document,
    Host,
    Invocation,
    Notice,
    Table,
    UsageError,
)

from .conftest import CONTENT, FileServer, entry_of


async def agree(question: str) -> bool:
    return True


def invocation(told: list[tuple[str, float | None]] | None = None) -> Invocation:
    tell = told if told is not None else []
    return Invocation(None, cast(Host, None), agree, lambda text, share: tell.append((text, share)))


@pytest.fixture
def command(tmp_path: Path) -> ModelsCommand:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF" + bytes(2_000_000))
    return ModelsCommand(Weights(tmp_path / "models"), {"mine": str(tmp_path / "mine.gguf")})


def values(table: Any) -> list[dict[str, Any]]:
    assert isinstance(table, Table)
    return [dict(row.values) for row in table.rows]


async def test_the_list_has_own_files_then_the_catalogue(command: ModelsCommand, tmp_path: Path) -> None:
    (table,) = (await command.models(invocation())).parts
    mine, *offered = values(table)
    assert mine["name"] == "mine"
    assert mine["downloaded"] is True
    assert [row["name"] for row in offered] == [entry.name for entry in CATALOGUE]
    assert offered[0] == {
        "name": DEFAULT.name,
        "size": DEFAULT.size,
        "downloaded": False,
        "default": True,
        "licence": "Apache-2.0",
        "note": DEFAULT.note,
        "path": str(tmp_path / "models" / DEFAULT.file),
    }


async def test_the_list_is_honest_about_their_limits_and_drawn_for_people(command: ModelsCommand) -> None:
    (table,) = (await command.models(invocation(), "list")).parts
    assert isinstance(table, Table)
    assert "make confident errors; for real work set a better model" in table.hint
    assert [row.shown["size"] for row in table.rows] == ["2 MB", "491 MB", "1.1 GB", "98 MB"]
    assert table.rows[1].actions[0].command == f"models pull {DEFAULT.name}"


async def test_the_path_of_a_missing_model_is_an_error_that_names_pull(command: ModelsCommand) -> None:
    with pytest.raises(CommandError, match=f"hfs models pull {DEFAULT.name}"):
        await command.models(invocation(), "path")


async def test_the_path_is_plain_text_for_scripts(command: ModelsCommand, tmp_path: Path) -> None:
    (document,) = (await command.models(invocation(), "path", "mine")).parts
    assert document == Document(str(tmp_path / "mine.gguf"), format="text")


async def test_an_unknown_name_is_a_usage_error_that_names_those_there_are(command: ModelsCommand) -> None:
    with pytest.raises(UsageError, match=rf"gpt-7.*{SMALLEST.name}"):
        await command.models(invocation(), "pull", "gpt-7")


async def test_pull_fetches_and_tells_its_progress(
    command: ModelsCommand, file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_of(Address(f"{file_server.url}/file"), name="local-tiny")
    monkeypatch.setattr(commands, "find", {"tiny": entry}.get)
    told: list[tuple[str, float | None]] = []
    (notice,) = (await command.models(invocation(told), "pull", "local/tiny")).parts
    assert isinstance(notice, Notice)
    assert str(tmp_path / "models" / "tiny.gguf") in notice.text
    assert digest_of(tmp_path / "models" / "tiny.gguf") == entry.sha256
    shares = [share for _, share in told if share is not None]
    assert shares[-1] == 1
    assert shares == sorted(shares)
    assert "from 127.0.0.1" in told[0][0]


async def test_an_interrupted_pull_stops_and_goes_on_next_time(
    command: ModelsCommand, file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_of(Address(f"{file_server.url}/held"))
    monkeypatch.setattr(commands, "find", {"tiny": entry}.get)
    begun = asyncio.Event()
    watched = Invocation(None, cast(Host, None), agree, lambda text, share: begun.set())
    pulling = asyncio.create_task(command.models(watched, "pull", "tiny"))
    await begun.wait()
    pulling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(pulling, 5)  # not only once the source counts as silent
    file_server.go_on.set()
    await command.models(invocation(), "pull", "tiny")
    assert 0 < file_server.offsets[1] < len(CONTENT)


@pytest.fixture
def hfs(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the real shell with this plugin installed, in a home that nobody has used."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HFS_", "OPENAI_"))}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hfs_core.cli", *words],
            env={**environ, "HFS_HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_shell_knows_the_command(hfs: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    listed = hfs("models", "list", "--json")
    assert [row["name"] for row in json.loads(listed.stdout)] == [entry.name for entry in CATALOGUE]
    path = hfs("models", "path")
    assert (path.returncode, path.stdout) == (1, "")
    assert f"hfs models pull {DEFAULT.name}" in path.stderr


def test_a_message_without_weights_downloads_nothing_and_names_the_command(
    hfs: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    asked = hfs("-m", f"local/{DEFAULT.name}", "-p", "hello")
    assert (asked.returncode, asked.stdout) == (1, "")
    assert f"hfs models pull {DEFAULT.name}" in asked.stderr
    assert not (tmp_path / "models").exists()


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
