"""Widgets of plugins that reach past themselves, for the app and its screen: the chat lives, who did it is named."""

from __future__ import annotations

import pytest

from hfs_core.api import PluginState
from tests.tui.conftest import StartChat, host_of, start_chat, store
from tests.zoo.conftest import Capture
from tests.zoo.test_widgets import WIDE, friend, goes_on

__all__ = ["start_chat", "store"]

REACHES = """
from textual.screen import Screen
from textual.widgets import Static
from hfs_core.api import RawWidget

def boom(*_):
    raise ValueError("boom")

def leave(*_):
    sys.exit()

async def fails():
    boom()

class Bad(Static):
    def render(self):
        boom()

class Dialog(Screen):
    def on_mount(self):
        boom()

class Reaches(Static):
    def on_mount(self):
        {does}

class Plugin:
    @hookimpl
    def provide_widgets(self):
        return [RawWidget("panel", "Beast", Reaches)]
"""


@pytest.mark.parametrize(
    "does",
    [
        "self.app.set_timer(0.01, boom)",
        "self.screen.set_interval(0.01, boom)",
        "self.app.call_later(boom)",
        "self.screen.call_after_refresh(boom)",
        "self.styles.animate('opacity', 0.5, duration=0.01, on_complete=boom)",
        "self.screen.mount(Bad())",
        "self.app.push_screen(Dialog())",
        "self.app.call_later(lambda: self.app.push_screen(Dialog()))",
        "self.app.run_worker(fails(), exit_on_error=True)",
        "self.screen.run_worker(boom, thread=True)",
        "self.app.exit()",
        "self.app.call_later(leave)",
        "self.screen.call_after_refresh(leave)",
    ],
)
async def test_what_it_has_others_call_is_blamed_on_it(
    start_chat: StartChat, capture: Capture, does: str
) -> None:
    beast = capture("beast", REACHES.format(does=does), "provide_widgets", attribute="Plugin")
    async with start_chat(beast, friend(), size=WIDE) as chat:
        entry = host_of(chat).plugins.entries["beast"]
        await chat.until(lambda: entry.details, "it is blamed")
        assert entry.state in (PluginState.FAILING, PluginState.QUARANTINED)
        assert "beast_animal.py" in entry.details
        await goes_on(chat)


async def test_what_it_says_is_no_markup(start_chat: StartChat, capture: Capture) -> None:
    does = "self.notify('[/is] 100% [b] \\x1b[31m', title='[/x]', severity='bad luck')"
    beast = capture("beast", REACHES.format(does=does), "provide_widgets", attribute="Plugin")
    async with start_chat(beast, friend(), size=WIDE) as chat:
        await chat.sees("[/is] 100% [b]", "[/x]")
        assert "\x1b" not in chat.text
        await goes_on(chat)
