"""The settings in force in a running HFS, and changing them: a change is written, then everything is read again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hfs_core.config import UserConfig, read_config, read_setting
from hfs_core.config_file import change_names, unset_setting, write_setting
from hfs_core.errors import ConfigError
from hfs_core.models import JSON
from hfs_core.paths import Paths

log = logging.getLogger("hfs.config")


class ConfigInForce:
    """The settings of a home folder, a project and an environment.

    Args:
        changed: hears of the settings as they are now, and which of them was changed; in the thread of who did it.

    Attributes:
        current: the settings in force.
        faults: what could not be used of them at first.
    """

    def __init__(
        self,
        paths: Paths,
        *,
        project: Path | None,
        environ: Mapping[str, str],
        changed: Callable[[UserConfig, str], None],
    ):
        self._paths = paths
        self._project = project
        self._environ = environ
        self._changed = changed
        self._writing = threading.Lock()  # a surface writes in a thread: two must not lose each other's words
        self.current, self.faults = self._read()

    def write(self, key: str, value: JSON) -> None:
        """Write a setting; raises ConfigError."""
        if not key.startswith("plugins."):
            value = read_setting(key, value)
        with self._writing:
            write_setting(self._paths.config, key, value)
            self._read_again(key)

    def unset(self, key: str) -> bool:
        """Take a setting out of the file, False if it is not in it; raises ConfigError."""
        with self._writing:
            is_there = unset_setting(self._paths.config, key)
            if is_there:
                self._read_again(key)
        return is_there

    def change_names(self, key: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> bool:
        """Add names to a list in the file and take others out, False if it was so already; raises ConfigError."""
        with self._writing:
            is_changed = change_names(self._paths.config, key, add=add, remove=lambda name: name in remove)
            if is_changed:
                self._read_again(key)
        return is_changed

    def section_of(self, plugin: str) -> Mapping[str, JSON]:
        """Return what is set for a plugin now, unchecked."""
        return self.current.plugins.get(plugin, {})

    def _read(self) -> tuple[UserConfig, list[ConfigError]]:
        return read_config(self._paths, project=self._project, environ=self._environ)

    def _read_again(self, key: str) -> None:
        self.current, faults = self._read()
        for fault in faults:
            log.warning("%s", fault)
        self._changed(self.current, key)
