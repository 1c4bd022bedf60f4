"""The line says what was used, and how quickly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hfs_core.api import MessageDelta, RunStarted, Usage, UsageRecorded
from hfs_core.testing import HeadlessHfs
from hfs_core.testing.fixtures import HfsApp

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
PRICES: dict[str, Any] = {"scripted/model": {"input": 1, "output": 10}}


async def line(hfs: HeadlessHfs) -> str:
    """What the line shows."""
    return await hfs.draw("Token clock")


async def test_tokens_and_dollars_add_up_and_outlive_a_restart(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin("hfs_token_clock", settings={"prices": PRICES})
    assert await line(hfs_host) == ""
    await hfs_host.say("hello", ["Good day.", Usage(1000, 200)])
    await hfs_host.say("again", ["Again.", Usage(2000, 300)])
    assert (await line(hfs_host)).endswith("3,500 tokens · $0.0080")
    await hfs_host.restart()
    assert await line(hfs_host) == "3,500 tokens · $0.0080"


async def test_a_model_without_a_price_has_no_price(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin("hfs_token_clock")
    await hfs_host.say("hello", ["Good day.", Usage(1000, 200)])
    assert (await line(hfs_host)).endswith("1,200 tokens")


async def test_the_speed_is_estimated_and_then_counted(hfs_host: HeadlessHfs) -> None:
    await hfs_host.load_plugin("hfs_token_clock")
    await hfs_host.say("hello", "Good day.")
    at = {"session_id": hfs_host.session_id, "run_id": "r"}
    await hfs_host.emit(RunStarted(**at))
    for seconds in (0, 1, 2):
        moment = MOMENT + timedelta(seconds=seconds)
        await hfs_host.emit(MessageDelta(text="x" * 40, timestamp=moment, **at))
    assert await line(hfs_host) == "~15 tok/s"
    ended = MOMENT + timedelta(seconds=4)
    usage = UsageRecorded(prompt_tokens=5, completion_tokens=100, model="m", timestamp=ended, **at)
    await hfs_host.emit(usage)
    assert await line(hfs_host) == "25 tok/s · 105 tokens"


async def test_it_is_drawn_at_the_bottom_of_the_chat(hfs_host: HeadlessHfs, hfs_app: HfsApp) -> None:
    await hfs_host.load_plugin("hfs_token_clock", settings={"prices": PRICES})
    hfs_host.model.script(["Good day.", Usage(1000, 200)])
    async with hfs_app(size=(100, 24)) as screen:
        await screen.say("hello")
        await screen.sees("1,200 tokens · $0.0030")
