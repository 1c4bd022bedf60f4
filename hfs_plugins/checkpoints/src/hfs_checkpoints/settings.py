"""What a person can set under `plugins.checkpoints`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

CHECKPOINT_EVENTS = ("run.ended", "negotiation.resolved", "phase.ended")
"""The types of the events at which a checkpoint is kept by itself, unless the settings name others."""

_NEVER = ("checkpoint.", "message.delta")
"""What would keep a checkpoint for each checkpoint, or for each piece of a reply."""


class Settings(BaseModel):
    """The settings of this plugin."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    triggers: tuple[str, ...] = Field(
        default=CHECKPOINT_EVENTS,
        description="The types of the events at which a checkpoint is kept by itself; none keeps only those asked for",
    )

    @field_validator("triggers", mode="before")
    @classmethod
    def _are_several(cls, triggers: object) -> object:
        if isinstance(triggers, str):
            raise ValueError(f"it must be a list, such as [{triggers}]")
        return triggers

    @field_validator("triggers")
    @classmethod
    def _can_be_triggers(cls, triggers: tuple[str, ...]) -> tuple[str, ...]:
        for trigger in triggers:
            if not trigger.strip() or trigger.startswith(_NEVER):
                raise ValueError(f"{trigger!r} cannot be a trigger: name types of events such as run.ended")
        return triggers
