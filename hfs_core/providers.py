"""Which models there are, and who provides them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hfs_core.contracts import ModelProvider
from hfs_core.dispatch import Dispatcher
from hfs_core.errors import ModelError, NoModel
from hfs_core.isolation import Raised, describe, unhurried
from hfs_core.models import ModelInfo

HOW_TO_GET_ONE = (
    "install one that runs on this machine with `pip install hfs-openai-models hfs-local-model`, or set "
    "OPENAI_API_KEY and use `hfs -m openai/<model>`, or name an endpoint in config.yaml (`hfs paths` shows where)"
)


OFFERS_SECONDS = 300.0
"""How long an answer about what there is holds; an endpoint's list changes seldom, and completion asks often."""

FAILURE_SECONDS = 10.0
"""How long a failure to answer holds, which may have taken a while to come."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one provider has, or why it cannot say."""

    provider: str
    models: tuple[ModelInfo, ...] = ()
    error: str = ""

    @property
    def by_name(self) -> dict[str, ModelInfo]:
        """What there is, by the names `provider/model` that people write."""
        return {f"{self.provider}/{model.name}": model for model in self.models}


class Providers:
    """The model providers of all plugins, asked for once, when a model is first needed."""

    def __init__(self, dispatcher: Dispatcher, failed: Callable[[], Sequence[str]]):
        """Prepare to ask.

        Args:
            failed: says which plugins would provide models but are not in use, and why.
        """
        self._dispatcher = dispatcher
        self._failed = failed
        self._providers: dict[str, ModelProvider] | None = None
        self._plugins: dict[str, str] = {}
        self._offers: dict[str, tuple[float, Offer]] = {}

    async def all(self) -> dict[str, ModelProvider]:
        """Return the providers by name; of two with one name the first."""
        if self._providers is None:
            found: dict[str, ModelProvider] = {}
            for plugin, provider in await self._dispatcher.collect_items(
                "provide_models", "ModelProvider", _is_provider
            ):
                if found.setdefault(provider.name, provider) is provider:
                    self._plugins[provider.name] = plugin
            self._providers = found
        return self._providers

    def forget(self) -> None:
        """Ask again next time: a plugin came or went."""
        self._providers = None
        self._offers.clear()

    async def get(self, model: str) -> ModelProvider:
        """Return the provider of `provider/model`; raises NoModel that says what to do."""
        providers = await self.all()
        name, slash, rest = model.partition("/")
        failed = "".join(f"; {fault}" for fault in self._failed())
        if not providers and not failed:
            raise NoModel(f"no model is installed: {HOW_TO_GET_ONE}", model=model)
        known = ", ".join(sorted(providers)) or "none"
        if not slash or not rest:
            raise NoModel(
                f"{model!r} is not a model's name: write provider/model; the providers are {known}",
                model=model,
            )
        if name not in providers:
            raise NoModel(f"no provider {name!r} for {model}: the providers are {known}{failed}", model=model)
        return providers[name]

    async def offers(self, *, fresh: bool = False, only: str = "") -> list[Offer]:
        """Ask the providers, side by side, what they have; one that fails says why.

        Args:
            fresh: ask again, also one that has answered within the last five minutes.
            only: ask this provider and no other; all where there is none of that name.
        """
        providers = await self.all()
        asked = [only] if only in providers else list(providers)
        return await asyncio.gather(*(self._offer(name, providers[name], fresh) for name in asked))

    async def _offer(self, name: str, provider: ModelProvider, fresh: bool) -> Offer:
        asked_at, known = self._offers.get(name, (0.0, Offer(name)))
        holds = FAILURE_SECONDS if known.error else OFFERS_SECONDS
        if asked_at and not fresh and time.monotonic() - asked_at < holds:
            return known
        answer = await unhurried(self._plugins.get(name, ""), "models", _models(provider))
        if not isinstance(answer, Raised):
            offer = Offer(name, answer)
        elif isinstance(answer.error, ModelError):
            offer = Offer(name, error=str(answer.error))
        else:
            offer = Offer(name, error=describe(answer.error))
        self._offers[name] = (time.monotonic(), offer)
        return offer


async def _models(provider: ModelProvider) -> tuple[ModelInfo, ...]:
    models = tuple(await provider.models())
    for model in models:
        if not isinstance(model, ModelInfo):
            raise TypeError(f"it lists a {type(model).__name__}, not a model")
    return models


def _is_provider(item: Any) -> bool:
    try:
        return isinstance(item.name, str) and callable(item.models) and callable(item.stream)
    except Exception:  # noqa: BLE001 # a plugin's attributes may run its code
        return False
