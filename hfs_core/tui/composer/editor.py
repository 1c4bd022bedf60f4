"""Ctrl+G: the person's own editor on what is written."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App, SuspendNotSupported

if TYPE_CHECKING:
    from hfs_core.tui.composer.widget import Composer

FALLBACKS = ("vi", "nano")
"""The editors that are tried where the person names none."""


class EditorFailed(Exception):
    """The text could not be edited; says why, and what to do now."""


async def edit_outside(composer: Composer) -> None:
    """Let the person edit what is written in their editor; where that fails, it is as it was and they are told why."""
    before = composer.text
    try:
        text = composer.pastes.fold(await edited(composer.app, composer.written))
    except EditorFailed as error:
        composer.app.notify(str(error), title="editor", severity="error", markup=False)
        return
    if composer.text != before:  # words came back meanwhile; they are put before what is written
        text = f"{composer.text.removesuffix(before)}\n\n{text}"
    composer.write(text)


async def edited(app: App[Any], text: str) -> str:
    """Return the text as the person leaves it in their editor; the app is suspended meanwhile, its loop goes on.

    Raises:
        EditorFailed: there is no editor, it does not start, or it ended with an error.
    """
    command = editor(os.environ)
    original = text.encode(errors="replace")
    file = _written(original)
    is_done = True
    try:
        code = await _run(app, [*command, str(file)])
        content = _read(file)
        if code != 0:
            is_done = content == original
            kept = "" if is_done else f"; what it wrote is in {file}"
            raise EditorFailed(f"{Path(command[0]).name} ended with {code}: the text is as it was{kept}")
    except asyncio.CancelledError:
        is_done = False
        raise
    except OSError as error:
        raise EditorFailed(f"{command[0]} cannot be run: {error.strerror or error}; set $EDITOR") from error
    except SuspendNotSupported as error:
        raise EditorFailed("an editor needs a terminal, and there is none here") from error
    finally:
        if is_done:
            _remove(file)
    result = content.decode(errors="replace").replace("\r\n", "\n")
    return result if text.endswith("\n") else result.removesuffix("\n")


def _written(content: bytes) -> Path:
    try:
        descriptor, name = tempfile.mkstemp(prefix="hfs-", suffix=".md")  # 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise EditorFailed(f"there is no room for a temporary file: {error}") from error
    return Path(name)


def _read(file: Path) -> bytes:
    return file.read_bytes()


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink()


def editor(environ: Mapping[str, str]) -> list[str]:
    """Return the command of the person's editor.

    Raises:
        EditorFailed: none is set, and none is there.
    """
    for name in ("VISUAL", "EDITOR"):
        if environ.get(name, "").strip():
            try:
                return shlex.split(environ[name])
            except ValueError as error:
                raise EditorFailed(f"${name} cannot be read as a command: {error}") from error
    for name in FALLBACKS:
        if shutil.which(name):
            return [name]
    raise EditorFailed("there is no editor: set $EDITOR to the command of one")


async def _run(app: App[Any], command: list[str]) -> int:
    failure: OSError | None = None
    code = 0
    # Suspended, the app would still draw what comes in meanwhile, over the editor; batched, it does not.
    with app.batch_update(), app.suspend(), _interrupt_ignored():
        try:  # inside: what is raised out of `suspend` leaves the app suspended
            process = await asyncio.create_subprocess_exec(*command)
            code = await process.wait()
        except OSError as error:
            failure = error
    if failure is not None:
        raise failure
    return code


@contextmanager
def _interrupt_ignored() -> Iterator[None]:
    """Leave Ctrl+C to the editor; a handler, for it would inherit that the signal is ignored."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
