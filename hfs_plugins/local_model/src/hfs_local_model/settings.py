"""What a person can set under `plugins.local_model`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """How local models run, and which files of your own are among them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    context: int = Field(
        default=4096,
        ge=512,
        description="How many tokens a conversation may have; more needs more memory.",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        description="Threads that write an answer; by default one less than there are cores, at most 8.",
    )
    models: dict[str, str] = Field(
        default_factory=dict,
        description="GGUF files of your own: a name, and the path of the file.",
    )
