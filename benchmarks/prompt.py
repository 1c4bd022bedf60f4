"""How soon a person can type: the second `make run`, and `hfs` itself, in a terminal of their own.

`python -m benchmarks.run prompt`. The first run of `make run`, which sets everything up, is not measured.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import tempfile
import termios
import time
from pathlib import Path

from benchmarks.reporting import Figure, report

ROOT = Path(__file__).parents[1]
PROMPT = b"ype a message"  # the cursor stands on its first letter
ROUNDS = 5
PATIENCE = 60.0


def until_prompt(command: list[str], home: Path) -> float:
    """Start a command in a terminal of 100 x 30 and return the seconds until its prompt is on the screen."""
    started = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execvpe(command[0], command, os.environ | {"HFS_HOME": str(home), "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    seen = b""
    while PROMPT not in seen:
        left = PATIENCE - (time.perf_counter() - started)
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            raise TimeoutError(f"{' '.join(command)} showed no prompt: {seen[-400:]!r}")
        seen += os.read(terminal, 65536)
    seconds = time.perf_counter() - started
    leave(child, terminal)
    return seconds


def leave(child: int, terminal: int) -> None:
    """Quit as a person does, and make sure that nothing is left."""
    os.write(terminal, b"\x04")
    end = time.perf_counter() + 10
    while time.perf_counter() < end and os.waitpid(child, os.WNOHANG)[0] == 0:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                os.read(terminal, 65536)
            except OSError:
                break
    else:
        os.close(terminal)
        return
    os.kill(child, signal.SIGHUP)
    os.waitpid(child, 0)
    os.close(terminal)


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        models = Path.home() / ".hfs" / "models"
        home.mkdir()
        if models.is_dir():
            (home / "models").symlink_to(models)
        hfs = str(ROOT / ".venv" / "bin" / "hfs")
        until_prompt([hfs], home)  # the index of plugins is made once
        direct = [until_prompt([hfs], home) for _ in range(ROUNDS)]
        print(f"hfs to the prompt: {statistics.median(direct):.2f} s")
        if not any((home / "models").glob("qwen2.5-coder-0.5b*.verified")):
            print("second make run: not measured, the model is not in ~/.hfs/models (make run fetches it)")
            return 0
        made = [until_prompt(["make", "run"], home) for _ in range(ROUNDS)]
    return report([Figure("second make run to the prompt", statistics.median(made), 3, "s")])


if __name__ == "__main__":
    raise SystemExit(main())
