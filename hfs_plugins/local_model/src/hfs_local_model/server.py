"""The endpoint `local`: a model of the catalogue or a GGUF file of the person's own, started on first use."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hfs_core.api import Connection, ModelError, ModelInfo, NoModel
from hfs_local_model.catalogue import CATALOGUE, LIMITS, Entry, find, megabytes
from hfs_local_model.process import Job, ModelProcess
from hfs_local_model.weights import Weights

PROVIDER = "local"
GGUF_MAGIC = b"GGUF"


class LocalEndpoint:
    """Runs one model at a time in a process of its own; asking for another one ends the first.

    Args:
        weights: the models folder.
        log_file: where the process' errors go.
        context: in tokens, at most what the model was trained for.
        threads: that write an answer; None leaves it to the process.
        own: the person's GGUF files, by name.
    """

    def __init__(
        self,
        weights: Weights,
        log_file: Path,
        *,
        context: int = 4096,
        threads: int | None = None,
        own: Mapping[str, str] | None = None,
        over_tcp: bool = sys.platform == "win32",
    ):
        self._weights = weights
        self._log_file = log_file
        self._context = context
        self._threads = threads
        self._own = dict(own or {})
        self._over_tcp = over_tcp
        self._process: ModelProcess | None = None
        self._starting = asyncio.Lock()

    @property
    def name(self) -> str:
        """The word before the slash."""
        return PROVIDER

    async def models(self) -> Sequence[ModelInfo]:
        """Return the person's own files, then the catalogue; starts and downloads nothing."""
        own = [ModelInfo(name, self._context, f"your own file {file}") for name, file in self._own.items()]
        offered = [
            ModelInfo(entry.name, min(self._context, entry.context_window), self._note(entry))
            for entry in CATALOGUE
            if entry.name not in self._own
        ]
        return [*own, *offered]

    async def connect(self, model: str) -> Connection:
        """Start the model if it does not run, and return how to reach it.

        Args:
            model: a name of the catalogue or the settings, or the path of a GGUF file (`/...` or `~/...`).

        Raises:
            NoModel: it is not known, or its file is not here; nothing is downloaded.
            ModelError: it does not start.
        """
        async with self._starting:
            job = await self._job(model)
            running = self._process
            if running and running.is_running and running.job == job:
                return running.connection
            await self._stop()
            self._process = await ModelProcess.start(job, self._log_file, over_tcp=self._over_tcp)
            return self._process.connection

    async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
        """Say whether a model could be started, without starting it; see `Diagnosable`."""
        try:
            job = await self._job(subject)
        except ModelError as error:
            return [(str(error), True)]
        return [(f"{subject} is in {job.gguf}", False)]

    @property
    def process(self) -> ModelProcess | None:
        """The process that runs, or ran last; None before the first."""
        return self._process

    async def close(self) -> None:
        """End the model's process."""
        async with self._starting:
            await self._stop()

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process:
            await process.stop()

    async def _job(self, model: str) -> Job:
        entry = find(model)
        if model in self._own:
            return self._job_of_file(model, self._own[model])
        if model.startswith("~/") or Path(model).is_absolute():
            return self._job_of_file(model, model)
        if entry is None:
            raise NoModel(self._unknown(model), model=f"{PROVIDER}/{model}")
        if not await asyncio.to_thread(self._weights.is_true, entry):
            raise NoModel(self._missing(entry), model=f"{PROVIDER}/{model}")
        return Job(
            name=entry.name,
            gguf=str(self._weights.path(entry)),
            context=min(self._context, entry.context_window),
            threads=self._threads,
            temperature=entry.temperature,
            chat_template=entry.chat_template,
        )

    def _job_of_file(self, model: str, path: str) -> Job:
        file = Path(os.path.expanduser(path))
        named = f"{PROVIDER}/{model}"
        try:
            with file.open("rb") as stream:
                magic = stream.read(len(GGUF_MAGIC))
        except OSError as error:
            raise NoModel(f"{named}: {file} cannot be read: {error.strerror}", model=named) from error
        if magic != GGUF_MAGIC:
            raise ModelError(f"{named}: {file} is not a GGUF file, the format of llama.cpp", model=named)
        return Job(name=model, gguf=str(file.absolute()), context=self._context, threads=self._threads)

    def _note(self, entry: Entry) -> str:
        here = "" if self._weights.is_ready(entry) else f"; not here yet: hfs models pull {entry.name}"
        return f"{megabytes(entry.size)}, {entry.licence}; {entry.note}; {LIMITS}{here}"

    def _missing(self, entry: Entry) -> str:
        file, fetched = self._weights.path(entry), self._weights.fetched(entry)
        pull = f"hfs models pull {entry.name}"
        if file.exists():
            return f"{file} is not the published file of {entry.name}. To fetch that ({megabytes(entry.size)}): {pull}"
        if fetched:
            return f"{entry.name} is only partly here ({fetched / entry.size:.0%}). To fetch the rest: {pull}"
        return f"{entry.name} is not on this machine yet. To fetch it ({megabytes(entry.size)}): {pull}"

    def _unknown(self, model: str) -> str:
        known = ", ".join([*self._own, *(entry.name for entry in CATALOGUE if entry.name not in self._own)])
        return (
            f"{PROVIDER}/{model} is not known; there are {known}. "
            f"A GGUF file of your own goes by its path: {PROVIDER}//path/to/model.gguf"
        )
