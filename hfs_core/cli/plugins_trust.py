"""`hfs plugins trust` and `untrust`: the consent to a plugin in a folder, given in the shell; imports no plugin."""

from __future__ import annotations

from collections.abc import Iterator

import click

from hfs_core.cli.choosing import complete_plugin
from hfs_core.cli.root import Quiet
from hfs_core.errors import CommandError, UsageError
from hfs_core.paths import Paths
from hfs_core.plugins.capabilities import expanded, in_order, unknown
from hfs_core.plugins.consent import consent_lines, question
from hfs_core.plugins.directories import describe_folder, places
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.judgement import Judgement
from hfs_core.plugins.trust import SHORTEST, Trust
from hfs_core.tui.text import clean, one_line


class _Command(Quiet, click.Command):
    """A subcommand of `hfs plugins`."""


@click.command(cls=_Command)
@click.argument("name", shell_complete=complete_plugin)
@click.option("--grant", metavar="A,B", help="Grant only these of the capabilities that it asks for.")
@click.option("--deny", metavar="C", help="Grant all that it asks for but these.")
@click.option("--hash", "digits", metavar="PREFIX", help="Agree only if its hash begins with these digits.")
@click.pass_context
def trust(ctx: click.Context, name: str, grant: str | None, deny: str | None, digits: str | None) -> None:
    """Let the plugin NAME in the folder of plugins run, as it is now; this is the consent, nothing is asked.

    It is granted what its manifest asks for, which is printed. Once anything in its folder changes it does not run
    until you agree again. `hfs plugins info NAME` shows the same, and agrees to nothing.
    """
    keeper, judgement = _judged(name)
    info, tree = judgement.info, judgement.tree
    shown = question(judgement)
    for line in consent_lines(shown):
        click.echo(clean(line))
    if tree is None:
        raise CommandError(f"plugin {name} cannot be trusted as it is: nothing was decided")
    _check_hash(name, digits, tree.sha256)
    granted = _granted(info, _words(grant), _words(deny))
    keeper.grant(judgement, granted)
    if judgement.difference is not None:
        _forgive(name)
    asked = expanded(info.capabilities)
    denied = asked - granted
    click.echo("")
    click.echo(f"Trusted: {one_line(info.name)} {one_line(info.version)}".rstrip())
    click.echo(f"Granted: {', '.join(in_order(granted)) or 'nothing'}")
    if denied:
        click.echo(f"Denied:  {', '.join(in_order(denied))}")
    for reason in _still_off(ctx, name):
        click.echo(f"It is not used all the same: {reason}")


@click.command(cls=_Command)
@click.argument("name", shell_complete=complete_plugin)
def untrust(name: str) -> None:
    """Take back the consent to the plugin NAME: it does not run before you agree again."""
    paths = Paths.from_environment()
    folder = paths.plugins / name
    info = PluginInfo(name, source="directory", folder=str(folder))
    if Trust(paths).forget(info):
        click.echo(f"Not trusted any more: {one_line(name)}. An HFS that runs now keeps it until it ends.")
        return
    _found(name, paths)
    click.echo(f"Nothing to take back: nothing was decided about plugin {one_line(name)}.")


def _judged(name: str) -> tuple[Trust, Judgement]:
    paths = Paths.from_environment()
    info = _found(name, paths)
    keeper = Trust(paths, environ={})  # what somebody set for one run is not the consent that is given here
    judgement = keeper.judge(info)
    if judgement.told:
        click.echo(f"hfs: {judgement.told}", err=True)
    return keeper, judgement


def _found(name: str, paths: Paths) -> PluginInfo:
    """Return the plugin in a folder; raises CommandError that says what there is instead."""
    known = {place.name: place for place in places(paths.plugins)}
    if name in known:
        return describe_folder(known[name])
    from hfs_core.naming import nearest
    from hfs_core.plugins.discovery import discover

    for info in discover(paths):
        if name in (info.name, info.distribution) and info.source == "installed":
            text = f"plugin {name} is installed ({info.distribution}): installing it was the consent"
            raise CommandError(f"{text}; `hfs plugins disable {name}` keeps it off")
    near = nearest(name, known)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise CommandError(f"there is no plugin {name} in {paths.plugins}{hint}")


def _still_off(ctx: click.Context, name: str) -> Iterator[str]:
    """Say why a plugin does not run although it is trusted."""
    from hfs_core.cli.plugins import survey_of

    for entry in survey_of(ctx, is_quiet=True).registry.all():
        if entry.info.name == name and entry.info.source == "directory" and not entry.is_usable:
            yield one_line(f"it is {entry.state}: {entry.reason}")


def _forgive(name: str) -> None:
    """Forget that a plugin failed or took HFS down with it: it is another one now."""
    from hfs_core.owner import OWNERS, Owner
    from hfs_core.plugins.health import Health

    state = Paths.from_environment().state
    Health(state, Owner(state / OWNERS)).forget(name)


def _check_hash(name: str, digits: str | None, sha256: str) -> None:
    if digits is None:
        return
    wanted = digits.lower().removeprefix("sha256:")
    if len(wanted) < SHORTEST:
        raise UsageError(f"--hash needs {SHORTEST} digits at least")
    if not sha256.startswith(wanted):
        text = f"the hash of plugin {name} is {sha256}, which does not begin with {wanted}"
        raise CommandError(f"{text}: nothing was decided")


def _words(value: str | None) -> list[str] | None:
    return None if value is None else [word for part in value.split(",") if (word := part.strip())]


def _granted(info: PluginInfo, grant: list[str] | None, deny: list[str] | None) -> frozenset[str]:
    """Return what a plugin is to be granted; raises UsageError for what it does not ask for or nobody knows."""
    asked = expanded(info.capabilities)
    for word in [*(grant or ()), *(deny or ())]:
        if unknown([word]):
            raise UsageError(f"there is no capability {word}: it cannot be granted, and need not be denied")
        if not expanded([word]) & asked:
            asks = ", ".join(in_order(asked)) or "nothing"
            raise UsageError(f"plugin {info.name} does not ask for {word}: it asks for {asks}")
    granted = asked if grant is None else expanded(grant) & asked
    return granted - expanded(deny or ())
