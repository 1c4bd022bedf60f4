"""`hfs plugins new`: the files of a new plugin, which work as they are; imports no plugin."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hfs_core import __version__
from hfs_core.api import API_VERSION
from hfs_core.cli.index import plugin_commands
from hfs_core.cli.root import RESERVED
from hfs_core.paths import Paths, current_folder, make_private
from hfs_core.plugins.discovery import discover
from hfs_core.plugins.manifest import NAME
from hfs_core.plugins.scaffold.project import LICENSES, make, names_of, project, proposed_name

if TYPE_CHECKING:
    from hfs_core.plugins.scaffold.project import Kind


@click.command()
@click.argument("name")
@click.option(
    "--package",
    "kind",
    flag_value="package",
    default="package",
    help="A project that can be published (default).",
)
@click.option("--dir", "kind", flag_value="directory", help="A folder in the plugins folder of HFS.")
@click.option(
    "--path", "where", type=click.Path(path_type=Path, file_okay=False), help="The folder to make it in."
)
@click.option(
    "--license",
    "license_",
    type=click.Choice([*LICENSES, "none"]),
    default="MIT",
    show_default=True,
    help="What others may do with it.",
)
def new(name: str, kind: Kind, where: Path | None, license_: str) -> None:
    """Make a new plugin: a hook, a command, settings, a test that passes, and what says what it is.

    NAME is what it is called everywhere: small letters, digits and underscores.
    """
    paths = Paths.from_environment()
    _check_name(name, kind, paths)
    place = _place(name, kind, where, paths)
    content = project(
        kind,
        name=name,
        terms="" if license_ == "none" else license_,
        holder=_holder(name),
        year=str(datetime.now().year),
        place=str(place),
        api=API_VERSION.partition(".")[0],
        next_api=str(int(API_VERSION.partition(".")[0]) + 1),
        core=".".join(__version__.split(".")[:2]),
        next_core=str(int(__version__.partition(".")[0]) + 1),
    )
    make(content, place)
    lines = [f"Made {place}:", *(f"  {file}" for file in content), "", *_next_steps(name, kind, place, where)]
    sys.stdout.write("\n".join(lines) + "\n")


def _check_name(name: str, kind: Kind, paths: Paths) -> None:
    proposal = proposed_name(name)
    if not re.fullmatch(NAME, name):
        rule = "a name is small letters, digits and underscores, and begins with a letter"
        raise click.UsageError(f"{name!r} cannot be the name of a plugin: {rule}. Try {proposal}.")
    if name.startswith("hfs_"):
        raise click.UsageError(
            f"{name}: leave out the hfs_, which is added where it is needed. Try {proposal}."
        )
    if kind == "directory" and name in sys.stdlib_module_names:  # its tests would import the other one
        raise click.UsageError(
            f"{name} cannot be the name of a folder: a module of Python has it. Try my_{name}."
        )
    command = names_of(name)["command"]
    taken = {
        each.name: f"the plugin {each.plugin} has the command {command}" for each in plugin_commands(paths)
    }
    taken |= {
        info.name: "a plugin of that name is there already" for info in discover(paths) if info.name == name
    }
    taken |= {own: f"hfs {own} is a command of HFS itself" for own in RESERVED}
    if reason := taken.get(name) or taken.get(command):
        raise click.UsageError(f"{name} cannot be the name of a new plugin: {reason}. Try my_{name}.")


def _place(name: str, kind: Kind, where: Path | None, paths: Paths) -> Path:
    if kind == "package":
        place = (where or current_folder()) / names_of(name)["distribution"]
    else:
        # What lies in the folder of HFS is the person's alone; another folder is what its owner made it.
        place = (where or make_private(paths.plugins)) / name
        if place.parent.resolve() == paths.plugins.resolve():
            return place  # the one thing that is meant to go there
    paths.check_writable(place)
    return place


def _holder(name: str) -> str:
    """Return who has the rights: the person as git knows them."""
    try:
        done = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        done = None
    known = " ".join(done.stdout.split()) if done else ""
    return known if known.isprintable() and known else f"the authors of {names_of(name)['distribution']}"


def _next_steps(name: str, kind: Kind, place: Path, where: Path | None) -> list[str]:
    command = names_of(name)["command"]
    used = (f"hfs {command} Ada", f"in the chat: /{command} Ada")
    if kind == "package":
        steps = [
            (f"cd {_shown(place)}", ""),
            ("pip install -e '.[test]'", "or: uv pip install -e '.[test]'"),
            ("pytest", ""),
            used,
            ("hfs plugins dev .", "the chat with it, which takes up each change"),
            ("hfs plugins check .", "before others use it"),
        ]
    elif where is None:
        trust = (
            f"hfs plugins trust {name}",
            "HFS runs nothing of it before, and asks again after each change",
        )
        steps = [
            trust,
            used,
            (f"hfs plugins dev {_shown(place)}", "the chat with it, which takes up each change"),
        ]
    else:
        found = f"HFS finds it once it is in {Paths.from_environment().plugins}"
        steps = [(f"hfs plugins dev {_shown(place)}", f"the chat with it; {found}")]
    width = max(len(line) for line, _ in steps)
    return ["Next:", *(f"  {line:<{width}}{'  # ' if word else ''}{word}".rstrip() for line, word in steps)]


def _shown(place: Path) -> str:
    """Return a path as it would be written in a shell."""
    import shlex

    here, home = current_folder(), Path.home()
    if place.is_relative_to(here):
        return shlex.quote(str(place.relative_to(here)))
    if place.is_relative_to(home):
        return f"~/{shlex.quote(str(place.relative_to(home)))}"
    return shlex.quote(str(place))
