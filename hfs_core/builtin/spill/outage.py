"""Whether the store can write, and what to do while it cannot: the one switch between the store and the memory."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Protocol, TypeVar

from hfs_core.builtin.spill.memory import SpillMemory
from hfs_core.builtin.spill.refit import with_refs
from hfs_core.contracts import Operation, Ref, Store
from hfs_core.errors import StoreError, StoreUnavailable

T = TypeVar("T")

log = logging.getLogger("hfs.store")


class Movable(Protocol):
    """An open reply."""

    is_moved: bool

    async def move_to(self, memory: SpillMemory) -> None:
        """Go on in memory."""


class Outage:
    """Sends each write to the primary store or, from its first refusal until all is written, to the memory.

    Args:
        on_change: told whether what is said is saved, and why not; once a change.
        retry_every: seconds after a refusal in which a write does not ask again.

    Attributes:
        memory: what stands in for the primary store, None while that can write.
        replies: those that are open, which move into the memory together with everything else.
    """

    def __init__(self, primary: Store, on_change: Callable[[bool, str], None], retry_every: float):
        self.memory: SpillMemory | None = None
        self.replies: set[Movable] = set()
        self._primary = primary
        self._on_change = on_change
        self._retry_every = retry_every
        self._retry_at = 0.0
        self._ids = count(-1, -1)
        self._aliases: dict[int, int] = {}
        self._lock = asyncio.Lock()
        self._under_way = 0
        self._quiet = asyncio.Event()

    def real(self, ref: Ref) -> Ref:
        """Return what a session is called now that was perhaps made, or talked in, during an outage."""
        while isinstance(ref, int) and ref in self._aliases:
            ref = self._aliases[ref]
        return ref

    def real_all(self, operations: Sequence[Operation]) -> Sequence[Operation]:
        """Return operations with their sessions called as they are now."""
        return [with_refs(operation, self.real) for operation in operations] if self._aliases else operations

    def store_of(self, ref: Ref) -> Store:
        """Return where the truth about a session is."""
        return self.memory if self.memory is not None and self.memory.holds(ref) else self._primary

    async def write(
        self, directly: Callable[[], Awaitable[T]], in_memory: Callable[[SpillMemory], Awaitable[T]]
    ) -> T:
        """Write where that is possible now; a session's name is to be made `real` within the calls."""
        while True:
            if self.memory is None or await self.has_ended():
                try:
                    return await self._direct(directly)
                except StoreUnavailable as error:
                    self._begin(error)
            async with self._lock:
                if self.memory is not None:
                    await self._settle(self.memory)
                    return await in_memory(self.memory)

    async def has_ended(self) -> bool:
        """Try to write what waits, unless that was refused a moment ago; return whether nothing waits any more."""
        return time.monotonic() >= self._retry_at and await self.flush()

    async def flush(self) -> bool:
        """Try now to write what waits; return whether nothing waits any more."""
        async with self._lock:
            memory = self.memory
            if memory is None:
                return True
            await self._settle(memory)
            try:
                await memory.backlog.write()
            except Exception as error:  # the store is a plugin's; whatever it is, the words stay here
                self._retry_at = time.monotonic() + self._retry_every
                if not isinstance(error, StoreUnavailable):
                    log.warning("what waits cannot be written: %s", error, exc_info=error)
                return False
            self._retry_at = 0.0
            if any(reply.is_moved for reply in self.replies):
                return False  # its words are still to come, to the session that is in memory
            self._aliases |= memory.renumbered()
            self.memory = None
            self._on_change(True, "; ".join(memory.backlog.told))
            return True

    async def close(self) -> None:
        """Try a last time, and let go of the primary store."""
        if not await self.flush() and self.memory is not None:
            await self.memory.backlog.close()

    def _begin(self, error: StoreUnavailable) -> None:
        if self.memory is None:
            self.memory = SpillMemory(self._primary, self._ids)
            self._retry_at = time.monotonic() + self._retry_every
            self._on_change(False, str(error))

    async def _direct(self, call: Callable[[], Awaitable[T]]) -> T:
        self._under_way += 1
        try:
            return await call()
        finally:
            self._under_way -= 1
            self._quiet.set()

    async def _settle(self, memory: SpillMemory) -> None:
        """Make sure that nobody writes to the primary store, so that what is taken in from it stays true."""
        while self._under_way:
            self._quiet.clear()
            await self._quiet.wait()
        for reply in list(self.replies):
            if not reply.is_moved:
                try:
                    await reply.move_to(memory)
                except StoreError:
                    continue  # it cannot even be read: the reply is told so when it writes
