"""Runs what executes a plugin's code in a process of its own, which cannot outlast its time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hfs_core.cli.checking.finding import Finding, fail, read_notes

STAGE_SECONDS = 20.0
"""How long one step may take; HFS itself gives a plugin 10 s to be imported."""

SUITE_SECONDS = 600.0
"""How long the law of stores may take."""

START_SECONDS = 60.0
"""How long the process may take before it has anything to do with the plugin."""

POLL = 0.05


def run_contained(module: str, plugin: str, check: str, *, seconds: float | None = None) -> Iterator[Finding]:
    """Run a module of this room on a plugin, and give what it found, whatever became of it.

    Args:
        check: what to call it where the process ends, or is ended, before it is done.
        seconds: how long each of its steps may take, `STAGE_SECONDS` by default.
    """
    seconds = STAGE_SECONDS if seconds is None else seconds
    with tempfile.TemporaryDirectory(prefix="hfs-check-", ignore_cleanup_errors=True) as folder:
        notes = Path(folder) / "notes"
        with (Path(folder) / "output").open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-X",
                    "importtime",
                    "-m",
                    f"hfs_core.cli.checking.{module}",
                    plugin,
                    str(notes),
                    folder,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,
            )
            try:
                stage = _waited(process, notes, seconds)
            finally:
                _end(process)
        last, findings = read_notes(notes)
        yield from findings
        if stage:
            yield fail(check, f"it was still {stage} after {seconds:g} s, and was ended")
        elif last != "done":
            yield fail(
                check,
                f"{_ended(process.returncode)} while it was {last or 'starting'}{_last_words(Path(folder))}",
            )


def _waited(process: subprocess.Popen[bytes], notes: Path, seconds: float) -> str:
    """Wait for the end; return what was being done when the time was up, "" if it ended by itself."""
    stage, since, limit = "starting", time.monotonic(), max(seconds, START_SECONDS)
    while process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL)
        now = read_notes(notes)[0] or stage
        if now != stage:
            stage, since, limit = now, time.monotonic(), seconds
        elif time.monotonic() - since > limit:
            return stage
    return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and those that it started and did not detach."""
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
    process.wait()


def _environment(folder: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HFS_")}
    # No `.pyc` goes into the author's folders, and temporary files go with the process.
    return {**kept, "HFS_HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}


def _ended(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process ended with code {code}"


def _last_words(folder: Path) -> str:
    """Return the last line of what the process wrote, where it failed by itself."""
    lines = (folder / "output").read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line for line in lines if line.strip() and not line.startswith("import time:")]
    return f": {said[-1].strip()[:200]}" if said else ""
