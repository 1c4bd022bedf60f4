"""A real terminal: `hfs` in tmux, keys in, screens out."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex

PATIENCE = 20.0
"""Seconds after which a text is not coming any more."""


class Terminal:
    """One tmux server with one window; its shell says `ended CODE` after the program."""

    def __init__(self, socket: Path):
        self._socket = socket

    async def tmux(self, *words: str) -> str:
        """Run a tmux command and return what it prints."""
        process = await asyncio.create_subprocess_exec(
            "tmux", "-S", str(self._socket), "-f", "/dev/null", *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate()
        assert process.returncode == 0, f"tmux {words}: {out.decode()}"
        return out.decode()

    async def keys(self, *keys: str) -> None:
        """Press keys, named as tmux names them; anything else is typed as it is."""
        await self.tmux("send-keys", "-t", "hfs", *keys)

    async def say(self, text: str) -> None:
        """Type a text and send it."""
        await self.tmux("send-keys", "-t", "hfs", "-l", text)
        await self.keys("Enter")

    async def resize(self, width: int, height: int) -> None:
        """Give the terminal another size."""
        await self.tmux("resize-window", "-t", "hfs", "-x", str(width), "-y", str(height))

    async def screen(self) -> str:
        """Return what is on the screen."""
        return await self.tmux("capture-pane", "-p", "-t", "hfs")

    async def sees(self, *texts: str) -> str:
        """Return the screen once all of these are on it."""
        screen = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while not all(text in screen for text in texts):
                    screen = await self.screen()
        except TimeoutError:
            raise AssertionError(f"never on the screen: {texts}\n{screen}") from None
        return screen


@asynccontextmanager
async def terminal(
    folder: Path, command: Sequence[str], environ: Mapping[str, str], *, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Terminal]:
    """Run a program in a terminal of its own."""
    variables = [f"{name}={value}" for name, value in environ.items()]
    line = shlex.join(["env", "-i", "TERM=screen-256color", "LANG=C.UTF-8", *variables, *command])
    # A socket of its own: a server that is still ending would take the next one's session with it.
    running = Terminal(folder / f"t{token_hex(2)}")
    width, height = map(str, size)
    shell = f"{line}; echo ended $?; exec sleep 1000"
    await running.tmux("new-session", "-d", "-s", "hfs", "-x", width, "-y", height, "-c", str(folder), shell)
    try:
        yield running
    finally:
        await running.tmux("kill-server")
