"""Which plugins the person wants: command line, environment and settings, asked before anything is imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfs_core.errors import ConfigError
from hfs_core.naming import nearest
from hfs_core.plugins.info import PluginInfo

if TYPE_CHECKING:
    from hfs_core.config import UserConfig

VARIABLE = "HFS_PLUGINS"
"""The environment variable that names the only plugins to load, or says `none`."""

SETTING = "disabled_plugins"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a command line says of plugins: `--safe`, and each name after `--no-plugin`."""

    is_safe: bool = False
    without: tuple[str, ...] = ()


NO_CHOICE = Choice()


class Selection:
    """What the person asked for, wherever they said it; a plugin is meant by its name or its distribution's."""

    def __init__(self, choice: Choice, config: UserConfig, environ: Mapping[str, str]):
        self._choice = choice
        self._disabled = config.disabled_plugins
        self._source = config.sources.get(SETTING, "")
        self._only = _only(environ.get(VARIABLE, ""))

    def why_off(self, info: PluginInfo) -> str:
        """Return why the person does not want a plugin loaded, "" if nothing was said against it."""
        if self._choice.is_safe and not info.is_first_party:
            return "--safe loads only HFS' own plugins"
        if _is_among(info, self._choice.without):
            return "--no-plugin names it"
        if self._only is not None and not _is_among(info, self._only):
            return f"{VARIABLE} is none" if not self._only else f"{VARIABLE} does not name it"
        return f"{SETTING} names it" if _is_among(info, self._disabled) else ""

    def unknown(self, found: Iterable[PluginInfo], *, is_thorough: bool = False) -> list[ConfigError]:
        """Return a sentence for each name that means no plugin.

        What the settings name may only be uninstalled for now, which is said with `is_thorough`; else only if there is
        a plugin of a similar name.
        """
        known = list(found)
        named = [
            *(("--no-plugin", name) for name in self._choice.without),
            *((VARIABLE, name) for name in self._only or ()),
            *((SETTING, name) for name in self._disabled),
        ]
        faults = []
        for where, name in named:
            if any(means(name, info) for info in known):
                continue
            text = no_such_plugin(name, known)
            if where != SETTING or is_thorough or "did you mean" in text:
                faults.append(ConfigError(f"{where}: {text}", source=where, key=name))
        return faults

    @property
    def source(self) -> str:
        """Where `disabled_plugins` was set, "" if nowhere."""
        return self._source


def means(name: str, info: PluginInfo) -> bool:
    """Tell whether a name that a person wrote means a plugin: its own name, or its distribution's."""
    return _plain(name) in (_plain(info.name), _plain(info.distribution))


def no_such_plugin(name: str, found: Iterable[PluginInfo]) -> str:
    """Say that there is no plugin of a name, and which was meant."""
    near = nearest(name, dict.fromkeys(info.name for info in found))
    return f"there is no plugin {name}{f'; did you mean {near[0]}?' if near else ''}"


def _only(value: str) -> tuple[str, ...] | None:
    """Return the names in `HFS_PLUGINS`, none of them for `none`; None where it is not set."""
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    return () if names == ("none",) else names or None


def _is_among(info: PluginInfo, names: Iterable[str]) -> bool:
    return any(means(name, info) for name in names)


def _plain(name: str) -> str:
    # As installers compare them: case, `-`, `_` and `.` make no difference.
    return name.casefold().replace("_", "-").replace(".", "-")
