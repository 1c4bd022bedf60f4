"""Keeps what looks like a secret off the screen."""

from __future__ import annotations

import re

from hfs_core.api import JSON

MASK = "********"
_NAMES = re.compile(
    r"(?:^|[_.-])(?:api_?key|key|token|secret|passw(?:or)?d|passphrase|credentials?|auth)s?$", re.IGNORECASE
)
_VALUES = re.compile(
    r"(?:sk|pk|rk|ghp|gho|github_pat|glpat|hf|xox[abp])[-_][\w-]{8,}|ey[\w-]{10,}\.[\w-]+\.[\w-]+"
)
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+(?=@)")


def masked(name: str, value: JSON) -> JSON:
    """Return a setting's value as it may be shown; `name` is its key, the last word of which counts."""
    if isinstance(value, dict):
        return {key: masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(name, inner) for inner in value]
    if not isinstance(value, str) or not value:
        return value
    if _NAMES.search(name) or _VALUES.fullmatch(value):
        return MASK
    return _PASSWORD.sub(MASK, value)


def without_secrets(text: str) -> str:
    """Return a text in which what looks like a key or a password is masked."""
    return _PASSWORD.sub(MASK, _VALUES.sub(MASK, text))
