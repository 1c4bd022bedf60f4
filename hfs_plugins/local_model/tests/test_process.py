"""The life of the model's process: with stand-ins for llama.cpp where it cannot run, with the real one where it can."""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hfs_local_model import process as process_module
from hfs_local_model.catalogue import SMALLEST
from hfs_local_model.process import Job, ModelProcess

from hfs_core.api import Connection, ModelError

from .speech import Answer, ask, stream


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "local_model.log"


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """Writes a module that the process imports instead of llama.cpp."""
    folder = tmp_path / "stand-in"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    return (folder / "xllamacpp.py").write_text


@pytest.fixture
def shadowing(tmp_path: Path) -> Path:
    """A folder with a module that is named like one of the standard library's."""
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    return tmp_path


@pytest.fixture
def no_model(tmp_path: Path) -> Path:
    """A file that begins like a model and goes on as rubbish."""
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF" + b"\xff" * 100)
    return file


@pytest.fixture
def long_folder(tmp_path: Path) -> Path:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    return folder


def number_in(file: Path) -> int:
    return int(file.read_text())


@pytest.fixture
async def running(smollm2: Path, log_file: Path) -> AsyncIterator[ModelProcess]:
    job = Job(
        "smollm2-135m",
        str(smollm2),
        context=256,
        temperature=SMALLEST.temperature,
        chat_template=SMALLEST.chat_template,
    )
    started = await ModelProcess.start(job, log_file)
    yield started
    await started.stop()


async def test_a_missing_system_library_is_named(stand_in: Callable[[str], object], log_file: Path) -> None:
    stand_in("raise ImportError('libgomp.so.1: cannot open shared object file')")
    with pytest.raises(ModelError, match="libgomp1") as caught:
        await ModelProcess.start(Job("m", "m.gguf", 512), log_file)
    assert caught.value.model == "local/m"


async def test_a_crash_while_loading_quotes_the_log(
    stand_in: Callable[[str], object], log_file: Path
) -> None:
    stand_in("import os\nos.write(2, b'out of llamas\\n')\nos.kill(os.getpid(), 6)")
    with pytest.raises(ModelError, match="SIGABRT") as caught:
        await ModelProcess.start(Job("m", "m.gguf", 512), log_file)
    assert "out of llamas" in str(caught.value)
    assert str(log_file) in str(caught.value)


async def test_a_file_that_is_no_model_is_told_with_llama_cpps_own_words(
    no_model: Path, log_file: Path
) -> None:
    pytest.importorskip("xllamacpp")
    with pytest.raises(ModelError, match="could not load") as caught:
        await ModelProcess.start(Job("m", str(no_model), 512), log_file)
    assert "gguf" in str(caught.value).partition("could not load")[2]


