"""`hfs serve`: who may come in, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hfs_core.api import Paths
from hfs_core.cli.root import root
from hfs_core.cli.serve import _loopback, _words
from hfs_core.errors import CommandError, UsageError
from hfs_core.testing import Answer, OpenAIServer

from .conftest import Hfs, environment
from .serving import gone, serving

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked for in /proc")
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def ask(url: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Ask for a path with exactly these headers; a websocket is not read."""
    address, port = url.removeprefix("http://").rstrip("/").rsplit(":", 1)
    client = http.client.HTTPConnection(address.strip("[]"), int(port), timeout=20)
    try:
        client.putrequest("GET", path, skip_host=True)
        for name, value in headers.items():
            client.putheader(name.replace("_", "-"), value)
        client.endheaders()
        answer = client.getresponse()
        text = "" if answer.status == 101 else answer.read().decode()
        return answer.status, dict(answer.getheaders()), text
    finally:
        client.close()


def kept(home: Paths) -> list[str]:
    """The messages on disk."""
    with contextlib.closing(sqlite3.connect(home.database)) as database:
        return [row[0] for row in database.execute("SELECT content FROM messages ORDER BY rowid")]


async def test_only_its_own_page_may_open_a_chat(home: Paths, tmp_path: Path) -> None:
    async with serving(tmp_path, environment(home, None)) as server:
        port = server.url.rstrip("/").rsplit(":", 1)[1]

        async def opens(host: str, origin: str | None) -> bool:
            more = {} if origin is None else {"Origin": origin}
            status, _, _ = await asyncio.to_thread(
                ask, server.url, "/ws", Host=f"{host}:{port}", **UPGRADE, **more
            )
            assert status in (101, 403)
            return status == 101

        assert await opens("127.0.0.1", f"http://127.0.0.1:{port}")
        assert await opens("localhost", f"http://localhost:{port}")
        assert not await opens("127.0.0.1", None)
        assert not await opens("127.0.0.1", "null")
        assert not await opens("127.0.0.1", "https://evil.example")
        assert not await opens("127.0.0.1", "http://localhost:3000")
        assert not await opens("127.0.0.1", f"http://127.0.0.1:{port}.evil.example")
        # a name of the evil one that was made to point here: the page's origin and host agree
        assert not await opens("evil.example", f"http://evil.example:{port}")
        assert not await opens("127.0.0.1.evil.example", f"http://127.0.0.1.evil.example:{port}")


async def test_the_page_is_for_this_machine_and_asks_nobody_else(home: Paths, tmp_path: Path) -> None:
    async with serving(tmp_path, environment(home, None)) as server:
        host = server.url.removeprefix("http://").rstrip("/")
        status, headers, page = await asyncio.to_thread(ask, server.url, "/?fontsize=20", Host=host)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert f'"ws://{host}/ws"' in page
        assert 'data-font-size="20"' in page
        assert "://" not in page.replace(f"ws://{host}/ws", "")
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        status, headers, _ = await asyncio.to_thread(ask, server.url, "/static/js/textual.js", Host=host)
        assert (status, headers["X-Content-Type-Options"]) == (200, "nosniff")
        for path in ("/", "/static/js/textual.js", "/download/any"):
            assert (await asyncio.to_thread(ask, server.url, path, Host="evil.example"))[0] == 403
        foreign = {"Host": host, "Origin": "https://evil.example"}
        assert (await asyncio.to_thread(lambda: ask(server.url, "/", **foreign)))[0] == 403


@needs_proc
async def test_a_chat_ends_with_its_page_and_keeps_its_words(home: Paths, tmp_path: Path) -> None:
    async with OpenAIServer(Answer("Good day.", then="hang")) as model:
        environ = environment(home, model)
        async with serving(tmp_path, environ) as server:
            async with server.page() as page:
                await page.sees("ready")
                await page.types("hello there\r")
                await page.sees("Good day.")
                (chat,) = await server.children()
            await gone(chat)
    assert kept(home) == ["hello there", "Good day."]


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_the_end_of_the_server_is_the_end_of_its_chats(
    home: Paths, tmp_path: Path, number: signal.Signals
) -> None:
    async with serving(tmp_path, environment(home, None)) as server:
        async with server.page() as first, server.page() as second:
            await first.sees("ype a message")
            await second.sees("ype a message")
            chats = await server.children()
            server.process.send_signal(number)
            await first.ends()
            await second.ends()
        assert await server.process.wait() == 0
        assert len(chats) == 2
        for chat in chats:
            await gone(chat)
        assert server.process.stderr is not None
        assert (await server.process.stderr.read()).decode().splitlines() == [
            "hfs: this machine only, but without a password for its users; Ctrl+C ends it"
        ]


