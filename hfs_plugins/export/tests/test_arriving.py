"""A person brings what others exported: sessions with their branches and times, once."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hfs_core.api import CommandError

from .conftest import Start

FIXTURES = Path(__file__).parent / "fixtures"


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """Write an archive with these files in a folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"export/{name}", data)
    return path


async def test_a_zip_of_chatgpt_arrives_with_its_branches_and_times(
    start: Start, kind: str, tmp_path: Path
) -> None:
    """Numbered files, too; and brought again it makes nothing new."""
    whole = json.loads((FIXTURES / "chatgpt.json").read_bytes())
    path = zipped(
        tmp_path / "chatgpt.zip",
        {
            "chat.html": b"<html>",
            "conversations-000.json": json.dumps(whole[:1]).encode(),
            "conversations-001.json": json.dumps(whole[1:]).encode(),
            "export_manifest.json": b'{"version": 1}',
            "user.json": b'{"id": "user-1"}',
        },
    )
    async with start("home", kind) as person:
        said = await person.told(f"import {path}")
        assert said[0] == "Imported from ChatGPT: 4 new of 4 conversations."
        sessions = {session.name: session for session in (await person.listed()).values()}
        garden = sessions["Plans for a garden 🌱 (imported)"]
        branch = sessions["Plans for a garden 🌱 (branch 2) (imported)"]
        assert set(sessions) == {
            garden.name,
            branch.name,
            "Plans for a garden 🌱 (branch 3) (imported)",
            "Draw a cat (imported)",
        }
        assert branch.parent is not None
        assert (branch.parent.session_id, branch.parent.at) == (garden.id, 2)
        messages = await person.store.messages(branch.id)
        assert [message.content for message in messages][2:] == ["Tomatoes.", "Only those?"]
        assert messages[1].created_at == datetime(2023, 11, 14, 22, 13, 21, 123456, UTC)
        kept = len(await person.everything())
        again = await person.told(f"import {path}")
        assert again[0] == "Imported from ChatGPT: 0 new of 4 conversations."
        assert len(await person.everything()) == kept


async def test_a_zip_of_claude_arrives_past_its_other_files(start: Start, kind: str, tmp_path: Path) -> None:
    """The one conversation in it, with its branch, is the one that goes on."""
    (tides, *_) = json.loads((FIXTURES / "claude.json").read_bytes())
    path = zipped(
        tmp_path / "claude.zip",
        {
            "a_project.json": b'{"uuid": "p", "name": "A project", "docs": []}',
            "conversations.json": json.dumps([tides]).encode(),
            "users.json": b'[{"uuid": "u", "full_name": "A"}]',
        },
    )
    async with start("home", kind) as person:
        said = await person.told(f"import {path}")
        assert said[0] == "Imported from Claude.ai: 2 new of 2 conversations."
        assert person.session_id is not None
        session = await person.store.session(person.session_id)
        assert session.name == "Tides (imported)"
        last = (await person.store.messages(session.id))[-1]
        assert (last.content, last.created_at) == ("A little.", datetime(2025, 3, 1, 10, 2, 5, tzinfo=UTC))


async def test_a_file_that_ends_in_the_middle_leaves_nothing(start: Start, kind: str, tmp_path: Path) -> None:
    """What came before the end is taken back."""
    path = tmp_path / "conversations.json"
    path.write_bytes((FIXTURES / "chatgpt.json").read_bytes()[:-200])
    async with start("home", kind) as person:
        with pytest.raises(CommandError, match="the text ends in the middle"):
            await person.run(f"import {path}")
        assert await person.everything() == []
