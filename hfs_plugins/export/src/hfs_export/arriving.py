"""What HFS' own files hold beyond what any format does."""

from __future__ import annotations

from dataclasses import dataclass

from hfs_core.api import JSON, Draft, Incoming


@dataclass(frozen=True, slots=True)
class Signed(Draft):
    """A message whose digest the file tells; "" where it does not."""

    digest: str = ""


@dataclass(frozen=True, slots=True)
class Arriving(Incoming):
    """A session of an HFS file; its key is its uid there.

    Attributes:
        digest: of the whole conversation, "" where it is not known.
        continues: these messages go behind those of the session with this key, which came before.
        is_hidden: it comes only for what others share with it.
        is_branch: it belongs to the family of another one in the file.
    """

    digest: str = ""
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
