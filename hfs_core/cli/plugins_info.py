"""`hfs plugins info`: all that is known of one plugin, or who is called by a hook in which order; imports no plugin."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from hfs_core.cli.choosing import complete_plugin
from hfs_core.cli.plugins import AS_JSON, listed, survey_of
from hfs_core.cli.render import write_result
from hfs_core.contracts import Column, CommandResult, Notice, Row, Table
from hfs_core.errors import CommandError
from hfs_core.models import JSON
from hfs_core.naming import nearest
from hfs_core.plugins.capabilities import Grants, in_order
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.selection import means
from hfs_core.plugins.states import Entry, PluginState
from hfs_core.plugins.survey import Survey
from hfs_core.tui.text import clean, one_line

ORDER = (
    Column("place", "", "number"),
    Column("name", "Plugin"),
    Column("wants", "Wants to be"),
    Column("state", "State"),
    Column("source", "From"),
)
TITLE_WIDTH = 14


@click.command()
@click.argument("name", shell_complete=complete_plugin)
@AS_JSON
@click.pass_context
def info(ctx: click.Context, name: str, as_json: bool) -> None:
    """Print all that is known of the plugin NAME; or, where NAME is a hook, whom it calls in which order."""
    from hfs_core.hookspecs import HOOKS

    survey = survey_of(ctx)
    meant = [entry for entry in survey.registry.all() if means(name, entry.info)]
    if meant:
        _write_plugins(survey, meant, as_json=as_json)
    elif name in HOOKS:
        write_result(_order(survey, name), sys.stdout, as_json=as_json)
    else:
        known = [*(entry.info.name for entry in survey.registry.all()), *HOOKS]
        near = nearest(name, dict.fromkeys(known))
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise CommandError(f"there is no plugin and no hook {name}{hint}")


def _write_plugins(survey: Survey, entries: Sequence[Entry], *, as_json: bool) -> None:
    described = [describe(survey, entry) for entry in entries]
    if as_json:
        columns = tuple(Column(key) for key in described[0])
        write_result(CommandResult((Table(columns, tuple(map(Row, described))),)), sys.stdout, as_json=True)
        return
    pages = []
    for known, entry in zip(described, entries, strict=True):
        consent = _consent(survey, entry)  # which tells what the author says, too
        pages.append(_page(known | {"advisory": {}} if consent else known) + consent)
    sys.stdout.write("\n\n".join(pages) + "\n")


def describe(survey: Survey, entry: Entry) -> dict[str, JSON]:
    """Return all that is known of a plugin; the first keys are those of the list."""
    info, grants = entry.info, Grants()
    if survey.registry.entries.get(info.name) is entry:
        gate = survey.gates.of(info.name)
        info, grants = gate.info, gate.grants
    commands: JSON = [{"name": name, "summary": summary} for name, summary in info.commands]
    settings: JSON = [{"key": f"plugins.{info.name}.{key}", "about": about} for key, about in info.settings]
    failure = survey.health.last_failure(info)
    tree = survey.trust().judge(info).tree if info.source == "directory" else None
    return {
        **listed(entry),
        "module": ":".join(filter(None, (info.module, info.attribute))),
        "api": info.api,
        "granted": list(in_order(grants.granted)) if info.manifest or info.lists else ["everything"],
        "denied": list(in_order(grants.denied)),
        "unknown": list(grants.unknown),
        "advisory": {kind: list(said) for kind, said in info.advisory},
        "hooks": list(info.hooks),
        "commands": commands,
        "services": list(info.services),
        "requires": _needs(info),
        "settings": settings,
        "on_failure": info.on_failure,
        "last_failure": asdict(failure) if failure else None,
        "sha256": tree.sha256 if tree else "",
    }


def _needs(info: PluginInfo) -> list[JSON]:
    versions: dict[str, object] = {**dict(info.requires_versions), **dict(info.requires_services_versions)}
    plugins = [f"plugin {name} {versions.get(name, '')}".strip() for name in info.requires]
    return [
        *plugins,
        *(f"service {name} {versions.get(name, '')}".strip() for name in info.requires_services),
    ]


def _page(known: dict[str, Any]) -> str:
    """Return what is known of a plugin as lines, a title before each; what is not said has none."""
    where = known["folder"] or " ".join(filter(None, (known["distribution"], known["module"])))
    facts: dict[str, object] = {
        "Version": known["version"],
        "Source": known["source"],
        "Where": where,
        "Manifest": known["manifest"],
        "State": known["state"],
        "Reason": known["reason"],
        "Interface": known["api"],
        "HFS lets it": known["granted"],
        "Denied": known["denied"],
        "Never granted": [f"{word} (HFS knows no such capability)" for word in known["unknown"]],
        "Hooks": known["hooks"],
        "Services": known["services"],
        "Needs": known["requires"],
        "On failure": "block the message" if known["on_failure"] == "block" else "",
    }
    lines = [one_line(": ".join(filter(None, (known["name"], known["description"]))))]
    for title, fact in facts.items():
        text = ", ".join(fact) if isinstance(fact, list) else str(fact)
        lines += [_line(title, text)] if text else []
    lines += _section("Commands", {each["name"]: each["summary"] for each in known["commands"]})
    lines += _section("Settings", {each["key"]: each["about"] for each in known["settings"]})
    said = {kind: ", ".join(items) for kind, items in known["advisory"].items()}
    lines += _section("The author also says (not enforced)", said)
    lines += _section("In its manifest", dict.fromkeys(known["warnings"], ""))
    if failure := known["last_failure"]:
        lines += ["", f"Last failure, at {failure['when'][:16].replace('T', ' ')} UTC: {failure['reason']}"]
        lines += failure["traceback"].rstrip().splitlines()
    return "\n".join(clean(line) for line in lines)


def _consent(survey: Survey, entry: Entry) -> str:
    """Return what `hfs plugins trust` would print of a plugin in a folder that does not run without it."""
    if entry.state not in (PluginState.UNTRUSTED, PluginState.CHANGED):
        return ""
    from hfs_core.plugins.consent import consent_lines, question

    asked = question(survey.trust().judge(entry.info))
    return "\n\n" + "\n".join(f"  {clean(line)}".rstrip() for line in consent_lines(asked))


def _line(title: str, text: str) -> str:
    return f"  {title:<{TITLE_WIDTH}} {one_line(text)}"


def _section(title: str, facts: Mapping[str, str]) -> list[str]:
    width = max(map(len, facts), default=0)
    rows = [
        f"  {one_line(key):<{width if text else 0}} {one_line(text)}".rstrip() for key, text in facts.items()
    ]
    return ["", f"{title}:", *rows] if rows else []


def _order(survey: Survey, hook: str) -> CommandResult:
    """Return whom a hook calls, from the manifests; who has none is known only once it is imported."""
    rows = [
        Row(
            {
                "place": place,
                "name": entry.info.name,
                "wants": "first"
                if hook in entry.info.tryfirst
                else "last"
                if hook in entry.info.trylast
                else "",
                "state": str(entry.state),
                "source": entry.info.source,
            }
        )
        for place, entry in enumerate(survey.registry.order_of(hook), 1)
    ]
    silent = [entry.info.name for entry in survey.registry.usable() if not entry.info.lists]
    table = Table(ORDER, tuple(rows), empty=f"No plugin in use lists {hook}.")
    if not silent:
        return CommandResult((table,))
    text = f"hfs: not known before they are imported, as their manifests list nothing: {', '.join(silent)}"
    return CommandResult((table, Notice(text, "warning")))
