"""Whole processes: how long `hfs` takes to say its version, its help, and one answer.

`hfs -p` is compared with `llm`, in an environment of its own, asking the same scripted endpoint; `make bench` installs
it. Everything is measured in turn, so that the machine's moods hit all alike. `python benchmarks/startup.py`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.reporting import Figure, report

ROUNDS = 15
BIN = Path(sys.executable).parent
LLM = Path(__file__).parents[1] / ".cache" / "llm" / "bin" / "llm"
REPLY = "It works. " * 20


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Run a command to its end and return how long it took, in wall time."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True, capture_output=True)
    return time.perf_counter() - started


def in_turn(commands: dict[str, list[str]], environment: dict[str, str]) -> dict[str, float]:
    """Run each command once to warm up, then all in turn, and return the median of each."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds(command, environment)
    for _ in range(ROUNDS):
        for name, command in commands.items():
            times[name].append(seconds(command, environment))
    return {name: statistics.median(measured) for name, measured in times.items()}


def looking_around(environment: dict[str, str]) -> list[Figure]:
    """Compare `--version` and `--help` with an empty interpreter and with importing click."""
    python, hfs = str(BIN / "python"), str(BIN / "hfs")
    medians = in_turn(
        {
            "pass": [python, "-c", "pass"],
            "click": [python, "-c", "import click"],
            "version": [hfs, "--version"],
            "help": [hfs, "--help"],
        },
        environment,
    )
    return [
        Figure("hfs --version / python -c pass", medians["version"] / medians["pass"], 2),
        Figure("hfs --help - import click", (medians["help"] - medians["click"]) * 1000, 60, "ms"),
    ]


def answering(environment: dict[str, str], folder: Path) -> list[Figure]:
    """Compare `hfs -p` with `llm` on one and the same endpoint."""
    if not LLM.exists():
        print("hfs -p / llm: not measured, llm is not here (make bench brings it)")
        return []
    serve = [str(BIN / "python"), "-m", "hfs_core.testing.openai_server", "--reply", REPLY]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        try:
            user = folder / "llm"
            user.mkdir()
            (user / "extra-openai-models.yaml").write_text(
                f'- model_id: scripted\n  model_name: scripted\n  api_base: "{url}"\n'
            )
            environment |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "k", "LLM_USER_PATH": str(user)}
            medians = in_turn(
                {
                    "hfs": [str(BIN / "hfs"), "-p", "-m", "openai/scripted", "hello"],
                    "llm": [str(LLM), "-m", "scripted", "hello"],
                },
                environment,
            )
        finally:
            server.terminate()
    print(f"hfs -p: {medians['hfs'] * 1000:.0f} ms, llm: {medians['llm'] * 1000:.0f} ms")
    return [Figure("hfs -p / llm", medians["hfs"] / medians["llm"], 1)]


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    folder = Path(tempfile.mkdtemp())
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "HFS_HOME": str(folder / "hfs")}
    import sqlalchemy

    compiled = (Path(str(sqlalchemy.__file__)).parent / "__pycache__").is_dir()
    print(f"bytecode of the libraries compiled beforehand: {'yes' if compiled else 'no'}")
    try:
        return report([*looking_around(environment), *answering(environment, folder)])
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    raise SystemExit(main())
