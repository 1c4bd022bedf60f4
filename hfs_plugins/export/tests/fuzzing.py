"""Files that went wrong in any way, and what every importer promises of them."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hfs_core.api import ImportFormat, Incoming, Message, SourcePart

ODD: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: True,
    lambda: 0,
    lambda: -1,
    lambda: 10**30,
    lambda: 1e300,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: "",
    lambda: "\ud800",
    lambda: "\x00\u2028",
    lambda: "0000-01-01T00:00:00Z",
    lambda: "9999-12-31T23:59:59-14:00",
    lambda: "`" * 9,
    list,
    dict,
    lambda: [[], {}, None],
    lambda: {"": {"": []}},
    lambda: json.loads("[" * 300 + "]" * 300),
)
"""Values that stand where they do not belong."""


def part_of(data: bytes, name: str = "file.json", path: Path | None = None) -> SourcePart:
    """Return bytes as the part of a file."""
    return SourcePart(name, lambda: io.BytesIO(data), path)


def mutants(fixture: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Make `count` variants of a file, each broken in one to four places; the same ones for the same seed.

    JSON and JSONL are broken as values (something is dropped, doubled, replaced, or stands in another's place), and
    then, now and then, as bytes (cut, flipped, doubled); anything else only as bytes.
    """
    chance = random.Random(seed)
    values = _values(fixture)
    for _ in range(count):
        data = fixture
        if values is not None and chance.random() < 0.85:
            broken = json.loads(json.dumps(values))
            for _ in range(chance.randint(1, 4)):
                _break(broken, chance)
            data = b"\n".join(json.dumps(value).encode() for value in broken)
            if chance.random() < 0.85:
                yield data
                continue
        yield _scratched(data, chance)


def survives(reader: ImportFormat, *parts: SourcePart) -> int | None:
    """Read a file to its end; returns how many conversations came, None if it was refused.

    Raises whatever is no promise of an importer: anything but a ValueError with a sentence, a branch of nothing, a
    message that no store keeps.
    """
    notes: list[str] = []
    lengths: dict[str, int] = {}
    count = 0
    for part in parts:
        with part.open() as file:
            assert reader.detects(file.read(64 << 10)) in (True, False)
    try:
        for item in reader.read(list(parts), notes.append):
            if isinstance(item, Incoming):
                _take(item, lengths)
                count += 1
    except ValueError as error:
        if isinstance(error, UnicodeError) or len(str(error)) < 10:
            raise AssertionError("no sentence for a person") from error
        return None
    assert all(len(note) > 10 for note in notes)
    return count


def _take(item: Incoming, lengths: dict[str, int]) -> None:
    start = 0
    if item.parent is not None:
        key, start = item.parent
        assert 0 <= start <= lengths[key], f"{item.name!r} shares more than there is"
    length = start
    for draft in item.messages:
        try:
            item.name.encode()
            draft.content.encode()
            Message.from_draft(draft, session_id=1, index=length, parent="")
        except (TypeError, ValueError) as error:
            raise AssertionError(f"no store keeps {draft!r}") from error
        length += 1
    if item.key:
        lengths[item.key] = length


def _values(fixture: bytes) -> list[Any] | None:
    """Return the JSON values of a file, one or one a line; None if it is something else."""
    try:
        return [json.loads(fixture)]
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in fixture.splitlines() if line.strip()] or None
    except ValueError:
        return None


def _spots(value: Any) -> list[tuple[Any, Any]]:
    """Return every container with every key or index in it."""
    spots = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ()
        for key in keys:
            spots.append((each, key))
            waiting.append(each[key])
    return spots


def _break(value: Any, chance: random.Random) -> None:
    spots = _spots(value)
    if not spots:
        return
    container, key = chance.choice(spots)
    other, place = chance.choice(spots)
    match chance.randrange(6):
        case 0:
            del container[key]
        case 1 | 2:
            container[key] = chance.choice(ODD)()
        case 3 if isinstance(container, list):
            container.insert(chance.randint(0, len(container)), json.loads(json.dumps(container[key])))
        case 3:
            container[str(chance.choice(spots)[1])] = json.loads(json.dumps(container[key]))
        case 4:  # what stands elsewhere: ids, times and types change places
            container[key], other[place] = _copied(other[place]), _copied(container[key])
        case 5:
            strings = [(where, at) for where, at in spots if isinstance(where[at], str)]
            if len(strings) > 1:
                (one, first), (two, second) = chance.sample(strings, 2)
                one[first], two[second] = two[second], one[first]


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _scratched(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    match chance.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case 2:
            return data[:at] + data[at + chance.randint(1, 40) :]
        case 3:
            return data[:at] + data[max(at - 60, 0) :]
        case _:
            return data[:at] + chance.randbytes(8) + data[at:]
