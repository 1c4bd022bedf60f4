"""The newer tables of `llm`: messages that name their parent, and threads that point at a last one."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hfs_core.api import JSON, Draft, Incoming
from hfs_export.readers.drafting import Drafting, named, usage_of
from hfs_export.readers.llm_parts import part_text
from hfs_export.readers.losses import Losses
from hfs_export.readers.moments import moment_of

NEEDED = {
    "messages": frozenset(("hash", "parent_hash", "role")),
    "parts": frozenset(("message_hash", "position", "type", "text", "payload")),
    "threads": frozenset(("id", "name", "tip_message_hash", "forked_from", "datetime_utc")),
    "turns": frozenset(("thread_id", "tip_message_hash", "model", "datetime_utc", "duration_ms")),
}
"""The tables and columns that are read."""

# Every end is a conversation's: threads first, then what was answered and left, such as by asking again.
_ENDS = """
SELECT id, name, tip_message_hash AS tip, forked_from, datetime_utc, 0 AS is_left FROM threads
    WHERE tip_message_hash IS NOT NULL
UNION ALL
SELECT t.thread_id, threads.name, m.hash, NULL, threads.datetime_utc, 1 FROM messages m
    LEFT JOIN turns t ON t.tip_message_hash = m.hash LEFT JOIN threads ON threads.id = t.thread_id
    WHERE NOT EXISTS (SELECT 1 FROM messages c WHERE c.parent_hash = m.hash)
"""


@dataclass(frozen=True, slots=True)
class _Turn:
    """How a reply came about."""

    moment: object
    facts: Mapping[str, JSON]
    milliseconds: int


class _Tree:
    """The messages that were met already, by their hash: in which conversation, and how many it has up to there."""

    def __init__(self, connection: sqlite3.Connection, columns: frozenset[str], losses: Losses):
        self.connection = connection
        self.losses = losses
        self.met: dict[str, tuple[str, int]] = {}
        tokens = ("input_tokens", "output_tokens")
        self._tokens = ", ".join(tokens) if columns.issuperset(tokens) else "NULL, NULL"

    def chain(self, tip: str) -> list[tuple[str, str]]:
        """Return hash and role of each message from the first one to `tip`."""
        found: list[tuple[str, str]] = []
        seen: set[str] = set()
        wanted: str | None = tip
        while wanted is not None:
            if wanted in seen:
                self.losses.add(
                    "a message that follows itself begins its conversation anew", f"message {wanted}"
                )
                break
            row = self.connection.execute(
                "SELECT parent_hash, role FROM messages WHERE hash = ?", (wanted,)
            ).fetchone()
            if row is None:
                self.losses.add(
                    "a message that is not there begins its conversation too late", f"message {wanted}"
                )
                break
            seen.add(wanted)
            found.append((wanted, str(row["role"])))
            wanted = row["parent_hash"]
        found.reverse()
        return found

    def turns(self, thread: str) -> dict[str, _Turn]:
        """Return how the replies of a thread came about, by the hash of each."""
        rows = self.connection.execute(
            f"SELECT tip_message_hash, datetime_utc, duration_ms, model, {self._tokens} FROM turns"
            " WHERE thread_id = ? ORDER BY datetime_utc DESC",
            (thread,),
        )
        return {row[0]: _turn(*tuple(row)[1:]) for row in rows}

    def parts(self, key: str, missing: list[str]) -> str:
        """Return what a message says."""
        rows = self.connection.execute(
            "SELECT type, text, payload FROM parts WHERE message_hash = ? ORDER BY position", (key,)
        )
        return "\n\n".join(text for row in rows if (text := part_text(self.connection, row, missing)))


def conversations(
    connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]], losses: Losses
) -> Iterator[Incoming]:
    """Go through the threads, and through the branches that no thread points at any more."""
    tree = _Tree(connection, tables["turns"], losses)
    names: dict[str, str] = {}
    for number, end in enumerate(connection.execute(_ENDS)):
        tip, is_fork = end["tip"], end["forked_from"] is not None
        if not isinstance(tip, str) or (tip in tree.met and not is_fork):
            continue
        chain = tree.chain(tip)
        telling = {"assistant"} if not is_fork and not end["is_left"] else {"assistant", "user"}
        shared = _shared(chain, tree.met, telling)
        parent = tree.met[chain[shared - 1][0]] if shared else None
        key = str(number)
        for position, (each, _) in enumerate(chain[shared:], shared + 1):
            tree.met.setdefault(each, (key, position))
        thread = str(end["id"] or "")
        told = end["name"] or (names[parent[0]] if parent else "")
        drafting = Drafting(str(told or thread or "a branch"), losses, end["datetime_utc"])
        drafts = _drafts(tree, chain, shared, thread, drafting)
        name, drafts = named(told, drafts)
        names[key] = name
        yield Incoming(name, drafts, key, parent)
        for _ in drafts:
            pass  # what nobody wanted is passed over, to come to the next one


def _shared(chain: Sequence[tuple[str, str]], met: Mapping[str, object], telling: Container[str]) -> int:
    """Return how many messages are another conversation's: none where no role of them tells that it is the same."""
    count = 0
    is_same = False
    for key, role in chain:
        if key not in met:
            break
        count += 1
        is_same |= role in telling
    return count if is_same else 0


def _drafts(
    tree: _Tree, chain: Sequence[tuple[str, str]], start: int, thread: str, drafting: Drafting
) -> Iterator[Draft]:
    turns = tree.turns(thread)
    coming: list[_Turn | None] = []
    turn: _Turn | None = None
    for key, _ in reversed(chain):
        turn = turns.get(key, turn)
        coming.append(turn)
    coming.reverse()
    for place in range(start, len(chain)):
        (key, role), turn = chain[place], coming[place]
        missing: list[str] = []
        text = tree.parts(key, missing)
        is_end = key in turns
        facts = turn.facts if turn and is_end else {}
        yield drafting.draft(role, text, _moment(turn, is_end=is_end), metadata=facts)
        for what in missing:
            drafting.lose(what)


def _moment(turn: _Turn | None, *, is_end: bool) -> object:
    """Return when a message was said: a turn tells when it began, and how long it took."""
    if turn is None:
        return None
    try:
        began = moment_of(turn.moment)
        return (
            (began + timedelta(milliseconds=turn.milliseconds)).isoformat()
            if began and is_end
            else turn.moment
        )
    except (ValueError, OverflowError):
        return turn.moment


def _turn(moment: object, duration: object, model: object, prompt: object, completion: object) -> _Turn:
    milliseconds = duration if isinstance(duration, int) and 0 <= duration < 1 << 40 else 0
    facts: dict[str, JSON] = {"duration_ms": milliseconds} if milliseconds else {}
    if isinstance(model, str) and model:
        facts["model"] = model
    return _Turn(moment, facts | usage_of(prompt, completion), milliseconds)
