"""Steps through the window of mounted messages."""

from __future__ import annotations

from hfs_core.tui.app import Opening
from tests.tui.conftest import Chat

LATEST = Opening(continue_latest=True)

WINDOW = 30
"""How many messages may be mounted on a screen of 24 lines: each costs memory, and time with every layout."""


def talk(count: int) -> list[str]:
    return [f"message {index} says\n\n- a\n- b\n- c" for index in range(count)]


async def press(chat: Chat, key: str, until_index: int) -> None:
    """Press a key until that message is seen; the window never grows past its bound."""
    for _ in range(200):
        if f"message {until_index} says" in chat.text:
            return
        await chat.pilot.press(key)
        await settled(chat)
        assert len(chat.indexes) <= WINDOW
    raise AssertionError(f"message {until_index} was never seen\n{chat.text}")


async def go_back(chat: Chat, until_index: int) -> None:
    """Scroll up until that message is mounted."""
    while until_index not in chat.indexes:
        chat.app.views.transcript.scroll_to(y=0, animate=False)
        await settled(chat)


async def go_to_end(chat: Chat) -> None:
    await chat.pilot.press("ctrl+end")
    await settled(chat)


async def settled(chat: Chat) -> None:
    """Return once the window has all that it wants, laid out."""
    transcript = chat.app.views.transcript
    await transcript.wait_for_refresh()
    await chat.until(
        lambda: (
            transcript._filling is None
            and not transcript._is_fill_due
            and all(entry in transcript.regions for entry in transcript._entries)
        )
    )
    await transcript.wait_for_refresh()
