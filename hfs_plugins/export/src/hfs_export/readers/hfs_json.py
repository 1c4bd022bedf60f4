"""HFS' own JSON: everything comes back, digest for digest."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from hfs_core.api import Draft, Incoming, Note, SourcePart, now, replace_surrogates
from hfs_export.arriving import Arriving, ArrivingRecord, Signed
from hfs_export.formats.hfs_json import closing_digest
from hfs_export.json_reader import JsonFault, JsonReader
from hfs_export.migrations import BARE, Upgraded, upgraded
from hfs_export.schema import LineageExport, MessageExport, RecordExport, SessionInfo

M = TypeVar("M", bound=BaseModel)

ORDER = ("metadata", "session", "lineage", "messages", "branches", "records", "digest")
"""In which order the parts of a conversation must come to be read in one go."""


class HfsJsonReader:
    """Reads what `/export json` writes, and what earlier plans of HFS wrote."""

    name = "json"
    title = "HFS"

    def detects(self, head: bytes) -> bool:
        """Tell by its first keys: `metadata` with a `schema_version`, or nothing but `messages`."""
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start.startswith(b"{"):
            return False
        keys = start[:4096]
        return b'"schema_version"' in keys or keys[1:].lstrip().startswith(b'"messages"')

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations of a file: it is looked through as a whole before the first one."""
        for part in parts:
            yield from _File(part, note).read()  # type: ignore[misc] # also records, which the plugin's own format may


@dataclass(slots=True)
class _Survey:
    """What a first look at a file tells."""

    metadata: Mapping[str, Any] | None = None
    is_ordered: bool = True
    is_archive: bool = False


class _File:
    def __init__(self, part: SourcePart, note: Note):
        self._part = part
        self._note = note

    def read(self) -> Iterator[Incoming | ArrivingRecord]:
        with self._part.open() as file:
            survey = _surveyed(JsonReader(file))
        about = upgraded(survey.metadata)
        if about.source == BARE:
            self._note("it says nothing of itself: read as an old export of HFS")
        elif about.steps:
            self._note(f"brought up to date from schema {about.source}: {', '.join(about.steps)}")
        with self._part.open() as file:
            reader = JsonReader(file if survey.is_ordered else _in_order(file))
            if survey.is_archive:
                for key in reader.members():
                    if key == "sessions":
                        for _ in reader.items():
                            yield from _Conversation(reader, about, self._note).read()
                    else:
                        reader.skip()
            else:
                yield from _Conversation(reader, about, self._note).read()


def _surveyed(reader: JsonReader) -> _Survey:
    """Look through a whole file: that it is JSON to its end, what it says of itself, and in which order."""
    survey = _Survey()
    last = -1
    for key in reader.members():
        if key == "metadata":
            value = reader.value()
            survey.metadata = value if isinstance(value, Mapping) else None
        elif key == "sessions" and reader.peek() == "[":
            survey.is_archive = True
            for _ in reader.items():
                rank = -1
                for member in reader.members():
                    rank, before = _rank(member, rank), rank
                    survey.is_ordered &= rank >= before
                    _pass(reader)
            continue
        else:
            _pass(reader)
        last, before = _rank(key, last), last
        survey.is_ordered &= last >= before
    reader.end()
    return survey


def _rank(key: str, last: int) -> int:
    return ORDER.index(key) if key in ORDER else last


def _pass(reader: JsonReader) -> None:
    """Read a part and forget it, an array item by item."""
    if reader.peek() == "[":
        for _ in reader.items():
            reader.skip()
    else:
        reader.skip()


def _in_order(file: BinaryIO) -> BinaryIO:
    """Return a file whose parts were put in another order, as by `jq -S`, in the order that is read in one go."""
    whole = JsonReader(file).value()

    def ordered(export: dict[str, Any]) -> dict[str, Any]:
        return {key: export[key] for key in sorted(export, key=lambda key: _rank(key, len(ORDER)))}

    if isinstance(whole.get("sessions"), list):
        whole["sessions"] = [ordered(export) for export in whole["sessions"]]
    return io.BytesIO(json.dumps(ordered(whole)).encode())


