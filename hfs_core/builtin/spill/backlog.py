"""What was said while the store could not write, and how it gets there afterwards.

Every transaction of that time waits as it was, in order, with its sessions named by uid and its messages expecting
their position. So a transaction that was done already, or that somebody else came before, is noticed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from hfs_core.builtin.spill.refit import Refit, follow
from hfs_core.contracts import Append, Change, Create, Fork, Operation, ReplyWriter, Store
from hfs_core.errors import Conflict, HfsError, NotFound, StoreUnavailable
from hfs_core.models import Session, Status

ATTEMPTS = 5
"""How often a transaction is fitted anew to what others keep writing, before it waits for the next time."""


@dataclass(frozen=True, slots=True)
class Held:
    """A reply that is still open in the primary store, where it holds its position."""

    writer: ReplyWriter
    context: AsyncExitStack


@dataclass(slots=True)
class Entry:
    """One transaction that waits.

    Attributes:
        held: the open reply that its only operation, if it has one, finishes.
        purged: the uid of the session that it removes.
    """

    operations: Sequence[Operation] = ()
    namespace: str = ""
    held: Held | None = None
    purged: str | None = None


class Backlog:
    """The transactions that wait to be written to the primary store.

    Args:
        memory: where they were done.

    Attributes:
        told: what the person should know about words that went elsewhere.
    """

    def __init__(self, primary: Store, memory: Store):
        self.entries: deque[Entry] = deque()
        self.told: list[str] = []
        self._primary = primary
        self._memory = memory
        self._ids: dict[str, int] = {}
        self._moved: dict[str, str] = {}

    def id_of(self, uid: str) -> int | None:
        """Return the id that the primary store gave a session, or the fork of it, None if it gave none."""
        return self._ids.get(self._moved.get(uid, uid))

    def uids(self) -> list[str]:
        """Return the uids of the sessions of which more than records waits, in order."""
        found: dict[str, None] = {}
        for entry in self.entries:
            for operation in entry.operations:
                if isinstance(operation, Create | Fork):
                    found[operation.uid] = None
                elif isinstance(operation, Append | Change):
                    found[str(operation.session)] = None
        return list(found)

    async def write(self) -> None:
        """Write what waits, oldest first; when that fails, what was written waits no longer.

        Raises:
            StoreUnavailable: it still cannot be written.
        """
        while self.entries:
            await self._write(self.entries[0])
            self.entries.popleft()

    async def close(self) -> None:
        """Let go of the replies that are still open in the primary store."""
        for entry in self.entries:
            if entry.held is not None:
                with suppress(HfsError):  # it cannot be written: whoever meets it finds it interrupted
                    await entry.held.context.aclose()

    async def _write(self, entry: Entry) -> None:
        if entry.purged is not None:
            with suppress(NotFound, Conflict):  # gone already, or somebody is getting an answer in it
                await self._primary.purge(self._moved.pop(entry.purged, entry.purged))
        elif entry.held is None or not await self._finish(entry, entry.held):
            await self._apply(entry)

    async def _finish(self, entry: Entry, held: Held) -> bool:
        """Finish an open reply; False if it has to be appended like any other message."""
        try:
            for operation in entry.operations:
                if isinstance(operation, Append):
                    await held.writer.finish(operation.draft)
            if not entry.operations:
                await held.writer.abandon(Status.INTERRUPTED)
            is_finished = True
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 # the writer is a plugin's, and may be closed since it failed
            is_finished = False
        entry.held = None
        with suppress(HfsError):  # its words are in the entry
            await held.context.aclose()
        return is_finished

    async def _apply(self, entry: Entry) -> None:
        operations: Sequence[Operation] = [follow(operation, self._moved) for operation in entry.operations]
        refit = Refit(self._primary, self._memory, self._moved)
        for attempt in range(ATTEMPTS):
            try:
                outcomes = (
                    await self._primary.apply(*operations, namespace=entry.namespace) if operations else ()
                )
            except (Conflict, NotFound):
                refit = Refit(self._primary, self._memory, self._moved)
                operations = await refit.fit(entry.operations, entry.namespace, must_fork=attempt > 0)
                continue
            self._moved = refit.moved
            self._ids |= refit.ids
            self._ids |= {made.uid: made.id for made in outcomes if isinstance(made, Session)}
            self.told += refit.told
            return
        raise StoreUnavailable("others keep changing the sessions that were talked in")
