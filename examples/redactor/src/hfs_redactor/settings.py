"""The plugin's section of the configuration, checked when it is read."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]


class Settings(BaseModel):
    """What can be set under `plugins.redactor`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    replace: dict[Pattern, str] = Field({}, description="a regular expression, and what stands in its place")
    emails: bool = Field(True, description="replace e-mail addresses too")
    refuse: tuple[Pattern, ...] = Field((), description="a message in which one is found is not sent at all")
    keep: bool = Field(False, description="let the conversation itself hold what stands in the place")
