"""A long conversation comes and goes in the memory that a short one takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHORT, LONG = 1_000, 100_000
ALLOWED = 30.0
"""How many megabytes the long one may take beyond the short one."""

# What `getrusage` tells begins with the memory of the process that started this one; this is its own.
PROGRAM = """
import re
from hfs_core.cli.__main__ import main
try:
    main()
finally:
    print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1], file=__import__("sys").stderr)
"""


def peak(home: Path, *words: str) -> float:
    """Run `hfs` in a process of its own and return how many megabytes it used at most."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env={"PATH": os.environ["PATH"], "HFS_HOME": str(home), "LANG": "C.UTF-8"},
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return int(done.stderr.splitlines()[-1]) / 1000


def written(file: Path, messages: int) -> Path:
    """Write a conversation to be imported, 800 bytes a message."""
    with file.open("w") as out:
        out.write('{"messages": [')
        for number in range(messages):
            message = {"role": ("user", "assistant")[number % 2], "content": f"{number} " + "word " * 150}
            out.write(("," if number else "") + json.dumps(message))
        out.write("]}")
    return file


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the memory of a process")
def test_constant_memory(tmp_path: Path) -> None:
    """A hundred times as many messages take at most 30 MB more, to bring in and to write in each format."""
    peaks: dict[str, list[float]] = {}
    for count in (SHORT, LONG):
        home, file = tmp_path / f"home {count}", written(tmp_path / f"{count}.json", count)
        peaks.setdefault("import", []).append(peak(home, "import", str(file)))
        for name in ("json", "jsonl", "md", "html"):
            taken = peak(home, "export", name, str(tmp_path / f"out.{count}.{name}"))
            peaks.setdefault(f"export {name}", []).append(taken)
        again = tmp_path / f"out.{count}.json"
        peaks.setdefault("import again", []).append(peak(tmp_path / f"again {count}", "import", str(again)))
    grown = {what: long - short for what, (short, long) in peaks.items()}
    assert max(grown.values()) <= ALLOWED, grown
