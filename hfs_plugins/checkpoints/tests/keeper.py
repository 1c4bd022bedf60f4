"""A process that keeps checkpoints of one session without a pause: run by tests, and killed by them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hfs_checkpoints.repository import CheckpointRepository
from hfs_sqlite_store.store import open_store


async def main(path: Path, session_id: int, count: int, keep: int, name: str) -> None:
    """Keep `count` checkpoints, with a state each, and say so after each."""
    async with open_store(path) as store:
        repository = CheckpointRepository(store.records("plugin.checkpoints"))
        session = await store.session(session_id)
        for n in range(count):
            made, _ = await repository.create(
                session_id,
                session.message_count,
                "run.ended",
                digest=session.digest,
                run_id=f"{name} {n}",
                state_json=f'{{"run_id": "{name} {n}", "more": "{"x" * 2000}"}}',
                keep_count=keep,
            )
            print(made.number, flush=True)  # noqa: T201 # what the test reads


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:5]), sys.argv[5]))
