"""The store that keeps nothing: where no store plugin is installed, and the reference for those that are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from operator import attrgetter

from hfs_core.builtin.memory_state import Branch, MemoryState, Transaction
from hfs_core.contracts import Append, Operation, Outcome, Records, Ref, ReplyWriter, Store
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import (
    EMPTY_DIGEST,
    Draft,
    Message,
    Record,
    Role,
    Session,
    Status,
    checked_text,
    message_digest,
    now,
    to_microseconds,
)


@asynccontextmanager
async def memory_store() -> AsyncIterator[Store]:
    """Open a new, empty store."""
    yield MemoryStore()


class MemoryStore:
    """A store whose sessions end with the process. No method waits, so each is one transaction by itself."""

    def __init__(self) -> None:
        self._state = MemoryState()

    async def session(self, ref: Ref) -> Session:
        """See `Store.session`."""
        return self._state.session(self._state.find(ref))

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        """See `Store.sessions`; all are in memory, so all are sorted."""
        found = [branch for branch in self._state.branches.values() if not branch.is_purged]
        if not deleted:
            found = [branch for branch in found if branch.deleted_at is None]
        if before is not None:
            found = [b for b in found if (b.updated_at, b.id) < (before.updated_at, before.id)]
        found.sort(key=attrgetter("updated_at", "id"), reverse=True)
        return [self._state.session(branch) for branch in found[:limit]]

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        """See `Store.messages`."""
        return [_copy(message) for message in self._line(self._state.find(ref), start, stop)]

    def _line(self, branch: Branch, start: int, stop: int | None) -> list[Message]:
        parts: list[Sequence[Message]] = []
        start = max(start, 0)
        for step, cut in self._state.lineage(branch):
            end = cut if stop is None else min(cut, stop)
            parts.append(step.own[max(start - step.at, 0) : max(end - step.at, 0)])
        return [message for part in reversed(parts) for message in part]

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """See `Store.apply`."""
        outcomes = Transaction(self._state, namespace).run(operations)
        return [_copy(outcome) if isinstance(outcome, Message) else outcome for outcome in outcomes]

    @asynccontextmanager
    async def reply(self, ref: Ref, *, expect: int) -> AsyncIterator[ReplyWriter]:
        """See `Store.reply`."""
        branch = self._state.find(ref)
        if branch.size != expect or branch.open_text is not None:
            raise Conflict(f"position {expect} of session {branch.id} is taken", position=expect)
        branch.open_text = []
        writer = _Reply(self._state, branch)
        try:
            yield writer
        finally:
            if writer.is_open:
                await writer.abandon(Status.INTERRUPTED)

    def records(self, namespace: str) -> Records:
        """See `Store.records`."""
        return _Records(self, self._state, namespace)

    async def verify(self, ref: Ref, at: int) -> int | None:
        """See `Store.verify`."""
        parent, index = EMPTY_DIGEST, 0
        for message in self._line(self._state.find(ref), 0, at):
            moment = to_microseconds(message.created_at)
            facts = (message.role, message.content, moment, message.status, message.metadata)
            if message.digest != message_digest(parent, *facts):
                return index
            parent, index = message.digest, index + 1
        return index if index < at else None

    async def purge(self, ref: Ref) -> int:
        """See `Store.purge`."""
        state, branch = self._state, self._state.find(ref)
        if branch.open_text is not None:
            raise Conflict(f"session {branch.id} is being answered", position=branch.size)
        branch.is_purged = True
        del state.ids[branch.uid]
        gone = [state.records.pop(key) for key in list(state.records) if key[1] == branch.id]
        freed = sum(len(kept.text.encode()) for kept in gone)
        freed += state.sweep({name for kept in gone for name in kept.blobs})
        step: Branch | None = branch
        while step is not None and step.is_purged:
            freed += self._trim(step)
            step = step.parent
        return freed

    def _trim(self, branch: Branch) -> int:
        """Drop of a purged branch what no child shares; return the bytes freed."""
        children = [child for child in self._state.branches.values() if child.parent is branch]
        shared = max((min(child.at, child.size) for child in children), default=0)
        dropped = branch.own[max(shared - branch.at, 0) :]
        del branch.own[max(shared - branch.at, 0) :]
        branch.at = min(branch.at, shared)
        if not children:
            del self._state.branches[branch.id]
        return sum(len(message.content.encode()) for message in dropped)


class _Reply:
    """An open reply; see `ReplyWriter`."""

    def __init__(self, state: MemoryState, branch: Branch):
        self._state = state
        self._branch = branch
        self._parts = branch.open_text
        self.index = branch.size
        self._began = now()

    @property
    def is_open(self) -> bool:
        """Whether it still holds its position."""
        return self._branch.open_text is not None and self._branch.open_text is self._parts

    async def write(self, text: str) -> None:
        """See `ReplyWriter.write`."""
        self._words().append(checked_text(text))

    async def finish(self, draft: Draft) -> Message:
        """See `ReplyWriter.finish`."""
        self._words()
        return self._close(draft)

    async def abandon(self, status: str) -> Message | None:
        """See `ReplyWriter.abandon`."""
        words = "".join(self._words())
        if words:
            return self._close(Draft(Role.ASSISTANT, words, self._began, status))
        self._branch.open_text = None
        return None

    def _words(self) -> list[str]:
        if self._parts is None or not self.is_open:
            raise RuntimeError("this reply is closed")
        return self._parts

    def _close(self, draft: Draft) -> Message:
        self._branch.open_text = None
        try:
            transaction = Transaction(self._state, "")
            (message,) = transaction.run([Append(self._branch.id, draft, expect=self.index)])
        except BaseException:
            self._branch.open_text = self._parts
            raise
        assert isinstance(message, Message)
        return _copy(message)


class _Records:
    """The records of one namespace; see `Records`."""

    def __init__(self, store: MemoryStore, state: MemoryState, namespace: str):
        self._store = store
        self._state = state
        self._namespace = namespace

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """See `Records.get`."""
        wanted = (self._namespace, self._state.session_id(session), key)
        return self._state.record(wanted) if wanted in self._state.records else None

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """See `Records.list`."""
        state, own = self._state, self._state.session_id(session)
        cuts: dict[int | None, int] = {}
        if inherited and session is not None:
            branch = state.find(session)
            cuts = {step.id: cut for step, cut in state.lineage(branch) if step is not branch}
        found = [
            (kept.position, kept.serial, key)
            for key, kept in state.records.items()
            if key[0] == self._namespace and (key[1] == own or kept.position <= cuts.get(key[1], -1))
        ]
        return [state.record(key) for _, _, key in sorted(found)]

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """See `Records.apply`."""
        return await self._store.apply(*operations, namespace=self._namespace)

    async def blob(self, sha256: str) -> bytes:
        """See `Records.blob`."""
        try:
            return self._state.blobs[sha256]
        except KeyError:
            raise NotFound(f"there is no blob {sha256}") from None


def _copy(message: Message) -> Message:
    """Return a message that shares nothing that can be changed."""
    return replace(message, metadata=deepcopy(message.metadata)) if message.metadata else message
