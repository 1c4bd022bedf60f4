"""What the laws do again and again: make a session, say something in it, read it back."""

from __future__ import annotations

from uuid import uuid4

from hfs_core.contracts import Append, Create, Fork, Ref, Store
from hfs_core.models import EMPTY_DIGEST, Draft, Message, Role, Session, message_digest, to_microseconds


def said(text: str, role: str = Role.USER) -> Draft:
    """Return a draft with that text."""
    return Draft(role, text)


async def begin(store: Store, *texts: str, name: str = "talk") -> Session:
    """Make a session with those messages."""
    uid = uuid4().hex
    await store.apply(Create(uid, name), *(Append(uid, said(text)) for text in texts))
    return await store.session(uid)


async def say(store: Store, ref: Ref, text: str, expect: int | None = None) -> Message:
    """Append a message."""
    (message,) = await store.apply(Append(ref, said(text), expect=expect))
    assert isinstance(message, Message)
    return message


async def fork(store: Store, ref: Ref, at: int) -> Session:
    """Fork a session."""
    (session,) = await store.apply(Fork(uuid4().hex, "fork", ref, at))
    assert isinstance(session, Session)
    return session


async def texts(store: Store, ref: Ref) -> list[str]:
    """Return what was said in a conversation."""
    return [message.content for message in await store.messages(ref)]


async def check_whole(store: Store, ref: Ref) -> None:
    """Assert that a conversation has no gap, that its digests hold, and that the session's own facts agree."""
    session = await store.session(ref)
    messages = await store.messages(ref)
    assert [message.index for message in messages] == list(range(session.message_count))
    digest = EMPTY_DIGEST
    for message in messages:
        moment = to_microseconds(message.created_at)
        facts = (message.role, message.content, moment, message.status, message.metadata)
        digest = message_digest(digest, *facts)
        assert message.digest == digest, f"message {message.index} has another digest"
    assert session.digest == digest
    assert await store.verify(ref, session.message_count) is None
