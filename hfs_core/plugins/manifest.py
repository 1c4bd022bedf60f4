"""The manifest of a plugin, `manifest.yaml`, read and checked without importing the plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hfs_core.errors import PluginError

NAME = r"^[a-z][a-z0-9_]{0,62}$"


class CommandEntry(BaseModel):
    """A command that the plugin declares."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    name: str
    summary: str = ""
    surfaces: tuple[Literal["chat", "shell"], ...] = ("chat", "shell")
    key: str = ""


class Contributions(BaseModel):
    """What the plugin adds beside its hooks."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    commands: tuple[CommandEntry, ...] = ()
    services: tuple[str, ...] = ()


class Requirement(BaseModel):
    """What must be there: a plugin or a service."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    plugin: str = ""
    service: str = ""


class Manifest(BaseModel):
    """What a plugin says of itself. Unknown keys are ignored, so that older HFS read newer manifests."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    name: str = Field(pattern=NAME)
    version: str
    description: str
    entry_point: str = "__init__"
    capabilities: tuple[str, ...]
    api: str = ""
    hooks: tuple[str, ...] = ()
    contributes: Contributions = Contributions()
    requires: tuple[Requirement, ...] = ()
    advisory: dict[str, tuple[str, ...]] = {}
    on_failure: Literal["skip", "block"] = "skip"

    @field_validator("version", mode="before")
    @classmethod
    def _version_is_text(cls, value: object) -> object:
        # YAML reads 1.0 as a number; the author meant a version.
        return str(value) if isinstance(value, int | float) else value


def read_manifest(file: Path) -> Manifest:
    """Return the manifest in a file; raises PluginError that names the file, the key and what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content: Any = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        return Manifest.model_validate(content)
    except OSError as error:
        raise PluginError(f"{file}: cannot be read: {error.strerror}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise PluginError(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}" for fault in error.errors()
        )
        raise PluginError(f"{file}: {faults}") from error
