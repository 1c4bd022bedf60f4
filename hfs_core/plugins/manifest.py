"""The manifest of a plugin, `manifest.yaml`, read and checked without importing the plugin."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hfs_core.errors import PluginError
from hfs_core.naming import nearest
from hfs_core.plugins.info import PluginInfo

NAME = r"^[a-z][a-z0-9_]{0,62}$"
COMMAND_NAME = r"^[a-z][a-z0-9_-]{0,62}$"
SERVICE_NAME = r"^[a-z][a-z0-9_.-]{0,126}$"
MANIFEST_VERSION = 1
"""The form of manifests that this HFS knows; a newer one is read as far as it is understood."""

LARGEST = 256 * 1024
"""Bytes; a longer file is no manifest."""

FAULTS = 10
"""How much that is wrong in one file is told."""

Text = Annotated[str, Field(max_length=2000)]


def _as_text(value: object) -> object:
    # YAML reads 1.0 as a number; the author meant a version.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_keys(value: object) -> object:
    # A list of settings' names will do; a mapping says a word about each.
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value, "")
    return value


Version = Annotated[str, BeforeValidator(_as_text), Field(max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class CommandEntry(_Part):
    """A command that the plugin declares."""

    name: str = Field(pattern=COMMAND_NAME)
    summary: Text = ""
    surfaces: tuple[Literal["chat", "shell"], ...] = ("chat", "shell")
    key: str = Field("", max_length=60)


class ServiceEntry(_Part):
    """A service that the plugin offers, and the version of its token."""

    name: str = Field(pattern=SERVICE_NAME)
    version: int = Field(1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class Contributions(_Part):
    """What the plugin adds beside its hooks."""

    commands: tuple[CommandEntry, ...] = ()
    services: tuple[ServiceEntry, ...] = ()


class Requirement(_Part):
    """What must be there: a plugin, of one of these versions if it says so, or a service, of that version."""

    plugin: Annotated[str, Field(pattern=NAME)] = ""
    service: Annotated[str, Field(pattern=SERVICE_NAME)] = ""
    version: Version = ""

    @model_validator(mode="after")
    def _names_one(self) -> Requirement:
        if bool(self.plugin) == bool(self.service):
            raise ValueError("must name a plugin or a service")
        if self.service and self.version and not self.version.isdecimal():
            raise ValueError("the version of a service is a whole number")
        return self


class HookEntry(_Part):
    """A hook that the plugin has, and whether it wants to be called before or after the other plugins'."""

    name: str = Field(max_length=100)
    order: Literal["", "first", "last"] = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, Mapping) and len(value) == 1:
            [(name, order)] = value.items()
            return {"name": name, "order": order}
        raise ValueError("must be the name of a hook, or `name: first` or `name: last`")


class Manifest(_Part):
    """What a plugin says of itself. Unknown keys are left out, so that older HFS read newer manifests."""

    manifest_version: int = Field(MANIFEST_VERSION, ge=1)
    name: str = Field(pattern=NAME)
    version: Version = Field(min_length=1)
    description: Text
    entry_point: str = Field("__init__", pattern=r"^[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?$")
    capabilities: tuple[Annotated[str, Field(max_length=100)], ...]
    api: Version = ""
    hooks: tuple[HookEntry, ...] = ()
    contributes: Contributions = Contributions()
    requires: tuple[Requirement, ...] = ()
    settings: Annotated[dict[str, Text], BeforeValidator(_as_keys)] = {}
    advisory: dict[str, tuple[Text, ...]] = {}
    on_failure: Literal["skip", "block"] = "skip"
    _warnings: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What HFS does not know in it, a sentence each."""
        return self._warnings


def read_manifest(file: Path) -> Manifest:
    """Return the manifest in a file; raises PluginError that names the file, the key and what is wrong."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise PluginError(f"{file}: cannot be read: {error.strerror}") from error
    return parse_manifest(content, str(file))


