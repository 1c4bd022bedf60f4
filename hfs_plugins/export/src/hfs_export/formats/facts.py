"""What a page tells of a conversation besides its words: only what is known, nothing made up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hfs_core.api import JSON, Message, Outgoing, Status, replace_surrogates

_BREAKS = dict.fromkeys(map(ord, "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), "\n")
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: "\u2421"}
# The C1 controls have no pictures, and neither have the marks that turn the direction of what follows them.
_HIDDEN = dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
_SHOWN = str.maketrans(_PICTURES | _HIDDEN | _BREAKS)
_UNSHOWN = re.compile("[^\t\n -~\xa0-\u2027\u202f-\u2065\u206a-\U0010ffff]")
_PIECE = 100_000
_MANY = 10**15


def shown(text: str) -> str:
    """Return a text as a page has it: every kind of line break as LF, other control characters as their pictures."""
    text = replace_surrogates(text).replace("\r\n", "\n")
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return "".join(piece.translate(_SHOWN) if _UNSHOWN.search(piece) else piece for piece in pieces)


def one_line(text: JSON) -> str:
    """Return a name, or anything that stands where one is due, as one line."""
    return " ".join(shown(str(text)).split())


def clock(moment: datetime) -> str:
    """Return a time as pages tell it: UTC, to the second."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"


def length(milliseconds: int) -> str:
    """Return a duration for people."""
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, hours = milliseconds // 60_000, milliseconds // 3_600_000
    if hours == 0:
        return f"{minutes} min {milliseconds // 1000 % 60} s"
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h {minutes % 60} min"


@dataclass(slots=True)
class Totals:
    """What is summed up of a conversation while its messages are written.

    Attributes:
        answering: the milliseconds that the replies took.
    """

    messages: int = 0
    tokens: int = 0
    answering: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, message: Message) -> None:
        """Count a message in."""
        self.messages += 1
        self.tokens += tokens_of(message) or 0
        self.answering += _count(message.metadata.get("duration_ms")) or 0
        self.first = self.first or message.created_at
        self.last = message.created_at


def facts(outgoing: Outgoing, totals: Totals, exported: datetime) -> list[tuple[str, str]]:
    """Return what stands above a conversation: names and values; what is not known is not there."""
    told = [("Exported", clock(exported)), ("Messages", f"{totals.messages:,}")]
    run = _mapping((outgoing.run_snapshot or {}).get("usage")).get("total_tokens")
    if totals.tokens:
        told.append(("Tokens", f"{totals.tokens:,}"))
    elif tokens := _count(run):
        told.append(("Tokens", f"{tokens:,} in the last run"))
    if totals.first and totals.last and totals.last > totals.first:
        passed = length((totals.last - totals.first) // timedelta(milliseconds=1))
        told.append(
            (
                "Duration",
                f"{passed}, of it answering {length(totals.answering)}" if totals.answering else passed,
            )
        )
    if outgoing.origin is not None and outgoing.session.parent is not None:
        shared = outgoing.session.parent.at
        told.append(
            (
                "Branch of",
                f"{one_line(outgoing.origin.name)}, after {shared:,} {'message' if shared == 1 else 'messages'}",
            )
        )
    return told


def tokens_of(message: Message) -> int | None:
    """Return how many tokens a reply took, prompt and answer; None where nobody told."""
    usage = _mapping(message.metadata.get("usage"))
    counts = [_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
    return None if counts == [None, None] else sum(count or 0 for count in counts)


def about(message: Message) -> list[str]:
    """Return what stands beside the time of a message: who answered, tokens, duration; as far as it is known."""
    told = [
        one_line(name)
        for key in ("agent", "model")
        if isinstance(name := message.metadata.get(key), str) and name
    ]
    if (tokens := tokens_of(message)) is not None:
        told.append(f"{tokens:,} tokens")
    if (milliseconds := _count(message.metadata.get("duration_ms"))) is not None:
        told.append(length(milliseconds))
    return told


def mark(message: Message) -> str:
    """Return how a message that is not whole ended, "" for one that is."""
    if message.status == Status.COMPLETE:
        return ""
    error = message.metadata.get("error")
    return f"{message.status}: {one_line(error)}" if isinstance(error, str) and error else str(message.status)


def triads(snapshot: Mapping[str, JSON] | None) -> list[tuple[str, list[str]]]:
    """Return the agents of a run: a title for each triad, and a line for each agent in it."""
    told = []
    for triad in map(_mapping, _sequence((snapshot or {}).get("agent_tree"))):
        preset = f" ({one_line(triad['preset'])})" if triad.get("preset") else ""
        lines = [
            f"{one_line(agent.get('role') or agent.get('agent_id', ''))}: {one_line(agent.get('status', ''))}"
            for agent in map(_mapping, _sequence(triad.get("agents")))
        ]
        told.append((f"Triad: {one_line(triad.get('triad_id', ''))}{preset}", lines))
    return told


def phases(snapshot: Mapping[str, JSON] | None) -> list[str]:
    """Return a line for each phase of a run, with how long it took where it has ended."""
    told = []
    for phase in map(_mapping, _sequence((snapshot or {}).get("timeline"))):
        took = _count(phase.get("total_duration_ms")) if phase.get("ended_at") else None
        name = one_line(phase.get("phase_name") or phase.get("phase_id", ""))
        told.append(name if took is None else f"{name}: {length(took)}")
    return told


def checkpoint_row(checkpoint: Mapping[str, JSON]) -> list[str]:
    """Return the cells of a checkpoint's row, see `CHECKPOINT_COLUMNS`."""
    kept = checkpoint.get("created_at")
    return [
        one_line(checkpoint.get("number", "")),
        one_line(checkpoint.get("message_index", "")),
        one_line(", ".join(map(str, _sequence(checkpoint.get("triggers"))))),
        one_line(checkpoint.get("label") or ""),
        clock(datetime.fromisoformat(kept)) if isinstance(kept, str) else "",
    ]


CHECKPOINT_COLUMNS = ("Number", "Messages", "Made on", "Label", "Time")


def _mapping(value: JSON) -> Mapping[str, JSON]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: JSON) -> Sequence[JSON]:
    return value if isinstance(value, list | tuple) else ()


def _count(value: JSON) -> int | None:
    """Return a number of something; what came from elsewhere may be anything."""
    return value if type(value) is int and 0 <= value < _MANY else None
