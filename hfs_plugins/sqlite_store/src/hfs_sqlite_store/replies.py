"""Open replies: text that is kept as it comes, folded into one message at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from sqlalchemy import Connection, bindparam, insert, select, update

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
    from_microseconds,
    now,
    to_microseconds,
)
from hfs_sqlite_store.appending import add_message
from hfs_sqlite_store.changes import DROP_OPEN_TEXTS
from hfs_sqlite_store.finding import find
from hfs_sqlite_store.rows import SESSION, SessionRow
from hfs_sqlite_store.schema import open_texts, sessions
from hfs_sqlite_store.writer import Job, Writer

OPEN = (
    update(sessions)
    .where(sessions.c.id == bindparam("key"))
    .values(open_owner=bindparam("token"), open_since=bindparam("moment"))
)
ADD_TEXT = insert(open_texts)
TEXTS = select(open_texts.c.text).where(open_texts.c.session_id == bindparam("key")).order_by(open_texts.c.id)
ALL_OPEN = select(*SESSION).where(sessions.c.open_owner.is_not(None))


def fold(connection: Connection, row: SessionRow, draft: Draft | None, status: str) -> Message | None:
    """End a session's open reply as `draft`, or as the words that came; None if none came."""
    if draft is None:
        words = "".join(connection.execute(TEXTS, {"key": row.id}).scalars())
        if not words:
            connection.execute(OPEN, {"key": row.id, "token": None, "moment": None})
            connection.execute(DROP_OPEN_TEXTS, {"key": row.id})
            return None
        draft = Draft(Role.ASSISTANT, words, from_microseconds(row.open_since), status)
    parent = row.digest.hex()
    message = Message.from_draft(draft, session_id=row.id, index=row.message_count, parent=parent)
    connection.execute(DROP_OPEN_TEXTS, {"key": row.id})
    add_message(connection, row, message, to_microseconds(now()))
    return message


class Holders:
    """Who still writes which open reply: in this process by name, in others by their process' life."""

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
        """Say that nobody writes that reply any more, even if its row could not be closed (the disk was full)."""
        self._mine.discard(token)

    def is_held(self, token: str) -> bool:
        """Tell whether somebody may still write the reply with that token."""
        process = token.partition("/")[0]
        return token in self._mine if process == self._owner.token else self._owner.is_alive(process)


def fold_the_dead(holders: Holders) -> Job[None]:
    """Return the job that ends, as interrupted, every open reply that nobody writes any more."""

    def job(connection: Connection) -> None:
        for row in connection.execute(ALL_OPEN).all():
            if not holders.is_held(row.open_owner):
                fold(connection, row, None, Status.INTERRUPTED)

    return job


@asynccontextmanager
async def open_reply(writer: Writer, holders: Holders, ref: Ref, expect: int) -> AsyncIterator[ReplyWriter]:
    """Hold position `expect` of a session; see `Store.reply`."""
    token = holders.enter()
    try:
        reply = await _begin(writer, holders, token, ref, expect)
        try:
            yield reply
        finally:
            if reply.is_open:
                # A `finish` that was cancelled while it waited has been done all the same.
                with suppress(Conflict):
                    await asyncio.shield(reply.abandon(Status.INTERRUPTED))
    finally:
        holders.leave(token)


async def _begin(writer: Writer, holders: Holders, token: str, ref: Ref, expect: int) -> _Reply:
    def begin(connection: Connection) -> int:
        row = find(connection, ref)
        if row.open_owner is not None and not holders.is_held(row.open_owner):
            fold(connection, row, None, Status.INTERRUPTED)
            row = find(connection, ref)
        if row.message_count != expect or row.open_owner is not None:
            raise Conflict(f"position {expect} of session {row.id} is taken", position=expect)
        moment = to_microseconds(now())
        connection.execute(OPEN, {"key": row.id, "token": token, "moment": moment})
        return int(row.id)

    opening = asyncio.ensure_future(writer.do(begin))
    try:
        session_id = await asyncio.shield(opening)
    except asyncio.CancelledError:
        # The row may be held by now: it must be let go, or nobody could ever write there again.
        if not isinstance((await asyncio.gather(opening, return_exceptions=True))[0], BaseException):
            await _Reply(writer, opening.result(), token, expect).abandon(Status.INTERRUPTED)
        raise
    return _Reply(writer, session_id, token, expect)


class _Reply:
    """See `ReplyWriter`."""

    def __init__(self, writer: Writer, session_id: int, token: str, index: int):
        self.index = index
        self.is_open = True
        self._writer = writer
        self._session_id = session_id
        self._token = token

    async def write(self, text: str) -> None:
        """See `ReplyWriter.write`."""
        self._check()
        values = {"session_id": self._session_id, "text": checked_text(text)}

        def job(connection: Connection) -> None:
            self._row(connection)
            connection.execute(ADD_TEXT, values)

        await self._writer.do(job)

    async def finish(self, draft: Draft) -> Message:
        """See `ReplyWriter.finish`."""
        self._check()
        message = await self._writer.do(lambda connection: fold(connection, self._row(connection), draft, ""))
        assert message is not None
        self.is_open = False
        return message

    async def abandon(self, status: str) -> Message | None:
        """See `ReplyWriter.abandon`."""
        self._check()
        message = await self._writer.do(
            lambda connection: fold(connection, self._row(connection), None, status)
        )
        self.is_open = False
        return message

    def _row(self, connection: Connection) -> SessionRow:
        row = find(connection, self._session_id)
        if row.open_owner != self._token or row.message_count != self.index:
            raise Conflict(f"position {self.index} of session {row.id} was taken over", position=self.index)
        return row

    def _check(self) -> None:
        if not self.is_open:
            raise RuntimeError("this reply is closed")
