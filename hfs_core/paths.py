"""Where HFS keeps things: one folder, `~/.hfs`, or what `HFS_HOME` names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hfs_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Paths:
    """The folder of HFS, and its parts; nothing is made by naming it."""

    root: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """Return the folder that `HFS_HOME` names, `~/.hfs` where it is unset or empty.

        Raises:
            ConfigError: it starts with the home folder of somebody who has none, as in some containers.
        """
        named = environ.get("HFS_HOME") or "~/.hfs"
        try:
            return cls(current_folder() / Path(named).expanduser())
        except RuntimeError as error:
            text = (
                f"there is no home folder for {named}: set HFS_HOME to the folder where HFS may keep things"
            )
            raise ConfigError(text, source="HFS_HOME") from error

    @property
    def config(self) -> Path:
        """The settings."""
        return self.root / "config.yaml"

    @property
    def database(self) -> Path:
        """The sessions, as `sqlite_store` keeps them."""
        return self.root / "sessions.db"

    @property
    def plugins(self) -> Path:
        """Plugins that are folders."""
        return self.root / "plugins"

    @property
    def state(self) -> Path:
        """What HFS remembers for itself: caches, locks, history; losing it loses no words."""
        return self.root / "state"

    @property
    def models(self) -> Path:
        """Weights of local models."""
        return self.root / "models"

    @property
    def exports(self) -> Path:
        """Where exported conversations go by default."""
        return self.root / "exports"

    @property
    def data(self) -> Path:
        """One folder a plugin, for its own files."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.root / "logs"

    def check_writable(self, path: Path | str) -> None:
        """Refuse a place on which HFS itself relies, for whoever writes where a person or a model says.

        These are the plugins, what HFS remembers and whom it trusts, the settings, the models and the sessions. A
        file is refused under every name that it has: through `..`, links of both kinds, or in other letters where
        the disk makes no difference between them. So is what such a place lies in: a folder that would be replaced.
        Everything else in the folder of HFS, such as `exports`, is free.

        Raises:
            ProtectedPlace: it names the place.
        """
        from hfs_core.protected import check_writable

        check_writable(self, path)


def current_folder() -> Path:
    """Return the current folder, an empty path where it was removed meanwhile."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path()


def make_private(directory: Path) -> Path:
    """Make a directory that only its owner may enter (0700), with those above it that are missing; return it."""
    for missing in reversed([folder for folder in directory.parents if not folder.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory
