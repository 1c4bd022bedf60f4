"""JSONL: a message a line, as OpenAI's interface has them, for scripts, for training, and to be imported again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from hfs_core.api import JSON, Message, Outgoing, Write
from hfs_export.formats.pages import rendered


class JsonLines:
    """A line a message: `role` and `content`, then what HFS knows besides.

    Besides are `created_at`, `status`, `metadata` where there is any, and `session` with `session_name`: the uid and
    the name of the conversation, by which the lines of several are told apart.
    """

    name = "jsonl"
    title = "JSONL, a message a line"

    async def write(self, outgoing: Sequence[Outgoing], write: Write) -> int:
        """Write the conversations one after the other."""
        count = 0
        for each in outgoing:
            session = {"session": each.session.uid, "session_name": each.session.name}
            totals = await rendered(each.messages(), partial(_line, session), write)
            count += totals.messages
        return count


def _line(session: dict[str, str], message: Message) -> str:
    told: dict[str, JSON] = {
        "role": message.role,
        "content": message.content,
        "created_at": message.created_at.isoformat(),
        "status": message.status,
        **session,
    }
    if message.metadata:
        told["metadata"] = message.metadata
    return json.dumps(told, ensure_ascii=False) + "\n"
