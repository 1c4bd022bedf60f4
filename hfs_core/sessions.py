"""Sessions as people speak of them: named, current, found by a part of their name, renamed, forked, hidden."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from datetime import datetime
from typing import cast
from uuid import uuid4

from hfs_core.bus import EventBus
from hfs_core.contracts import ARRIVING, Change, Fork, Put, Ref, Store
from hfs_core.errors import CommandError, NotFound, RunError
from hfs_core.events import (
    HfsEvent,
    SessionDeleted,
    SessionForked,
    SessionPurged,
    SessionRenamed,
    SessionRestored,
    SessionResumed,
)
from hfs_core.models import Session, replace_surrogates
from hfs_core.notify import Notifier

NAMESPACE = "hfs.core"
"""The namespace of the core's own records."""

NAME_LENGTH = 30
"""How many characters of its first message a session's name begins with."""

LONGEST_NAME = 200
"""How many characters a person may give a name."""

_PAGE = 200


def name_for(text: str, moment: datetime) -> str:
    """Return the name of a session that begins with `text`: its first 30 characters and the local time."""
    words = " ".join(text.split())
    cut = words if len(words) <= NAME_LENGTH else f"{words[:NAME_LENGTH].rstrip()}..."
    return f"{cut} - {moment.astimezone():%Y-%m-%d_%H-%M}".removeprefix(" - ")


