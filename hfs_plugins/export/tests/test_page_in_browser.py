"""The HTML page in a real browser: it shows, wide and narrow, light and dark, and nothing on it runs or loads."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hfs_export.formats.html import Page as HtmlPage
from playwright.async_api import Browser, Page, async_playwright

from hfs_core.api import Draft

from .outgoing import HOSTILE, SNAPSHOT, outgoing
from .test_page import ATTACKS

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="chromium IS MISSING: the page was not tried in a browser"),
]
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        yield chromium
        await chromium.close()


async def opened(browser: Browser, file: Path, **options: Any) -> tuple[Page, list[str]]:
    """Open a page; returns it, and what it asks for and complains of."""
    page = await browser.new_page(**options)
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    await page.goto(file.as_uri(), wait_until="networkidle")
    assert heard.pop(0) == file.as_uri()
    return page, heard


def write(file: Path, *drafts: Draft) -> str:
    """Write the page of a conversation with these, and with things too wide for any phone; returns it."""
    pieces: list[str] = []
    wide = (
        "| a | b |\n| - | - |\n| " + "word " * 30 + "| " + "y" * 200 + " |\n\n```\n" + "z" * 300 + "\n```\n"
    )
    told = outgoing(Draft("user", "x" * 400), Draft("assistant", wide), *drafts, run_snapshot=SNAPSHOT)
    asyncio.run(HtmlPage().write([told], pieces.append))
    file.write_text("".join(pieces), encoding="utf-8")
    return "".join(pieces)


async def test_a_hostile_conversation_runs_and_requests_nothing(browser: Browser, tmp_path: Path) -> None:
    texts = [*ATTACKS, *HOSTILE[:-1], "\n".join(ATTACKS)]
    metadata = {"model": ATTACKS[0], "agent": ATTACKS[1], "error": ATTACKS[5]}
    attacks = (
        Draft(role, text, metadata=metadata, status="failed")
        for text in texts
        for role in ("assistant", "user")
    )
    await asyncio.to_thread(write, tmp_path / "page.html", *attacks)
    page, heard = await opened(browser, tmp_path / "page.html")
    assert await page.evaluate("window.pwned") is None
    assert heard == []
    acting = "script, img, svg, math, iframe, object, embed, link, base, form, input, [style], [onclick], [onerror]"
    assert await page.locator(acting).count() == 0
    assert await page.locator("article").count() == 2 + 2 * len(texts)
    assert await page.locator("main > section > article").count() == 2 + 2 * len(texts)


async def test_the_policy_holds_even_where_something_gets_through(browser: Browser, tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        evil = f"<script>window.pwned = 1</script><img src={url}/p.png onerror='window.pwned = 1'>"
        evil += f"<iframe src={url}></iframe><link rel=stylesheet href={url}/x.css>"
        evil += "<style>main { display: none }</style>"
        text = await asyncio.to_thread(write, tmp_path / "page.html")
        with open(tmp_path / "page.html", "w", encoding="utf-8") as file:  # noqa: ASYNC230 # nobody waits for it
            file.write(text.replace("<h2>", f"{evil}<h2>", 1))
        page, heard = await opened(browser, tmp_path / "page.html")
        assert await page.evaluate("window.pwned") is None
        assert await page.locator("main").is_visible()
        assert asked == []
        assert len([line for line in heard if "Content Security Policy" in line]) >= 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
async def test_it_reads_well(browser: Browser, tmp_path: Path, width: int, scheme: Any) -> None:
    await asyncio.to_thread(write, tmp_path / "page.html")
    viewport: Any = {"width": width, "height": 800}
    page, heard = await opened(browser, tmp_path / "page.html", viewport=viewport, color_scheme=scheme)
    assert heard == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]
    code = page.locator("pre")
    assert await code.evaluate("each => each.scrollWidth > each.clientWidth")
    assert await code.evaluate("each => each.getBoundingClientRect().right <= innerWidth")


async def test_a_checkpoint_is_one_line_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    """Its time is not broken into a column of digits where the table is wider than the page."""
    kept = {
        "number": 1,
        "message_index": 2,
        "triggers": ["run.ended"],
        "created_at": "2026-11-21T12:25:59+00:00",
    }
    told = outgoing(("user", "hi"), checkpoints=[kept], include=frozenset({"checkpoints"}))
    pieces: list[str] = []
    await HtmlPage().write([told], pieces.append)
    await asyncio.to_thread((tmp_path / "page.html").write_text, "".join(pieces), "utf-8")
    page, _ = await opened(browser, tmp_path / "page.html", viewport={"width": 390, "height": 800})
    head, row = [await line.bounding_box() for line in await page.locator("tr").all()]
    assert head is not None
    assert row is not None
    assert row["height"] <= head["height"] + 2
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
