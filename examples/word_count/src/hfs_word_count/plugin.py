"""The plugin, a module: one command, for the chat and for the shell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from hfs_core.api import Column, Command, CommandError, CommandResult, Invocation, Param, Row, Table, hookimpl

from .counting import Count, counted

COLUMNS = (
    Column("who", "Who"),
    Column("messages", "Messages", "number"),
    Column("words", "Words", "number"),
    Column("characters", "Characters", "number"),
)


@hookimpl
def provide_commands() -> Sequence[Command]:
    """Declare the command; name and summary are those of the manifest."""
    return [Command("wc", "Count the words of this session", count_words)]


async def count_words(
    invocation: Invocation,
    who: Annotated[Literal["all", "user", "assistant"], Param("whose words")] = "all",
) -> CommandResult:
    """Count the words of a session, for each who speaks, and of all."""
    if invocation.session_id is None:
        raise CommandError("There is nothing to count yet: say something first.")
    messages = await invocation.host.store.messages(invocation.session_id)
    counts = [count for count in counted(messages) if who in ("all", count.who)]
    session = await invocation.host.store.session(invocation.session_id)
    table = Table(
        COLUMNS,
        tuple(map(_row, counts)),
        title=f"Words of session {session.id}: {session.name}",
        empty="No words.",
    )
    return CommandResult((table,))


def _row(count: Count) -> Row:
    values = {
        "who": count.who,
        "messages": count.messages,
        "words": count.words,
        "characters": count.characters,
    }
    return Row(values, shown={"words": f"{count.words:,}", "characters": f"{count.characters:,}"})
