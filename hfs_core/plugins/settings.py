"""What a plugin lets a person set, read off its `Settings` model, and whether a value can be used."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from hfs_core.config_file import read_value
from hfs_core.errors import ConfigError
from hfs_core.isolation import describe
from hfs_core.models import JSON
from hfs_core.naming import nearest


@dataclass(frozen=True, slots=True)
class PluginSetting:
    """A setting that a plugin declares; its key stands below `plugins.<name>`."""

    key: str
    default: JSON = None
    allowed: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """What can be set under `plugins.<name>`.

    Attributes:
        model_of: returns the `Settings` model of a plugin, None if it has none; imports the plugin. Raises
            PluginError.
        section_of: returns what is set for a plugin now.
        take_up: lets a plugin that is in use go on with what is set for it now; False if it can only do so from
            the next start on.
    """

    model_of: Callable[[str], Awaitable[Any]]
    section_of: Callable[[str], Mapping[str, JSON]]
    take_up: Callable[[str], Awaitable[bool]]

    async def declared(self, plugin: str) -> Sequence[PluginSetting]:
        """Return what a plugin declares, none where it has no model; raises PluginError."""
        model = await self.model_of(plugin)
        fields: Mapping[str, Any] = getattr(model, "model_fields", {})
        return [_setting(field.alias or name, field) for name, field in fields.items()]

    async def read(self, plugin: str, words: Sequence[str], text: str) -> JSON:
        """Return the value that a text means for a setting: as YAML if the plugin takes that, else as it stands.

        Args:
            words: the parts of its key below `plugins.<name>`.

        Raises:
            PluginError: the plugin cannot be asked.
            ConfigError: there is no such setting, or it cannot have that value.
        """
        values = [value for value in (read_value(text), text) if _is_json(value)]
        model = await self.model_of(plugin)
        if model is None:
            return values[0]
        key = ".".join(("plugins", plugin, *words))
        known = [setting.key for setting in await self.declared(plugin)]
        if known and words[0] not in known:
            near = nearest(words[0], known) or known
            there = ", ".join(f"plugins.{plugin}.{name}" for name in near)
            raise ConfigError(f"there is no setting {key}: there is {there}", key=key)
        faults = ""
        for value in values:
            found = self._faults(model, plugin, words, value)
            if not found:
                return value
            faults = faults or found
        raise ConfigError(f"{key}: {text!r} cannot be used: {faults}", key=key)

    def _faults(self, model: Any, plugin: str, words: Sequence[str], value: JSON) -> str:
        """Return what is wrong with a section that has this value; other keys' faults are not its own."""
        from pydantic import ValidationError

        section: dict[str, JSON] = deepcopy(dict(self.section_of(plugin)))
        inner: Any = section
        for word in words[:-1]:
            below = inner.get(word)
            inner[word] = dict(below) if isinstance(below, dict) else {}
            inner = inner[word]
        inner[words[-1]] = value
        try:
            model.model_validate(section)
        except ValidationError as error:
            faults = [fault for fault in error.errors() if fault["loc"][:1] in ((), (words[0],))]
            return "; ".join(words_of(fault) for fault in faults)
        except Exception as error:  # noqa: BLE001 # a validator is a plugin's code
            return describe(error)
        return ""


def words_of(fault: Mapping[str, Any]) -> str:
    """Return what pydantic says of a value; what a plugin's own validator says, in its own words."""
    if fault["type"] == "extra_forbidden":
        return "there is no such setting"
    return str(fault["msg"]).removeprefix("Value error, ")


def _setting(key: str, field: Any) -> PluginSetting:
    try:
        default = field.get_default(call_default_factory=True)
        from pydantic_core import PydanticUndefined, to_jsonable_python

        default = None if default is PydanticUndefined else to_jsonable_python(default, fallback=str)
    except Exception:  # noqa: BLE001 # a default's factory is a plugin's code
        default = None
    return PluginSetting(key, default, _allowed(field.annotation), field.description or "")


def _allowed(annotation: Any) -> tuple[str, ...]:
    if annotation is bool:
        return ("true", "false")
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    parts = get_args(annotation)
    return tuple(choice for part in parts for choice in _allowed(part)) if type(None) in parts else ()


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
