"""`hfs plugins audit NAME`: what a plugin was granted and denied, and what it has called; imports no plugin."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import click

from hfs_core.cli.choosing import chosen, complete_plugin
from hfs_core.cli.plugins import AS_JSON
from hfs_core.cli.render import write_result
from hfs_core.config import read_config
from hfs_core.contracts import Column, CommandResult, Row, Table
from hfs_core.errors import CommandError
from hfs_core.models import JSON
from hfs_core.naming import nearest
from hfs_core.paths import Paths
from hfs_core.plugins.auditing import Record, Used, read_audit
from hfs_core.plugins.capabilities import CAPABILITIES, expanded, unknown
from hfs_core.plugins.gates import Gate
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.survey import Survey

COLUMNS = (
    Column("capability", "Capability"),
    Column("words", "HFS will let it"),
    Column("state", "State"),
    Column("calls", "Calls", "number"),
    Column("last", "Last", "time"),
    Column("refused", "Refused", "number"),
    Column("last_refused", "Last refused", "time"),
)
LIMITS = "What a plugin does past HFS is not here: it runs as you, and can do anything that you can do."


@click.command("audit")
@click.argument("name", metavar="NAME", shell_complete=complete_plugin)
@AS_JSON
@click.pass_context
def audit(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show what HFS lets a plugin do, and what it has called.

    The calls are counted since this version of it was first used.
    """
    paths = Paths.from_environment()
    survey = Survey(paths, read_config(paths)[0], chosen(ctx))
    if name not in survey.registry.entries:
        raise CommandError(_nobody(name, survey))
    gate = survey.gates.of(name)
    record = read_audit(paths.state).get(name)
    if record is not None and record.version != gate.info.version:
        record = None
    used: Mapping[str, Used] = record.used if record is not None else {}
    rows = tuple(_row(*each, used.get(each[0], Used())) for each in _states(gate, used))
    table = Table(
        COLUMNS, rows, title=_title(gate.info, record), hint=_hint(gate.info), empty="It asks for nothing."
    )
    write_result(CommandResult((table,)), sys.stdout, as_json=as_json)


def _states(gate: Gate, used: Mapping[str, Used]) -> Iterator[tuple[str, str]]:
    """Go through every capability that there is something to say of, with its state."""
    asked = expanded(gate.info.capabilities)
    for name in CAPABILITIES:
        if name in gate.grants.granted:
            yield name, "granted"
        elif name in gate.grants.denied:
            yield name, "denied"
        elif name in asked:
            yield name, "not granted"
        elif name in used:
            yield name, "not listed"
    for word in unknown(gate.info.capabilities):
        yield word, "unknown"


def _row(name: str, state: str, used: Used) -> Row:
    values: dict[str, JSON] = {
        "capability": name,
        "words": CAPABILITIES[name].words if name in CAPABILITIES else "",
        "state": state,
        "calls": used.calls,
        "last": _moment(used.last),
        "refused": used.refused,
        "last_refused": _moment(used.last_refused),
    }
    return Row(values)


def _moment(seconds: float) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def _title(info: PluginInfo, record: Record | None) -> str:
    named = " ".join(filter(None, (info.name, info.version)))
    if record is None:
        return f"{named}: it has called nothing yet"
    since = datetime.fromtimestamp(record.since, UTC).astimezone()
    return f"{named}: what it has called since {since:%Y-%m-%d %H:%M}"


def _hint(info: PluginInfo) -> str:
    if not info.manifest:
        return f"It has no manifest: whoever installed it has granted it everything. {LIMITS}"
    return LIMITS


def _nobody(name: str, survey: Survey) -> str:
    near = nearest(name, survey.registry.entries)
    hint = f"did you mean {' or '.join(near)}?" if near else "`hfs plugins list` names those that there are"
    return f"there is no plugin {name}: {hint}"