@needs_proc
async def test_a_server_that_is_killed_leaves_no_chat_behind(home: Paths, tmp_path: Path) -> None:
    async with (
        OpenAIServer(Answer("Good day.")) as model,
        serving(tmp_path, environment(home, model)) as server,
        server.page() as page,
    ):
        await page.sees("ready")
        await page.types("hello there\r")
        await page.sees("Good day.")
        (chat,) = await server.children()
        server.process.kill()
        await gone(chat)
    assert kept(home) == ["hello there", "Good day."]


async def test_leaving_the_chat_closes_its_page(home: Paths, tmp_path: Path) -> None:
    async with serving(tmp_path, environment(home, None)) as server, server.page() as page:
        await page.sees("ready")
        await page.types("\x04")
        await page.ends()


@needs_proc
async def test_a_chat_that_dies_closes_its_page(home: Paths, tmp_path: Path) -> None:
    async with serving(tmp_path, environment(home, None)) as server, server.page() as page:
        await page.sees("ready")
        (chat,) = await server.children()
        os.kill(chat, signal.SIGKILL)
        await page.ends()


async def test_suspending_is_not_for_a_page(home: Paths, tmp_path: Path) -> None:
    async with serving(tmp_path, environment(home, None)) as server, server.page() as page:
        await page.sees("ready")
        await page.types("\x1a")
        await page.sees("it cannot be suspended here")


async def test_the_options_reach_the_chat(home: Paths, tmp_path: Path, hfs: Hfs) -> None:
    async with OpenAIServer(Answer("Good day.")) as model:
        environ = environment(home, model)
        await hfs("-p", "old times", server=model)
        words = ("-m", "openai/another", "-r", "old times", "--safe")
        async with serving(tmp_path, environ, *words) as server, server.page() as page:
            await page.sees("openai/another")
            await page.sees("Good day.")


def test_what_is_said_of_plugins_reaches_each_page() -> None:
    words = _words(continue_=True, resume=None, model=None, safe=True, without=("one", "two"))
    assert words == ["-c", "--no-plugin=one", "--no-plugin=two", "--safe"]


async def test_a_port_that_is_taken_is_a_sentence(hfs: Hfs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = await hfs("serve", "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert f"port {port} of 127.0.0.1 cannot be listened on (Address already in use)" in done.err
    assert "--port 0" in done.err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
async def test_other_machines_are_not_served(host: str) -> None:
    with pytest.raises(UsageError, match="there is no password") as caught:
        _loopback(host)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
async def test_the_machine_itself_is_served(host: str, home: Paths, tmp_path: Path) -> None:
    async with serving(tmp_path, environment(home, None), "--host", host) as server:
        own = server.url.removeprefix("http://").rstrip("/")
        assert (await asyncio.to_thread(ask, server.url, "/", Host=own))[0] == 200


async def test_the_browser_is_opened_where_that_is_asked(home: Paths, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o755)
    environ = environment(home, None, BROWSER=f"{browser} %s")
    async with serving(tmp_path, environ, "--open") as server:
        async with asyncio.timeout(20):
            while not opened.exists():  # noqa: ASYNC110 # a file tells nobody
                await asyncio.sleep(0.02)
        assert opened.read_text().strip() == server.url


@pytest.mark.parametrize("words", [("serve", "-r"), ("--resume=", "serve")])
async def test_choosing_from_a_list_needs_a_terminal(hfs: Hfs, words: tuple[str, ...]) -> None:
    done = await hfs(*words)
    assert (done.code, done.out) == (2, "")
    assert "-r needs a session's number or name here" in done.err


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs_core.cli.serve.find_spec", lambda name: None)
    outcome: Any = CliRunner().invoke(root, ["serve", "--port", "0"])
    assert isinstance(outcome.exception, CommandError)
    assert 'pip install "hfs-core[web]"' in str(outcome.exception)
