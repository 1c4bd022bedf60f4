"""Brings files of older schemas up to date, one named step from each version that was ever written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

EXPORT_SCHEMA_VERSION = "1.0.0"
"""The version that is written. A file of a newer one is refused, one of an older one is brought up to date."""

BARE = "0"
"""What a file that says nothing of itself counts as: `{"messages": [...]}` and nothing else."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a file of one version becomes one of a later version.

    Attributes:
        metadata: of the file, with the name that it would get.
    """

    source: str
    target: str
    name: str
    metadata: Callable[[Mapping[str, Any]], Mapping[str, Any]]


def _named(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**metadata, "schema_version": "1.0.0", "session_name": metadata.get("session_name", "")}


STEPS = (Step(BARE, "1.0.0", "say which schema it is", _named),)


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The metadata of a file in the present schema, and what was done for that."""

    metadata: Mapping[str, Any]
    source: str
    steps: tuple[str, ...]


def upgraded(metadata: Mapping[str, Any] | None) -> Upgraded:
    """Return a file's metadata in the present schema; raises ValueError for a newer one, or for no version."""
    source = BARE if metadata is None else metadata.get("schema_version")
    if not isinstance(source, str) or not re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,2}", source):
        raise ValueError(f"its schema_version is {source!r}, which is no version")
    if _parts(source) > _parts(EXPORT_SCHEMA_VERSION):
        raise ValueError(
            f"it was written in schema {source}, and this HFS reads up to {EXPORT_SCHEMA_VERSION}: upgrade hfs-export"
        )
    now, done = dict(metadata or {}), []
    version = source
    while version != EXPORT_SCHEMA_VERSION:
        step = next((step for step in STEPS if step.source == version), None)
        if step is None:
            raise ValueError(f"it was written in schema {source}, which no HFS ever wrote")
        now, version = dict(step.metadata(now)), step.target
        done.append(step.name)
    return Upgraded(now, source, tuple(done))


def _parts(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    return (*numbers, *([0] * (3 - len(numbers))))
