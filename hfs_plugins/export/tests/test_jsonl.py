"""JSONL: a line a message, and every line enough in itself."""

from __future__ import annotations

import json
from dataclasses import replace

from hfs_export.formats.jsonl import JsonLines
from hypothesis import given, settings
from hypothesis import strategies as st

from hfs_core.api import Draft

from .outgoing import outgoing

TEXTS = st.lists(st.text(), max_size=4)


@settings(deadline=None)
@given(TEXTS, st.text())
async def test_every_message_is_one_line(texts: list[str], name: str) -> None:
    usage = {"model": "m", "usage": {"prompt_tokens": 1}}
    one = outgoing(*(("user", text) for text in texts), name=name)
    two = outgoing(Draft("assistant", "half\u2028\r\n", status="interrupted", metadata=usage))
    two = replace(two, session=replace(two.session, uid="second"))
    pieces: list[str] = []
    assert await JsonLines().write([one, two], pieces.append) == len(texts) + 1
    lines = [json.loads(line) for line in "".join(pieces).split("\n")[:-1]]
    assert [
        (line["role"], line["content"], line["session"], line["session_name"]) for line in lines[:-1]
    ] == [("user", text, "uid", name) for text in texts]
    assert lines[-1] == {
        "role": "assistant",
        "content": "half\u2028\r\n",
        "created_at": "2026-03-01T09:30:05+00:00",
        "status": "interrupted",
        "session": "second",
        "session_name": "Plans",
        "metadata": usage,
    }
