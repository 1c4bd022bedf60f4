"""Where to connect to, and with which key, for the endpoints that the environment and the settings describe."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

from hfs_core.api import AuthenticationFailed, Connection, ModelError
from hfs_openai_models.settings import OPENAI, EndpointSettings, checked_address

OPENAI_URL = "https://api.openai.com/v1"


class Endpoint(Protocol):
    """What a provider needs of an endpoint; a `ModelEndpoint` service is one, too."""

    @property
    def name(self) -> str:
        """The provider's name."""

    async def connect(self, model: str) -> Connection:
        """Make the model ready and return how to reach it; raises ModelError."""


@dataclass(frozen=True, slots=True)
class ConfiguredEndpoint:
    """An endpoint that the settings name."""

    settings: EndpointSettings

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.settings.name

    @property
    def key_advice(self) -> str:
        """What to do where the endpoint refuses the key."""
        if self.settings.api_key_env:
            return f"check the key in {self.settings.api_key_env}"
        return (
            f"put the name of the environment variable that holds its key into api_key_env of the endpoint "
            f"{self.name!r} in config.yaml"
        )

    async def connect(self, model: str) -> Connection:
        """Return its address with the key that the environment holds now."""
        variable = self.settings.api_key_env
        if variable is None:
            return Connection(self.settings.base_url)
        key = _key_in(variable, f"{self.name}/{model}")
        if not key:
            text = f"there is no key for {self.name}: set the environment variable {variable}"
            raise AuthenticationFailed(text, model=f"{self.name}/{model}")
        return Connection(self.settings.base_url, api_key=key)


@dataclass(frozen=True, slots=True)
class OpenAIEndpoint:
    """The endpoint that OPENAI_BASE_URL and OPENAI_API_KEY describe; a server of one's own may need no key."""

    name: str = OPENAI
    key_advice: str = "check the key in OPENAI_API_KEY"

    async def connect(self, model: str) -> Connection:
        """Return the address and the key that the environment holds now."""
        key = _key_in("OPENAI_API_KEY", f"{OPENAI}/{model}")
        named = os.environ.get("OPENAI_BASE_URL")
        if not key and not named:
            text = "there is no key for openai: set the environment variable OPENAI_API_KEY, or choose another model"
            raise AuthenticationFailed(text, model=f"{OPENAI}/{model}")
        try:
            return Connection(checked_address(named or OPENAI_URL), api_key=key)
        except ValueError as error:
            raise ModelError(f"OPENAI_BASE_URL {error}", model=f"{OPENAI}/{model}") from None


def _key_in(variable: str, model: str) -> str | None:
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        # It cannot go into a header, and the error that would say so repeats it.
        text = f"the value of {variable} is no key: it holds characters that no key has; set it again"
        raise AuthenticationFailed(text, model=model)
    return key or None
