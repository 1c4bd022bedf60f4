"""The one thread that reads and writes, under the lock.

Everything that touches the state or the disk runs in this thread, one thing after another: the event loop waits for
nothing, and no two tasks of this process can come between each other. Other processes are kept away by the lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from hfs_core.api import NotFound, StoreUnavailable, StoreUnusable, make_private

from .facts import BlobIs, from_json, to_json
from .files import flush_folder, write_whole
from .journal import Journal
from .state import State
from .transaction import Transaction

T = TypeVar("T")


class Keeper:
    """The state, in step with the folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hfs-json-store")
        self._state = State()
        self._journal: Journal | None = None
        self._is_due = False

    async def open(self) -> None:
        """Make the folder if need be, and read all that is in it.

        Raises:
            StoreUnusable: it is damaged, or written by a newer version.
            StoreUnavailable: it cannot be made, read or locked.
        """
        await self._run(self._open)

    async def close(self) -> None:
        """Let go of the files, once what is under way is done."""
        await self._run(self._close)
        self._thread.shutdown()

    async def read(self, question: Callable[[State], T]) -> T:
        """Answer a question by what is so now, in whichever process it was written."""
        return await self._run(lambda: question(self._current()))

    async def change(self, work: Callable[[Transaction], T], namespace: str = "", *, anew: bool = False) -> T:
        """Make a change that is done wholly or not at all, and on the disk on return.

        Args:
            anew: write the whole journal anew, so that what was removed is in no file any more.
        """
        return await self._run(lambda: self._change(work, namespace, anew))

    async def blob(self, name: str) -> bytes:
        """Return the bytes of a blob; raises NotFound."""

        def read() -> bytes:
            if name in self._current().blobs:
                with suppress(FileNotFoundError):  # another process may drop it just now
                    return self._blob(name).read_bytes()
            raise NotFound(f"there is no blob {name}")

        return await self._run(read)

    async def _run(self, work: Callable[[], T]) -> T:
        def translated() -> T:
            try:
                return work()
            except OSError as error:
                why = error.strerror or str(error)
                raise StoreUnavailable(f"{self.folder} cannot be used now: {why}") from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, translated)

    def _open(self) -> None:
        blobs = self.folder / "blobs"
        missing = [folder for folder in (blobs, *blobs.parents) if not folder.exists()]
        make_private(self.folder)
        make_private(blobs)
        for folder in missing:
            flush_folder(folder.parent)  # a file on the disk is lost where the name of its folder is not
        self._journal = Journal(self.folder)
        with self._journal.held():
            self._follow(self._journal)

    def _close(self) -> None:
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.close()

    def _opened(self) -> Journal:
        if self._journal is None:
            raise StoreUnavailable(f"{self.folder} is not open")
        return self._journal

    def _current(self) -> State:
        journal = self._opened()
        if journal.has_news:
            with journal.held(shared=True):
                self._follow(journal)
        return self._state

    def _follow(self, journal: Journal) -> None:
        """Take what others have written since the last time."""
        if journal.is_replaced():
            self._state = State()
        try:
            for line in journal.news():
                for fact in line:
                    self._state.take(from_json(fact))
        except (KeyError, TypeError, ValueError) as error:
            raise StoreUnusable(f"{self.folder}: a line is no line of this store: {error!r}") from error

    def _change(self, work: Callable[[Transaction], T], namespace: str, anew: bool) -> T:
        journal = self._opened()
        with journal.held():
            self._follow(journal)
            transaction = Transaction(self._state, namespace)
            try:
                outcome = work(transaction)
                self._write_blobs(transaction)
                if transaction.facts:
                    journal.append([to_json(fact) for fact in transaction.facts])
            except BaseException:
                transaction.undo()
                raise
            self._is_due |= anew
            with suppress(OSError):  # the change is kept all the same, and the next one tries again
                self._drop_blobs(transaction)
                if self._is_due or journal.is_long:
                    journal.begin_anew([to_json(fact)] for fact in self._state.facts())
                    self._is_due = False
                    self._sweep()
        return outcome

    def _write_blobs(self, transaction: Transaction) -> None:
        # Before the line that names them: one that no line names is swept away, one that is missing would be lost.
        for name, data in transaction.new_blobs.items():
            if name in self._state.blobs:
                write_whole(self._blob(name), data)

    def _drop_blobs(self, transaction: Transaction) -> None:
        for fact in transaction.facts:
            if isinstance(fact, BlobIs) and fact.name not in self._state.blobs:
                self._blob(fact.name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove the files of blobs that a crash has left without a line."""
        for file in (self.folder / "blobs").iterdir():
            if file.name not in self._state.blobs:
                file.unlink(missing_ok=True)

    def _blob(self, name: str) -> Path:
        return self.folder / "blobs" / name
