"""The contract of HFS, in terms of facts: see `hfs_core.api.Store` for what each method promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hfs_core.api import (
    EMPTY_DIGEST,
    Message,
    Operation,
    Outcome,
    Owner,
    Record,
    Records,
    Ref,
    ReplyWriter,
    Session,
    Store,
    StoreUnavailable,
    message_digest,
    to_microseconds,
)

from .keeper import Keeper
from .purging import purge
from .replies import Writers, fold_left, open_reply
from .state import State
from .transaction import Transaction

T = TypeVar("T")


@asynccontextmanager
async def open_store(folder: Path) -> AsyncIterator[Store]:
    """Open the store in a folder, which is made if it is not there.

    Raises:
        StoreUnusable: the folder is damaged, or written by a newer version.
        StoreUnavailable: it cannot be made, read or locked.
    """
    async with AsyncExitStack() as stack:
        keeper = Keeper(folder)
        stack.push_async_callback(keeper.close)
        await keeper.open()
        owner = Owner(folder / "owners")
        stack.callback(owner.release)
        try:
            owner.acquire()
        except OSError as error:
            raise StoreUnavailable(f"{folder} cannot be written: {error.strerror}") from error
        yield JsonStore(keeper, Writers(owner))


class JsonStore:
    """A store whose sessions are a folder of JSON files."""

    def __init__(self, keeper: Keeper, writers: Writers):
        self._keeper = keeper
        self._writers = writers

    async def session(self, ref: Ref) -> Session:
        """See `Store.session`."""
        return await self._read(lambda state: state.session(state.id_of(ref)))

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        """See `Store.sessions`."""

        def listed(state: State) -> list[Session]:
            return [state.session(number) for number in state.listed(limit, before, deleted=deleted)]

        return await self._read(listed)

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        """See `Store.messages`."""
        line = await self._read(lambda state: state.line(state.id_of(ref), max(start, 0), stop))
        return [_own(message) for message in line]

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """See `Store.apply`."""

        def work(transaction: Transaction) -> list[Outcome]:
            fold_left(transaction, self._writers)
            return transaction.run(operations)

        outcomes = await self._keeper.change(work, namespace)
        return [_own(outcome) if isinstance(outcome, Message) else outcome for outcome in outcomes]

    def reply(self, ref: Ref, *, expect: int) -> AbstractAsyncContextManager[ReplyWriter]:
        """See `Store.reply`."""
        return open_reply(self._keeper, self._writers, ref, expect)

    def records(self, namespace: str) -> Records:
        """See `Store.records`."""
        return _Records(self, self._keeper, namespace)

    async def verify(self, ref: Ref, at: int) -> int | None:
        """See `Store.verify`."""
        parent = EMPTY_DIGEST
        found = {message.index: message for message in await self.messages(ref, 0, at)}
        for index in range(at):
            message = found.get(index)
            if message is None or message.digest != _digest(parent, message):
                return index
            parent = message.digest
        return None

    async def purge(self, ref: Ref) -> int:
        """See `Store.purge`; the words are in no file any more on return, on a full disk after the next change."""

        def work(transaction: Transaction) -> int:
            fold_left(transaction, self._writers)
            return purge(transaction, ref)

        return await self._keeper.change(work, anew=True)

    async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
        """Say how much there is; `hfs doctor` asks."""

        def count(state: State) -> str:
            words = sum(map(len, state.messages.values()))
            return f"{self._keeper.folder}: {len(state.sessions)} sessions, {words} messages, {len(state.blobs)} blobs"

        return [(await self._keeper.read(count), False)]

    async def _read(self, question: Callable[[State], T]) -> T:
        """Answer a question, once replies that nobody writes any more are messages."""
        if await self._keeper.read(self._writers.left_in):
            with suppress(StoreUnavailable):  # a full disk keeps nobody from reading what is there
                await self._keeper.change(lambda transaction: fold_left(transaction, self._writers))
        return await self._keeper.read(question)


class _Records:
    """The records of one namespace; see `Records`."""

    def __init__(self, store: JsonStore, keeper: Keeper, namespace: str):
        self._store = store
        self._keeper = keeper
        self._namespace = namespace

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """See `Records.get`."""

        def question(state: State) -> Record | None:
            owner = None if session is None else state.id_of(session)
            return state.record((self._namespace, owner, key))

        return await self._keeper.read(question)

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """See `Records.list`."""

        def question(state: State) -> Sequence[Record]:
            owner = None if session is None else state.id_of(session)
            return state.listed_records(self._namespace, owner, inherited=inherited)

        return await self._keeper.read(question)

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """See `Records.apply`."""
        return await self._store.apply(*operations, namespace=self._namespace)

    async def blob(self, sha256: str) -> bytes:
        """See `Records.blob`."""
        return await self._keeper.blob(sha256)


def _own(message: Message) -> Message:
    """Return a message that shares nothing with the state that can be changed."""
    return replace(message, metadata=deepcopy(message.metadata)) if message.metadata else message


def _digest(parent: str, message: Message) -> str:
    moment = to_microseconds(message.created_at)
    return message_digest(parent, message.role, message.content, moment, message.status, message.metadata)
