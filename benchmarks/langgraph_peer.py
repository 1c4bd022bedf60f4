"""The same turns kept by `langgraph-checkpoint-sqlite`; run by the interpreter of an environment that has it.

Reads pairs of a question and an answer as JSON from stdin, keeps each turn as a graph of one node does (three
checkpoints, with the messages in its state), and prints what it has cost as JSON.
"""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator"
# The libraries are in an environment of their own, not in ours.

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph


async def keep(turns: list[tuple[str, str]], path: Path) -> dict[str, float]:
    """Keep every turn and return the seconds that it took."""
    answers = iter([answer for _, answer in turns])

    def answer(_: Any) -> dict[str, Any]:
        return {"messages": [("ai", next(answers))]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", answer)
    graph.add_edge(START, "model")
    graph.add_edge("model", END)
    config = {"configurable": {"thread_id": "1"}}
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        compiled = graph.compile(checkpointer=saver)
        started = time.perf_counter()
        for question, _ in turns:
            await compiled.ainvoke({"messages": [("user", question)]}, config)
        seconds = time.perf_counter() - started
    return {"seconds": seconds}


def held(path: Path) -> dict[str, float]:
    """Return what is in the database once its log has been moved into it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    (count,) = connection.execute("SELECT count(*) FROM checkpoints").fetchone()
    connection.close()
    return {"bytes": path.stat().st_size, "checkpoints": count}


def main() -> None:
    """Read, keep and print."""
    turns = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "peer.db"
        print(json.dumps(asyncio.run(keep(turns, path)) | held(path)))


if __name__ == "__main__":
    main()
