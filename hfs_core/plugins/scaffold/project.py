"""Makes the files of a new plugin: as a project that is published, or as a folder in `~/.hfs/plugins`."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path, PurePosixPath
from string import Template
from typing import Literal

from hfs_core.errors import PluginError
from hfs_core.plugins.manifest import NAME

Kind = Literal["package", "directory"]

LICENSES = ("MIT", "BSD-3-Clause", "Apache-2.0")
"""Those whose text can be written; by their SPDX names."""

_COMMON = {
    ".gitignore": "gitignore",
    "tests/conftest.py": "conftest.py",
    "tests/test_$name.py": "test_plugin.py",
}
_FILES: dict[Kind, dict[str, str]] = {
    "package": {
        **_COMMON,
        "README.md": "README.package.md",
        "pyproject.toml": "pyproject.toml",
        "src/$package/__init__.py": "init.py",
        "src/$package/manifest.yaml": "manifest.yaml",
        "src/$package/plugin.py": "plugin.py",
        "src/$package/py.typed": "",
    },
    "directory": {
        **_COMMON,
        "README.md": "README.directory.md",
        "__init__.py": "init.py",
        "manifest.yaml": "manifest.yaml",
        "plugin.py": "plugin.py",
        "pytest.ini": "pytest.ini",
    },
}


def proposed_name(name: str) -> str:
    """Return the name that may be meant by one that cannot be used: `My Weather` is `my_weather`."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").removeprefix("hfs_")
    words = re.sub(r"^[0-9_]+", "", words)[:63].rstrip("_")
    return words if re.fullmatch(NAME, words) else "my_plugin"


def project(kind: Kind, *, name: str, terms: str, **values: str) -> Mapping[PurePosixPath, str]:
    """Return the files of a new plugin, by their places in it.

    Args:
        name: as the manifest has it.
        terms: one of `LICENSES`, "" for none.
        values: `holder` and `year` of the license, `place` of a directory, and the versions that it works with:
            `api`, `next_api`, `core`, `next_core`.
    """
    known = {
        **values,
        **names_of(name),
        "license_lines": f'license = "{terms}"\nlicense-files = ["LICENSE"]'
        if terms
        else "license-files = []",
    }
    wanted = {**_FILES[kind], **({"LICENSE": terms} if terms else {})}
    return {
        PurePosixPath(Template(place).substitute(known)): _text(template, known)
        for place, template in sorted(wanted.items())
    }


def names_of(name: str) -> dict[str, str]:
    """Return what a plugin of that name is called elsewhere: its distribution, package, command and class."""
    return {
        "name": name,
        "distribution": f"hfs-{name.replace('_', '-')}",
        "package": f"hfs_{name}",
        "command": name.replace("_", "-"),
        "class_name": "".join(word.capitalize() for word in name.split("_")),
    }


def make(content: Mapping[PurePosixPath, str], place: Path) -> None:
    """Write files into a new folder: all of them, or nothing.

    Raises:
        PluginError: there is something already, or it cannot be written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}-"))
    except OSError as error:
        raise PluginError(f"{place.parent}: cannot be written: {error.strerror}") from error
    try:
        made.chmod(0o777 & ~_umask())
        for name, text in content.items():
            file = made / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        if place.exists() or place.is_symlink():  # an empty folder would be replaced without a word
            raise PluginError(f"{place} is there already: choose another name, or another place with --path")
        made.rename(place)
    except OSError as error:
        raise PluginError(f"{place}: cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _text(template: str, values: Mapping[str, str]) -> str:
    if not template:
        return ""
    text = (files(__package__) / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
