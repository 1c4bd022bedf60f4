"""Finds likely secrets in texts, and puts markers in their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hfs_core.api import EMPTY_DIGEST, JSON, Session

if TYPE_CHECKING:
    from hfs_export.secret_kinds import Kind

Redact = Callable[[str], str]
"""Takes secrets out of a text."""

_FURTHER = re.compile(
    r"[ \t]*\\?\r?\n[ \t>]*(?=[\w+/.-]{0,40}[a-z])(?=[\w+/.-]{0,40}[A-Z])(?=[\w+/.-]{0,40}\d)"
    r"(?!eyJ|sk-|gh[pousr]_)([\w+/.-]{8,4096}={0,2})(?=\s|[\"'`]|$)"
)
"""The next line, where it is nothing but the rest of a secret: small and capital letters and digits, and no space."""

WRAPPED_AT = 40
"""A secret that stands alone on less than this many characters of a line was not broken there."""


class Hit(NamedTuple):
    """A likely secret in a text: `[start:stop]`."""

    start: int
    stop: int
    kind: str


def found(text: str) -> list[Hit]:
    """Return the likely secrets of a text, in order and apart from each other."""
    from hfs_export.secret_kinds import KINDS, UNTOUCHED  # a tenth of a second of compiling, for few exports

    lowered = text.lower()
    kinds = [kind for kind in KINDS if any(anchor in lowered for anchor in kind.anchors)]
    if not kinds:
        return []
    hits: list[Hit] = []
    start = 0
    for untouched in UNTOUCHED.finditer(text):
        hits += _found_between(text, start, untouched.start(), kinds)
        start = untouched.end()
    return hits + _found_between(text, start, len(text), kinds)


def found_in_name(name: str, firsts: Iterable[str]) -> list[Hit]:
    """Return the likely secrets of a session's name, which may begin as one of these first messages does.

    A name is cut off, and what is left of a secret there does not look like one any more.
    """
    hits = found(name)
    for first in firsts:
        flat = " ".join(first.split())
        same = (n for n, (one, two) in enumerate(zip(name, flat, strict=False)) if one != two)
        shared = next(same, min(len(name), len(flat)))
        for hit in found(flat):
            if hit.start < shared < hit.stop:
                return [*(each for each in hits if each.stop <= hit.start), Hit(hit.start, shared, hit.kind)]
    return hits


def replaced(text: str, hits: Sequence[Hit] = ()) -> tuple[str, int]:
    """Return a text with a marker in the place of each likely secret, and how many that were.

    What comes out has none any more: done again, it changes nothing. A text without any is returned as it is.

    Args:
        hits: where the first ones are, if that is known.
    """
    count = 0
    while hits := hits or found(text):
        pieces: list[str] = []
        end = 0
        for hit in hits:
            pieces += (text[end : hit.start], f"[REDACTED:{hit.kind}]")
            end = hit.stop
        text = "".join((*pieces, text[end:]))
        count += len(hits)
        hits = ()
    return text, count


class Redactor:
    """Takes secrets out of what is exported, and counts them by where they were.

    Args:
        is_warning: only count, and leave everything as it is.
    """

    def __init__(self, *, is_warning: bool = False):
        self.is_warning = is_warning
        self._counts: dict[Hashable, int] = {}

    @property
    def count(self) -> int:
        """How many there were; what is read twice counts once."""
        return sum(self._counts.values())

    def at(self, *place: Hashable) -> Redact:
        """Return what takes secrets out of the texts of one place, such as a message."""
        counted = 0

        def redact(text: str) -> str:
            nonlocal counted
            clean, count = replaced(text)
            if count:
                counted += count
                self._counts[place] = counted
            return text if self.is_warning else clean

        return redact

    def name(self, session: Session, firsts: Iterable[str]) -> Session:
        """Return a session without secrets in its name, and without the digest that no longer fits."""
        name, count = replaced(session.name, found_in_name(session.name, firsts))
        if count:
            self._counts["name", session.id] = count
        return session if self.is_warning else replace(session, name=name, digest=EMPTY_DIGEST)


def redacted_json(value: JSON, redact: Redact) -> JSON:
    """Return a JSON value without the secrets in its texts and keys."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(key): redacted_json(part, redact) for key, part in value.items()}
    return [redacted_json(part, redact) for part in value] if isinstance(value, list | tuple) else value


def redacted_record(value: JSON, redact: Redact) -> JSON:
    """Return a record without secrets, and without the digests that it would no longer fit."""
    clean = redacted_json(value, redact)
    if isinstance(clean, dict):
        return {key: "" if key == "digest" else part for key, part in clean.items()}
    return clean


def texts_of(value: JSON, path: str = "") -> Iterator[tuple[str, str]]:
    """Go through the texts of a JSON value, each with its place in it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield path, key
            yield from texts_of(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value):
            yield from texts_of(part, f"{path}[{place}]")


def _found_between(text: str, start: int, stop: int, kinds: list[Kind]) -> list[Hit]:
    spans: list[Hit] = []
    for kind in kinds:
        for match in kind.shape.finditer(text, start, stop):
            group = "secret" if "secret" in kind.shape.groupindex else 0
            end = match.end(group)
            spans.append(Hit(match.start(group), _further(text, end, stop) if kind.wraps else end, kind.name))
    return _apart(spans)


def _apart(spans: list[Hit]) -> list[Hit]:
    """Join what overlaps: the longest of them names it."""
    joined: list[Hit] = []
    for hit in sorted(spans, key=lambda hit: hit.start):
        if joined and hit.start < joined[-1].stop:
            last = joined.pop()
            longest = hit if hit.stop - hit.start > last.stop - last.start else last
            hit = Hit(last.start, max(last.stop, hit.stop), longest.kind)
        joined.append(hit)
    return joined


def _further(text: str, end: int, stop: int) -> int:
    """Return where a secret ends that a page may have broken into lines."""
    while (rest := _FURTHER.match(text, end, stop)) and end - text.rfind("\n", 0, end) > WRAPPED_AT:
        end = rest.end(1)
    return end
