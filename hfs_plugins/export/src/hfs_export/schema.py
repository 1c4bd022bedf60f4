"""What an HFS export holds: the schema that is published, and its version."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from hfs_core.api import JSON
from hfs_export.migrations import EXPORT_SCHEMA_VERSION

__all__ = [
    "EXPORT_SCHEMA_VERSION",
    "BranchExport",
    "Count",
    "ExportArchive",
    "ExportDocument",
    "ExportMetadata",
    "LineageExport",
    "MessageExport",
    "ParentExport",
    "RecordExport",
    "SessionExport",
    "SessionInfo",
    "Uid",
]

Uid = Annotated[str, Field(min_length=1, max_length=200)]
Count = Annotated[int, Field(ge=0, lt=1 << 62)]


class ExportMetadata(BaseModel):
    """What a file says of itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_version: str = Field(description="The version of this schema")
    exported_at: AwareDatetime
    hfs_version: str
    session_name: str = Field(
        description="The name of the conversation; of the first one where there are several"
    )
    redacted: bool = Field(default=False, description="What looked like a secret was replaced")


class MessageExport(BaseModel):
    """A message. Only role and content are needed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    role: str = Field(description="user, assistant, system or another one's")
    content: str
    created_at: datetime | None = Field(default=None, description="ISO 8601; without a zone it is UTC")
    status: Literal["complete", "failed", "interrupted"] = "complete"
    metadata: dict[str, JSON] = Field(default_factory=dict)
    digest: str = Field(
        default="",
        description="SHA-256 of the sorted, space-free UTF-8 JSON of [digest of the message before, role, content, "
        "created_at in microseconds since 1970, status, metadata]; names the whole conversation until here",
    )


class ParentExport(BaseModel):
    """Where a session branched off."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    uid: Uid
    at: Count = Field(description="How many messages it shares")


class SessionInfo(BaseModel):
    """What is known of a session."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    uid: Uid = Field(description="Its name for interchange")
    name: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    message_count: Count = Field(description="How many are here, those that it shares included")
    digest: str = Field(description="Of the last one of them; empty where secrets were taken out")
    parent: ParentExport | None = None
    deleted: bool = Field(
        default=False, description="It was hidden: it is here for what others share with it"
    )


class LineageExport(BaseModel):
    """An ancestor: which of the messages are its own."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    session: SessionInfo
    to: Count = Field(description="The position at which the next one, or the session itself, leaves it")


class BranchExport(BaseModel):
    """Another session of the family: its messages from a position on."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    session: SessionInfo
    start: Count = Field(alias="from", description="The position of its first message here")
    messages: list[MessageExport]


class RecordExport(BaseModel):
    """A record of a plugin that lets its records travel."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    namespace: str
    session: str = Field(description="The uid of the session that it is about")
    key: str
    value: JSON
    position: Count
    blobs: list[str] = Field(default_factory=list, description="What it names, as base64")


class SessionExport(BaseModel):
    """A conversation, with its family: each message once."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    session: SessionInfo | None = None
    lineage: list[LineageExport] = Field(default_factory=list, description="Its ancestors, the oldest first")
    messages: list[MessageExport] = Field(description="The whole conversation, oldest first")
    branches: list[BranchExport] = Field(
        default_factory=list, description="The rest of its family, parents first"
    )
    checkpoints: list[dict[str, JSON]] = Field(
        default_factory=list, description="As `hfs checkpoints --json`"
    )
    run_snapshot: dict[str, JSON] | None = Field(default=None, description="The state of its last run")
    records: list[RecordExport] = Field(default_factory=list)
    digest: str = Field(
        default="",
        description="SHA-256 of the sorted, space-free JSON of [the digest of the last message of each array of "
        "messages in the order of the file, number of checkpoints, number of records]: a file that was cut or put "
        "together does not have it",
    )


class ExportDocument(SessionExport):
    """A file with one conversation."""

    metadata: ExportMetadata | None = None


class ExportArchive(BaseModel):
    """A file with several conversations."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    metadata: ExportMetadata
    sessions: list[SessionExport]


def published() -> str:
    """Return the JSON schema of both kinds of files, as it stands in `docs/export-schema.json`."""
    either = RootModel[ExportDocument | ExportArchive]
    told = either.model_json_schema() | {"title": f"HFS export {EXPORT_SCHEMA_VERSION}"}
    return json.dumps(told, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(published())
