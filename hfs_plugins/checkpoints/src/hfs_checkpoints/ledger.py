"""What a session holds of checkpoints, and what it sees of its ancestors'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hfs_checkpoints.checkpoint import HEAD, Checkpoint, Head, is_checkpoint
from hfs_core.api import Record


@dataclass(slots=True)
class Ledger:
    """What one session itself holds: its head, and its own checkpoints by number."""

    head: Head
    own: dict[int, Checkpoint]

    def surplus(self, keep: int, *, but: int = 0) -> list[Checkpoint]:
        """Return the oldest of its automatic checkpoints, beyond the last `keep`; never the number `but`."""
        automatic = sorted((each for each in self.own.values() if not each.stays), key=order)
        return [each for each in automatic if each.number != but][: max(len(automatic) - keep, 0)]

    def met(self, made: Checkpoint) -> Checkpoint | None:
        """Return the automatic checkpoint of the same run at the same position, which `made` adds a trigger to."""
        for each in self.own.values():
            is_same_point = (each.run_id, each.message_index) == (made.run_id, made.message_index)
            if is_same_point and not each.is_manual and (not made.label or each.label in ("", made.label)):
                return each
        return None


def order(checkpoint: Checkpoint) -> tuple[int, int]:
    """Return the key by which checkpoints are listed."""
    return checkpoint.message_index, checkpoint.number


def merged(old: Checkpoint, made: Checkpoint) -> Checkpoint:
    """Return a checkpoint with the trigger and the state of a newer one."""
    triggers = tuple(dict.fromkeys((*old.triggers, *made.triggers)))
    return replace(
        old, triggers=triggers, label=old.label or made.label, state=made.state, digest=made.digest
    )


def visible(records: Sequence[Record]) -> list[Checkpoint]:
    """Return what a session sees of its own and its ancestors' records.

    Of an ancestor it sees what was there when it branched off: what is counted there later has numbers of its own.
    """
    heads = [(record.session_id or 0, Head.from_record(record)) for record in records if record.key == HEAD]
    checkpoints = [Checkpoint.from_record(record) for record in records if is_checkpoint(record)]
    seen: list[Checkpoint] = []
    limit: int | None = None
    for session_id, head in sorted(heads, key=lambda each: _age(each[0]), reverse=True):
        own = [each for each in checkpoints if each.session_id == session_id]
        seen += [each for each in own if limit is None or each.number <= limit]
        limit = head.shared if limit is None else min(limit, head.shared)
    return seen


def first_head(records: Sequence[Record]) -> Head:
    """Return the head of a session that has none yet: it counts on from what it shares."""
    last = max((each.number for each in visible(records)), default=0)
    return Head(last, last)


def _age(session_id: int) -> tuple[bool, int]:
    """Return the key that puts a session behind its ancestors: ids count up, and down while the disk is full."""
    return session_id < 0, abs(session_id)