class _Conversation:
    """Reads one `SessionExport`."""

    def __init__(self, reader: JsonReader, about: Upgraded, note: Note):
        self._reader = reader
        self._name = str(about.metadata.get("session_name") or "")
        self._is_redacted = bool(about.metadata.get("redacted"))
        self._note = note
        self._session: SessionInfo | None = None
        self._lineage: list[LineageExport] = []
        self._known: set[str] = set()
        self._digests: list[str] = []
        self._counts = {"checkpoints": 0, "records": 0}
        self._has_messages = False

    def read(self) -> Iterator[Incoming | ArrivingRecord]:
        for key in self._reader.members():
            match key:
                case "session":
                    self._session = self._checked(SessionInfo, "session")
                case "lineage":
                    for place in self._reader.items():
                        self._lineage.append(self._checked(LineageExport, f"ancestor {place + 1}"))
                case "messages":
                    yield from self._main()
                case "branches":
                    for _ in self._reader.items():
                        yield from self._branch()
                case "checkpoints":
                    for _ in self._reader.items():
                        self._reader.skip()
                        self._counts["checkpoints"] += 1
                case "records":
                    for place in self._reader.items():
                        yield self._record(place)
                case "digest":
                    self._close(self._reader.value())
                case _:
                    self._reader.skip()
        if not self._has_messages:
            raise JsonFault(f"a conversation without messages ({self._reader.place})")

    def _main(self) -> Iterator[Arriving]:
        """Read the messages: the first ones belong to the ancestors, if there are any."""
        self._has_messages = True
        messages = _Messages(self._messages("the conversation"))
        start = 0
        for ancestor in self._lineage:
            yield self._arriving(ancestor.session, messages.up_to(ancestor.to - start))
            messages.drain()
            start = ancestor.to
        session = self._session or SessionInfo(uid="", name=self._name, message_count=0, digest="")
        yield self._arriving(session, messages.rest(), is_branch=False)
        self._digests.append(messages.digest)

    def _branch(self) -> Iterator[Arriving]:
        session: SessionInfo | None = None
        is_read = False
        for key in self._reader.members():
            if key == "session":
                session = self._checked(SessionInfo, "a branch's session")
            elif key == "messages":
                if session is None:
                    raise JsonFault(
                        f"a branch must tell its session before its messages ({self._reader.place})"
                    )
                messages = _Messages(self._messages(f"branch {session.name!r}"))
                continues = session.uid in self._known
                yield self._arriving(session, messages.rest(), continues=continues)
                self._digests.append(messages.digest)
                is_read = True
            else:
                self._reader.skip()
        if not is_read:
            raise JsonFault(f"a branch without messages ({self._reader.place})")

    def _arriving(
        self,
        session: SessionInfo,
        messages: Iterator[Draft],
        *,
        continues: bool = False,
        is_branch: bool = True,
    ) -> Arriving:
        self._known.add(session.uid)
        parent = session.parent
        return Arriving(
            name=replace_surrogates(session.name),
            messages=messages,
            key=session.uid,
            parent=(parent.uid, parent.at) if parent else None,
            digest="" if self._is_redacted else session.digest,
            continues=continues,
            is_hidden=session.deleted,
            is_branch=is_branch,
        )

    def _messages(self, where: str) -> Iterator[Draft]:
        for place in self._reader.items():
            yield self._draft(self._checked(MessageExport, f"message {place + 1} of {where}"), place, where)

    def _draft(self, message: MessageExport, place: int, where: str) -> Draft:
        content = replace_surrogates(message.content)
        if content != message.content:
            self._note(f"message {place + 1} of {where}: what is no character became U+FFFD")
        moment = message.created_at or now()
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        try:
            moment = moment.astimezone(UTC)
        except (OverflowError, ValueError):
            moment = datetime.max.replace(tzinfo=UTC) if moment.year > 1 else datetime.min.replace(tzinfo=UTC)
        digest = "" if self._is_redacted else message.digest
        return Signed(message.role, content, moment, message.status, message.metadata, digest)

    def _record(self, place: int) -> ArrivingRecord:
        self._counts["records"] += 1
        told = self._checked(RecordExport, f"record {place + 1}")
        try:
            blobs = tuple(base64.b64decode(blob, validate=True) for blob in told.blobs)
        except ValueError as error:
            raise JsonFault(f"record {place + 1} holds what is no base64 ({self._reader.place})") from error
        return ArrivingRecord(told.namespace, told.session, told.key, told.value, told.position, blobs)

    def _close(self, digest: object) -> None:
        if digest != closing_digest(self._digests, self._counts["checkpoints"], self._counts["records"]):
            raise JsonFault(
                "its closing digest does not fit: the file was altered, or put together from others"
            )

    def _checked(self, model: type[M], what: str) -> M:
        value = self._reader.value()
        try:
            return model.model_validate(value)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            text = f"{what}: {where + ': ' if where else ''}{fault['msg']} ({self._reader.place})"
            raise JsonFault(text) from error


@dataclass(slots=True)
class _Messages:
    """Messages that are handed out in runs; remembers the last digest."""

    source: Iterator[Draft]
    digest: str = ""
    run: Iterator[Draft] = field(default_factory=lambda: iter(()))

    def up_to(self, count: int) -> Iterator[Draft]:
        self.run = self._some(count)
        return self.run

    def rest(self) -> Iterator[Draft]:
        return self._some(None)

    def drain(self) -> None:
        for _ in self.run:
            pass

    def _some(self, count: int | None) -> Iterator[Draft]:
        taken = 0
        while count is None or taken < count:
            draft = next(self.source, None)
            if draft is None:
                if count is not None:
                    raise JsonFault("it has fewer messages than it says that are shared")
                return
            self.digest = draft.digest if isinstance(draft, Signed) else ""
            taken += 1
            yield draft
