"""`hfs plugins install`, `uninstall` and `sync`: what pip, uv, uv tool or pipx do, shown before it is done."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hfs_core.errors import CommandError
from hfs_core.naming import nearest
from hfs_core.paths import Paths
from hfs_core.plugins.announcing import announcements
from hfs_core.plugins.environments import CORE, name_of, normal, this_environment
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.wanted import Wanted
from hfs_core.tui.text import one_line

DRY_RUN = click.option("--dry-run", is_flag=True, help="Only show the command.")

Plugin = Mapping[str, Any]
"""What `hfs plugins list --json` tells of one; several may have one name."""


@click.command()
@click.argument("plugins", nargs=-1, required=True, metavar="PLUGIN...")
@DRY_RUN
def install(plugins: tuple[str, ...], dry_run: bool) -> None:
    """Install plugins: names, versions such as hfs-weather==1.2, wheels, project folders or addresses.

    They go where HFS itself is installed. What is installed so is remembered: `hfs plugins sync` restores it.
    """
    requirements = [_absolute(plugin) for plugin in plugins]
    command = this_environment().adding(requirements)
    before = _listed()
    if not _run(command, dry_run=dry_run):
        return
    after = _listed()
    there, new = _distributions(after), _distributions(after).keys() - _distributions(before).keys()
    asked = {name: requirement for requirement in requirements if (name := name_of(requirement))}
    unnamed = [requirement for requirement in requirements if not name_of(requirement)]
    wanted = {name: text for name, text in asked.items() if name in there}
    others = sorted(new - wanted.keys())
    wanted |= dict(zip(others, unnamed, strict=False)) if len(others) == len(unnamed) else {}
    _wanted().add(wanted)
    told = [plugin for name in sorted({*wanted, *new}) for plugin in there[name]]
    for plugin in told:
        _tell(plugin, before)
    _count_as_told(told)
    for name in sorted(asked.keys() - there.keys()):
        click.echo(f"hfs: {name} is installed, but it is no plugin of HFS", err=True)
    if unnamed and not others:
        click.echo(f"hfs: no new plugin came with {', '.join(unnamed)}", err=True)


@click.command()
@click.argument("plugins", nargs=-1, required=True, metavar="PLUGIN...")
@DRY_RUN
def uninstall(plugins: tuple[str, ...], dry_run: bool) -> None:
    """Uninstall plugins, by their names or those of their distributions; what they have kept stays."""
    before = _listed()
    there = _distributions(before)
    distributions = list(dict.fromkeys(_distribution(plugin, before) for plugin in plugins))
    if not _run(this_environment().removing(distributions), dry_run=dry_run):
        return
    _wanted().remove(distributions)
    after = _distributions(_listed())
    for distribution in distributions:
        names = ", ".join(plugin["name"] for plugin in there[distribution])
        if distribution in after:
            raise CommandError(f"{distribution} is still there: something else has brought it back")
        _say(f"uninstalled {distribution}: {names} is gone; what it kept is still there")


@click.command()
@DRY_RUN
def sync(dry_run: bool) -> None:
    """Install again what was installed by `hfs plugins install` and is not there, as after an upgrade of uv's tool."""
    missing = _wanted().missing(_distributions(_listed()))
    if fault := _wanted().fault:
        raise CommandError(fault)
    if not missing:
        click.echo("Nothing is missing.")
        return
    if _run(this_environment().adding(list(missing.values())), dry_run=dry_run):
        left = _wanted().missing(_distributions(_listed()))
        for name in sorted(missing.keys() - left.keys()):
            click.echo(f"restored {name}")
        if left:
            raise CommandError(f"still missing: {', '.join(left)}")


def _run(command: Sequence[str], *, dry_run: bool) -> bool:
    """Show a command and run it; what it writes goes to stderr. False if it was only shown."""
    click.echo(f"$ {shlex.join(command)}", err=not dry_run)
    if dry_run:
        return False
    try:
        code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    except OSError as error:
        raise CommandError(f"{command[0]} cannot be run: {error.strerror}") from error
    if code:
        raise CommandError(f"that command has ended with {code}: nothing else was done")
    return True


def _listed() -> list[Plugin]:
    """Return the plugins as another process sees them: what was installed meanwhile is not what this one has loaded."""
    command = [sys.executable, "-m", "hfs_core.cli", "plugins", "list", "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CommandError(f"{sys.executable} cannot be run: {error.strerror}") from error
    if done.returncode:
        raise CommandError(f"HFS does not start any more: {done.stderr.strip() or done.returncode}")
    return list(json.loads(done.stdout))


def _distributions(plugins: Iterable[Plugin]) -> dict[str, list[Plugin]]:
    """Return the plugins of each distribution."""
    found: dict[str, list[Plugin]] = {}
    for plugin in plugins:
        if plugin["distribution"]:
            found.setdefault(normal(plugin["distribution"]), []).append(plugin)
    return found


def _distribution(name: str, plugins: Sequence[Plugin]) -> str:
    """Return the distribution that is meant; raises CommandError."""
    there = _distributions(plugins)
    if normal(name) == CORE:
        raise CommandError(f"{CORE} is HFS itself: uninstall it with what has installed it")
    offering = [each for each, offered in there.items() if name in (plugin["name"] for plugin in offered)]
    if len(offering) > 1:
        raise CommandError(f"{' and '.join(offering)} both offer the plugin {name}: say which is to go")
    if offering:
        return offering[0]
    if normal(name) in there:
        return normal(name)
    names = [plugin["name"] for plugin in plugins]
    if name in names:
        raise CommandError(f"{name} is a folder: remove it from {Paths.from_environment().plugins}")
    near = nearest(name, [*names, *there])
    raise CommandError(f"there is no plugin {name}{f': did you mean {near[0]}?' if near else ''}")


def _absolute(requirement: str) -> str:
    """Return a requirement that means the same in any folder."""
    place = Path(requirement).expanduser()
    looks_like_place = place.suffix in (".whl", ".gz", ".zip") or "/" in requirement or requirement == "."
    if not (looks_like_place and place.exists()):
        return requirement
    if (place / "manifest.yaml").is_file() and not (place / "pyproject.toml").is_file():
        folder, name = Paths.from_environment().plugins, place.resolve().name
        raise CommandError(
            f"{requirement} is a plugin in a folder: copy it into {folder}, then `hfs plugins trust {name}`"
        )
    return str(place.resolve())


def _tell(plugin: Plugin, before: Iterable[Plugin]) -> None:
    name, version, distribution = plugin["name"], plugin["version"], plugin["distribution"]
    old = [each["version"] for each in before if (each["name"], each["distribution"]) == (name, distribution)]
    verb = "installed" if not old else "upgraded" if version not in old else "is there:"
    _say(f"{verb} {name} {version} ({distribution}): {plugin['description']}")
    if plugin["state"] not in ("found", "active"):
        _say(f"hfs: {name} is {plugin['state']}: {plugin['reason']}", is_error=True)


def _count_as_told(plugins: Iterable[Plugin]) -> None:
    """Let the next chat not call them new."""
    known = [PluginInfo(each["name"], each["version"], distribution=each["distribution"]) for each in plugins]
    announcements(Paths.from_environment().state, known)


def _say(text: str, *, is_error: bool = False) -> None:
    """Write a line in which there may be words of a plugin's author."""
    click.echo(one_line(text), err=is_error)


def _wanted() -> Wanted:
    return Wanted(Paths.from_environment().state)
