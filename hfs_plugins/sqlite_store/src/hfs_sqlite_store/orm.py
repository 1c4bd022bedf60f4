"""The tables as SQLAlchemy models, for programs that look into the database; HFS itself runs Core statements.

Nothing is loaded that was not asked for: an eager collection costs a second where a session is long.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, relationship

from hfs_sqlite_store import schema


class Base(AsyncAttrs, DeclarativeBase):
    """The root of the models; its tables are those of `schema`."""

    metadata = schema.metadata


class SessionModel(Base):
    """A row of `sessions`; times are microseconds since 1970-01-01 UTC, a purged session's `uid` is None."""

    __table__ = schema.sessions

    id: Mapped[int]
    uid: Mapped[str | None]
    name: Mapped[str]
    parent_id: Mapped[int | None]
    parent_at: Mapped[int]
    message_count: Mapped[int]
    digest: Mapped[bytes]
    created_at: Mapped[int]
    updated_at: Mapped[int]
    deleted_at: Mapped[int | None]
    messages: Mapped[list[MessageModel]] = relationship(
        back_populates="session", order_by=schema.messages.c.index, lazy="raise", viewonly=True
    )
    """What this session wrote itself, without what it shares with its parent; must be asked for by an option."""


class MessageModel(Base):
    """A row of `messages`, which never changes; `details` is the JSON of its metadata."""

    __table__ = schema.messages
    __mapper_args__ = {  # noqa: RUF012 # SQLAlchemy declares it without ClassVar
        "primary_key": [schema.messages.c.session_id, schema.messages.c.index]
    }

    session_id: Mapped[int]
    index: Mapped[int]
    role: Mapped[str]
    content: Mapped[str]
    created_at: Mapped[int]
    status: Mapped[str]
    digest: Mapped[bytes]
    details: Mapped[str] = schema.messages.c.metadata  # type: ignore[assignment] # `metadata` is the base's word
    session: Mapped[SessionModel] = relationship(back_populates="messages", lazy="raise", viewonly=True)


def get_session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return what makes SQLAlchemy sessions on an engine; their objects stay readable after a commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