async def test_a_process_that_never_gets_ready_is_ended(
    stand_in: Callable[[str], object], log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("import os, threading\nos.write(2, b'%d' % os.getpid())\nthreading.Event().wait()")
    monkeypatch.setattr(process_module, "READY_TIMEOUT", 1.0)
    with pytest.raises(ModelError, match="was not ready"):
        await ModelProcess.start(Job("m", "m.gguf", 512), log_file)
    with pytest.raises(ProcessLookupError):
        os.kill(number_in(log_file), 0)


async def test_modules_of_the_current_folder_are_not_imported(
    stand_in: Callable[[str], object], log_file: Path, shadowing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("raise ImportError('libgomp.so.1')")
    monkeypatch.chdir(shadowing)
    with pytest.raises(ModelError, match="libgomp1"):
        await ModelProcess.start(Job("m", "m.gguf", 512), log_file)


LLAMA = """
import os
from types import SimpleNamespace as N
def get_device_info(): return ["the processor"]
def CommonParams(): return N(model=N(), cpuparams=N(), cpuparams_batch=N(), sampling=N())
def Server(p):
    raise RuntimeError(
        f"wait {os.environ['OMP_WAIT_POLICY']}, context {p.n_ctx}, threads {p.cpuparams.n_threads}, "
        f"cache {p.cache_ram_mib}, extra {not p.no_extra_bufts}, tries to fit {p.fit_params}, at {p.hostnames}"
    )
"""


async def test_the_measured_traps_are_avoided(stand_in: Callable[[str], object], log_file: Path) -> None:
    stand_in(LLAMA)
    with pytest.raises(ModelError) as caught:
        await ModelProcess.start(Job("m", "m.gguf", 512, threads=3), log_file)
    assert "wait passive, context 512, threads 3, cache 64, extra False, tries to fit False, at ['" in str(
        caught.value
    )
    assert "/model.sock" in str(caught.value)


async def test_a_long_temporary_folder_does_not_break_the_socket(
    stand_in: Callable[[str], object], log_file: Path, long_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(long_folder))
    stand_in(LLAMA)
    with pytest.raises(ModelError, match=r"at .'/tmp/hfs-model-"):
        await ModelProcess.start(Job("m", "m.gguf", 512), log_file)


async def test_a_log_that_cannot_be_written_is_no_reason_to_fail(
    stand_in: Callable[[str], object], tmp_path: Path
) -> None:
    stand_in(LLAMA)
    with pytest.raises(ModelError, match="wait passive"):
        await ModelProcess.start(Job("m", "m.gguf", 512), tmp_path / "stand-in" / "xllamacpp.py" / "log")


@pytest.mark.model
async def test_an_interrupt_in_the_terminal_is_not_meant_for_it(running: ModelProcess) -> None:
    assert os.getsid(running.pid) != os.getsid(0)


@pytest.mark.model
async def test_it_streams_words_usage_and_an_end(running: ModelProcess) -> None:
    said = await stream(running.connection, "Say hello.", max_tokens=8)
    assert said.words
    assert said.usage is not None
    assert said.usage["completion_tokens"] <= 8
    assert said.is_done


@pytest.mark.model
async def test_only_this_user_reaches_the_socket(running: ModelProcess) -> None:
    assert running.connection.socket
    folder = running.connection.socket.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.model
async def test_over_tcp_a_random_key_is_asked_for(smollm2: Path, log_file: Path) -> None:
    started = await ModelProcess.start(Job("m", str(smollm2), 512), log_file, over_tcp=True)
    try:
        assert started.connection.socket is None
        assert (await stream(started.connection, "Hi", max_tokens=2)).is_done
        stranger = Connection(started.connection.base_url, api_key="guessed")
        assert (await ask(stranger, "/chat/completions", {"messages": []})).status == 401
    finally:
        await started.stop()


@pytest.mark.model
async def test_past_the_context_it_refuses_politely(running: ModelProcess) -> None:
    answer: Answer = await ask(
        running.connection,
        "/chat/completions",
        {"messages": [{"role": "user", "content": "word " * 1000}], "stream": True},
    )
    assert answer.status == 400
    error = answer.json["error"]
    assert error["type"] == "exceed_context_size_error"
    assert error["n_ctx"] == 256
    assert error["n_prompt_tokens"] > 1000
    assert (await stream(running.connection, "Hi", max_tokens=2)).is_done


@pytest.mark.model
async def test_a_reply_that_fills_the_context_ends_as_cut_off(running: ModelProcess) -> None:
    said = await stream(running.connection, "Count from one to a thousand. " * 28, ignore_eos=True)
    assert said.finish_reason == "length"


@pytest.mark.model
async def test_it_gets_a_plain_system_prompt_where_none_is_sent(running: ModelProcess) -> None:
    """SmolLM2's own default prompt makes it babble."""
    messages = {"messages": [{"role": "user", "content": "Hi"}]}
    prompt = (await ask(running.connection, "/../apply-template", messages)).json["prompt"]
    assert "You are a helpful assistant." in prompt
    assert prompt.endswith("<|im_start|>assistant\n")


@pytest.mark.model
async def test_stopping_ends_it_and_leaves_no_socket(running: ModelProcess) -> None:
    assert running.connection.socket
    await running.stop()
    assert not running.is_running
    assert not running.connection.socket.parent.exists()
    await running.stop()


PARENT = """
import asyncio, sys
from pathlib import Path
from hfs_local_model.process import Job, ModelProcess
async def main():
    started = await ModelProcess.start(Job("m", sys.argv[1], 512), Path(sys.argv[2]))
    print(started.pid, started.connection.socket, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.model
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="NOT TESTED: only Linux tells of a stranger's end")
def test_it_ends_with_a_parent_that_was_killed(smollm2: Path, log_file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(smollm2), str(log_file)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid, socket = parent.stdout.readline().split()
        child = os.pidfd_open(int(pid))
        try:
            parent.send_signal(signal.SIGKILL)
            ended, _, _ = select.select([child], [], [], 10)
            assert ended
        finally:
            os.close(child)
    assert not Path(socket).parent.exists()
