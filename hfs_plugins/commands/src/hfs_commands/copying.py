"""`/copy`: take words of the conversation to the clipboard, or to the shell."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from hfs_commands.conversation import last_message
from hfs_core.api import CommandError, CommandResult, Copy, Invocation, Notice, Param, Role

SPEAKERS = {"user": "You", "assistant": "Assistant", "system": "System"}
_OPENING = re.compile(r"[ ]{0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")


async def copy(
    invocation: Invocation,
    what: Annotated[
        Literal["reply", "code", "all"],
        Param("the last reply, its last block of code, or the whole conversation"),
    ] = "reply",
) -> CommandResult:
    """Copy it."""
    host, session_id = invocation.host, invocation.session_id
    if session_id is None:
        raise CommandError("there is nothing to copy yet: this session has no messages")
    if what == "all":
        messages = await host.store.messages(session_id)
        said = [f"## {SPEAKERS.get(each.role, each.role)}\n\n{each.content}" for each in messages]
        text, name = "\n\n".join(said), f"the conversation, {len(said)} messages"
    else:
        reply = await last_message(host.store, session_id, Role.ASSISTANT)
        if reply is None or not reply.content:
            raise CommandError("there is no reply to copy yet")
        text, name = reply.content, "the last reply"
        if what == "code":
            blocks = code_blocks(reply.content)
            if not blocks:
                raise CommandError("the last reply has no block of code; /copy takes all of it")
            text, name = blocks[-1], "the last block of code"
    return CommandResult((Notice(f"Copied {name}: {len(text):,} characters."),), (Copy(text),))


def code_blocks(markdown: str) -> list[str]:
    """Return what stands in the fenced blocks of a Markdown text; one that is never closed goes to the end."""
    blocks: list[str] = []
    fence, inside = "", list[str]()
    for line in markdown.splitlines():
        if not fence:
            if opening := _OPENING.match(line):
                fence, inside = opening["fence"], []
        elif re.fullmatch(rf"[ ]{{0,3}}{re.escape(fence)}{re.escape(fence[0])}*[ \t]*", line):
            blocks.append("\n".join(inside))
            fence = ""
        else:
            inside.append(line)
    return [*blocks, "\n".join(inside)] if fence else blocks
