"""Messages that are still being written: their words are kept as they come, and folded into one at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import count
from typing import TypeVar

from hfs_core.api import (
    Conflict,
    Draft,
    Message,
    Owner,
    Ref,
    ReplyWriter,
    Role,
    Status,
    checked_text,
    now,
)

from .facts import OpenReply, SessionIs, SessionRow, WordsAre
from .keeper import Keeper
from .state import State
from .transaction import Transaction

T = TypeVar("T")


class Writers:
    """Who still writes which reply: in this process by name, in others by whether their process lives."""

    def __init__(self, owner: Owner):
        self._owner = owner
        self._numbers = count(1)
        self._mine: set[str] = set()

    def enter(self) -> str:
        """Return the token of a new reply of this process."""
        token = f"{self._owner.token}/{next(self._numbers)}"
        self._mine.add(token)
        return token

    def leave(self, token: str) -> None:
        """Say that nobody writes that reply any more, even if that could not be written down (the disk was full)."""
        self._mine.discard(token)

    def left_in(self, state: State) -> list[int]:
        """Return the ids of the sessions with an open reply that nobody writes any more."""
        return [number for number in sorted(state.answered) if self._is_left(state.sessions[number])]

    def _is_left(self, row: SessionRow) -> bool:
        assert row.reply is not None
        process = row.reply.token.partition("/")[0]
        if process == self._owner.token:
            return row.reply.token not in self._mine
        return not self._owner.is_alive(process)


def fold(transaction: Transaction, number: int, draft: Draft | None, status: str) -> Message | None:
    """End the open reply of a session as `draft`, or as the words that came; None if none came."""
    state = transaction.state
    row = state.sessions[number]
    assert row.reply is not None
    pieces = state.words.get(number, {})
    words = "".join(pieces[place] for place in sorted(pieces))
    if draft is None and words:
        draft = Draft(Role.ASSISTANT, words, row.reply.since, status)
    for place in list(pieces):
        transaction.set(WordsAre(number, place, None))
    transaction.set(SessionIs(number, replace(row, reply=None)))
    return None if draft is None else transaction.append(number, draft)


def fold_left(transaction: Transaction, writers: Writers) -> None:
    """End, as interrupted, every open reply that nobody writes any more."""
    for number in writers.left_in(transaction.state):
        fold(transaction, number, None, Status.INTERRUPTED)


@asynccontextmanager
async def open_reply(keeper: Keeper, writers: Writers, ref: Ref, expect: int) -> AsyncIterator[ReplyWriter]:
    """Hold position `expect` of a session; see `Store.reply`."""
    token = writers.enter()
    try:
        reply = await _begun(keeper, writers, token, ref, expect)
        try:
            yield reply
        finally:
            if reply.is_open:
                # A `finish` that was cancelled while it waited has been done all the same.
                with suppress(Conflict):
                    await asyncio.shield(reply.abandon(Status.INTERRUPTED))
    finally:
        writers.leave(token)


async def _begun(keeper: Keeper, writers: Writers, token: str, ref: Ref, expect: int) -> _Reply:
    def begin(transaction: Transaction) -> int:
        fold_left(transaction, writers)
        number = transaction.state.id_of(ref)
        row = transaction.state.sessions[number]
        if row.count != expect or row.reply is not None:
            raise Conflict(f"position {expect} of session {number} is taken", position=expect)
        transaction.set(SessionIs(number, replace(row, reply=OpenReply(token, now()))))
        return number

    beginning = asyncio.ensure_future(keeper.change(begin))
    try:
        number = await asyncio.shield(beginning)
    except asyncio.CancelledError:
        # It may be held by now: then it must be let go, or nobody could ever write there again.
        if not isinstance((await asyncio.gather(beginning, return_exceptions=True))[0], BaseException):
            await _Reply(keeper, beginning.result(), token, expect).abandon(Status.INTERRUPTED)
        raise
    return _Reply(keeper, number, token, expect)


class _Reply:
    """See `ReplyWriter`."""

    def __init__(self, keeper: Keeper, number: int, token: str, index: int):
        self.index = index
        self.is_open = True
        self._keeper = keeper
        self._number = number
        self._token = token

    async def write(self, text: str) -> None:
        """See `ReplyWriter.write`."""
        checked_text(text)

        def add(transaction: Transaction) -> None:
            place = len(transaction.state.words.get(self._number, {}))
            transaction.set(WordsAre(self._number, place, text))

        await self._change(add)

    async def finish(self, draft: Draft) -> Message:
        """See `ReplyWriter.finish`."""
        message = await self._change(lambda transaction: fold(transaction, self._number, draft, ""))
        assert message is not None
        self.is_open = False
        return message

    async def abandon(self, status: str) -> Message | None:
        """See `ReplyWriter.abandon`."""
        message = await self._change(lambda transaction: fold(transaction, self._number, None, status))
        self.is_open = False
        return message

    async def _change(self, work: Callable[[Transaction], T]) -> T:
        if not self.is_open:
            raise RuntimeError("this reply is closed")

        def mine(transaction: Transaction) -> T:
            row = transaction.state.sessions.get(self._number)
            if row is None or row.reply is None or row.reply.token != self._token:
                text = f"position {self.index} of session {self._number} was taken over"
                raise Conflict(text, position=self.index)
            return work(transaction)

        return await self._keeper.change(mine)
