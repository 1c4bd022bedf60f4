"""The page of `hfs serve`: served to this machine only, and driven by nothing but itself."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from secrets import token_urlsafe
from string import Template
from typing import Any

import click
from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from hfs_core.cli.running import say

ENDS_WITHIN = 15.0
"""Seconds that a chat gets to keep its words and end."""

OWN_NAMES = re.compile(r"(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?")
POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self' ws://{host}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def run_page(listening: socket.socket, words: list[str], *, opens: bool) -> None:
    """Serve the page until Ctrl+C; every chat that it has started is ended before this returns."""
    asyncio.run(_serve(listening, words, opens=opens))


async def _serve(listening: socket.socket, words: list[str], *, opens: bool) -> None:
    host, port = listening.getsockname()[:2]
    url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    runner = web.AppRunner(await Page(words).application(), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        click.echo(url)
        say("this machine only, but without a password for its users; Ctrl+C ends it")
        if opens:
            import webbrowser

            # A browser in the terminal, or one that does not start, would hold the page back.
            threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
        await stopped.wait()
    finally:
        await runner.cleanup()


class Program(AppService):
    """One chat, in a process of its own that ends with its page."""

    process: Process | None = None

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        self._process = self.process = await asyncio.create_subprocess_exec(
            *self.command.split("\0"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width=width, height=height),
            start_new_session=True,  # Ctrl+C is for the server, which ends its chats in order
        )
        self._stdin = self.process.stdin
        return self.process

    async def run(self) -> None:
        """Pass on what the chat draws, and close the page when it has ended."""
        try:
            await super().run()
        finally:
            await self.remote_close()

    async def stop(self) -> None:
        """Let the chat end in order; one that does not is killed."""
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await super().stop()
                if self.process is not None:
                    await self.process.wait()
        except TimeoutError:
            say("a chat did not end, and was killed")
            with suppress(ProcessLookupError):
                if self.process is not None:
                    self.process.kill()


class Page(Server):
    """Serves the page and starts a chat for each that is opened.

    A browser also lets foreign pages speak to this machine: so the name by which we are asked must be our own, or
    another site's name could be made to point here, and a chat is opened only for a page that came from here.
    """

    def __init__(self, words: list[str]):
        super().__init__("\0".join([sys.executable, "-m", "hfs_core.cli.served", *words]), title="hfs")
        self._closing: dict[Program, Callable[[], Awaitable[Any]]] = {}

    @cached_property
    def html(self) -> Template:
        """The page, with the host and the size of the letters left open."""
        return Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))

    async def application(self) -> web.Application:
        """Make the web application, guarded."""
        application = await self._make_app()
        application.middlewares.append(guard)
        application.on_response_prepare.append(_add_policy)
        return application

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: the command does."""

    async def on_shutdown(self, app: web.Application) -> None:
        """End every chat."""
        await asyncio.gather(*(self._end(program) for program in tuple(self._closing)))

    async def handle_index(self, request: web.Request) -> web.Response:
        """Send the page."""
        font_size = to_int(request.query.get("fontsize", "16"), 16)
        nonce = request["nonce"] = token_urlsafe()
        html = self.html.substitute(host=request.host, font_size=font_size, nonce=nonce)
        return web.Response(text=html, content_type="text/html")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run one chat for as long as its page is open."""
        websocket = web.WebSocketResponse(heartbeat=15)
        await websocket.prepare(request)
        program = Program(
            self.command,
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=websocket.close,  # type: ignore[arg-type] # whether it was open is of no use to it
            download_manager=self.download_manager,
        )
        self._closing[program] = websocket.close
        try:
            await program.start(*(to_int(request.query.get(side, ""), 80) for side in ("width", "height")))
            await self._process_messages(websocket, program)
        except (ValueError, KeyError, IndexError, TypeError, AssertionError, ConnectionError):
            await websocket.close(code=1003)  # the page does not say such things
        finally:
            await self._end(program)
        return websocket

    async def _end(self, program: Program) -> None:
        close = self._closing.pop(program, None)
        if close is not None:
            await program.stop()
            await close()


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse whoever asks by a foreign name, or from a foreign page; a chat is for our own page only."""
    if not OWN_NAMES.fullmatch(request.host):
        raise web.HTTPForbidden(text="This page is for its own machine, as 127.0.0.1 or localhost.\n")
    origin = request.headers.get("Origin")
    is_from_here = origin == f"http://{request.host}"
    if not is_from_here and (origin is not None or request.path == "/ws"):
        raise web.HTTPForbidden(text="Another site's page may not use this one.\n")
    return await handler(request)


async def _add_policy(request: web.Request, response: web.StreamResponse) -> None:
    nonce = f" 'nonce-{request['nonce']}'" if "nonce" in request else ""
    response.headers["Content-Security-Policy"] = POLICY.format(host=request.host, nonce=nonce)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
