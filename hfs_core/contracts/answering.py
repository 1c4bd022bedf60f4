"""What gives models: providers, and endpoints that others speak to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from hfs_core.models import Delta, ModelInfo, Request


class ModelProvider(Protocol):
    """Gives models; a model is named `provider/model`."""

    @property
    def name(self) -> str:
        """The word before the slash."""

    async def models(self) -> Sequence[ModelInfo]:
        """Return what is on offer now; raises ModelError. An unlisted name may still be asked for."""

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIterator[Delta]]:
        """Ask; the stream ends with `Finished`. Leaving the context cancels the request at the server.

        Raises ModelError, before or within the stream; never retries after the first delta.
        """


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach an OpenAI-compatible server that runs now.

    Attributes:
        base_url: up to and including `/v1`.
        socket: the unix socket to connect to instead of the URL's host.
        api_key: sent as a bearer token.
    """

    base_url: str
    socket: Path | None = None
    api_key: str | None = field(default=None, repr=False)


class ModelEndpoint(Protocol):
    """An OpenAI-compatible endpoint that a plugin runs or knows, offered to whoever speaks the dialect."""

    @property
    def name(self) -> str:
        """The provider name that its models get."""

    async def models(self) -> Sequence[ModelInfo]:
        """Return what it offers, without starting anything."""

    async def connect(self, model: str) -> Connection:
        """Make the model ready and return how to reach it; raises ModelError."""


@runtime_checkable
class Diagnosable(Protocol):
    """A store or a model provider that can say how it is; `hfs doctor` asks."""

    async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
        """Return sentences, each with whether it tells of something wrong; `subject` is a model's name."""
