"""Runs every benchmark, or those that are named: `python -m benchmarks.run [startup store local_model ...]`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

PARTS = {
    "__init__",
    "bare_app",
    "chatting",
    "exporting",
    "langgraph_peer",
    "program",
    "reporting",
    "run",
    "turns",
}
"""What measures nothing itself."""


def main(names: list[str]) -> int:
    """Run benchmarks one after the other and return how many figures missed their bar."""
    known = sorted(file.stem for file in Path(__file__).parent.glob("*.py"))
    chosen = names or [name for name in known if name not in PARTS]
    missed = 0
    for name in chosen:
        print(f"--- {name}", flush=True)
        missed += import_module(f"benchmarks.{name}").main()
    print(f"--- {missed} missed" if missed else "--- every bar was reached")
    return min(missed, 1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
