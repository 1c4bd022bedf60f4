"""The program whose memory the benchmark of export measures: `python -m benchmarks.exporting WORDS...`.

It is `hfs WORDS...`. Its last line on stderr says how many megabytes it used at most: of this process alone, for what
`getrusage` tells begins with the memory of the one that started it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def peak() -> float:
    """Return how many megabytes this process has used at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


if __name__ == "__main__":
    from hfs_core.cli.__main__ import main

    try:
        main()
    finally:
        sys.stderr.write(f"{peak():.1f}\n")
