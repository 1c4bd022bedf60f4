"""The process that builds the wheel of a project: `python -m` this module, with PROJECT NOTES FOLDER."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hfs_core.cli.checking.finding import Finding, Notes, fail, ok, warn
from hfs_core.isolation import describe
from hfs_core.paths import Paths
from hfs_core.plugins.directories import MANIFEST
from hfs_core.plugins.discovery import GROUP
from hfs_core.plugins.source import Source, find_source
from hfs_core.plugins.tree import read_tree

NOT_COPIED = shutil.ignore_patterns(
    ".git",
    ".hg",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    "dist",
    "build",
    "node_modules",
    "__pycache__",
    "*.egg-info",
    ".*_cache",
)
"""What no wheel is made of, and may be large."""

CHECK = "wheel"


def main(project: str, notes_file: str, folder: str) -> None:
    """Build a wheel of a copy of a project, and leave what is found in a file."""
    notes = Notes(Path(notes_file))
    source = find_source(project, Paths(Path(folder) / "home"))
    notes.stage("building a wheel")
    try:
        wheel = _built(source, Path(folder))
    except ModuleNotFoundError as error:
        text = (
            f"was not built, as {error.name} is not installed here: pip install {error.name}, and check again"
        )
        notes.add(warn(CHECK, text))
    except BaseException as error:  # noqa: BLE001 # a build backend is foreign code
        notes.add(fail(CHECK, f"cannot be built: {describe(error)}"))
    else:
        for finding in _content(wheel, source):
            notes.add(finding)
    notes.stage("done")


def _built(source: Source, folder: Path) -> Path:
    system: Any = (source.project or {}).get("build-system", {})
    name = str(system.get("build-backend", "setuptools.build_meta:__legacy__"))
    copy = folder / "project"
    shutil.copytree(source.root, copy, symlinks=True, ignore=NOT_COPIED)
    os.chdir(copy)
    sys.path[:0] = [str(copy / place) for place in system.get("backend-path", ())]
    module, _, attribute = name.partition(":")
    backend: Any = importlib.import_module(module)
    for word in filter(None, attribute.split(".")):
        backend = getattr(backend, word)
    out = folder / "wheel"
    out.mkdir()
    return out / str(backend.build_wheel(str(out)))


def _content(wheel: Path, source: Source) -> Iterator[Finding]:
    package = source.package
    if package is None:
        return
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        points = [name for name in names if name.endswith(".dist-info/entry_points.txt")]
        offered = archive.read(points[0]).decode("utf-8", "replace") if points else ""
    there = {f"{package.name}/{path}" for path in read_tree(package).files}
    missing = sorted(there - names)
    if f"{package.name}/{MANIFEST}" in missing:
        yield fail(
            CHECK,
            f"has no {MANIFEST}: HFS would have to import the plugin to know it; add it to the package's data",
        )
        missing.remove(f"{package.name}/{MANIFEST}")
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        yield warn(CHECK, f"does not have {', '.join(missing[:5])}{more}")
    if f"[{GROUP}]" not in offered or source.info.name not in offered:
        yield fail(CHECK, f"offers no {source.info.name} in {GROUP}: HFS would not find the plugin")
    elif not missing:
        yield ok(CHECK, f"{wheel.name}, {len(names)} files")


if __name__ == "__main__":
    main(*sys.argv[1:])
