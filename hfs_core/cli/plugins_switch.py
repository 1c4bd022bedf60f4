"""`hfs plugins enable` and `disable`: who is loaded from the next start on; imports no plugin."""

from __future__ import annotations

from collections.abc import Sequence

import click

from hfs_core.cli.choosing import complete_plugin
from hfs_core.cli.plugins import survey_of
from hfs_core.config import read_config
from hfs_core.config_file import change_names
from hfs_core.errors import PluginError
from hfs_core.paths import Paths
from hfs_core.plugins.selection import SETTING, means, no_such_plugin
from hfs_core.plugins.states import Entry, PluginState
from hfs_core.plugins.survey import Survey
from hfs_core.tui.text import one_line

NAMES = click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_plugin)


@click.command()
@NAMES
@click.pass_context
def disable(ctx: click.Context, names: Sequence[str]) -> None:
    """Load the plugin NAME no more, from the next start on.

    NAME may also be the name of a distribution: of two that offer a plugin of one name, the other is used then.
    """
    before = survey_of(ctx, is_quiet=True)
    meant = {name: _meant(before, name) for name in names}
    written = [_as_named(before, name, entries) for name, entries in meant.items()]
    change_names(Paths.from_environment().config, SETTING, add=written)
    after = survey_of(ctx, is_quiet=True)
    for name in written:
        _say(f"{name} is off from the next start on; `hfs plugins enable {name}` brings it back")
    _tell_consequences(before, after)


@click.command()
@NAMES
@click.pass_context
def enable(ctx: click.Context, names: Sequence[str]) -> int:
    """Load the plugin NAME again, and forget what went wrong with it; exit 1 if something else keeps it off."""
    paths = Paths.from_environment()
    before = survey_of(ctx, is_quiet=True)
    listed = read_config(paths)[0].disabled_plugins
    meant = {
        name: [] if name in listed and not _named(before, name) else _meant(before, name) for name in names
    }
    infos = [entry.info for entries in meant.values() for entry in entries]
    change_names(
        paths.config,
        SETTING,
        remove=lambda kept: kept in names or any(means(kept, info) for info in infos),
    )
    for info in infos:
        before.health.forget(info.name)
    after = survey_of(ctx, is_quiet=True)
    is_well = True
    for name, entries in meant.items():
        if not entries:
            _say(f"{name} is no longer named in {SETTING}; no plugin of that name is installed")
        for entry in entries:
            is_well &= _tell_state(entry, after)
    return 0 if is_well else 1


def _meant(survey: Survey, name: str) -> list[Entry]:
    """Return the plugins that a name means; raises PluginError if there is none."""
    if not (entries := _named(survey, name)):
        raise PluginError(no_such_plugin(name, survey.found), plugin=name)
    return entries


def _named(survey: Survey, name: str) -> list[Entry]:
    return [entry for entry in survey.registry.all() if means(name, entry.info)]


def _as_named(survey: Survey, name: str, entries: Sequence[Entry]) -> str:
    """Return what is written for a name: the plugin's own, unless that would also mean another distribution's."""
    own = entries[0].info.name
    return own if len(_named(survey, own)) == len(entries) else name


def _tell_consequences(before: Survey, after: Survey) -> None:
    for other in after.registry:
        was_usable = before.registry.entries[other.info.name].is_usable
        if was_usable and other.state is PluginState.MISSING_DEPENDENCY:
            _say(f"{other.info.name} is off with it: it {other.reason}")
    if _keeps_sessions(before) and not _keeps_sessions(after):
        _say("no other plugin keeps sessions: what is said is lost when HFS ends")


def _keeps_sessions(survey: Survey) -> bool:
    return any("provide_store" in entry.info.hooks for entry in survey.registry.usable())


def _tell_state(entry: Entry, after: Survey) -> bool:
    """Say how a plugin stands now; False if it cannot be used yet."""
    info = entry.info
    now = next(
        each
        for each in after.registry.all()
        if (each.info.name, each.info.source, each.info.distribution)
        == (info.name, info.source, info.distribution)
    )
    if now.is_usable:
        _say(f"{info.name} is on from the next start on")
        return True
    where = f" in {after.selection.source}" if now.reason.startswith(SETTING) else ""
    _say(f"{info.name} is still {now.state}: {now.reason}{where}")
    return False


def _say(text: str) -> None:
    click.echo(one_line(text))
