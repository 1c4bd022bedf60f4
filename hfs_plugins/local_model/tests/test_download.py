"""The route over HTTP, against a real server on the loopback."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from hfs_local_model.download import download
from hfs_local_model.sources import FetchCancelled, PartFile, SourceFailed, Watch

from .conftest import CONTENT, FileServer


def quiet(silence: float = 5) -> Watch:
    return Watch(lambda doing, done, total: None, silence=silence)


@pytest.fixture
def part(tmp_path: Path) -> PartFile:
    return PartFile(tmp_path / "tiny.gguf.part", len(CONTENT))


def test_a_file_comes_whole_and_its_progress_is_told(file_server: FileServer, part: PartFile) -> None:
    told: list[tuple[int, int]] = []
    download(f"{file_server.url}/file", part, Watch(lambda doing, done, total: told.append((done, total))))
    assert part.path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_started_file_is_gone_on_with(file_server: FileServer, part: PartFile) -> None:
    part.path.write_bytes(CONTENT[:1000])
    download(f"{file_server.url}/file", part, quiet())
    assert part.path.read_bytes() == CONTENT
    assert file_server.offsets == [1000]


def test_a_server_without_ranges_begins_anew(file_server: FileServer, part: PartFile) -> None:
    part.path.write_bytes(CONTENT[:1000])
    download(f"{file_server.url}/no-ranges", part, quiet())
    assert part.path.read_bytes() == CONTENT


def test_a_break_is_followed_by_the_rest(file_server: FileServer, part: PartFile) -> None:
    """Each answer gives half of what is asked for and hangs up."""
    download(f"{file_server.url}/cut", part, quiet())
    assert part.path.read_bytes() == CONTENT
    assert file_server.offsets[:3] == [0, len(CONTENT) // 2, len(CONTENT) * 3 // 4]


def test_a_silent_server_is_given_up_and_what_came_is_kept(file_server: FileServer, part: PartFile) -> None:
    with pytest.raises(SourceFailed, match="silent"):
        download(f"{file_server.url}/silent", part, quiet(silence=0.3))
    assert part.path.read_bytes() == CONTENT[: len(CONTENT) // 2]


def test_a_server_that_takes_the_connection_and_says_nothing_is_given_up(part: PartFile) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(SourceFailed, match="silent"):
        download(f"http://127.0.0.1:{mute.getsockname()[1]}/", part, quiet(silence=0.3))
    assert part.length == 0


def test_a_missing_file_is_named_by_its_status(file_server: FileServer, part: PartFile) -> None:
    with pytest.raises(SourceFailed, match="404 Not Found"):
        download(f"{file_server.url}/missing", part, quiet())


def test_no_server_is_a_reason_not_a_traceback(part: PartFile) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SourceFailed, match="refused"):
        download(f"http://127.0.0.1:{port}/", part, quiet())


@pytest.mark.parametrize("length", [10, len(CONTENT) * 2])
def test_a_file_of_another_length_is_refused_before_it_is_read(
    file_server: FileServer, part: PartFile, length: int
) -> None:
    file_server.content = b"x" * length
    with pytest.raises(SourceFailed, match="another file"):
        download(f"{file_server.url}/file", part, quiet())
    assert part.length == 0


def test_cancelling_stops_within_a_moment_and_keeps_what_came(
    file_server: FileServer, part: PartFile
) -> None:
    cancelled = threading.Event()
    watch = Watch(lambda doing, done, total: cancelled.set(), cancelled)
    with pytest.raises(FetchCancelled):
        download(f"{file_server.url}/held", part, watch)
    assert 0 < part.length < len(CONTENT)
    assert CONTENT.startswith(part.path.read_bytes())
