"""A JSON text is read the same wherever the pieces end that it is read in."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hfs_export import json_reader
from hfs_export.json_reader import JsonReader

TEXT = """{"numbers": [0, -1, 1.5, 12.5e+10, 1E5, -0.25e-3], "words": ["", "a\\u00e9\\n", "\\ud83d\\ude00 ü"],
 "nested": {"list": [[], [[]], {}, {"a": [true, false, null]}], "x": {"y": {"z": 1.25}}}, "end": 7.5e-1}"""


def walked(reader: JsonReader) -> Any:
    """Return a value that is read by its smallest parts."""
    match reader.peek():
        case "{":
            return {key: walked(reader) for key in reader.members()}
        case "[":
            return [walked(reader) for _ in reader.items()]
        case _:
            return reader.value()


@pytest.mark.parametrize("size", range(1, 40))
def test_pieces_of_any_size(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walked, taken whole or passed over: nothing that a piece cuts in two is taken for something else."""
    monkeypatch.setattr(json_reader, "CHUNK", size)
    for space in range(size):
        data = (" " * space + TEXT).encode()
        reader = JsonReader(io.BytesIO(data))
        assert walked(reader) == json.loads(data)
        reader.end()
        reader = JsonReader(io.BytesIO(data))
        assert reader.value() == json.loads(data)
        reader = JsonReader(io.BytesIO(data))
        assert [key for key in reader.members() if reader.skip() is None] == list(json.loads(data))
        reader.end()
