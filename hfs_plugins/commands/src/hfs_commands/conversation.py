"""Looks back through a conversation from its end."""

from __future__ import annotations

from hfs_core.api import Message, Store

PAGE = 50


async def last_message(store: Store, session_id: int, role: str) -> Message | None:
    """Return the last message of a role; None if there is none."""
    stop = (await store.session(session_id)).message_count
    while stop > 0:
        start = max(0, stop - PAGE)
        for message in reversed(await store.messages(session_id, start, stop)):
            if message.role == role:
                return message
        stop = start
    return None
