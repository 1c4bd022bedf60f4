"""`hfs plugins`: what is installed, from manifests alone; imports no plugin, so that a broken one is listed, too."""

from __future__ import annotations

import sys

import click

from hfs_core.cli.render import write_result
from hfs_core.cli.root import Quiet
from hfs_core.config import read_config
from hfs_core.contracts import Column, CommandResult, Row, Table
from hfs_core.paths import Paths
from hfs_core.plugins.discovery import discover
from hfs_core.plugins.registry import Entry, Registry

COLUMNS = (
    Column("name", "Plugin"),
    Column("version", "Version"),
    Column("state", "State"),
    Column("distribution", "From"),
    Column("description", "Is"),
    Column("manifest"),
)
NONE = "No plugin is installed: pip install 'hfs-core[standard]' brings the default set."

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")


class Group(Quiet, click.Group):
    """The subcommands of `hfs plugins`."""


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
    """List them with their states: found, disabled, or incompatible with the reason."""
    is_safe = bool((ctx.find_root().obj or {}).get("safe"))
    rows = tuple(map(_row, sorted(_registry(is_safe=is_safe), key=lambda entry: entry.info.name)))
    reason = Column("reason", "Reason" if any(row.values["reason"] for row in rows) else "")
    as_json = as_json or bool(ctx.parent and ctx.parent.params.get("as_json"))
    table = Table((*COLUMNS, reason), rows, empty=NONE)
    write_result(CommandResult((table,)), sys.stdout, as_json=as_json)


def _registry(*, is_safe: bool) -> Registry:
    paths = Paths.from_environment()
    config, faults = read_config(paths)
    for fault in faults:
        click.echo(f"hfs: {fault}", err=True)
    found = discover(paths.state)
    disabled = set(config.disabled_plugins)
    if is_safe:
        disabled |= {info.name for info in found if not info.is_first_party}
    return Registry(found, disabled=disabled, on_change=lambda entry, failure: None)


def _row(entry: Entry) -> Row:
    info = entry.info
    return Row(
        {
            "name": info.name,
            "version": info.version,
            "state": str(entry.state),
            "distribution": info.distribution,
            "description": info.description,
            "reason": entry.reason,
            "manifest": info.manifest,
        }
    )
