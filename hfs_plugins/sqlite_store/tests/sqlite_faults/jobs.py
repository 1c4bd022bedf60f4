"""What the child processes of the fault tests do; run as a script, it forks one for each request.

The script imports the store once, so a child starts in milliseconds. A request is one line of JSON with the end of
a pipe: the child tells what it did there, one line of JSON after each thing that the store has acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hfs_sqlite_store.store import open_store

from hfs_core.api import Append, Conflict, Create, Draft, Message, NotFound, Put, Role, Store, StoreError

Tell = Callable[..., None]


async def talk(tell: Tell, path: Path, seed: int, names: list[str]) -> None:
    """Hold a conversation in each named session until killed."""
    chance = random.Random(seed)
    async with open_store(path) as store:
        await asyncio.gather(*(_converse(tell, store, name, chance) for name in names))


async def _converse(tell: Tell, store: Store, name: str, chance: random.Random) -> None:
    try:
        position = (await store.session(name)).message_count
    except NotFound:
        await store.apply(Create(name, name))
        position = 0
    while True:
        question = Draft(Role.USER, chance.choice("abc") * chance.choice([3, 300, 9000]))
        (message,) = await store.apply(Append(name, question, expect=position))
        assert isinstance(message, Message)
        tell("kept", name, position, message.digest)
        async with store.reply(name, expect=position + 1) as reply:
            words = ""
            for number in range(chance.randrange(1, 8)):
                await reply.write(f"{number} ")
                words += f"{number} "
                tell("came", name, position + 1, words)
            message = await reply.finish(Draft(Role.ASSISTANT, words))
        tell("kept", name, position + 1, message.digest)
        position += 2
        await store.records("test").apply(Put("position", position, session=name))
        tell("record", name, position)


async def open_only(tell: Tell, path: Path) -> None:
    """Open the store, which may make or migrate it, and write one session."""
    tell("started")
    async with open_store(path) as store:
        await store.apply(Create(f"process-{os.getpid()}", "made"))
        tell("opened")


async def count(tell: Tell, path: Path, times: int) -> None:
    """Add one to a record and append to a session, each by reading first, so that others come between."""
    async with open_store(path) as store:
        tell("opened")
        records = store.records("test")
        for _ in range(times):
            while True:
                record = await records.get("count")
                value, revision = (0, 0) if record is None else (record.value, record.revision)
                position = (await store.session("shared")).message_count
                draft = Draft(Role.USER, f"{os.getpid()}")
                try:
                    await records.apply(
                        Put("count", value + 1, expect=revision), Append("shared", draft, expect=position)
                    )
                    break
                except Conflict:
                    continue
            tell("counted", position)


async def fill(tell: Tell, path: Path) -> None:
    """Append until the limit on the size of files stands in the way, then lift it and go on."""
    async with open_store(path) as store:
        await store.apply(Create("talk", "talk"))
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        log = path.with_name(path.name + "-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (log + 300_000, hard))
        try:
            while True:
                (message,) = await store.apply(Append("talk", Draft(Role.USER, "x" * 5000)))
                assert isinstance(message, Message)
                tell("kept", message.index, message.digest)
        except StoreError as error:
            tell("full", type(error).__name__, str(error))
        tell("read", len(await store.messages("talk")))
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        (message,) = await store.apply(Append("talk", Draft(Role.USER, "again")))
        assert isinstance(message, Message)
        tell("again", message.index, message.digest)


async def open_full(tell: Tell, path: Path) -> None:
    """Open the store where no file can grow."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    async with open_store(path):
        tell("opened")


JOBS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "talk": talk,
    "open_only": open_only,
    "count": count,
    "fill": fill,
    "open_full": open_full,
}


def run(pipe: int, job: str, path: str, **facts: Any) -> None:
    """Do a job in this process."""

    def tell(*what: Any) -> None:
        os.write(pipe, json.dumps(what).encode() + b"\n")

    os.umask(0o022)
    try:
        asyncio.run(JOBS[job](tell, Path(path), **facts))
        tell("end")
    except StoreError as error:
        tell("error", type(error).__name__, str(error))


def serve(control: socket.socket) -> None:
    """Fork a child for each request, until the other side has gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, pipes, _, _ = socket.recv_fds(control, 65536, 1)
        if not request:
            return
        child = os.fork()
        if child == 0:
            control.close()
            try:
                run(pipes[0], **json.loads(request))
            except BaseException:  # noqa: BLE001 # a forked process must never return into the server's loop
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(0)
        os.close(pipes[0])
        control.sendall(f"{child}\n".encode())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
