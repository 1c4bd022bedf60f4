"""The route over HTTP: a file from an address, going on where the last attempt broke off."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from hfs_local_model import __version__
from hfs_local_model.sources import PartFile, SourceFailed, Watch

BLOCK = 1 << 16
_LOOK_UP = 0.2


@dataclass(frozen=True, slots=True)
class _Head:
    """The answer before its body: where the body begins in the file, and how long the whole file is."""

    start: int
    total: int | None


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a body; `problem` says what cut it off, if anything did."""

    problem: Exception | None = None


class _Reader(threading.Thread):
    """Reads an answer in a thread of its own: a name server, a handshake or a body can each hang."""

    def __init__(self, url: str, offset: int, silence: float):
        super().__init__(name="hfs-download", daemon=True)
        self._request = Request(
            url, headers={"Accept-Encoding": "identity", "User-Agent": f"hfs-local-model/{__version__}"}
        )
        if offset:
            self._request.add_header("Range", f"bytes={offset}-")
        self._silence = silence
        self._items: queue.Queue[_Head | bytes | _End] = queue.Queue(maxsize=8)
        self._abandoned = threading.Event()

    def run(self) -> None:
        """Hand over the head, the blocks and the end."""
        try:
            with urlopen(self._request, timeout=self._silence) as response:
                start, total = _place(response.status, response.headers)
                self._hand_over(_Head(start, total))
                # read1: a slow source must not look silent until a whole block is full
                while (block := response.read1(BLOCK)) and not self._abandoned.is_set():
                    self._hand_over(block)
            self._hand_over(_End())
        except (OSError, HTTPException, ValueError) as error:
            self._hand_over(_End(error))

    def next(self, watch: Watch) -> _Head | bytes | _End:
        """Return what came; raises SourceFailed after too long a silence, FetchCancelled."""
        deadline = time.monotonic() + watch.silence
        while True:
            watch.check()
            try:
                return self._items.get(timeout=_LOOK_UP)
            except queue.Empty:
                if time.monotonic() >= deadline:
                    raise SourceFailed(f"silent for {watch.silence:.0f} s") from None

    def abandon(self) -> None:
        """Let the thread end, at the latest when its own connection times out."""
        self._abandoned.set()

    def _hand_over(self, item: _Head | bytes | _End) -> None:
        while not self._abandoned.is_set():
            try:
                self._items.put(item, timeout=_LOOK_UP)
            except queue.Full:
                continue
            return


def download(url: str, part: PartFile, watch: Watch) -> None:
    """Fill the file from an address; a break is followed by another attempt as long as each brings something.

    Raises:
        SourceFailed: it refuses, is silent, or has another file.
        FetchCancelled: the person does not want it any more.
    """
    while part.length < part.size:
        before = part.length
        problem = _attempt(url, part, watch)
        if part.length <= before:
            raise SourceFailed(problem or "broke off")


def host_of(url: str) -> str:
    """Return the word for an address that a person reads."""
    return urlsplit(url).netloc


def _attempt(url: str, part: PartFile, watch: Watch) -> str:
    """Read one answer into the file; returns what cut it off, "" if nothing did."""
    reader = _Reader(url, part.length, watch.silence)
    reader.start()
    try:
        head = reader.next(watch)
        if isinstance(head, _End):
            return _explain(head.problem, watch.silence)
        if not isinstance(head, _Head):
            raise TypeError("a body came before its head")
        if head.total not in (None, part.size):
            raise SourceFailed(f"has another file, of {head.total} bytes")
        if head.start > part.length:
            raise SourceFailed(f"sends what was not asked for, from byte {head.start} on")
        part.cut(head.start)
        return _copy(reader, part, watch, host_of(url))
    finally:
        reader.abandon()


def _copy(reader: _Reader, part: PartFile, watch: Watch, label: str) -> str:
    length = part.length
    with part.append() as file:
        while True:
            item = reader.next(watch)
            if isinstance(item, _End):
                return _explain(item.problem, watch.silence)
            if isinstance(item, bytes):
                length += len(item)
                if length > part.size:
                    raise SourceFailed("has another file, a longer one")
                file.write(item)
                watch.progress(f"from {label}", length, part.size)


def _place(status: int, headers: object) -> tuple[int, int | None]:
    """Return where the body begins and how long the file is; a server may ignore the wish for a range."""
    get = headers.get  # type: ignore[attr-defined] # an email.message.Message, untyped for our purpose
    if status == 206:
        span, _, total = str(get("Content-Range", "")).removeprefix("bytes ").partition("/")
        return int(span.partition("-")[0]), int(total) if total.isdigit() else None
    length = get("Content-Length")
    return 0, int(length) if length is not None else None


def _explain(problem: Exception | None, silence: float) -> str:
    """Return what went wrong, short; raises SourceFailed where another attempt is pointless."""
    if problem is None:
        return ""
    if isinstance(problem, HTTPError):
        problem.close()
        raise SourceFailed(f"answers {problem.code} {problem.reason}")
    reason = getattr(problem, "reason", None) or problem
    if isinstance(reason, TimeoutError):
        raise SourceFailed(f"silent for {silence:.0f} s")
    return str(reason) or type(problem).__name__