def checked_name(text: str) -> str:
    """Return the name that a person gives a session, in one line; raises CommandError for one that is no name."""
    spaced = (" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text)
    name = " ".join(replace_surrogates("".join(spaced)).split())
    if not any(letter.isprintable() and not letter.isspace() for letter in name):
        raise CommandError("a session needs a name that can be seen")
    if len(name) > LONGEST_NAME:
        raise CommandError(f"a name has at most {LONGEST_NAME} characters, not {len(name):,}")
    return name


def new_uid() -> str:
    """Return a name for a session that no other has, in any store."""
    return uuid4().hex


def make_current(uid: str) -> Put:
    """Return the write that makes a session the current one of the shell."""
    return Put("current", {"uid": uid})


async def session_to_write(store: Store, ref: Ref) -> Session:
    """Return a session that a message may go to: in a hidden one nobody would find it.

    Raises:
        NotFound: it was purged.
        RunError: it was deleted.
    """
    try:
        session = await store.session(ref)
    except NotFound as error:
        raise NotFound(f"session {ref} is not there any more: it was purged; begin a new one") from error
    if session.deleted_at is not None:
        raise RunError(
            f"session {session.id} ({session.name}) was deleted: `restore {session.id}` brings it back, "
            "or begin a new one"
        )
    return session


class Sessions:
    """What can be done to sessions, each told as an event."""

    def __init__(self, store: Store, bus: EventBus, notifier: Notifier):
        self._store = store
        self._bus = bus
        self._notifier = notifier

    async def current(self) -> Session | None:
        """Return the session last written to, resumed, forked, rewound to or imported; None if there is none."""
        record = await self._store.records(NAMESPACE).get("current")
        if record is not None:
            try:
                session = await self._store.session(record.value["uid"])
            except NotFound:
                session = None
            if session is not None and session.deleted_at is None:
                return session
        latest = await self._store.sessions(limit=1)
        return latest[0] if latest else None

    async def find(self, wanted: str, *, deleted: bool | None = False) -> Session:
        """Return the session with that id or uid, that name, or the only one with that part of a name.

        Of several with that name, the last active one.

        Args:
            deleted: look among the hidden ones, and only there; None looks everywhere.

        Raises:
            CommandError: none fits, or several do.
        """
        passed_over: Session | None = None
        refs: list[Ref] = [int(wanted), wanted] if wanted.isdecimal() else [wanted]
        for ref in refs:
            try:
                session = await self._store.session(ref)
            except NotFound:
                continue
            if session.uid in await self._arriving(session.deleted_at):
                continue
            if _is_meant(session, deleted):
                return session
            passed_over = session
        parts = []
        async for session in self.all(deleted=deleted is not False):
            if _is_meant(session, deleted):
                if session.name == wanted:
                    return session
                if wanted.casefold() in session.name.casefold():
                    parts.append(session)
        if len(parts) == 1 and passed_over is None:
            return parts[0]
        if parts and passed_over is None:
            raise CommandError(_several(wanted, parts))
        raise CommandError(_nothing(wanted, passed_over, deleted))

    async def all(self, *, deleted: bool = False) -> AsyncIterator[Session]:
        """Go through all sessions, the last active first; with `deleted` the hidden ones, too, that are whole."""
        before = None
        arriving = await self._arriving(deleted)
        while page := await self._store.sessions(limit=_PAGE, before=before, deleted=deleted):
            for session in page:
                if session.uid not in arriving:
                    yield session
            before = page[-1]

    async def _arriving(self, is_hidden: object) -> set[str]:
        """Return the uids of the sessions that are being filled; none where only shown ones are looked at."""
        if not is_hidden:
            return set()
        return {record.key for record in await self._store.records(ARRIVING).list()}

    async def resume(self, ref: Ref) -> Session:
        """Make a kept session the current one."""
        session = await self._store.session(ref)
        await self._store.apply(make_current(session.uid), namespace=NAMESPACE)
        await self._bus.emit(_about(SessionResumed(name=session.name), session))
        self._notifier.tell("on_start", session_id=session.id)
        return session

    async def rename(self, ref: Ref, name: str) -> Session:
        """Give a session another name; raises CommandError for one that is no name."""
        name = checked_name(name)
        old = await self._store.session(ref)
        (renamed,) = await self._store.apply(Change(ref, name=name))
        session = cast(Session, renamed)
        await self._bus.emit(_about(SessionRenamed(name=name, old_name=old.name), session))
        return session

    async def fork(self, ref: Ref, *, at: int | None = None, name: str | None = None) -> Session:
        """Make a session that shares the first `at` messages (all by default); it becomes the current one.

        Its `on_start` is told when a surface goes on with it, by `resume`. Without a name it gets its parent's and
        a number that the sessions of late do not have.
        """
        given = None if name is None else checked_name(name)
        parent = await self._store.session(ref)
        at = parent.message_count if at is None else at
        uid = new_uid()
        if given is None:
            taken = {session.name for session in await self._store.sessions(limit=_PAGE)}
            given = _fork_name(parent.name)
            while given in taken:
                given = _fork_name(given)
        fork = Fork(uid, given, parent.id, at)
        made, _ = await self._store.apply(fork, make_current(uid), namespace=NAMESPACE)
        session = cast(Session, made)
        await self._bus.emit(_about(SessionForked(name=session.name, parent_id=parent.id, at=at), session))
        return session

    async def delete(self, ref: Ref, *, expect: int | None = None) -> Session:
        """Hide a session; `restore` brings it back. Conflict if it has not `expect` messages."""
        (hidden,) = await self._store.apply(Change(ref, deleted=True, expect=expect))
        session = cast(Session, hidden)
        await self._bus.emit(_about(SessionDeleted(), session))
        return session

    async def restore(self, ref: Ref) -> Session:
        """Bring a hidden session back."""
        (shown,) = await self._store.apply(Change(ref, deleted=False))
        session = cast(Session, shown)
        await self._bus.emit(_about(SessionRestored(), session))
        return session

    async def purge(self, ref: Ref) -> int:
        """Remove a session for good; returns the bytes freed."""
        session = await self._store.session(ref)
        freed = await self._store.purge(session.id)
        await self._bus.emit(_about(SessionPurged(), session))
        return freed


def _is_meant(session: Session, deleted: bool | None) -> bool:
    return deleted is None or (session.deleted_at is not None) is deleted


def _several(wanted: str, fitting: list[Session]) -> str:
    named = ", ".join(f"{session.id} ({session.name})" for session in fitting[:5])
    more = f" and {len(fitting) - 5:,} more" if len(fitting) > 5 else ""
    return f"{len(fitting):,} sessions fit {wanted!r}: {named}{more}; name one by its number"


def _nothing(wanted: str, passed_over: Session | None, deleted: bool | None) -> str:
    if passed_over is not None and deleted:
        return f"session {passed_over.id} ({passed_over.name}) is not deleted"
    if passed_over is not None:
        return f"session {passed_over.id} ({passed_over.name}) is deleted; `restore {passed_over.id}` brings it back"
    if deleted:
        return f"no deleted session is called, or numbered, {wanted!r}: the command `sessions --deleted` lists them"
    return f"no session is called, or numbered, {wanted!r}: the command `sessions` lists them"


def _fork_name(name: str) -> str:
    found = re.fullmatch(r"(.*) \(fork(?: (\d+))?\)", name)
    return f"{found[1]} (fork {int(found[2] or 1) + 1})" if found else f"{name} (fork)"


def _about(event: HfsEvent, session: Session) -> HfsEvent:
    from dataclasses import replace

    return replace(event, session_id=session.id, message_index=session.message_count, digest=session.digest)
