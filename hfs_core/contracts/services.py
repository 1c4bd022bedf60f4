"""Typed tokens by which plugins reach each other's abilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from hfs_core.contracts.answering import ModelEndpoint
from hfs_core.contracts.storing import Store
from hfs_core.state import StateManager

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Service(Generic[T]):
    """A typed token by which plugins reach each other's abilities, never by import.

    T is invariant, so that a type checker refuses an incomplete provider.
    """

    name: str
    version: int = 1


STATE: Service[StateManager] = Service("hfs.state")
STORE: Service[Store] = Service("hfs.store")
MODEL_ENDPOINT: Service[ModelEndpoint] = Service("hfs.model-endpoint")


class Services(Protocol):
    """What one plugin sees of the others' abilities."""

    def provide(self, service: Service[T], provider: T) -> None:
        """Offer an ability until the plugin is unloaded."""

    async def get(self, service: Service[T]) -> T:
        """Return the first provider, loading its plugin if need be; raises ServiceMissing."""

    async def all(self, service: Service[T]) -> Sequence[T]:
        """Return every provider, loading their plugins if need be."""
