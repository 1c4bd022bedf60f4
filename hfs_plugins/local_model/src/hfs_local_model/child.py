"""The process that runs the model: llama.cpp's server on a private unix socket.

Started by `hfs_local_model.process` as `python -m hfs_local_model.child`. Its first line of input is the job as
JSON; its only line of output says where it listens, or why it cannot. It ends when its input closes, which the
system does for a parent that was killed. A process of its own, since a native crash, a missing instruction or a
full memory must not take the chat along.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

NEEDED_INSTRUCTIONS = frozenset({"avx2", "bmi2", "f16c", "fma"})
PROMPT_CACHE_MIB = 64
SLOTS = 2

EXIT_UNUSABLE = 3
EXIT_NOT_LOADED = 4


class Unusable(Exception):
    """This machine cannot run the model; the message says what to do."""


def main() -> int:
    """Serve the job until the input closes; returns only where it cannot."""
    job = json.loads(sys.stdin.buffer.readline())
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native code prints belongs in the log, not among the answers
    threading.Thread(target=_end_with_the_input, args=(job["socket"],), daemon=True).start()
    code = 0
    try:
        server = _serve(job)
        listens = {"url": server.listening_address}
    except Unusable as error:
        listens, code = {"error": str(error)}, EXIT_UNUSABLE
    except (RuntimeError, ValueError, OSError) as error:
        listens, code = {"error": f"llama.cpp could not load {job['gguf']}: {error}"}, EXIT_NOT_LOADED
    answer.write(json.dumps(listens) + "\n")
    answer.flush()
    if code:
        _remove(job["socket"])
        return code
    threading.Event().wait()
    return 0


def lacking_instructions(cpuinfo: str) -> list[str]:
    """Return which instructions the wheel was built for and this x86-64 processor lacks.

    Args:
        cpuinfo: the text of `/proc/cpuinfo`.
    """
    for line in cpuinfo.splitlines():
        if line.startswith("flags"):
            return sorted(NEEDED_INSTRUCTIONS - set(line.split()))
    return []


def explain_import(error: ImportError) -> str:
    """Return what is missing, and what to do, where llama.cpp cannot be imported."""
    if "libgomp" in str(error):
        return "the system library libgomp1 is missing: sudo apt-get install libgomp1 (Fedora: libgomp)"
    if "libstdc++" in str(error):
        return "the system library libstdc++6 is missing: sudo apt-get install libstdc++6"
    return (
        f"xllamacpp cannot be imported ({error}). It has no build for Alpine or Windows on ARM; "
        "any OpenAI-compatible server, such as Ollama, works instead"
    )


def threads_for(cores: int) -> int:
    """Return how many threads write an answer: measured, more than this fight over the cores."""
    return max(1, min(8, cores - 1))


def _serve(job: dict[str, Any]) -> Any:
    """Load the model and listen; raises Unusable, RuntimeError."""
    if sys.platform == "linux" and platform.machine() == "x86_64":
        lacking = lacking_instructions(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
        if lacking:
            raise Unusable(
                f"this processor lacks {', '.join(lacking)}, which llama.cpp's build needs; "
                "use a model that runs elsewhere"
            )
    # Read at import; threads that spin are 5 times slower beside a busy neighbour.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        import xllamacpp  # type: ignore[import-untyped] # ships no types
    except ImportError as error:
        raise Unusable(explain_import(error)) from error
    parameters = _parameters(xllamacpp.CommonParams(), job)
    parameters.fit_params = (
        len(xllamacpp.get_device_info()) > 1
    )  # 0.4 s lost where there is only the processor
    return xllamacpp.Server(parameters)


def _parameters(parameters: Any, job: dict[str, Any]) -> Any:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parameters.model.path = job["gguf"]
    parameters.model_alias = {job["name"]}
    parameters.n_ctx = job["context"]
    parameters.n_parallel = SLOTS  # a title is asked for beside a chat
    parameters.kv_unified = True  # both slots share the context instead of halving it
    parameters.cache_ram_mib = PROMPT_CACHE_MIB  # 8 GiB by default
    parameters.no_extra_bufts = True  # a repacked copy costs half as much memory again, and 3 s
    parameters.cpuparams.n_threads = job["threads"] or threads_for(cores)
    parameters.cpuparams_batch.n_threads = job["threads"] or cores
    parameters.chat_template = job["chat_template"]
    if job["temperature"] is not None:
        parameters.sampling.temp = job["temperature"]
    parameters.ui = False
    parameters.verbosity = 1  # errors only; they go to the log
    if job["socket"]:
        parameters.hostnames = [job["socket"]]
    else:
        parameters.hostnames = ["127.0.0.1"]
        parameters.api_keys = [job["api_key"]]
    return parameters


def _end_with_the_input(socket: str) -> None:
    while os.read(0, 4096):
        pass
    _remove(socket)
    os._exit(0)  # threads of llama.cpp would hold up an orderly end


def _remove(socket: str) -> None:
    if socket:  # the parent made a folder for it alone, and may be gone
        shutil.rmtree(Path(socket).parent, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
