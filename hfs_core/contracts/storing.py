"""What a store is asked to do, and what it promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hfs_core.models import JSON, Draft, Message, Record, Session

Ref = int | str
"""A session by its id, or by its uid, which the caller chooses: so one `apply` can make a session and use it."""


@dataclass(frozen=True, slots=True)
class Create:
    """Make an empty session. Outcome: `Session`; `Conflict` if the uid is taken."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Fork:
    """Make a session that shares messages `[0:at]` of `parent`: one row, nothing copied. Outcome: `Session`.

    Its id is higher than its parent's (lower, where it is negative because the disk is full).

    `NotFound` if the parent has fewer than `at` messages.
    """

    uid: str
    name: str
    parent: Ref
    at: int


@dataclass(frozen=True, slots=True)
class Append:
    """Add a finished message. Outcome: `Message`.

    `expect` is the position that it must get; `Conflict` if the session has another number of messages, or if
    an open reply holds the position.
    """

    session: Ref
    draft: Draft
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Rename, hide (`deleted=True`) or restore a session. Outcome: `Session`.

    `expect` is the number of messages that it must have, else `Conflict`.
    """

    session: Ref
    name: str | None = None
    deleted: bool | None = None
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record of the namespace. Outcome: `Record`.

    `expect` is the revision that it must have (0: must not exist), else `Conflict`. `blobs` names, by SHA-256,
    what the record keeps alive; `NotFound` if one is not there. `position` orders the list of records.
    """

    key: str
    value: JSON
    session: Ref | None = None
    position: int = 0
    expect: int | None = None
    blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a record of the namespace. Outcome: None; `NotFound` if it is not there, `Conflict` on `expect`."""

    key: str
    session: Ref | None = None
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class PutBlob:
    """Keep bytes. Outcome: their SHA-256. A blob that no record names at the end of the `apply` goes again."""

    data: bytes


Operation = Create | Fork | Append | Change | Put | Delete | PutBlob
Outcome = Session | Message | Record | str | None


class ReplyWriter(Protocol):
    """An open reply: it holds its position, so that another writer there gets `Conflict`."""

    @property
    def index(self) -> int:
        """The reply's place in the conversation."""

    async def write(self, text: str) -> None:
        """Keep more of the reply; durable on return."""

    async def finish(self, draft: Draft) -> Message:
        """Make `draft` the reply, whatever was written before. One transaction."""

    async def abandon(self, status: str) -> Message | None:
        """Keep the words that came, marked `failed` or `interrupted`; None, and no message, if none came."""


class Records(Protocol):
    """The JSON documents of one namespace."""

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """Return a record, None if there is none."""

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """Return the records of a session (of none: the namespace's own), by position, then as they were made.

        With `inherited` also the ancestors' records whose position is at or below the fork point.
        """

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """Do `Store.apply` in this namespace."""

    async def blob(self, sha256: str) -> bytes:
        """Return a blob; raises NotFound."""


@runtime_checkable
class Store(Protocol):
    """Keeps sessions, messages, records and blobs. Frozen values in, frozen values out.

    A method is one transaction; an acknowledged write survives `kill -9` and power loss. Lone surrogates are
    refused (ValueError), NUL and U+2028 are kept. Metadata and record values are JSON with string keys, no NaN.
    """

    async def session(self, ref: Ref) -> Session:
        """Return a session, hidden or not; raises NotFound."""

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        """Return sessions, the last active first (ties: the newest first); with `deleted` the hidden ones too.

        `before` continues a listing after that session. Touches `limit` rows, not all.
        """

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        """Return messages `[start:stop]` of the whole conversation, ancestors' included; raises NotFound."""

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """Do all operations or none, in one transaction; one outcome each.

        Raises:
            Conflict: an `expect` did not hold, or a uid is taken.
            NotFound: a session, record or blob is not there.
            StoreUnavailable: it cannot be written now.
        """

    def reply(self, ref: Ref, *, expect: int) -> AbstractAsyncContextManager[ReplyWriter]:
        """Open a reply at position `expect`; leaving without finishing keeps its words as interrupted.

        Raises Conflict on entry. A reply whose process died is finished as interrupted by whoever meets it.
        """

    def records(self, namespace: str) -> Records:
        """Return the records of one namespace."""

    async def verify(self, ref: Ref, at: int) -> int | None:
        """Return the index of the first message below `at` that is missing or whose digest does not hold.

        None if all hold.
        """

    async def purge(self, ref: Ref) -> int:
        """Remove a session for good and return the bytes freed; what living children share stays.

        The records of the session go; the session itself is gone for `session` and `sessions`, and its uid is
        free again. `Conflict` while a reply is open in it.
        """


StoreFactory = Callable[[], AbstractAsyncContextManager[Store]]
"""What `provide_store` returns: opens the store on entry and closes it on exit.

Entering raises StoreUnusable (corrupt, newer) or StoreUnavailable.
"""
