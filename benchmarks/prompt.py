"""How soon a person can type: the second `make run`, and `hfs` itself, in a terminal of their own.

`python -m benchmarks.run prompt`. The first run of `make run`, which sets everything up, is not measured.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.program import Program
from benchmarks.reporting import Figure, report

ROOT = Path(__file__).parents[1]
PROMPT = "ype a message"  # the cursor stands on its first letter
ROUNDS = 5


def until_prompt(command: list[str], home: Path) -> float:
    """Start a command in a terminal of 100 x 30 and return the seconds until its prompt is on the screen."""
    with Program(command, os.environ | {"HFS_HOME": str(home)}, (100, 30)) as program:
        seconds = program.wait_for(PROMPT) - program.started
        program.leave()
    return seconds


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
        made = [until_prompt(["make", "-C", str(ROOT), "run"], home) for _ in range(ROUNDS)]
    return report([Figure("second make run to the prompt", statistics.median(made), 3, "s")])


if __name__ == "__main__":
    raise SystemExit(main())
