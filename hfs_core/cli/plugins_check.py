"""`hfs plugins check`: what is to be put right in a plugin before others use it.

Its code runs, in processes of its own with a home folder of their own: nothing is trusted by that, nor kept.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import click

from hfs_core.cli.checking.contained import SUITE_SECONDS, run_contained
from hfs_core.cli.checking.finding import Finding, Level
from hfs_core.cli.checking.static import examine
from hfs_core.models import replace_surrogates
from hfs_core.paths import Paths
from hfs_core.plugins.source import Source, find_source
from hfs_core.tui.text import clean, escaped_json, one_line

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command()
@click.argument("plugin")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def check(ctx: click.Context, plugin: str, as_json: bool) -> None:
    """Look at a plugin, and run it in a process of its own; exit 1 if something must be put right.

    PLUGIN is the folder of a project or of a plugin, or the name of one that is there already.
    """
    source = find_source(plugin, Paths.from_environment())
    findings = []
    for found in _findings(source):
        finding = replace(found, text=replace_surrogates(found.text))  # names of files need not be text
        findings.append(finding)
        if not as_json:
            _say(finding)
    levels = Counter(finding.level for finding in findings)
    if as_json:
        rows = [{"level": str(each.level), "check": each.check, "text": each.text} for each in findings]
        written = json.dumps(rows, ensure_ascii=False)
        sys.stdout.write((escaped_json(written) if sys.stdout.isatty() else written) + "\n")
    else:
        failures, warnings = levels[Level.FAIL], levels[Level.WARN]
        sys.stdout.write(f"{_count(failures, 'failure')}, {_count(warnings, 'warning')}\n")
    ctx.exit(1 if levels[Level.FAIL] else 0)


def _findings(source: Source) -> Iterator[Finding]:
    yield from examine(source)
    if source.info.fault:
        return
    yield from run_contained("child", source.locator, "import")
    if source.kind == "project":
        yield from run_contained("wheel", source.locator, "wheel", seconds=120)
    if "provide_store" in source.info.hooks:
        yield from run_contained("conformance", source.locator, "store", seconds=SUITE_SECONDS)


def _say(finding: Finding) -> None:
    level = f"{finding.level:<4}"
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        level = click.style(level, fg=COLOURS[finding.level])
    text = one_line(finding.text)
    sys.stdout.write(f"{level} {finding.check:<12} {clean(text) if sys.stdout.isatty() else text}\n")
    sys.stdout.flush()


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
