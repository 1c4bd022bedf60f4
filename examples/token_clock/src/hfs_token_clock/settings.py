"""The plugin's section of the configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Price(BaseModel):
    """What a million tokens cost, in dollars."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    input: float = Field(ge=0)
    output: float = Field(ge=0)


class Settings(BaseModel):
    """What can be set under `plugins.token_clock`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    prices: dict[str, Price] = Field({}, description="by model, such as openai/gpt-4o-mini")