def parse_manifest(content: bytes, where: str) -> Manifest:
    """Return the manifest that these bytes are; raises PluginError that names `where`, the key and what is wrong."""
    from ruamel.yaml import YAML

    if len(content) > LARGEST:
        raise PluginError(f"{where}: is longer than {LARGEST // 1024} KiB: that is no manifest")
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.return_alias = _refuse_alias
    try:
        parsed: Any = yaml.load(content.decode("utf-8"))
    except Exception as error:  # YAML has many ways to fail, and who wrote it may be nobody's friend
        raise PluginError(f"{where}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(parsed, Mapping):
        wrong = "is empty" if parsed is None else "holds no `key: value` lines"
        raise PluginError(
            f"{where}: {wrong}: a manifest has at least name, version, description, capabilities"
        )
    try:
        manifest = Manifest.model_validate(parsed)
    except ValidationError as error:
        faults = error.errors()
        more = f"; and {len(faults) - FAULTS} more" if len(faults) > FAULTS else ""
        raise PluginError(f"{where}: {'; '.join(map(_fault, faults[:FAULTS]))}{more}") from error
    manifest._warnings = tuple(_unknown(parsed, Manifest))
    return manifest


def _refuse_alias(node: object) -> NoReturn:
    # A few lines of them stand for billions of values, and a manifest is read before anybody has agreed to it.
    raise ValueError("a manifest must not use aliases (*name)")


def describe(read: Manifest, *, package: str, **where: Any) -> PluginInfo:
    """Return what a manifest says, as the registry keeps it.

    Args:
        package: the name under which the plugin's code is imported.
        where: `source`, `distribution`, `folder` and `manifest` of the `PluginInfo`.
    """
    module, _, attribute = read.entry_point.partition(":")
    contributes, needs = read.contributes, read.requires
    return PluginInfo(
        name=read.name,
        version=read.version,
        description=read.description,
        module=package if module == "__init__" else f"{package}.{module}",
        attribute=attribute,
        capabilities=read.capabilities,
        hooks=tuple(hook.name for hook in read.hooks),
        tryfirst=tuple(hook.name for hook in read.hooks if hook.order == "first"),
        trylast=tuple(hook.name for hook in read.hooks if hook.order == "last"),
        commands=tuple((command.name, command.summary) for command in contributes.commands),
        chat_only=tuple(each.name for each in contributes.commands if "shell" not in each.surfaces),
        keys=tuple((each.name, each.key) for each in contributes.commands if each.key),
        services=tuple(service.name for service in contributes.services),
        services_versions=tuple(
            (each.name, each.version) for each in contributes.services if each.version > 1
        ),
        requires=tuple(need.plugin for need in needs if need.plugin),
        requires_versions=tuple(
            (need.plugin, need.version) for need in needs if need.plugin and need.version
        ),
        requires_services=tuple(need.service for need in needs if need.service),
        requires_services_versions=tuple(
            (need.service, int(need.version)) for need in needs if need.service and need.version
        ),
        settings=tuple(read.settings.items()),
        advisory=tuple(read.advisory.items()),
        api=read.api,
        on_failure=read.on_failure,
        lists=bool(read.hooks or contributes.commands or contributes.services),
        warnings=read.warnings,
        **where,
    )


def _fault(fault: Mapping[str, Any]) -> str:
    key = ".".join(map(str, fault["loc"])) or "the file"
    said = str(fault["msg"]).removeprefix("Value error, ")
    given = fault.get("input")
    shown = f", not {json.dumps(given)[:60]}" if isinstance(given, str | int | float) else ""
    return f"{key}: {said}{shown}"


def _unknown(given: Any, model: type[BaseModel], place: str = "") -> Iterator[str]:
    """Say which keys a model does not know, its parts' too."""
    if not isinstance(given, Mapping):
        return
    for key, value in given.items():
        if key not in model.model_fields:
            near = nearest(str(key), model.model_fields)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"HFS does not know {place}{key} and leaves it out{hint}"
        elif key == "manifest_version" and isinstance(value, int) and value > MANIFEST_VERSION:
            yield f"its manifest is of version {value}, this HFS knows {MANIFEST_VERSION}"
        elif key == "hooks" and isinstance(value, list):
            yield from _unknown_hooks(value)
        elif key == "contributes":
            yield from _unknown(value, Contributions, "contributes.")
        elif key in _LISTS and isinstance(value, list):
            for item in value:
                yield from _unknown(item, _LISTS[key], f"{place}{key}.")


def _unknown_hooks(given: list[Any]) -> Iterator[str]:
    from hfs_core.hookspecs import HOOKS

    for name in (hook if isinstance(hook, str) else next(iter(hook)) for hook in given):
        if name not in HOOKS:
            near = nearest(str(name), HOOKS)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"there is no hook {name}, so it is never called{hint}"


_LISTS: dict[str, type[BaseModel]] = {
    "commands": CommandEntry,
    "requires": Requirement,
    "services": ServiceEntry,
}
