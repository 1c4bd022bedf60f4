"""A process that writes until it is killed: `python talker.py FOLDER NAME`, and tells what was acknowledged."""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from pathlib import Path

from hfs_json_store.store import open_store

from hfs_core.api import Append, Conflict, Create, Draft, NotFound, Put, Role, Store


def tell(*what: object) -> None:
    """Write a line that is out at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def talk(store: Store, name: str) -> None:
    """Hold a conversation for ever."""
    try:
        position = (await store.session(name)).message_count
    except NotFound:
        await store.apply(Create(name, name))
        position = 0
    for turn in count():
        question = Draft(Role.USER, "abc"[turn % 3] * (3, 300, 9000)[turn % 3])
        (message,) = await store.apply(Append(name, question, expect=position))
        tell("kept", position, message.digest)  # type: ignore[union-attr] # an `Append` becomes a message
        async with store.reply(name, expect=position + 1) as reply:
            words = ""
            for number in range(turn % 5 + 1):
                await reply.write(f"{number} ")
                words += f"{number} "
                tell("came", position + 1, words)
            message = await reply.finish(Draft(Role.ASSISTANT, words))
        tell("kept", position + 1, message.digest)
        position += 2
        await store.records("test").apply(Put("position", position, session=name))
        tell("record", position, None)


async def add(store: Store, times: int) -> None:
    """Add one to a record, as often as asked for, by reading it first; the others do so too."""
    records = store.records("test")
    while times:
        record = await records.get("sum")
        value, revision = (record.value, record.revision) if record else (0, 0)
        try:
            await records.apply(Put("sum", value + 1, expect=revision))
        except Conflict:
            continue
        times -= 1


async def main() -> None:
    """Do what the command line says."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    async with open_store(folder) as store:
        await (add(store, int(name)) if name.isdigit() else talk(store, name))


asyncio.run(main())
