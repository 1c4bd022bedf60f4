"""`/config`: show the settings, set one, or take one out again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from hfs_commands.remembering import Remembered, forget, remember
from hfs_commands.settings import Known, known_settings
from hfs_core.api import (
    JSON,
    Column,
    CommandResult,
    Completion,
    ConfigError,
    Host,
    Invocation,
    ModelError,
    Notice,
    Param,
    Row,
    Table,
    UsageError,
    UseModel,
)

COLUMNS = (
    Column("setting", "Setting"),
    Column("value", "Value"),
    Column("source", "Source"),
    Column("allowed"),
    Column("help"),
)
LATE = frozenset({"store", "disabled_plugins"})
"""Settings that are read once, at the start."""


async def _keys(invocation: Invocation, word: str) -> Sequence[Completion]:
    return [Completion(known.key, known.help) for known in await known_settings(invocation.host)]


async def _values(invocation: Invocation, word: str) -> Sequence[Completion]:
    action, key = invocation.written[:2]
    if action != "set":
        return ()
    if key == "model":
        offers = await invocation.host.providers.offers()
        return [Completion(name, info.note) for each in offers for name, info in each.by_name.items()]
    return [
        Completion(value)
        for known in await known_settings(invocation.host)
        if known.key == key
        for value in known.allowed
    ]


async def config(
    invocation: Invocation,
    action: Annotated[Literal["show", "set", "unset"], Param("show them, set one, or take one out")] = "show",
    key: Annotated[str, Param("a setting, such as theme or plugins.NAME.KEY", complete=_keys)] = "",
    *value: Annotated[str, Param("what it is to be; several words are one value", complete=_values)],
) -> CommandResult:
    """Do one of the three."""
    host = invocation.host
    if action == "show":
        return await _show(host, key)
    if not key:
        raise UsageError(f"write the setting: /config {action} KEY{' VALUE' if action == 'set' else ''}")
    if action == "unset":
        if value:
            raise UsageError("write one setting: /config unset KEY")
        return await _unset(host, key)
    if not value and key != "disabled_plugins":
        raise UsageError(f"write a value: /config set {key} VALUE")
    return await _set(host, key, value)


async def _show(host: Host, key: str) -> CommandResult:
    settings = [
        each
        for each in await known_settings(host)
        if not key or each.key == key or each.key.startswith(f"{key}.")
    ]
    if not settings:
        raise ConfigError(f"there is no setting {key}: /config lists them", key=key)
    rows = tuple(_row(host, each) for each in settings)
    hint = f"Set one: /config set KEY VALUE. They are written to {host.paths.config}."
    return CommandResult((Table(COLUMNS, rows, title="Settings", hint=hint),))


def _row(host: Host, known: Known) -> Row:
    values = {
        "setting": known.key,
        "value": known.value,
        "source": known.source or "default",
        "allowed": list(known.allowed),
        "help": known.help,
    }
    shown = {"value": _shown(known.value), "source": _short(host, known.source)}
    return Row(values, shown=shown, preview=known.help)


def _shown(value: JSON) -> str:
    if value in (None, "", (), [], {}):
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _short(host: Host, source: str) -> str:
    """Return a source in few letters: the person's file by its name, a project's by its folder, too."""
    if source == str(host.paths.config):
        return host.paths.config.name
    return "/".join(Path(source).parts[-2:]) if "/" in source else source or "default"


async def _set(host: Host, key: str, words: Sequence[str]) -> CommandResult:
    value: JSON = list(words) if key == "disabled_plugins" and len(words) != 1 else " ".join(words)
    if key.startswith("plugins."):
        plugin, inner = _parts(key)
        value = await host.settings.plugins.read(plugin, inner, value)
    kept = await remember(host, key, value)
    return await _changed(host, key, f"Written to {host.paths.config}", kept)


async def _unset(host: Host, key: str) -> CommandResult:
    if not key.startswith("plugins."):
        host.settings.current.get_valid_values(key)  # raises for one that there is not
    else:
        _parts(key)
    kept = await forget(host, key)
    if kept is None:
        text = f"{key} is not in {host.paths.config}: there is nothing to take out."
        return CommandResult((Notice(text, "warning"),), ok=False)
    return await _changed(host, key, f"Taken out of {host.paths.config}", kept)


async def _changed(host: Host, key: str, done: str, kept: Remembered) -> CommandResult:
    """Say what is in force now, and let it be."""
    effects: tuple[UseModel, ...] = ()
    parts: list[Notice] = []
    if key.startswith("plugins."):
        plugin, inner = _parts(key)
        is_now = await host.settings.plugins.take_up(plugin)
        known = {each.key: each for each in await known_settings(host)}
        top = known.get(f"plugins.{plugin}.{inner[0]}")
        now = f"{top.key} is {_shown(top.value)}" if top else f"{key} is not set"
    else:
        is_now = key not in LATE
        now = f"{key} is {_shown(getattr(host.settings.current, key))}"
        if key == "model" and not kept.overridden_by:
            effects = (UseModel(host.settings.current.model),)
            parts = await _doubts(host, host.settings.current.model)
    when = "" if is_now else " from the next start on"
    text = f"{done}{kept.but}: {now}{when}."
    return CommandResult((Notice(text, "warning" if kept.but else "info"), *parts), effects)


async def _doubts(host: Host, model: str) -> list[Notice]:
    """Say why a model cannot answer; it may be set all the same, before its provider is installed."""
    try:
        await host.providers.get(model)
    except ModelError as error:
        return [Notice(str(error), "warning")]
    return []


def _parts(key: str) -> tuple[str, list[str]]:
    """Return the plugin that a key is about and the words below it; raises UsageError."""
    plugin, _, rest = key.removeprefix("plugins.").partition(".")
    inner = rest.split(".")
    if not plugin or not all(inner):
        raise UsageError(f"{key!r} is no setting of a plugin: write plugins.NAME.KEY")
    return plugin, inner
