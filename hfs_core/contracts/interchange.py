"""Conversations that leave and come back: formats of files, and what plugins send along."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from hfs_core.contracts.services import Service
from hfs_core.models import JSON, Draft, Message, Session

Write = Callable[[str], object]
"""Takes the next piece of a file."""

Note = Callable[[str], None]
"""Takes a sentence about something in a file that does not come along, with its place."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A conversation that is being exported.

    Attributes:
        session: as it is kept.
        origin: the one that it branched off, None where it is no branch or that is gone.
        messages: reads the whole conversation, oldest first; each call begins anew.
        checkpoints: as `hfs checkpoints --json` tells them; none without that plugin.
        run_snapshot: the state of its last run, None before any.
        include: what `--include` names.
    """

    session: Session
    origin: Session | None
    messages: Callable[[], AsyncIterator[Message]]
    checkpoints: Sequence[Mapping[str, JSON]] = ()
    run_snapshot: Mapping[str, JSON] | None = None
    include: frozenset[str] = frozenset()


class ExportFormat(Protocol):
    """A format that conversations are written in."""

    @property
    def name(self) -> str:
        """What it is called in `/export NAME`, such as `md`; also the suffix of its files."""

    @property
    def title(self) -> str:
        """A line for people."""

    async def write(self, outgoing: Sequence[Outgoing], write: Write) -> int:
        """Write conversations piece by piece; returns how many messages were written."""


@dataclass(frozen=True, slots=True)
class SourcePart:
    """A file, or one of the files in an archive.

    Attributes:
        name: as people know it.
        open: opens it for reading, from its beginning; what an archive unpacks to is limited (ValueError).
        path: where it lies on disk, None inside an archive.
    """

    name: str
    open: Callable[[], BinaryIO]
    path: Path | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A conversation that a file holds.

    Attributes:
        name: what it is called; "" where the file does not say.
        messages: its own, oldest first; read once, before the next conversation is asked for.
        key: its name within the file, for those that branch off it; "" where none does.
        parent: the key of the one that it branches off, which came before, and how many of its messages it shares.
    """

    name: str
    messages: Iterable[Draft]
    key: str = ""
    parent: tuple[str, int] | None = None


class ImportFormat(Protocol):
    """A format that conversations are read from."""

    @property
    def name(self) -> str:
        """What it is called in `/import --format NAME`."""

    @property
    def title(self) -> str:
        """A line for people."""

    def detects(self, head: bytes) -> bool:
        """Tell by the first bytes of a file, at most 64 kB of them, whether it is of this format."""

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations of a file; called in a thread. A file of any size takes bounded memory.

        Raises:
            ValueError, OSError: it cannot be read to its end; the text says where and why. Nothing is imported then.
        """


class Traveller(Protocol):
    """A plugin that lets its records go with the sessions that they are about."""

    @property
    def namespace(self) -> str:
        """Of its records: `plugin.` and its name."""

    def arrived(self, key: str, value: JSON, *, uids: Mapping[str, str], digest: str) -> JSON:
        """Return a record's value as it is kept where it arrived.

        `uids` tells the uid that each session has now by the one that it had; `digest` is of the conversation up to
        the record's position.
        """


class Checkpoints(Protocol):
    """What is known of a session's checkpoints."""

    async def told(self, session_id: int) -> Sequence[Mapping[str, JSON]]:
        """Return them as `hfs checkpoints --json` tells them."""

    async def latest_state(self, session_id: int) -> Mapping[str, JSON] | None:
        """Return the last known state of the session's run, None if none is known."""


EXPORT_FORMAT: Service[ExportFormat] = Service("hfs.export-format")
IMPORT_FORMAT: Service[ImportFormat] = Service("hfs.import-format")
TRAVELLER: Service[Traveller] = Service("hfs.traveller")
CHECKPOINTS: Service[Checkpoints] = Service("hfs.checkpoints")

ARRIVING = "hfs.arriving"
"""The namespace of the records, by uid, of sessions that are being filled: hidden, nobody's until they are whole."""
