"""The settings: environment over project over global over default; one bad value spoils no other.

What was parsed is cached as JSON, so that a start imports no YAML parser.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfs_core.cache import read_cache, write_cache
from hfs_core.errors import ConfigError
from hfs_core.paths import Paths, current_folder

if TYPE_CHECKING:
    from hfs_core.models import JSON

PROJECT_FILE = Path(".hfs") / "config.yaml"


def _text(value: JSON) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _at_least_one(value: JSON) -> int:
    number = int(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError("must be a whole number of at least 1")
    return number


def _seconds(value: JSON) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("must be a number of seconds")
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 3600:
        raise ValueError("must be a number of seconds, from 0 to 3600")
    return seconds


def _names(value: JSON) -> tuple[str, ...]:
    items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError("must be a list of names")
    return tuple(item for item in items if item)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `read` returns the value or raises TypeError or ValueError; `allowed` names the values."""

    default: Any
    read: Callable[[JSON], Any]
    allowed: tuple[str, ...] = ()
    help: str = ""


THEMES = (
    "hfs-dark", "hfs-light", "ansi-dark", "ansi-light", "atom-one-dark", "atom-one-light",
    "catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato", "catppuccin-mocha", "dracula", "flexoki",
    "gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark",
    "solarized-light", "textual-dark", "textual-light", "tokyo-night",
)  # fmt: skip
"""The colours that the terminal interface has: its own two, and Textual's."""

SETTINGS: dict[str, Setting] = {
    "model": Setting("local/qwen2.5-coder-0.5b", _text, help="the model that answers, as provider/model"),
    "store": Setting(
        "", _text, help="the plugin that keeps sessions; empty: sqlite_store if it is installed"
    ),
    "output_mode": Setting("verbose", _text, ("compact", "verbose"), "how much is shown beside the words"),
    "keybinding_mode": Setting("standard", _text, ("standard", "emacs", "vim"), "the keys of the composer"),
    "theme": Setting("hfs-dark", _text, THEMES, "the colours of the terminal interface"),
    "checkpoint_retention": Setting(10, _at_least_one, help="how many automatic checkpoints a session keeps"),
    "hang_seconds": Setting(
        5.0, _seconds, help="how long a plugin may keep everything waiting before it is stopped; 0: for ever"
    ),
    "disabled_plugins": Setting((), _names, help="plugins that are not loaded"),
}


@dataclass(frozen=True, slots=True)
class UserConfig:
    """The settings in force.

    Attributes:
        plugins: each plugin's own section, unchecked: its `Settings` model checks it.
        sources: where each setting that is not a default comes from, a plugin's as `plugins.<name>.<key>`.
    """

    model: str = SETTINGS["model"].default
    store: str = SETTINGS["store"].default
    output_mode: str = SETTINGS["output_mode"].default
    keybinding_mode: str = SETTINGS["keybinding_mode"].default
    theme: str = SETTINGS["theme"].default
    checkpoint_retention: int = SETTINGS["checkpoint_retention"].default
    hang_seconds: float = SETTINGS["hang_seconds"].default
    disabled_plugins: tuple[str, ...] = SETTINGS["disabled_plugins"].default
    plugins: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def get_field_names() -> tuple[str, ...]:
        """Return the names of the settings, plugins' sections left out."""
        return tuple(SETTINGS)

    @staticmethod
    def get_valid_values(field_name: str) -> tuple[str, ...]:
        """Return the allowed values of a setting, none where any is; raises ConfigError for an unknown name."""
        return _setting(field_name).allowed

    @staticmethod
    def get_help(field_name: str) -> str:
        """Return a line about a setting; raises ConfigError for an unknown name."""
        return _setting(field_name).help


def _setting(name: str, source: str = "") -> Setting:
    if name not in SETTINGS:
        prefix, known = f"{source}: " if source else "", ", ".join(SETTINGS)
        raise ConfigError(f"{prefix}there is no setting {name}: there are {known}", source=source, key=name)
    return SETTINGS[name]


