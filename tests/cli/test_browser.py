"""`hfs serve` in a real browser: a person opens the page, types, sends and reads."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer

from .conftest import environment
from .serving import serving

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="chromium IS MISSING: the page was not tried in a browser"),
]
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE = 30_000
# The page's script keeps its terminal to itself; it gives it an addon, which is when it can be caught.
CATCH = """Object.defineProperty(Object.prototype, "fitAddon", { configurable: true, set(value) {
    window.caught = this;
    Object.defineProperty(this, "fitAddon", { value, writable: true });
} })"""
SCREEN = """() => {
    const terminal = window.caught?.terminal, buffer = terminal?.buffer.active;
    const line = row => buffer.getLine(buffer.viewportY + row)?.translateToString(true, 0, terminal.cols) ?? "";
    return [...Array(terminal?.rows ?? 0).keys()].map(line).join("\\n");
}"""


class Browser:
    """A page in headless Chromium.

    Attributes:
        asked: the addresses that it has asked, and tried to ask.
        complaints: what the browser has complained of.
    """

    def __init__(self, page: Page):
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)

    async def sees(self, *texts: str, width: int = 1000) -> None:
        """Return once all of these are in the terminal's text, and no line is longer."""
        screen = ""
        try:
            async with asyncio.timeout(PATIENCE / 1000):
                while not all(text in screen for text in texts) or max(map(len, screen.splitlines())) > width:
                    screen = await self.page.evaluate(SCREEN)
        except TimeoutError:
            raise AssertionError(f"never on the page: {texts}\n{screen}\n{self.complaints}") from None


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Browser]:
    """Start Chromium with a profile that nobody has used."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path=CHROMIUM, args=FLAGS, headless=True,
            viewport={"width": 1000, "height": 600},
        )  # fmt: skip
        try:
            await context.grant_permissions(["clipboard-read", "clipboard-write"])
            page = context.pages[0]
            page.set_default_timeout(PATIENCE)
            await page.add_init_script(CATCH)
            yield Browser(page)
        finally:
            await context.close()


async def test_open_type_send_and_read(home: Paths, tmp_path: Path) -> None:
    async with (
        OpenAIServer(Answer("It **works**", " in a browser.")) as model,
        serving(tmp_path, environment(home, model)) as server,
        browser(tmp_path) as chromium,
    ):
        page = chromium.page
        await page.goto(server.url)
        await chromium.sees("Type a message", "openai/test", "ready")
        await page.keyboard.type("hello from the page")  # nothing was clicked: the composer has the keys
        await chromium.sees("│ hello from the page")
        await page.keyboard.press("F7")
        await page.keyboard.press("Control+c")
        await chromium.sees("copied")
        assert await page.evaluate("navigator.clipboard.readText()") == "hello from the page"
        await page.keyboard.press("Enter")
        await chromium.sees("▌ hello from the page", "It works in a browser.", "ready")
        await page.set_viewport_size({"width": 600, "height": 400})
        await chromium.sees("▌ hello from the page", "It works in a browser.", "ready", width=80)
        await page.screenshot(path=tmp_path / "page.png")
        assert chromium.complaints == []
        await page.keyboard.press("Control+d")
        await page.get_by_text("This chat has ended").wait_for(state="visible")
        await page.get_by_text("Start another").click()
        await chromium.sees("Type a message", "ready")
        own = (server.url, server.url.replace("http:", "ws:"))
        assert chromium.asked
        assert [url for url in chromium.asked if not url.startswith((*own, "data:"))] == []


async def test_a_page_of_another_site_cannot_open_a_chat(home: Paths, tmp_path: Path) -> None:
    async def evil(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>evil</title>"
        )
        await writer.drain()
        writer.close()

    async with (
        serving(tmp_path, environment(home, None)) as server,
        browser(tmp_path) as chromium,
        await asyncio.start_server(evil, "127.0.0.1", 0) as other,
    ):
        await chromium.page.goto(f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/")
        tries = """url => new Promise(done => {
            const socket = new WebSocket(url);
            socket.onopen = () => done("opened");
            socket.onerror = () => done("refused");
        })"""
        url = f"{server.url.replace('http:', 'ws:')}ws"
        assert await chromium.page.evaluate(tries, url) == "refused"
        assert await server.children() == []
        await chromium.page.goto(server.url)
        assert await chromium.page.evaluate(tries, url) == "opened"
