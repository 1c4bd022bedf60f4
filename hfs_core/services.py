"""Services: typed tokens by which plugins reach each other's abilities."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from hfs_core.contracts import Service
from hfs_core.errors import ServiceMissing

T = TypeVar("T")


class ServiceTable:
    """Who provides what; the first to provide comes first."""

    def __init__(self, load_providers: Callable[[str], Awaitable[None]]):
        self._load_providers = load_providers
        self._offers: dict[Service[Any], list[tuple[str, Any]]] = {}

    def provide(self, plugin: str, service: Service[T], provider: T) -> None:
        """Offer an ability in a plugin's name."""
        self._offers.setdefault(service, []).append((plugin, provider))

    def withdraw(self, plugin: str) -> None:
        """Take back all that a plugin offers."""
        for offers in self._offers.values():
            offers[:] = [offer for offer in offers if offer[0] != plugin]

    def offered_by(self, plugin: str) -> list[str]:
        """Return the names of the services that a plugin offers now."""
        known = {service.name for service, offers in self._offers.items() if plugin in dict(offers)}
        return sorted(known)

    async def all(self, service: Service[T]) -> Sequence[T]:
        """Return every provider, once the plugins whose manifest lists the service are loaded."""
        await self._load_providers(service.name)
        return [provider for _, provider in self._offers.get(service, ())]

    async def get(self, service: Service[T]) -> T:
        """Return the first provider; raises ServiceMissing."""
        providers = await self.all(service)
        if providers:
            return providers[0]
        others = sorted(known.version for known in self._offers if known.name == service.name)
        known = f"; there is version {', '.join(map(str, others))}" if others else ""
        raise ServiceMissing(
            f"no plugin provides {service.name} version {service.version}{known}", service=service.name
        )


class PluginServices:
    """The table as one plugin sees it."""

    def __init__(self, table: ServiceTable, plugin: str):
        self._table = table
        self._plugin = plugin

    def provide(self, service: Service[T], provider: T) -> None:
        """Offer an ability until the plugin is unloaded."""
        self._table.provide(self._plugin, service, provider)

    async def get(self, service: Service[T]) -> T:
        """Return the first provider; raises ServiceMissing."""
        return await self._table.get(service)

    async def all(self, service: Service[T]) -> Sequence[T]:
        """Return every provider."""
        return await self._table.all(service)
