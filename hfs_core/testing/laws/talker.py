"""A process that writes into a store until it is killed; `laws.durability` starts it.

`python -m hfs_core.testing.laws.talker ROOT MODULE FILE CLASS FOLDER JOB`: it makes the store as the suite of that
class does, and tells what was acknowledged, a line of JSON for each thing.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from typing import Any

from hfs_core.contracts import Append, Create, Put, Store, StoreFactory
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import Draft, Message, Role


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
        assert isinstance(message, Message)
        tell("kept", position, message.digest)
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
    """Add one to a record, as often as asked for, by reading it first; others do so at the same time."""
    records = store.records("test")
    tell("opened")
    sys.stdin.readline()  # all begin at once
    while times:
        record = await records.get("sum")
        value, revision = (record.value, record.revision) if record else (0, 0)
        try:
            await records.apply(Put("sum", value + 1, expect=revision))
        except Conflict:
            continue
        times -= 1


def factory_of(root: str, module: str, file: str, suite: str, folder: str) -> StoreFactory:
    """Return the factory of a suite, whose module is imported as pytest imported it, or from its file."""
    sys.path.append(root)
    try:
        loaded: Any = importlib.import_module(module)
    except ImportError:
        spec = spec_from_file_location("suite", file)
        assert spec is not None
        assert spec.loader is not None
        loaded = module_from_spec(spec)
        sys.modules[spec.name] = loaded
        spec.loader.exec_module(loaded)
    factory: StoreFactory = getattr(loaded, suite)().make_factory(Path(folder))
    return factory


async def main(job: str, factory: StoreFactory) -> None:
    """Talk in the session of that name, or add as often as the job says."""
    async with factory() as store:
        await (add(store, int(job)) if job.isdigit() else talk(store, job))


if __name__ == "__main__":
    *suite, job = sys.argv[1:]
    asyncio.run(main(job, factory_of(*suite)))
