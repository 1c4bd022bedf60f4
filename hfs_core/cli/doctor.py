"""`hfs doctor`: what is installed, what is wrong, and what to do."""

from __future__ import annotations

import platform
import shlex
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import click

from hfs_core import __version__
from hfs_core.cli.choosing import chosen
from hfs_core.cli.running import run_async, stdout
from hfs_core.config import UserConfig, read_config
from hfs_core.contracts import Diagnosable
from hfs_core.errors import ConfigError, HfsError
from hfs_core.host import Host
from hfs_core.isolation import describe
from hfs_core.kernel import Kernel
from hfs_core.paths import Paths
from hfs_core.plugins.judgement import REFUSED
from hfs_core.plugins.selection import Choice, no_such_plugin
from hfs_core.plugins.states import Entry, PluginState
from hfs_core.plugins.survey import Survey
from hfs_core.tui.text import one_line

LIBRARIES = (
    *("pluggy", "click", "pydantic", "textual", "sqlalchemy", "aiosqlite"),
    *("httpx2", "xllamacpp", "textual-serve"),
)


FINE = frozenset({PluginState.FOUND, PluginState.ACTIVE, PluginState.DISABLED, PluginState.SHADOWED})
"""The states in which nothing is to be done about a plugin."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `remedy` says what to do where something is wrong."""

    subject: str
    text: str
    is_wrong: bool = False
    remedy: str = ""


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Say what is installed, what is wrong and what to do; exit 1 if something is wrong."""
    findings = run_async(_examine(chosen(ctx)))
    out = stdout()
    for finding in findings:
        mark = "!!" if finding.is_wrong else "ok"
        out.write(f"{mark} {finding.subject:<9} {one_line(finding.text)}\n")
        if finding.remedy:
            out.write(f"{'':<13}-> {one_line(finding.remedy)}\n")
    out.flush()
    ctx.exit(1 if any(finding.is_wrong for finding in findings) else 0)


async def _examine(choice: Choice) -> list[Finding]:
    paths = Paths.from_environment()
    kernel = Kernel(paths, choice=choice)
    findings = list(_versions())
    settings = [fault for fault in kernel.faults if isinstance(fault, ConfigError)]
    findings += [Finding("config", str(fault), True, "correct or remove it") for fault in settings]
    config, _ = read_config(paths)
    findings += _sections(config, Survey(paths, config, choice))
    async with kernel as host:
        await kernel.load_unlisted()
        store, models = await _store(host), await _models(host)
        findings += [*_plugins(host), *store, *models]  # plugins are shown first: asking has loaded them
    return findings


def _versions() -> Iterator[Finding]:
    machine = f"{platform.system()} {platform.machine()}"
    yield Finding("hfs", f"{__version__}, Python {platform.python_version()}, {machine}, {sys.prefix}")
    known = []
    for library in LIBRARIES:
        try:
            known.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            continue
    yield Finding("libraries", ", ".join([*known, f"SQLite {sqlite3.sqlite_version}"]))


def _plugins(host: Host) -> Iterator[Finding]:
    for entry in host.plugins.all():
        info = entry.info
        origin = info.distribution or info.folder
        seconds = host.plugins.timings.load_seconds(info.name)
        loaded = f", loaded in {seconds:.2f} s" if seconds else ""
        text = f"{info.name} {info.version} ({origin}): {entry.state}{loaded}"
        is_wrong = entry.state not in FINE
        reason = f": {entry.reason}" if entry.reason else ""
        yield Finding("plugin", text + reason, is_wrong, _remedy(entry) if is_wrong else "")
        for warning in info.warnings:
            yield Finding("plugin", f"{info.name}: {info.manifest}: {warning}")
    if not list(host.plugins):
        yield Finding("plugin", "none is installed", True, "pip install 'hfs-core[standard]'")


def _remedy(entry: Entry) -> str:
    info, name = entry.info, shlex.quote(entry.info.name)  # that of a folder may be anything
    off = f"hfs plugins disable {name}"
    if entry.state in (PluginState.UNTRUSTED, PluginState.CHANGED):
        if entry.reason.startswith(REFUSED):
            return f"correct {info.folder}, or take it away"
        return f"look at it and let it run: hfs plugins trust {name}"
    if entry.state is PluginState.MISSING_DEPENDENCY:
        return f"see the reason, or switch it off: {off}"
    if entry.state is PluginState.MISCONFIGURED:
        return f"correct the section plugins.{info.name} of the settings"
    if entry.state is PluginState.QUARANTINED:
        return f"hfs plugins info {name} tells more, hfs plugins enable {name} tries it again"
    if entry.state is PluginState.INCOMPATIBLE:
        return f"see the reason, or switch it off: {off}"
    update = f"pip install --upgrade {info.distribution}" if info.distribution else f"correct {info.folder}"
    return f"{update}, or switch it off: {off}; hfs plugins info {name} tells more"


def _sections(config: UserConfig, survey: Survey) -> Iterator[Finding]:
    """Find what the settings say of plugins that are not there."""
    names = {info.name for info in survey.found}
    for section in sorted(config.plugins.keys() - names):
        text = f"plugins.{section}: {no_such_plugin(section, survey.found)}"
        yield Finding(
            "config", text, "did you mean" in text, "" if "did" not in text else "rename the section"
        )
    for fault in survey.selection.unknown(survey.found, is_thorough=True):
        if "did you mean" not in str(fault):  # these are among the kernel's faults
            yield Finding("config", str(fault))


async def _store(host: Host) -> list[Finding]:
    is_saved, reason = host.is_saved()
    if not is_saved:
        return [Finding("store", f"nothing is saved: {reason}", True, "see the reason")]
    findings = [Finding("store", f"{host.store_name}, in {host.paths.root}")]
    if isinstance(host.store, Diagnosable):
        findings += await _diagnosis("store", host.store, "")
    return findings


async def _models(host: Host) -> list[Finding]:
    model = host.settings.current.model
    findings = []
    for offer in await host.providers.offers():
        names = ", ".join(model.name for model in offer.models[:8])
        more = f" and {len(offer.models) - 8} more" if len(offer.models) > 8 else ""
        findings.append(Finding("models", f"{offer.provider}: {offer.error or names + more or 'lists none'}"))
    try:
        provider = await host.providers.get(model)
        findings.append(Finding("model", f"{model} answers where nothing else is said"))
        if isinstance(provider, Diagnosable):
            findings += await _diagnosis("model", provider, model)
    except HfsError as error:
        findings.append(Finding("model", str(error), True, "see the sentence; `hfs -m` chooses another"))
    return findings


async def _diagnosis(subject: str, asked: Diagnosable, about: str) -> list[Finding]:
    try:
        return [Finding(subject, text, is_wrong) for text, is_wrong in await asked.diagnose(about)]
    except HfsError as error:
        return [Finding(subject, str(error), True)]
    except Exception as error:  # noqa: BLE001 # stores and providers are plugins' code
        return [Finding(subject, f"it cannot say how it is: {describe(error)}", True)]
