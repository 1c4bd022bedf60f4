"""What a command line says of plugins, `--safe` and `--no-plugin`, wherever in it a command stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from hfs_core.plugins.selection import Choice

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from hfs_core.plugins.states import Entry


def chosen(ctx: click.Context) -> Choice:
    """Return what the options of `hfs` itself say of plugins."""
    params = ctx.find_root().params
    return Choice(bool(params.get("safe")), tuple(params.get("without") or ()))


def complete_plugin(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the plugins that a word may become, from their manifests alone."""
    from click.shell_completion import CompletionItem

    from hfs_core.tui.text import one_line

    return [
        CompletionItem(entry.info.name, help=one_line(entry.info.description) or None)
        for entry in _each_once(ctx)
        if entry.info.name.startswith(incomplete) and entry.info.name.isprintable()
    ]


def _each_once(ctx: click.Context) -> Iterable[Entry]:
    from hfs_core.config import read_config
    from hfs_core.paths import Paths
    from hfs_core.plugins.survey import Survey

    paths = Paths.from_environment()
    registry = Survey(paths, read_config(paths)[0], chosen(ctx)).registry
    return sorted(registry, key=lambda entry: entry.info.name)
