"""Reads one conversation of an HFS file with its family, and checks that it is what it says."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from hfs_core.api import EMPTY_DIGEST, EPOCH, JSON, Draft, Note, replace_surrogates
from hfs_export.arriving import Arriving, ArrivingRecord, ArrivingState, Signed
from hfs_export.formats.hfs_json import closing_digest
from hfs_export.json_reader import JsonFault, JsonReader
from hfs_export.schema import Count, LineageExport, MessageExport, ParentExport, RecordExport, SessionInfo

M = TypeVar("M", bound=BaseModel)
_Start = RootModel[Count]


@dataclass(slots=True)
class _Told:
    """A session of the file.

    Attributes:
        count: how many of its messages were read, those that it shares included.
        digest: of the last one of its own.
        rest: where its own messages go on in `branches`, None where they do not.
    """

    info: SessionInfo
    count: int
    digest: str = EMPTY_DIGEST
    rest: int | None = None


class ConversationReader:
    """Reads one `SessionExport`.

    Args:
        about: what the file says of itself.
        known: the uids of the sessions that came before; those of this one are added.
    """

    def __init__(self, reader: JsonReader, about: Mapping[str, Any], note: Note, known: set[str]):
        self._reader = reader
        self._note = note
        self._known = known
        self._name: str = about["session_name"]
        self._is_redacted = bool(about.get("redacted"))
        self._moment = _moment(about.get("exported_at"))
        self._session: SessionInfo | None = None
        self._lineage: list[LineageExport] = []
        self._told: dict[str, _Told] = {}
        self._digests: list[str] = []
        self._counts = {"checkpoints": 0, "records": 0}
        self._seen: set[str] = set()
        self._last = EMPTY_DIGEST

    def read(self) -> Iterator[Arriving | ArrivingRecord | ArrivingState]:
        """Go through its sessions, parents first, and then its records; raises JsonFault."""
        reader = self._reader
        for key in reader.members():
            if key in ("branches", "digest") and "messages" not in self._seen:
                break
            self._seen.add(key)
            match key:
                case "session" if reader.peek() != "n":
                    self._session = self._checked(SessionInfo, "its session")
                case "lineage":
                    for place in reader.items():
                        self._lineage.append(self._checked(LineageExport, f"ancestor {place + 1}"))
                case "messages":
                    yield from self._main()
                case "branches":
                    for place in reader.items():
                        yield from self._branch(f"branch {place + 1}")
                case "checkpoints":
                    for _ in reader.items():
                        reader.skip()
                        self._counts["checkpoints"] += 1
                case "run_snapshot" if reader.peek() == "{" and self._session is not None:
                    yield ArrivingState(self._session.uid, reader.value())
                case "records":
                    for place in reader.items():
                        yield self._record(f"record {place + 1}")
                case "digest":
                    self._close(reader.value())
                case _:
                    reader.skip()
        if "messages" not in self._seen:
            raise self._fault("a conversation without messages")
        if self._session is not None and "digest" not in self._seen:
            raise self._fault("its closing digest is missing: the file was cut, or put together from others")

    def _main(self) -> Iterator[Arriving]:
        """Read the messages: the first ones belong to the ancestors, if there are any."""
        if self._session is None:
            yield Arriving(name=self._name, messages=self._messages("the conversation", None))
            return
        messages = self._messages("the conversation", None)
        above: ParentExport | None = None
        for ancestor in self._lineage:
            told = self._begun(ancestor.session, above)
            share = ancestor.to - told.count
            if share < 0:
                raise self._fault(f"{ancestor.session.name!r} is left before it begins")
            told.rest = ancestor.to
            yield self._arriving(told, self._some(messages, share, told))
            above = ParentExport(uid=ancestor.session.uid, at=ancestor.to)
        told = self._begun(self._session, above)
        yield self._arriving(told, self._some(messages, None, told), is_branch=False)
        self._digests.append(self._last)

    def _branch(self, where: str) -> Iterator[Arriving]:
        told: _Told | None = None
        start = -1
        is_read = False
        for key in self._reader.members():
            if key == "session":
                info = self._checked(SessionInfo, f"the session of {where}")
                told = self._told.get(info.uid)
                if told is None or told.rest is None or told.info != info:
                    told = self._begun(info, info.parent)
            elif key == "from":
                start = self._checked(_Start, f"from of {where}").root
            elif key == "messages" and told is not None:
                if start != told.count:
                    raise self._fault(
                        f"{told.info.name!r} must go on from {told.count:,}, not from {start:,}"
                    )
                continues, told.rest, is_read = told.rest is not None, None, True
                messages = self._some(self._messages(f"branch {told.info.name!r}", told), None, told)
                yield self._arriving(told, messages, continues=continues)
                self._digests.append(self._last)
            else:
                self._reader.skip()
        if not is_read:
            raise self._fault(f"{where} has no session, or no messages")

    def _begun(self, info: SessionInfo, above: ParentExport | None) -> _Told:
        """Return a session that comes for the first time; `above` is what it must branch off."""
        if info.uid in self._known:
            raise self._fault(f"two sessions are called {info.uid!r}")
        if info.parent != above:
            raise self._fault(f"{info.name!r} branches off another one than the ancestors say")
        parent = info.parent
        if parent is not None:
            origin = self._told.get(parent.uid)
            if origin is None:
                raise self._fault(
                    f"{info.name!r} branches off {parent.uid!r}, which is not in the file before it"
                )
            if parent.at > origin.count:
                raise self._fault(
                    f"{info.name!r} shares {parent.at:,} messages with {origin.info.name!r}, which has {origin.count:,}"
                )
        self._known.add(info.uid)
        told = self._told[info.uid] = _Told(info, parent.at if parent else 0)
        return told

    def _arriving(
        self, told: _Told, messages: Iterator[Draft], *, continues: bool = False, is_branch: bool = True
    ) -> Arriving:
        info = told.info
        return Arriving(
            name=replace_surrogates(info.name),
            messages=messages,
            key=info.uid,
            parent=(info.parent.uid, info.parent.at) if info.parent else None,
            digest=EMPTY_DIGEST if self._is_redacted else info.digest,
            count=info.message_count,
            continues=continues,
            is_hidden=info.deleted,
            is_branch=is_branch,
        )

    def _some(self, messages: Iterator[Draft], count: int | None, told: _Told) -> Iterator[Draft]:
        """Give the next messages, all of them where no count is said, and note how far the session has come."""
        end = None if count is None else told.count + count
        while end is None or told.count < end:
            draft = next(messages, None)
            if draft is None:
                if end is not None:
                    raise self._fault(f"{told.info.name!r} has {told.count:,} messages, not {end:,}")
                return
            told.count += 1
            told.digest = draft.digest if isinstance(draft, Signed) else EMPTY_DIGEST
            yield draft

    def _messages(self, where: str, told: _Told | None) -> Iterator[Draft]:
        start = told.count if told else 0
        self._last = EMPTY_DIGEST
        for place in self._reader.items():
            what = f"message {start + place + 1:,} of {where}"
            yield self._draft(self._checked(MessageExport, what), what)

    def _draft(self, message: MessageExport, what: str) -> Draft:
        role, content = replace_surrogates(message.role), replace_surrogates(message.content)
        metadata = mended(message.metadata)
        if (role, content) != (message.role, message.content) or metadata != message.metadata:
            self._note(f"{what}: what is no character became U+FFFD")
        try:
            moment = _in_utc(message.created_at or self._moment)
        except OverflowError as error:
            raise self._fault(f"{what}: its time lies outside the years 1 to 9999") from error
        digest = EMPTY_DIGEST if self._is_redacted else message.digest
        if not digest and self._session is not None and not self._is_redacted:
            raise self._fault(f"{what} has no digest")
        self._last = digest
        return Signed(role, content, moment, message.status, metadata, digest)

    def _record(self, what: str) -> ArrivingRecord:
        self._counts["records"] += 1
        told = self._checked(RecordExport, what)
        if told.session not in self._told:
            raise self._fault(f"{what} is about {told.session!r}, which is not in the file before it")
        if told.position > self._told[told.session].count:
            raise self._fault(f"{what} is about message {told.position:,} of a session that has fewer")
        try:
            blobs = tuple(base64.b64decode(blob, validate=True) for blob in told.blobs)
        except ValueError as error:
            raise self._fault(f"{what} holds what is no base64") from error
        return ArrivingRecord(told.namespace, told.session, told.key, told.value, told.position, blobs)

    def _close(self, digest: object) -> None:
        """Compare what was read with what the file says that it holds."""
        if self._session is None:
            return
        for told in self._told.values():
            info = told.info
            if told.count != info.message_count:
                raise self._fault(f"{info.name!r} has {told.count:,} messages, not {info.message_count:,}")
            own = told.count > (info.parent.at if info.parent else 0)
            if own and not self._is_redacted and told.digest != info.digest:
                raise self._fault(f"the last message of {info.name!r} has another digest than its session")
        if digest != closing_digest(self._digests, self._counts["checkpoints"], self._counts["records"]):
            raise self._fault(
                "its closing digest does not fit: the file was altered, or put together from others"
            )

    def _checked(self, model: type[M], what: str) -> M:
        place = self._reader.place
        value = self._reader.value()
        try:
            return model.model_validate(value)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            text = f"{what}: {where + ': ' if where else ''}{fault['msg']} ({place})"
            raise JsonFault(text) from error

    def _fault(self, problem: str) -> JsonFault:
        return JsonFault(f"{problem} ({self._reader.place})")


def mended(value: JSON) -> Any:
    """Return a JSON value with U+FFFD for each lone surrogate in its texts and keys."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return {replace_surrogates(key): mended(part) for key, part in value.items()}
    return [mended(part) for part in value] if isinstance(value, list) else value


def _moment(exported_at: object) -> datetime:
    """Return the time of messages that have none: always the same, so that a file that comes twice is known."""
    try:
        return _in_utc(datetime.fromisoformat(exported_at)) if isinstance(exported_at, str) else EPOCH
    except (ValueError, OverflowError):
        return EPOCH


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
