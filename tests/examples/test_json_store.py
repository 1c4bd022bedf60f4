"""The whole of HFS on a store of somebody else's: chat, restart, continue, go back, export, remove."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.installing import INSTALLS

from .conftest import Hfs

EXAMPLE = "json_store"
SCRIPT = [Answer(text) for text in ("A first answer.", "A second answer.", "Another answer.")]

pytestmark = INSTALLS


@pytest.fixture
def chosen(home: Paths) -> Path:
    """The folder of the store, which the configuration chooses."""
    home.root.mkdir()
    home.config.write_text("store: json_store\n")
    return home.data / "json_store"


def written(folder: Path) -> str:
    """All that stands in the journal."""
    (journal,) = folder.glob("journal-*.jsonl")
    return journal.read_text()


async def test_a_conversation_goes_on_back_and_out(hfs: Hfs, chosen: Path, tmp_path: Path) -> None:
    async with OpenAIServer(*SCRIPT) as server:
        first = await hfs("-p", "a first question", server=server)
        assert first.out == "A first answer.\n"
        assert first.err.startswith("hfs: new plugin: json_store 0.1.0 (of hfs-json-store)")  # said once
        second = await hfs("-p", "-c", "a second question", server=server)
        assert (second.out, second.err) == ("A second answer.\n", "")
        assert "a second question" in written(chosen)
        asked = [message["content"] for message in server.requests[-1].body["messages"]]
        assert asked[-3:] == ["a first question", "A first answer.", "a second question"]

        points = (await hfs("checkpoints", "--json")).json
        assert [point["message_index"] for point in points] == [2, 4]
        assert "Rewound to checkpoint #1." in (await hfs("rewind", "1")).out
        assert (await hfs("-p", "-c", "another question", server=server)).out == "Another answer.\n"
    sessions = (await hfs("sessions", "--json")).json
    assert [session["message_count"] for session in sessions] == [4, 4]
    page = (await hfs("export", "md", "-", "--session", "2")).out
    assert all(text in page for text in ("a first question", "another question", "Another answer."))
    assert "A second answer." not in page
    (tmp_path / "exported.json").write_text((await hfs("export", "json", "-", "--session", "2")).out)
    assert "0 new of 2 conversations" in (await hfs("import", "exported.json")).out
    assert not (tmp_path / "home" / "sessions.db").exists()


async def test_what_is_purged_is_in_no_file(hfs: Hfs, chosen: Path) -> None:
    async with OpenAIServer(*SCRIPT) as server:
        await hfs("-p", "a secret", server=server)
        await hfs("-p", "no secret", server=server)
    assert (await hfs("delete", "1", "--yes")).code == 0
    assert (await hfs("purge", "1", "--yes")).code == 0
    assert "a secret" not in written(chosen)
    assert [session["message_count"] for session in (await hfs("sessions", "--json")).json] == [2]


async def test_an_interrupted_chat_keeps_its_words(hfs: Hfs, chosen: Path) -> None:
    """The reply was being written when Ctrl+C was pressed; its words are there the next time."""
    async with OpenAIServer(Answer("The words so", then="hang"), Answer("Well.")) as server:

        def came() -> bool:
            return any("The words so" in file.read_text() for file in chosen.glob("journal-*"))

        async def reached() -> None:
            async with asyncio.timeout(30):
                while not came():  # noqa: ASYNC110 # a file has no event to wait for
                    await asyncio.sleep(0.02)

        assert (await hfs("-p", "question", server=server, interrupts=reached())).code == 130
        await hfs("-p", "-c", "go on", server=server)
    messages = json.loads((await hfs("export", "json", "-")).out)["messages"]
    kept = [(message["content"], message["status"]) for message in messages]
    assert kept[1:] == [("The words so", "interrupted"), ("go on", "complete"), ("Well.", "complete")]


async def test_doctor_and_what_is_said_without_it(hfs: Hfs, chosen: Path) -> None:
    async with OpenAIServer(*SCRIPT) as server:
        await hfs("-p", "question", server=server)
        assert "1 sessions, 2 messages" in (await hfs("doctor", server=server)).out
        without = await hfs("-p", "question", server=server, path="")
        assert without.out == "A second answer.\n"
        assert "not saved: the setting `store` names json_store, which is not installed" in without.err


async def test_a_folder_that_is_damaged_is_named_and_left_alone(hfs: Hfs, chosen: Path) -> None:
    async with OpenAIServer(*SCRIPT) as server:
        await hfs("-p", "question", server=server)
        await hfs("-p", "-c", "more", server=server)
        damaged = written(chosen).replace('"content":"question"', '"content":question"')
        (chosen / "journal-000001.jsonl").write_text(damaged)
        done = await hfs("-p", "and now?", server=server)
        assert "journal-000001.jsonl: the line at byte" in done.err
        assert "is damaged" in done.err
        assert written(chosen) == damaged
