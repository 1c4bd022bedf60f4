"""What a person can set under `plugins.openai_models`."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

OPENAI = "openai"
"""The provider that the environment describes."""


class EndpointSettings(BaseModel):
    """An OpenAI-compatible endpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="The provider's name: its models are `name/model`",
    )
    base_url: str = Field(description="Its address, up to and including `/v1`")
    api_key_env: str | None = Field(
        default=None, description="The name of the environment variable that holds its key; none needs no key"
    )

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return checked_address(value)

    @field_validator("api_key_env")
    @classmethod
    def _is_a_variable(cls, value: str | None) -> str | None:
        if value is not None and not value.isidentifier():
            raise ValueError(
                "must be the name of an environment variable; the key itself never goes into a file"
            )
        return value


class Settings(BaseModel):
    """The settings of this plugin."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    endpoints: tuple[EndpointSettings, ...] = Field(default=(), description="Endpoints besides OpenAI's own")
    read_timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=120.0,
        description="Seconds of silence, before the first word or between two, that count as a failure",
    )
    system_prompt: str = Field(
        default="You are a helpful assistant.",
        description="What a model is told before a conversation that has no system message; empty for nothing",
    )

    @field_validator("endpoints")
    @classmethod
    def _have_names_of_their_own(
        cls, endpoints: tuple[EndpointSettings, ...]
    ) -> tuple[EndpointSettings, ...]:
        taken = {OPENAI}
        for endpoint in endpoints:
            if endpoint.name == OPENAI:
                raise ValueError(
                    f"{OPENAI!r} is taken: give the endpoint another name, or set OPENAI_BASE_URL"
                )
            if endpoint.name in taken:
                raise ValueError(f"two endpoints are named {endpoint.name!r}: rename one")
            taken.add(endpoint.name)
        return endpoints


def checked_address(value: str) -> str:
    """Return a base URL without a slash at its end; raises ValueError that does not repeat a password."""
    try:
        address = urlsplit(value.strip())
        is_usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ValueError("is no address: it must look like http://localhost:11434/v1")
    if address.username or address.password or address.query or address.fragment:
        raise ValueError("must have no password, query or fragment: a key goes into an environment variable")
    return value.strip().rstrip("/")
