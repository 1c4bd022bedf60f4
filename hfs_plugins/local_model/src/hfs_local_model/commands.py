"""The command `models`: what is on offer, fetching one, and where it lies."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from hfs_core.api import (
    Action,
    Column,
    Command,
    CommandError,
    CommandResult,
    Document,
    Invocation,
    Notice,
    Param,
    Row,
    Table,
    UsageError,
)
from hfs_local_model.catalogue import CATALOGUE, DEFAULT, LIMITS_OF_ALL, Entry, find, megabytes
from hfs_local_model.fetch import fetch
from hfs_local_model.sources import Watch
from hfs_local_model.weights import Weights

COLUMNS = (
    Column("name", "Model"),
    Column("size", "Size", "number"),
    Column("downloaded", "Here"),
    Column("default", "Default"),
    Column("licence", "Licence"),
    Column("note", "Worth"),
    Column("path"),
)


class ModelsCommand:
    """Answers `/models` and `hfs models`.

    Args:
        weights: the models folder.
        own: the person's GGUF files, by name.
    """

    def __init__(self, weights: Weights, own: Mapping[str, str]):
        self._weights = weights
        self._own = own

    def declare(self) -> Command:
        """Return the declaration."""
        return Command("models", "List the local models, fetch one, or say where it lies", self.models)

    async def models(
        self,
        invocation: Invocation,
        action: Annotated[
            Literal["list", "pull", "path"], Param("list them, fetch one, or say where its file is")
        ] = "list",
        name: Annotated[
            str, Param("the model, the default one if not given", complete=tuple(e.name for e in CATALOGUE))
        ] = "",
    ) -> CommandResult:
        """Do one of the three."""
        match action:
            case "list":
                return CommandResult((self._table(),))
            case "pull":
                return await self._pull(_entry(name), invocation)
            case "path":
                return CommandResult((Document(str(self._path(name)), format="text"),))

    def _table(self) -> Table:
        own = [_row_of_own(name, Path(os.path.expanduser(file))) for name, file in self._own.items()]
        offered = [self._row(entry) for entry in CATALOGUE if entry.name not in self._own]
        return Table(
            COLUMNS,
            (*own, *offered),
            title="Local models",
            hint=f"Fetch one: hfs models pull NAME. Use it: hfs -m local/NAME. {LIMITS_OF_ALL}",
        )

    def _row(self, entry: Entry) -> Row:
        is_here = self._weights.is_ready(entry)
        return Row(
            {
                "name": entry.name,
                "size": entry.size,
                "downloaded": is_here,
                "default": entry is DEFAULT,
                "licence": entry.licence,
                "note": entry.note,
                "path": str(self._weights.path(entry)),
            },
            shown={"size": megabytes(entry.size)},
            actions=() if is_here else (Action("f", "Fetch", f"models pull {entry.name}"),),
        )

    async def _pull(self, entry: Entry, invocation: Invocation) -> CommandResult:
        loop = asyncio.get_running_loop()

        def tell(doing: str, done: int, total: int) -> None:
            text = f"{entry.name}: {done / total:.0%} of {megabytes(total)} {doing}"
            loop.call_soon_threadsafe(invocation.progress, text, done / total)

        cancelled = threading.Event()
        fetching = asyncio.create_task(
            asyncio.to_thread(fetch, entry, self._weights.directory, Watch(tell, cancelled)),
            name="models pull",
        )
        try:
            file = await asyncio.shield(fetching)
        except asyncio.CancelledError:
            cancelled.set()
            await asyncio.gather(fetching, return_exceptions=True)  # its thread must not outlive the command
            raise
        return CommandResult(
            (
                Notice(
                    f"local/{entry.name} is here: {file}. Use it with hfs -m local/{entry.name}. {LIMITS_OF_ALL}"
                ),
            )
        )

    def _path(self, name: str) -> Path:
        if name in self._own:
            return Path(os.path.expanduser(self._own[name]))
        entry = _entry(name)
        if not self._weights.is_ready(entry):
            raise CommandError(
                f"{entry.name} is not on this machine yet; to fetch it: hfs models pull {entry.name}"
            )
        return self._weights.path(entry)


def _entry(name: str) -> Entry:
    entry = find(name.removeprefix("local/")) if name else DEFAULT
    if entry is None:
        raise UsageError(f"no model {name} to fetch; there are {', '.join(each.name for each in CATALOGUE)}")
    return entry


def _row_of_own(name: str, file: Path) -> Row:
    size = file.stat().st_size if file.is_file() else None
    return Row(
        {
            "name": name,
            "size": size,
            "downloaded": size is not None,
            "default": False,
            "licence": None,
            "note": "your own file",
            "path": str(file),
        },
        shown={"size": megabytes(size)} if size else {},
    )
