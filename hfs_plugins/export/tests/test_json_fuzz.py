"""`JsonReader` takes what `json.loads` takes, and refuses what that refuses, wherever its pieces end."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hfs_export import json_reader
from hfs_export.json_reader import JsonFault, JsonReader
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
WRITTEN = st.builds(
    lambda value, indent, is_ascii: json.dumps(value, indent=indent, ensure_ascii=is_ascii),
    VALUES,
    st.sampled_from((None, 0, 3)),
    st.booleans(),
)
SCRAPS = st.sampled_from(
    [
        *'{}[]:,"\\ \n\t\x00eE+-.01u/',
        "\\u12",
        "\\ud800",
        "null",
        "tru",
        "NaN",
        "-Infinity",
        '{"a":',
        "\ufeff",
        "é",
    ]
)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A JSON text into which something was put, or from which something was taken, in up to three places."""
    text: str = draw(WRITTEN)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(SCRAPS | st.just("")) + text[at + draw(st.integers(0, 3)) :]
    return text


def whole(reader: JsonReader) -> Any:
    return reader.value()


def walked(reader: JsonReader) -> Any:
    match reader.peek():
        case "{":
            return {key: walked(reader) for key in reader.members()}
        case "[":
            return [walked(reader) for _ in reader.items()]
        case _:
            return reader.value()


def passed(reader: JsonReader) -> Any:
    reader.skip()


def outcome(read: Callable[[], Any]) -> tuple[bool, Any]:
    """Return whether a text was taken, and as what: NaN equals itself here."""
    try:
        return True, json.dumps(read(), sort_keys=True)
    except ValueError:
        return False, None


def check(text: str, size: int, way: Callable[[JsonReader], Any], encoding: str = "utf-8") -> None:
    def read() -> Any:
        reader = JsonReader(io.BytesIO(text.encode(encoding)))
        value = way(reader)
        reader.end()
        return value

    expected = outcome(lambda: json.loads(text))
    got = outcome(read)
    assert got[0] == expected[0], f"{text!r} in pieces of {size}"
    if way is not passed:
        assert got == expected, f"{text!r} in pieces of {size}"


@pytest.mark.parametrize("way", [whole, walked, passed])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(text=WRITTEN | broken(), size=st.integers(1, 50))
@example(text="[1 2]", size=9)
@example(text='{"a" 1}', size=9)
@example(text="[1}", size=9)
@example(text='{"a": 1]', size=9)
@example(text="[1,]", size=9)
@example(text="[:1]", size=1)
@example(text="12.", size=1)
@example(text="-", size=1)
@example(text="[-Infinity, 1e5]", size=2)
def test_the_same_is_taken_and_refused(
    way: Callable[[JsonReader], Any], text: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken whole, walked to its smallest parts, or passed over."""
    monkeypatch.setattr(json_reader, "CHUNK", size)
    if not text.startswith("\ufeff"):  # a mark is passed over in a file, and no part of a text
        check(text, size, way)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    value=VALUES,
    size=st.integers(4, 40),
    encoding=st.sampled_from(("utf-8-sig", "utf-16", "utf-32", "utf-16-be")),
)
def test_each_encoding_of_unicode(
    value: Any, size: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a mark or without one."""
    monkeypatch.setattr(json_reader, "CHUNK", size)
    check(json.dumps([value], ensure_ascii=False), size, whole, encoding)


@pytest.mark.parametrize("way", [whole, walked, passed])
def test_faults_far_from_the_end_are_told_at_once(way: Callable[[JsonReader], Any]) -> None:
    """What comes behind them is not read: it may be two gigabytes."""
    for text in ('["a\n', "[tru ", '["\\x', "[1, 2 3"):
        file = io.BytesIO(text.encode() + b" " * (3 << 20))
        with pytest.raises(JsonFault, match=r"\(at character \d\)"):
            way(JsonReader(file))
        assert file.tell() <= json_reader.CHUNK * 2


def test_deep_and_long_parts_are_refused_with_their_place() -> None:
    """Taken whole they are; passed over, five thousand brackets are no trouble."""
    deep = b"[" * 5000 + b"]" * 5000
    with pytest.raises(JsonFault, match=r"nested too deeply \(at character 1\)"):
        JsonReader(io.BytesIO(deep)).value()
    reader = JsonReader(io.BytesIO(deep))
    reader.skip()
    reader.end()
    with pytest.raises(JsonFault, match="nested too deeply"):
        JsonReader(io.BytesIO(b'{"a":[' * 9000)).skip()
    with pytest.raises(JsonFault, match=r"a number has too many digits \(at character \d\)"):
        JsonReader(io.BytesIO(b"[" + b"1" * 10_000 + b"]")).value()
    assert math.isinf(float(str(JsonReader(io.BytesIO(b" Infinity ")).value())))
