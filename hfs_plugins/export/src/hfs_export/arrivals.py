"""A conversation of a file on its way into the store."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from hfs_core.api import Change, Delete, Draft, Operation, Session, replace_surrogates
from hfs_export.arriving import Chain

BATCH = 250
"""How many messages are written at once: a longer transaction would keep the chat waiting."""

BATCH_SIZE = 1 << 20
"""How many characters are written at once, give or take a message."""

LONGEST_NAME = 200
SUFFIX = " (imported)"


@dataclass(slots=True)
class Arrival:
    """Where a conversation of the file goes.

    Attributes:
        name: what it is called in the store.
        uid: the session that it is there.
        chain: how far its messages were read.
        key: its name within the file, "" where it has none.
        origin: the one that it branches off.
        made: the session that was made for it, "" where none was.
        fate: it is new; it was there already; it was there, hidden, and is shown again; nobody needs it.
        is_branch: it belongs to the family of another one in the file.
        is_hidden: it comes only for what others share with it.
        is_shared: the store has all its messages already, in a session that has gone on since.
        session: as it is kept, once that is known.
    """

    name: str
    uid: str
    chain: Chain
    key: str = ""
    origin: Arrival | None = None
    is_branch: bool = False
    is_hidden: bool = False
    made: str = ""
    fate: Literal["new", "known", "restored", "spare"] = "new"
    is_shared: bool = False
    session: Session | None = None

    @property
    def is_new(self) -> bool:
        """Tell whether it was made here, and stays."""
        return self.made != "" and self.fate == "new"

    def meet(self, known: Session) -> None:
        """Let a session that was there already be this one."""
        self.uid, self.session, self.fate = known.uid, known, "known"

    def last_changes(self) -> list[Operation]:
        """Return the writes, in the namespace of arriving sessions, that show it."""
        if self.is_new:
            shown = Change(self.made, name=self.name, deleted=self.is_hidden)
            return [shown, Delete(self.made)]
        if self.session is not None and self.session.deleted_at is not None and not self.is_hidden:
            self.fate = "restored"
            return [Change(self.uid, deleted=False)]
        return []


def let_go(arrivals: Sequence[Arrival]) -> None:
    """Mark as spare what comes only for what others share with it, where none of these is new."""
    needed: set[str] = set()
    for arrival in reversed(arrivals):  # branches before what they branch off
        if arrival.is_new and arrival.is_hidden and arrival.uid not in needed:
            arrival.fate = "spare"
        elif arrival.is_new and arrival.origin is not None and not arrival.is_shared:
            needed.add(arrival.origin.uid)


def imported_name(name: str) -> str:
    """Return what a conversation is called here, in one line; one that was imported before is not called so twice."""
    spaced = (" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in name)
    words = " ".join(replace_surrogates("".join(spaced)).split()).removesuffix(SUFFIX) or "A conversation"
    return words[: LONGEST_NAME - len(SUFFIX)].rstrip() + SUFFIX


def batch_of(messages: Iterator[Draft]) -> tuple[list[Draft], bool]:
    """Return the next messages that are written at once, and whether they are the last ones."""
    batch: list[Draft] = []
    size = 0
    for draft in islice(messages, BATCH):
        batch.append(draft)
        size += len(draft.content)
        if size > BATCH_SIZE:
            return batch, False
    return batch, len(batch) < BATCH
