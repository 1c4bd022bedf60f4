"""Fits a transaction that waited to what others have written in the meantime, so that no word is lost or twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from hfs_core.contracts import Append, Change, Create, Delete, Fork, Operation, Put, PutBlob, Ref, Store
from hfs_core.errors import NotFound
from hfs_core.models import Draft, Message, Session


def with_refs(operation: Operation, name: Callable[[Ref], Ref]) -> Operation:
    """Return an operation whose session is named otherwise."""
    match operation:
        case Fork():
            return replace(operation, parent=name(operation.parent))
        case Append() | Change():
            return replace(operation, session=name(operation.session))
        case Put() | Delete() if operation.session is not None:
            return replace(operation, session=name(operation.session))
    return operation


def follow(operation: Operation, moved: Mapping[str, str]) -> Operation:
    """Return an operation of a session whose words went into a fork, for that fork.

    Args:
        moved: the uid of each fork, by that of its original.
    """
    if not moved:
        return operation
    operation = with_refs(operation, lambda ref: moved.get(str(ref), ref))
    if isinstance(operation, Put) and isinstance(operation.value, dict):
        uid = operation.value.get("uid")  # points to the session, such as the record of the current one
        if isinstance(uid, str) and uid in moved:
            return replace(operation, value={**operation.value, "uid": moved[uid]})
    return operation


def draft_of(message: Message) -> Draft:
    """Return what a message was before it had its place; shares nothing that can be changed."""
    metadata = deepcopy(dict(message.metadata))
    return Draft(message.role, message.content, message.created_at, message.status, metadata)


class Refit:
    """One attempt to fit a transaction to the primary store as it is now.

    Attributes:
        moved: the sessions whose words are elsewhere, once the transaction is done.
        ids: the ids of sessions that turned out to be there already.
        told: what the person should know about it.
    """

    def __init__(self, primary: Store, memory: Store, moved: Mapping[str, str]):
        self.moved = dict(moved)
        self.ids: dict[str, int] = {}
        self.told: list[str] = []
        self._primary = primary
        self._memory = memory
        self._made: set[str] = set()

    async def fit(
        self, operations: Sequence[Operation], namespace: str, *, must_fork: bool
    ) -> list[Operation]:
        """Return what of the transaction can, and still must, be done.

        Args:
            must_fork: a session that cannot be appended to, though nobody has: somebody holds the position.
        """
        sizes: dict[str, int] = {}
        forks: dict[str, Fork] = {}
        for operation in operations:
            if isinstance(operation, Create):
                sizes[operation.uid] = 0
            elif isinstance(operation, Fork):
                sizes[operation.uid], forks[operation.uid] = operation.at, operation
            elif isinstance(operation, Append):
                sizes[str(operation.session)] = (operation.expect or 0) + 1
        fitted: list[Operation] = []
        for uid, size in sizes.items():
            fork = forks.get(uid)
            if fork is not None:
                fork = replace(fork, parent=self.moved.get(str(fork.parent), fork.parent))
            fitted += await self._conversation(uid, size, fork, must_fork=must_fork)
        for operation in operations:
            if not isinstance(operation, Create | Fork | Append):
                moved = follow(operation, self.moved)
                if await self._fits(moved, namespace):
                    fitted.append(replace(moved, expect=None) if isinstance(moved, Change) else moved)
        return fitted

    async def _conversation(
        self, uid: str, size: int, fork: Fork | None, *, must_fork: bool
    ) -> list[Operation]:
        """Return what gives a session its first `size` messages, or a fork of it where others went on.

        Args:
            fork: how the session is made, if it is not there and is to be one.
        """
        target = self.moved.get(uid, uid)
        try:
            name = (await self._memory.session(uid)).name
            words = await self._memory.messages(uid, 0, size)
        except NotFound:
            return []  # removed for good, later in the backlog
        theirs = await self._session(target)
        if theirs is None:
            return await self._made_anew(target, name, words, fork)
        self.ids[target] = theirs.id
        common = _common(words, await self._primary.messages(target, 0, size))
        if common == len(words):
            return []
        if common == theirs.message_count and not must_fork:
            return _appends(target, words, common)
        branched = Fork(_fork_uid(target, words[common]), f"{name} (conflict)", theirs.uid, common)
        self.moved[uid] = branched.uid
        self.told.append(f"{name!r} went on elsewhere: what you said meanwhile is in {branched.name!r}")
        return await self._conversation(uid, size, branched, must_fork=False)

    async def _made_anew(
        self, uid: str, name: str, words: Sequence[Message], fork: Fork | None
    ) -> list[Operation]:
        """Return what makes a session that is not there: a fork if its parent still is, else a copy."""
        self._made.add(uid)
        if fork is not None and (fork.parent in self._made or await self._shares(fork, words)):
            return [fork, *_appends(uid, words, fork.at)]
        return [Create(uid, name), *_appends(uid, words, 0)]

    async def _shares(self, fork: Fork, words: Sequence[Message]) -> bool:
        try:
            theirs = await self._primary.messages(fork.parent, 0, fork.at)
        except NotFound:
            return False
        return _common(words[: fork.at], theirs) == fork.at

    async def _fits(self, operation: Operation, namespace: str) -> bool:
        """Tell whether what an operation changes is still there to be changed."""
        if isinstance(operation, PutBlob):
            return True
        assert isinstance(operation, Change | Put | Delete)
        is_new = operation.session in self._made
        if operation.session is not None and not is_new:
            session = await self._session(operation.session)
            if session is None:
                return False
            if isinstance(operation, Change) and operation.expect not in (None, session.message_count):
                return False  # such as hiding a session in which others have said something since
        if isinstance(operation, Delete):
            records = self._primary.records(namespace)
            return not is_new and await records.get(operation.key, session=operation.session) is not None
        return True

    async def _session(self, ref: Ref) -> Session | None:
        try:
            return await self._primary.session(ref)
        except NotFound:
            return None


def _common(ours: Sequence[Message], theirs: Sequence[Message]) -> int:
    """Return how many messages two conversations share at their beginning."""
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one.digest != other.digest:
            return index
    return min(len(ours), len(theirs))


def _fork_uid(uid: str, message: Message) -> str:
    """Return the uid of the fork that begins with a message: always the same, so that it is not made twice."""
    return hashlib.sha256(f"{uid}/{message.digest}".encode()).hexdigest()[:32]


def _appends(uid: str, words: Sequence[Message], start: int) -> list[Operation]:
    return [Append(uid, draft_of(message), expect=message.index) for message in words[start:]]
