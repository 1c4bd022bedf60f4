"""The settings there are: HFS' own, and what each plugin declares or is given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hfs_commands.secrets import masked
from hfs_core.api import JSON, Host, PluginError, PluginSetting


@dataclass(frozen=True, slots=True)
class Known:
    """A setting as it is in force.

    Attributes:
        value: as it may be shown.
        source: the file or the variable that it comes from, "" for a default.
    """

    key: str
    value: JSON
    source: str
    allowed: tuple[str, ...] = ()
    help: str = ""


async def known_settings(host: Host) -> list[Known]:
    """Return every setting; asks each usable plugin what it declares, side by side."""
    config = host.settings.current
    own = [
        Known(
            key,
            masked(key, getattr(config, key)),
            config.sources.get(key, ""),
            config.get_valid_values(key),
            config.get_help(key),
        )
        for key in config.get_field_names()
    ]
    plugins = sorted({*(entry.info.name for entry in host.plugins), *config.plugins})
    sections = await asyncio.gather(*(_section(host, plugin) for plugin in plugins))
    return [*own, *(setting for section in sections for setting in section)]


async def _section(host: Host, plugin: str) -> list[Known]:
    given = host.settings.current.plugins.get(plugin, {})
    declared = {setting.key: setting for setting in await _declared(host, plugin)}
    found = []
    for name in [*declared, *(name for name in given if name not in declared)]:
        setting = declared.get(name, PluginSetting(name))
        key = f"plugins.{plugin}.{name}"
        value = given.get(name, setting.default)
        source = host.settings.current.sources.get(key, "")
        found.append(Known(key, masked(name, value), source, setting.allowed, setting.help))
    return found


async def _declared(host: Host, plugin: str) -> Sequence[PluginSetting]:
    try:
        return await host.settings.plugins.declared(plugin)
    except PluginError:
        return ()  # one that cannot be asked: /plugins says why
