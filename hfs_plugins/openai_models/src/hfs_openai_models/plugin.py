"""The plugin: a provider for OpenAI, for each endpoint of the settings, and for each that a plugin offers."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_core.api import MODEL_ENDPOINT, ErrorOccurred, ModelProvider, PluginContext, hookimpl
from hfs_openai_models import settings
from hfs_openai_models.clients import Clients
from hfs_openai_models.endpoints import ConfiguredEndpoint, Endpoint, OpenAIEndpoint
from hfs_openai_models.provider import Provider


class OpenAIModelsPlugin:
    """Models behind any OpenAI-compatible endpoint."""

    Settings = settings.Settings

    def __init__(self) -> None:
        self._own: dict[str, Provider] = {}
        self._offered: dict[int, Provider] = {}
        self._told: set[str] = set()

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Read the settings; nothing is connected, and no HTTP library imported, before a model is asked."""
        self._context = context
        self._settings: settings.Settings = context.settings
        own: list[Endpoint] = [OpenAIEndpoint(), *map(ConfiguredEndpoint, self._settings.endpoints)]
        self._own = {endpoint.name: self._provider(endpoint) for endpoint in own}
        context.on_unload(self._close)

    @hookimpl
    async def provide_models(self) -> Sequence[ModelProvider]:
        """Return the providers, those of other plugins' endpoints included."""
        providers = dict(self._own)
        for endpoint in await self._context.services.all(MODEL_ENDPOINT):
            if endpoint.name in providers:
                await self._tell_clash(endpoint.name)
            else:
                providers[endpoint.name] = self._offered.setdefault(id(endpoint), self._provider(endpoint))
        return list(providers.values())

    async def _tell_clash(self, name: str) -> None:
        text = (
            f"two model endpoints are named {name!r}: the one that a plugin offers is left out; "
            "rename the one in plugins.openai_models.endpoints"
        )
        if name not in self._told:
            self._told.add(name)
            self._context.log.warning(text)
            await self._context.emit(ErrorOccurred(source="openai_models", error="ConfigError", text=text))

    def _provider(self, endpoint: Endpoint) -> Provider:
        clients = Clients(self._context.run_blocking, self._settings.read_timeout)
        return Provider(endpoint, clients, system_prompt=self._settings.system_prompt)

    async def _close(self) -> None:
        for provider in (*self._own.values(), *self._offered.values()):
            await provider.close()
