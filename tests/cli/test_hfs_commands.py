"""The commands of the plugin `commands`, and `hfs plugins`, as a person runs them in the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.test_discovery import install

from .conftest import Hfs


async def test_help_tells_the_commands_and_how_one_is_used(hfs: Hfs) -> None:
    done = await hfs("help")
    assert done.code == 0
    assert "| /model " in done.out
    assert "End HFS (only in the chat)" in done.out
    rows = (await hfs("help", "--json")).json
    assert {"command": "/resume", "plugin": "sessions"}.items() <= next(
        row for row in rows if row["command"] == "/resume"
    ).items()
    assert "hfs mode [compact|verbose]" in (await hfs("help", "mode")).out
    done = await hfs("help", "mod")
    assert (done.code, done.out) == (1, "")
    assert "Unknown command: `/mod`; did you mean /mode, /model, /models?" in done.err


async def test_settings_are_shown_set_and_taken_out(hfs: Hfs, home: Paths) -> None:
    assert "| output_mode " in (await hfs("config")).out
    done = await hfs("config", "set", "output_mode", "compact")
    assert (done.code, done.err) == (0, "")
    rows = {row["setting"]: row for row in (await hfs("config", "--json")).json}
    assert (rows["output_mode"]["value"], rows["output_mode"]["source"]) == ("compact", str(home.config))
    done = await hfs("config", "set", "output_mode", "loud")
    assert (done.code, done.out) == (1, "")
    assert "compact, verbose" in done.err
    await hfs("config", "unset", "output_mode")
    assert "output_mode" not in home.config.read_text()


@pytest.mark.slow
async def test_a_plugins_settings_are_checked_by_its_model(hfs: Hfs) -> None:
    await hfs(
        "config",
        "set",
        "plugins.openai_models.endpoints",
        "[{name: here, base_url: 'http://localhost:1/v1'}]",
    )
    assert "here" in (await hfs("config", "show", "plugins.openai_models.endpoints")).out
    done = await hfs("config", "set", "plugins.openai_models.endpoints", "[{name: here}]")
    assert done.code == 1
    assert "plugins.openai_models.endpoints" in done.err
    assert (await hfs("config", "unset", "output_mode")).code == 1


async def test_a_model_is_chosen_for_good(hfs: Hfs, home: Paths) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        done = await hfs("model", "openai/other", server=server, env={"HFS_MODEL": ""})
        assert done.code == 0
        assert "Model: openai/other. It is remembered in" in done.out
        assert "openai does not list it" in done.err
        await hfs("-p", "hi", server=server, env={"HFS_MODEL": ""})
        assert server.chats[-1].body["model"] == "other"
        done = await hfs("model", "openai/third", server=server)
        assert "HFS_MODEL goes before it" in done.err
        rows = (await hfs("model", "--json", server=server)).json
    assert [row["model"] for row in rows if row["current"]] == ["openai/test"]


async def test_the_last_code_goes_into_a_pipe(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("So:\n```sh\nls -l\npwd\n```\n")) as server:
        await hfs("-p", "how?", server=server)
    done = await hfs("copy", "code")
    assert (done.code, done.out) == (0, "ls -l\npwd\n")
    assert (await hfs("copy")).out == "So:\n```sh\nls -l\npwd\n```\n\n"
    assert (await hfs("copy", "code", "--json")).json == [{"text": "ls -l\npwd"}]
    assert (await hfs("copy", env={"HFS_STORE": "memory"})).code == 1


async def test_the_last_question_is_asked_again(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("one"), Answer("two")) as server:
        await hfs("-p", "which?", server=server)
        done = await hfs("retry", server=server)
    assert (done.code, done.out.splitlines()[-1]) == (0, "two")
    rows = (await hfs("sessions", "--all", "--json")).json
    assert {(row["id"], row["message_count"], row["current"]) for row in rows} == {
        (1, 2, False),
        (2, 2, True),
    }


async def test_plugins_are_listed_with_what_is_wrong(hfs: Hfs, home: Paths, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(site, "broken", "name: broken\nversion: [1]\n")
    install(
        site, "harmful", "name: harmful\nversion: 1\ndescription: h\ncapabilities: []\nhooks: [on_event]\n"
    )
    (site / "acme_harmful" / "__init__.py").write_text("raise SystemExit('imported')\n")
    home.root.mkdir()
    home.config.write_text("disabled_plugins: [sessions]\n")
    env = {"PYTHONPATH": str(site)}
    done = await hfs("plugins", "list", "--json", env=env)
    assert (done.code, done.err) == (0, "")
    rows = {row["name"]: row for row in done.json}
    assert list(rows) == sorted(rows)
    assert rows["broken"]["state"] == "incompatible"
    assert "version" in rows["broken"]["reason"]
    assert rows["sessions"]["state"] == "disabled"
    assert (rows["harmful"]["state"], rows["harmful"]["distribution"]) == ("found", "acme-harmful")
    assert (await hfs("--safe", "plugins", "--json", env=env)).json != done.json
    table = await hfs("plugins", env=env)
    assert "| harmful " in table.out
    assert "| Reason " in table.out


@pytest.mark.parametrize("words", [["clear"], ["exit"]])
async def test_what_needs_a_chat_says_so(hfs: Hfs, words: list[str]) -> None:
    done = await hfs(*words)
    assert done.code == 1
    assert "works only in the chat" in done.err