def read_config(
    paths: Paths, *, project: Path | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[UserConfig, list[ConfigError]]:
    """Return the settings in force, and what is wrong with the values that were left out.

    Args:
        project: the folder whose `.hfs/config.yaml` counts; the current one by default.
    """
    faults: list[ConfigError] = []
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    sections: dict[str, dict[str, JSON]] = {}
    files = dict.fromkeys((paths.config, (project or current_folder()) / PROJECT_FILE))
    for file in files:
        try:
            layer = _read_file(file, paths.state)
        except ConfigError as error:
            faults.append(error)
            continue
        _take_sections(layer.pop("plugins", None), sections, sources, str(file), faults)
        _take(layer, values, sources, str(file), faults)
    for name in SETTINGS:
        variable = f"HFS_{name.upper()}"
        if environ.get(variable):
            _take({name: environ[variable]}, values, sources, variable, faults)
    _take_environment_sections(environ, sections, sources)
    return UserConfig(**values, plugins=sections, sources=sources), faults


def read_setting(name: str, value: JSON, source: str = "") -> Any:
    """Return the value of a setting as HFS uses it; raises ConfigError that names what is allowed."""
    prefix = f"{source}: " if source else ""
    setting = _setting(name, source)
    try:
        read = setting.read(value)
    except (TypeError, ValueError) as error:
        text = str(error) if str(error).startswith("must") else "must be a whole number of at least 1"
        raise ConfigError(
            f"{prefix}{name}: {value!r} cannot be used: it {text}", source=source, key=name
        ) from error
    if setting.allowed and read not in setting.allowed:
        allowed = ", ".join(setting.allowed)
        text = f"{prefix}{name}: {value!r} is not one of the allowed values: {allowed}"
        raise ConfigError(text, source=source, key=name, allowed=setting.allowed)
    return read


def _take(
    layer: Mapping[str, JSON],
    values: dict[str, Any],
    sources: dict[str, str],
    source: str,
    faults: list[ConfigError],
) -> None:
    for name, value in layer.items():
        try:
            values[name] = read_setting(name, value, source)
            sources[name] = source
        except ConfigError as error:
            faults.append(error)


def _take_sections(
    layer: JSON,
    sections: dict[str, dict[str, JSON]],
    sources: dict[str, str],
    source: str,
    faults: list[ConfigError],
) -> None:
    if layer is None:
        return
    if not isinstance(layer, dict):
        text = f"{source}: plugins: must hold a section a plugin"
        faults.append(ConfigError(text, source=source, key="plugins"))
        return
    for plugin, section in layer.items():
        if isinstance(section, dict | None):
            sections.setdefault(plugin, {}).update(section or {})
            sources.update({f"plugins.{plugin}.{key}": source for key in section or {}})
        else:
            key = f"plugins.{plugin}"
            text = (
                f"{source}: {key}: {section!r} is no section: write its settings under it, as `name: value`"
            )
            faults.append(ConfigError(text, source=source, key=key))


def _take_environment_sections(
    environ: Mapping[str, str], sections: dict[str, dict[str, JSON]], sources: dict[str, str]
) -> None:
    prefix = "HFS_PLUGINS__"
    for variable, value in environ.items():
        if variable.startswith(prefix):
            plugin, _, key = variable.removeprefix(prefix).lower().partition("__")
            if plugin and key:
                sections.setdefault(plugin, {})[key] = value
                sources[f"plugins.{plugin}.{key}"] = variable


def _read_file(file: Path, state: Path) -> dict[str, JSON]:
    try:
        status = file.stat()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}", source=str(file)) from error
    stamp = [status.st_mtime_ns, status.st_size]
    cache = state / "config.json"
    cached = read_cache(cache)
    match cached.get(str(file)):
        case [known, dict() as content] if known == stamp:
            return dict(content)
    content = _parse(file)
    cached[str(file)] = [stamp, content]
    write_cache(cache, cached)
    return dict(content)


def _parse(file: Path) -> dict[str, JSON]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        content = json.loads(json.dumps({} if content is None else content, default=str))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}", source=str(file)) from error
    except (YAMLError, ValueError) as error:
        raise ConfigError(f"{file}: is not YAML: {_one_line(error)}", source=str(file)) from error
    except (TypeError, RecursionError) as error:
        text = f"{file}: must hold settings, one a line, as `name: value`: {_one_line(error)}"
        raise ConfigError(text, source=str(file)) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: must hold settings, one a line, as `name: value`", source=str(file))
    return content


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
