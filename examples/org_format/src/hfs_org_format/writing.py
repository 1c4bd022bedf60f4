"""Writes conversations as Org: a headline each, with a headline for each message and its text in a block below."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hfs_core.api import Message, Outgoing, Status, Write

FIRST_LINE = "#+TITLE: HFS sessions"
"""How every file begins: the reader knows it by that, whatever the file is called."""

BEGIN, END = "#+begin_src markdown", "#+end_src"

_SPECIAL = re.compile(r"(?m)^(?=,*(?:\*|#\+))")


class OrgWriter:
    """`/export org`."""

    name = "org"
    title = "Org"

    async def write(self, outgoing: Sequence[Outgoing], write: Write) -> int:
        """Write conversations; returns how many messages that were.

        Each message is written as soon as it is read, so a conversation of any length takes the same memory. What
        goes wrong may simply be raised: HFS leaves no half file, and tells whose format it was.
        """
        write(f"{FIRST_LINE}\n")
        count = 0
        for each in outgoing:
            write(f"\n* {' '.join(each.session.name.split())}\n")
            async for message in each.messages():
                write(_told(message))
                count += 1
        return count


def escaped(text: str) -> str:
    """Return a text as it may stand in a block: Org puts a comma before a line that would mean something there."""
    return _SPECIAL.sub(",", text)


def _told(message: Message) -> str:
    properties = {"CREATED": message.created_at.isoformat()}
    if message.status != Status.COMPLETE:
        properties["STATUS"] = message.status
    lines = [f":{key}: {value}" for key, value in properties.items()]
    return "\n".join(
        (f"** {message.role}", ":PROPERTIES:", *lines, ":END:", BEGIN, escaped(message.content), END, "")
    )
