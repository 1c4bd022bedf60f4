"""The plugin with a small context, and what its tests ask of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hfs_openai_models.plugin import OpenAIModelsPlugin

from hfs_core.api import (
    Delta,
    Finished,
    HfsEvent,
    ModelError,
    ModelProvider,
    PluginContext,
    PromptMessage,
    Request,
    TextDelta,
    Usage,
    UsageReport,
)
from hfs_core.testing import Answer, OpenAIServer

KEY = "sk-very-secret-0123456789"


@dataclass
class Context:
    """As much of a `PluginContext` as the plugin needs."""

    settings: Any
    services: Any
    events: list[HfsEvent] = field(default_factory=list)
    callbacks: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("hfs.plugin.openai_models"))

    async def emit(self, event: HfsEvent) -> None:
        self.events.append(event)

    async def run_blocking(self, function: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.to_thread(function, *arguments)

    def on_unload(self, callback: Callable[[], Awaitable[None]]) -> None:
        self.callbacks.append(callback)


@dataclass
class Services:
    """Endpoints that other plugins offer."""

    endpoints: Sequence[Any] = ()

    async def all(self, service: Any) -> Sequence[Any]:
        assert service.name == "hfs.model-endpoint"
        return self.endpoints


@dataclass
class Reply:
    """What a stream gave."""

    text: str = ""
    usage: Usage | None = None
    finish_reason: str | None = None
    deltas: list[Delta] = field(default_factory=list)

    async def take(self, stream: AsyncIterator[Delta]) -> None:
        async for delta in stream:
            assert self.finish_reason is None, "nothing may follow the end"
            self.deltas.append(delta)
            if isinstance(delta, TextDelta):
                self.text += delta.text
            elif isinstance(delta, UsageReport):
                self.usage = delta.usage
            elif isinstance(delta, Finished):
                self.finish_reason = delta.reason


@dataclass
class Asker:
    """Asks one provider's models."""

    provider: ModelProvider

    async def ask(
        self, *texts: str, model: str = "test-model", reply: Reply | None = None, **options: Any
    ) -> Reply:
        reply = reply or Reply()
        async with self.provider.stream(self.request(*texts, model=model, **options)) as stream:
            await reply.take(stream)
        return reply

    def request(self, *texts: str, model: str = "test-model", **options: Any) -> Request:
        messages = tuple(PromptMessage("user", text) for text in texts or ("Hi",))
        return Request(f"{self.provider.name}/{model}", messages, options=options)


@dataclass
class Harness:
    """Makes activated plugins and unloads them at the end."""

    contexts: list[Context] = field(default_factory=list)

    def plugin(self, services: Sequence[Any] = (), **settings: Any) -> tuple[OpenAIModelsPlugin, Context]:
        plugin = OpenAIModelsPlugin()
        context = Context(plugin.Settings.model_validate(settings), Services(services))
        self.contexts.append(context)
        plugin.activate(cast(PluginContext, context))
        return plugin, context

    async def provider(self, name: str, services: Sequence[Any] = (), **settings: Any) -> ModelProvider:
        plugin, _ = self.plugin(services, **settings)
        return next(provider for provider in await plugin.provide_models() if provider.name == name)

    async def at(self, server: OpenAIServer | str, **settings: Any) -> Asker:
        """Return one who asks a server that is the endpoint `near`."""
        base_url = server if isinstance(server, str) else server.base_url
        endpoint = {"name": "near", "base_url": base_url}
        if "api_key_env" in settings:
            endpoint["api_key_env"] = settings.pop("api_key_env")
        return Asker(await self.provider("near", endpoints=[endpoint], **settings))

    async def failure(
        self,
        *script: Answer,
        models: tuple[str, ...] | Answer | None = ("test-model",),
        model: str = "test-model",
        **settings: Any,
    ) -> ModelError:
        """Return what a request raises at a server with that script."""
        async with OpenAIServer(*script, models=models) as server, asyncio.timeout(5):
            with pytest.raises(ModelError) as caught:
                await (await self.at(server, **settings)).ask(model=model)
        assert caught.value.model == f"near/{model}"
        assert "\n" not in str(caught.value)
        return caught.value

    async def unload(self) -> None:
        for context in self.contexts:
            for callback in context.callbacks:
                await callback()
        self.contexts.clear()


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "NEAR_KEY", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    harness = Harness()
    yield harness
    await harness.unload()


@pytest.fixture
def new_reply() -> Callable[[], Reply]:
    return Reply


@pytest.fixture
def asker_of() -> Callable[[ModelProvider], Asker]:
    return Asker


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """A key, in the variable NEAR_KEY."""
    monkeypatch.setenv("NEAR_KEY", KEY)
    return KEY
