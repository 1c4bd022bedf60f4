"""What a checkpoint is, and how it is written down as a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hfs_core.api import JSON, Put, Record, from_microseconds, to_microseconds

HEAD = "head"
"""The key of a session's record about its numbers and where it came from."""

_PREFIX = "checkpoint/"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A point of a conversation to go back to: a pointer into it, and the state of the run there.

    Attributes:
        session_id: the session in which it was made; an ancestor, where a session shows its shared past.
        number: what people call it; given once in a conversation and never again.
        message_index: how many messages lie before it.
        triggers: the types of the events that it was made for, the first one first.
        is_manual: it was made on purpose, and is never pruned.
        pinned: it is not pruned either.
        digest: of the conversation up to it.
        run_id: the run that it belongs to, None for one that belongs to none.
        state: the SHA-256 of its run's state, "" before any run.
        revision: of its record.
    """

    session_id: int
    number: int
    message_index: int
    triggers: tuple[str, ...]
    label: str
    is_manual: bool
    pinned: bool
    digest: str
    created_at: datetime
    run_id: str | None = None
    state: str = ""
    revision: int = 0

    @property
    def id(self) -> str:
        """Its name among the checkpoints of all sessions: `session#number`."""
        return f"{self.session_id}#{self.number}"

    @property
    def stays(self) -> bool:
        """Tell whether pruning leaves it alone."""
        return self.is_manual or self.pinned

    def to_put(self) -> Put:
        """Return the write that keeps it as it is now, if nobody changed it since it was read."""
        value: JSON = {
            "number": self.number,
            "triggers": list(self.triggers),
            "label": self.label,
            "manual": self.is_manual,
            "pinned": self.pinned,
            "digest": self.digest,
            "created_at": to_microseconds(self.created_at),
            "run_id": self.run_id,
            "state": self.state,
        }
        blobs = (self.state,) if self.state else ()
        return Put(key_of(self.number), value, self.session_id, self.message_index, self.revision, blobs)

    @classmethod
    def from_record(cls, record: Record) -> Checkpoint:
        """Return the checkpoint that a record holds."""
        value: Any = record.value
        return cls(
            session_id=record.session_id or 0,
            number=value["number"],
            message_index=record.position,
            triggers=tuple(value["triggers"]),
            label=value["label"],
            is_manual=value["manual"],
            pinned=value["pinned"],
            digest=value["digest"],
            created_at=from_microseconds(value["created_at"]),
            run_id=value["run_id"],
            state=value["state"],
            revision=record.revision,
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rewound session came from.

    Attributes:
        uid: the session that was rewound.
        number: the checkpoint that it was rewound to.
        message_index: how many messages it shares.
        state: the SHA-256 of that checkpoint's state, "" where it had none.
    """

    uid: str
    number: int
    message_index: int
    state: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What a session knows of its numbers; made by a rewind, or with the session's first checkpoint.

    Attributes:
        last: the number that was given last.
        shared: the last number of the past that it shares; what an ancestor counts beyond is not its own.
        origin: where it came from, None for one that is no rewind.
        revision: of its record, 0 before it is written.
    """

    last: int = 0
    shared: int = 0
    origin: Origin | None = None
    revision: int = 0

    def to_put(self, session: int | str) -> Put:
        """Return the write that keeps it as it is now, if nobody changed it since it was read."""
        origin = self.origin
        value: JSON = {
            "last": self.last,
            "shared": self.shared,
            "origin": None
            if origin is None
            else {
                "uid": origin.uid,
                "number": origin.number,
                "message_index": origin.message_index,
                "state": origin.state,
            },
        }
        blobs = (origin.state,) if origin is not None and origin.state else ()
        return Put(HEAD, value, session, expect=self.revision, blobs=blobs)

    @classmethod
    def from_record(cls, record: Record) -> Head:
        """Return what a session's record says."""
        value: Any = record.value
        origin = Origin(**value["origin"]) if value["origin"] else None
        return cls(value["last"], value["shared"], origin, record.revision)


def key_of(number: int) -> str:
    """Return the key of a checkpoint's record."""
    return f"{_PREFIX}{number}"


def is_checkpoint(record: Record) -> bool:
    """Tell whether a record is a checkpoint's."""
    return record.key.startswith(_PREFIX)
