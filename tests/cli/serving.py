"""`hfs serve` as a process of its own, and a page without a browser."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

PATIENCE = 20.0


class Server:
    """A running `hfs serve`."""

    def __init__(self, process: Process, url: str):
        self.process = process
        self.url = url
        self.origin = url.rstrip("/")

    async def children(self) -> list[int]:
        """Return the processes that it has started."""
        ps = await asyncio.create_subprocess_exec(
            "ps", "-o", "pid=", "--ppid", str(self.process.pid), stdout=PIPE
        )
        return [int(pid) for pid in (await ps.communicate())[0].split()]

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        """Open a page as a browser does."""
        url = f"{self.url}ws?width=80&height=24".replace("http:", "ws:")
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(url, headers={"Origin": self.origin}) as socket,
        ):
            yield Page(socket)


class Page:
    """What a page receives, and what it says."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse):
        self._socket = socket
        self._seen = ""

    async def types(self, text: str) -> None:
        """Press keys."""
        await self._socket.send_json(["stdin", text])

    async def sees(self, text: str) -> None:
        """Return once this has been drawn, in one piece."""
        async with asyncio.timeout(PATIENCE):
            while text not in self._seen:
                message = await self._socket.receive()
                assert message.type == aiohttp.WSMsgType.BINARY or isinstance(message.data, str), message
                self._seen += message.data.decode() if isinstance(message.data, bytes) else ""

    async def ends(self) -> None:
        """Return once the server has closed the page."""
        async with asyncio.timeout(PATIENCE):
            async for _ in self._socket:
                pass


@asynccontextmanager
async def serving(folder: Path, environ: Mapping[str, str], *words: str) -> AsyncIterator[Server]:
    """Start `hfs serve` on any free port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hfs_core.cli", "serve", "--port", "0", *words,
        stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, cwd=folder, env=dict(environ),
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            url = (await process.stdout.readline()).decode().strip()
        assert url.startswith("http://"), (await process.communicate())[1].decode()
        yield Server(process, url)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.communicate()


async def gone(pid: int) -> None:
    """Return once there is no such process."""
    async with asyncio.timeout(PATIENCE):
        while "\nState:\tZ" not in _status(pid):  # noqa: ASYNC110 # the system tells only parents
            await asyncio.sleep(0.02)


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "\nState:\tZ"
