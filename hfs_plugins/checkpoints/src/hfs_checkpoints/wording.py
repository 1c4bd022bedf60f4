"""How checkpoints and sessions are spoken of."""

from __future__ import annotations

import re
import unicodedata

from hfs_checkpoints.checkpoint import Checkpoint
from hfs_core.api import CommandError, Session, replace_surrogates

LONGEST_LABEL = 200
"""How many characters a label may have."""

LONGEST_NAME = 200
"""How many characters the name of a session may have."""

_SUFFIX = re.compile(r" \(rewind from #\d+\)$")


def ref_of(session: Session) -> str:
    """Return the word that means a session on a command line: its id, unless that would read as an option."""
    return str(session.id) if session.id > 0 else session.uid


def counted(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def spoken(trigger: str) -> str:
    """Return an event's type as words, such as `run ended`."""
    return trigger.replace(".", " ").replace("_", " ")


def what_happened(checkpoint: Checkpoint) -> str:
    """Return what a checkpoint was made for, its label, and whether it is pinned."""
    happened = ", ".join(map(spoken, checkpoint.triggers))
    labelled = f"{happened}: {checkpoint.label}" if checkpoint.label else happened
    return f"{labelled} (pinned)" if checkpoint.pinned else labelled


def one_line(text: str) -> str:
    """Return a text in one line, as a store takes it."""
    spaced = (" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text)
    return " ".join(replace_surrogates("".join(spaced)).split())


def checked_label(text: str) -> str:
    """Return a label in one line; raises CommandError for one that is too long."""
    label = one_line(text)
    if len(label) > LONGEST_LABEL:
        raise CommandError(f"a label has at most {LONGEST_LABEL} characters, not {len(label):,}")
    return label


def rewound_name(name: str, number: int) -> str:
    """Return the name of a session that was rewound to a checkpoint; a suffix of an earlier rewind gives way."""
    suffix = f" (rewind from #{number})"
    return _SUFFIX.sub("", name)[: LONGEST_NAME - len(suffix)] + suffix
