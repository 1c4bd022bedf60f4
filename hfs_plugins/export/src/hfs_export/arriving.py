"""What HFS' own files hold beyond what any format does, and how it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hfs_core.api import EMPTY_DIGEST, JSON, Draft, Incoming, Message


@dataclass(frozen=True, slots=True)
class Signed(Draft):
    """A message whose digest the file tells; "" where it does not."""

    digest: str = EMPTY_DIGEST


@dataclass(frozen=True, slots=True)
class Arriving(Incoming):
    """A session of an HFS file; its key is its uid there.

    Attributes:
        digest: of what is in the file of it, "" where it is not known.
        count: how many messages that are, those that it shares included.
        continues: these messages go behind those of the session with this key, which came before.
        is_hidden: it comes only for what others share with it.
        is_branch: it belongs to the family of another one in the file.
    """

    digest: str = EMPTY_DIGEST
    count: int = 0
    continues: bool = False
    is_hidden: bool = False
    is_branch: bool = False


@dataclass(frozen=True, slots=True)
class ArrivingRecord:
    """A record of a plugin about the session with that key."""

    namespace: str
    session: str
    key: str
    value: JSON
    position: int
    blobs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ArrivingState:
    """The state of the last run of the session with that key."""

    session: str
    snapshot: Mapping[str, JSON]


@dataclass(slots=True)
class Chain:
    """The digest of a conversation as it grows, compared with what a file says that it must be.

    Attributes:
        name: of the conversation, for people.
        count: how many messages it has.
        digest: of the last one, None where it is not known.
    """

    name: str
    count: int
    digest: str | None

    def add(self, draft: Draft) -> None:
        """Take in the next message; raises ValueError for one that no store keeps, or that was altered."""
        try:
            message = Message.from_draft(draft, session_id=0, index=self.count, parent=self.digest or "")
        except (ValueError, TypeError) as error:
            raise ValueError(f"message {self.count + 1:,} of {self.name!r}: {error}") from error
        told = draft.digest if isinstance(draft, Signed) else EMPTY_DIGEST
        if self.digest is not None:
            self.check(draft, message.digest)
            told = message.digest
        self.count += 1
        self.digest = told or None

    def check(self, draft: Draft, digest: str) -> None:
        """Compare the digest that the next message gets with the one that the file tells."""
        if isinstance(draft, Signed) and draft.digest and draft.digest != digest:
            raise ValueError(
                f"message {self.count + 1:,} of {self.name!r} is not what was exported: the file was altered"
            )
