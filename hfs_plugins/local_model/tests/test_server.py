"""The endpoint `local`: what it offers, what it says where a model is missing, and one process at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hfs_local_model.catalogue import CATALOGUE, DEFAULT, LIMITS, SMALLEST
from hfs_local_model.server import LocalEndpoint
from hfs_local_model.weights import Weights

from hfs_core.api import MODEL_ENDPOINT, ModelEndpoint, ModelError, NoModel, Service

from .speech import stream

StartEndpoint = Callable[..., LocalEndpoint]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[StartEndpoint]:
    """Make endpoints on a models folder; they are closed after the test."""
    async with AsyncExitStack() as stack:

        def make(folder: Path = tmp_path / "models", **settings: Any) -> LocalEndpoint:
            endpoint = LocalEndpoint(Weights(folder), tmp_path / "logs" / "local_model.log", **settings)
            stack.push_async_callback(endpoint.close)
            return endpoint

        yield make


@pytest.fixture
def not_gguf(tmp_path: Path) -> Path:
    file = tmp_path / "model.gguf"
    file.write_text("a shopping list")
    return file


@pytest.fixture
def half_fetched(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    with Weights(folder).part(SMALLEST).open("wb") as file:
        file.truncate(SMALLEST.size // 2)
    return folder


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of temporary files, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


@pytest.fixture
def another_file(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    Weights(folder).path(SMALLEST).write_text("not it")
    return folder


async def test_it_is_a_model_endpoint(start: StartEndpoint) -> None:
    endpoint: ModelEndpoint = start()
    service: Service[ModelEndpoint] = MODEL_ENDPOINT
    assert service.name == "hfs.model-endpoint"
    assert endpoint.name == "local"


async def test_every_model_is_offered_with_size_licence_and_limits(start: StartEndpoint) -> None:
    offered = await start().models()
    assert [model.name for model in offered] == [entry.name for entry in CATALOGUE]
    for model, size in zip(offered, ("491 MB", "1.1 GB", "98 MB"), strict=True):
        assert size in model.note
        assert "Apache-2.0" in model.note
        assert LIMITS in model.note
        assert f"hfs models pull {model.name}" in model.note
        assert model.context_window == 4096


async def test_the_context_is_at_most_what_a_model_was_trained_for(start: StartEndpoint) -> None:
    windows = {model.name: model.context_window for model in await start(context=16_384).models()}
    assert windows == {DEFAULT.name: 16_384, "qwen2.5-coder-1.5b": 16_384, SMALLEST.name: 8192}


async def test_a_file_of_the_persons_own_is_offered_and_may_take_a_known_name(start: StartEndpoint) -> None:
    offered = await start(own={"mine": "~/mine.gguf", DEFAULT.name: "/models/other.gguf"}).models()
    assert [model.name for model in offered[:2]] == ["mine", DEFAULT.name]
    assert [model.name for model in offered].count(DEFAULT.name) == 1
    assert "~/mine.gguf" in offered[0].note


async def test_a_missing_model_is_not_fetched_but_told_how_to_get(
    start: StartEndpoint, tmp_path: Path
) -> None:
    with pytest.raises(NoModel, match=rf"491 MB.*hfs models pull {DEFAULT.name}") as caught:
        await start().connect(DEFAULT.name)
    assert caught.value.model == f"local/{DEFAULT.name}"
    assert "models" not in os.listdir(tmp_path)


async def test_a_half_fetched_model_says_how_much_is_there(start: StartEndpoint, half_fetched: Path) -> None:
    with pytest.raises(NoModel, match=rf"50%.*hfs models pull {SMALLEST.name}"):
        await start(half_fetched).connect(SMALLEST.name)


async def test_another_file_under_a_known_name_is_not_run(start: StartEndpoint, another_file: Path) -> None:
    with pytest.raises(NoModel, match="not the published file"):
        await start(another_file).connect(SMALLEST.name)


async def test_an_unknown_model_names_those_there_are(start: StartEndpoint) -> None:
    with pytest.raises(NoModel, match=rf"mine, {DEFAULT.name}, .*/path/to/model.gguf"):
        await start(own={"mine": "~/mine.gguf"}).connect("gpt-7")


@pytest.mark.parametrize("model", ["/nowhere/model.gguf", "~/nowhere.gguf", "mine"])
async def test_a_file_that_is_not_there_is_named(start: StartEndpoint, model: str) -> None:
    with pytest.raises(NoModel, match=r"nowhere.*cannot be read: No such file"):
        await start(own={"mine": "/nowhere/mine.gguf"}).connect(model)


async def test_a_file_that_is_no_gguf_is_not_loaded(start: StartEndpoint, not_gguf: Path) -> None:
    endpoint = start()
    with pytest.raises(ModelError, match="not a GGUF file"):
        await endpoint.connect(str(not_gguf))
    assert endpoint.process is None


@pytest.mark.model
async def test_a_model_starts_on_first_use_and_stays(start: StartEndpoint, models_folder: Path) -> None:
    endpoint = start(models_folder)
    assert endpoint.process is None
    first, second = await asyncio.gather(endpoint.connect(SMALLEST.name), endpoint.connect(SMALLEST.name))
    assert first == second
    assert (await stream(first, "Hi", max_tokens=2)).is_done


@pytest.mark.model
async def test_after_a_crash_the_next_use_starts_it_again(start: StartEndpoint, models_folder: Path) -> None:
    endpoint = start(models_folder)
    await endpoint.connect(SMALLEST.name)
    crashed = endpoint.process
    assert crashed
    os.kill(crashed.pid, signal.SIGKILL)
    assert await crashed.wait() == -signal.SIGKILL
    connection = await endpoint.connect(SMALLEST.name)
    assert endpoint.process is not crashed
    assert (await stream(connection, "Hi", max_tokens=2)).is_done


@pytest.mark.model
async def test_another_model_ends_the_first(start: StartEndpoint, models_folder: Path, smollm2: Path) -> None:
    """One in the memory at a time; here by name, then by path."""
    endpoint = start(models_folder, own={"mine": str(smollm2)})
    await endpoint.connect("mine")
    first = endpoint.process
    connection = await endpoint.connect(str(smollm2))
    assert first
    assert not first.is_running
    assert (await stream(connection, "Hi", max_tokens=2)).is_done


@pytest.mark.model
async def test_closing_ends_the_process(start: StartEndpoint, models_folder: Path) -> None:
    endpoint = start(models_folder)
    await endpoint.connect(SMALLEST.name)
    process = endpoint.process
    await endpoint.close()
    assert process
    assert not process.is_running


@pytest.mark.model
async def test_cancelling_the_start_leaves_nothing_behind(
    start: StartEndpoint, models_folder: Path, temporary: Path
) -> None:
    """Whoever interrupts a message while the model loads is not left with a process."""
    endpoint = start(models_folder)
    starting = asyncio.create_task(endpoint.connect(SMALLEST.name))
    async with asyncio.timeout(10):
        while not os.listdir(temporary):  # noqa: ASYNC110 # a folder sets no event
            await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert endpoint.process is None
    assert os.listdir(temporary) == []
    assert (await stream(await endpoint.connect(SMALLEST.name), "Hi", max_tokens=2)).is_done
