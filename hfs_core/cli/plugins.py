"""`hfs plugins`: what is installed, from manifests alone; imports no plugin, so that a broken one is listed, too."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from importlib import import_module

import click

from hfs_core.cli.choosing import chosen
from hfs_core.cli.render import write_result
from hfs_core.cli.root import Quiet
from hfs_core.config import read_config
from hfs_core.contracts import Column, CommandResult, Row, Table
from hfs_core.models import JSON
from hfs_core.naming import nearest
from hfs_core.paths import Paths
from hfs_core.plugins.directories import strays
from hfs_core.plugins.states import Entry
from hfs_core.plugins.survey import Survey
from hfs_core.plugins.wanted import Wanted
from hfs_core.tui.text import one_line

COLUMNS = (
    Column("name", "Plugin"),
    Column("version", "Version"),
    Column("source", "From"),
    Column("state", "State"),
)
DETAILS = (
    Column("distribution"),
    Column("folder"),
    Column("manifest"),
    Column("warnings"),
)
NONE = "No plugin is installed: pip install 'hfs-core[standard]' brings the default set."

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")


LAZY = {
    "audit": ("hfs_core.cli.plugins_audit:audit", "Show what a plugin may do, and what it has done."),
    "check": ("hfs_core.cli.plugins_check:check", "Say what is to be put right in a plugin."),
    "disable": ("hfs_core.cli.plugins_switch:disable", "Load a plugin no more, from the next start on."),
    "enable": (
        "hfs_core.cli.plugins_switch:enable",
        "Load a plugin again, and forget what went wrong with it.",
    ),
    "info": (
        "hfs_core.cli.plugins_info:info",
        "Print all that is known of a plugin, or the order of a hook.",
    ),
    "install": ("hfs_core.cli.plugins_install:install", "Install plugins where HFS is installed."),
    "dev": ("hfs_core.cli.plugins_dev:dev", "Open the chat with a plugin, and take up each change of it."),
    "new": ("hfs_core.cli.plugins_new:new", "Make a new plugin, with a test that passes."),
    "sync": ("hfs_core.cli.plugins_install:sync", "Install again what an upgrade has dropped."),
    "trust": ("hfs_core.cli.plugins_trust:trust", "Let a plugin in the folder of plugins run, as it is now."),
    "uninstall": ("hfs_core.cli.plugins_install:uninstall", "Uninstall plugins; what they keep stays."),
    "untrust": ("hfs_core.cli.plugins_trust:untrust", "Take back the consent to a plugin in a folder."),
}
"""Subcommands whose code is imported when they run, with what `hfs plugins --help` says of each."""


class Group(Quiet, click.Group):
    """The subcommands of `hfs plugins`; looking at the list of them imports none of `LAZY`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        return sorted([*super().list_commands(ctx), *LAZY])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand; one of `LAZY` is imported for it."""
        if cmd_name not in LAZY:
            return super().get_command(ctx, cmd_name)
        module, _, name = LAZY[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subcommand that the words mean; click's own error names no near ones."""
        if not ctx.resilient_parsing and args[0] not in self.list_commands(ctx) and args[0][:1] != "-":
            near = nearest(args[0], self.list_commands(ctx))
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the subcommands with a line each, importing none."""
        lines = {name: command.get_short_help_str() for name, command in self.commands.items()}
        lines |= {name: summary for name, (_, summary) in LAZY.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))


@click.group(cls=Group, invoke_without_command=True)
@AS_JSON
@click.pass_context
def plugins(ctx: click.Context, as_json: bool) -> None:
    """List the plugins that are installed, importing none of them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_plugins, as_json=as_json)


@plugins.command("list")
@AS_JSON
@click.pass_context
def list_plugins(ctx: click.Context, as_json: bool) -> None:
    """List them with their states, and the reason where one cannot be used or has failed."""
    rows = tuple(map(_row, survey_of(ctx).registry.all()))
    as_json = as_json or bool(ctx.parent and ctx.parent.params.get("as_json"))
    # A terminal's width would cut the reasons, which are why one looks: there they stand below the table.
    reasons = {} if as_json or not sys.stdout.isatty() else _reasons(rows)
    has_reasons = any(row.values["reason"] for row in rows) and not reasons
    reason = Column("reason", "Reason" if has_reasons else "")
    description = Column("description", "" if has_reasons else "Is")  # there is not room for both
    table = Table((*COLUMNS, reason, description, *DETAILS), rows, empty=NONE)
    write_result(CommandResult((table,)), sys.stdout, as_json=as_json)
    for name, why in reasons.items():
        click.echo(f"\n{_wrapped(f'{name}: {why}')}")
    _tell_missing(row.values["distribution"] for row in rows)
    folder = Paths.from_environment().plugins
    for name in strays(folder):
        told = (
            f"hfs: {folder / name} is left out: a plugin is a folder with a manifest.yaml (`hfs plugins new`)"
        )
        click.echo(one_line(told), err=True)


def _reasons(rows: Iterable[Row]) -> dict[str, str]:
    """Return why plugins cannot be used, by their names and states."""
    return {
        one_line(f"{row.values['name']} ({row.values['state']})"): one_line(str(row.values["reason"]))
        for row in rows
        if row.values["reason"]
    }


def _wrapped(text: str) -> str:
    """Return a text in lines as wide as the terminal; a path stays in one piece."""
    import textwrap  # here: most lists need none

    width = shutil.get_terminal_size().columns
    return textwrap.fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _tell_missing(installed: Iterable[JSON]) -> None:
    """Say which plugins an upgrade of the environment has dropped."""
    missing = Wanted(Paths.from_environment().state).missing(map(str, installed))
    if missing:
        some = (
            f"{len(missing)} plugins that you installed are"
            if len(missing) > 1
            else "1 that you installed is"
        )
        click.echo(f"hfs: {some} missing: {', '.join(missing)}; `hfs plugins sync` restores them", err=True)


def survey_of(ctx: click.Context, *, is_quiet: bool = False) -> Survey:
    """Look at all plugins, and say on stderr which settings about them cannot be used, unless `is_quiet`."""
    paths = Paths.from_environment()
    config, faults = read_config(paths)
    survey = Survey(paths, config, chosen(ctx))
    if is_quiet:
        return survey
    unknown = survey.selection.unknown(survey.found, is_thorough=True)
    for fault in [*faults, *unknown, *survey.trust_faults()]:
        click.echo(f"hfs: {one_line(str(fault))}", err=True)
    return survey


def listed(entry: Entry) -> dict[str, JSON]:
    """Return what `hfs plugins list --json` tells of a plugin."""
    info = entry.info
    return {
        "name": info.name,
        "version": info.version,
        "source": info.source,
        "state": str(entry.state),
        "reason": entry.reason,
        "description": info.description,
        "distribution": info.distribution,
        "folder": info.folder,
        "manifest": info.manifest,
        "warnings": list(info.warnings),
    }


def _row(entry: Entry) -> Row:
    return Row(listed(entry), {"source": entry.info.distribution or entry.info.source})
