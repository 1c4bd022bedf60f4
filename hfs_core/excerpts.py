"""What was said last, as Markdown: what a list shows beside a session or a point of it."""

from __future__ import annotations

import re

from hfs_core.contracts import Ref, Store
from hfs_core.errors import NotFound
from hfs_core.models import Message, Role

MESSAGES = 4
"""How many messages are shown: the last ones."""

LONGEST = 600
"""How many characters of a message are shown."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


async def excerpt(store: Store, ref: Ref, *, at: int | None = None) -> str:
    """Return the end of a session, or of its first `at` messages; reads no more than that."""
    try:
        session = await store.session(ref)
        stop = session.message_count if at is None else min(at, session.message_count)
        start = max(stop - MESSAGES, 0)
        messages = await store.messages(ref, start, stop)
    except NotFound:
        return "*This session is not there any more.*"
    if not messages:
        return "*No message yet.*"
    earlier = [f"*{start:,} earlier {'message' if start == 1 else 'messages'}*"] if start else []
    return "\n\n".join([*earlier, *map(_shown, messages)])


def _shown(message: Message) -> str:
    words, is_cut = message.content[:LONGEST].rstrip(), len(message.content) > LONGEST
    if message.role == Role.ASSISTANT:
        return _closed(words) + ("\n\n…" if is_cut else "")
    # As a quotation, whatever the words begin ends with them.
    lines = (words + ("…" if is_cut else "")).splitlines() or [""]
    return "\n".join(f"> {line}" for line in lines)


def _closed(markdown: str) -> str:
    """Return Markdown with the code block closed that its cut has left open."""
    fence = ""
    for line in markdown.splitlines():
        found = _FENCE.fullmatch(line)
        if found is None:
            continue
        if not fence:
            fence = found[1]
        elif found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return f"{markdown}\n{fence}" if fence else markdown
