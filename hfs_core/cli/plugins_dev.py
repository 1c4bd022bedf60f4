"""`hfs plugins dev`: the chat with a plugin that is being written, which takes up each change of its files."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hfs_core.cli.chat import chat, has_terminal
from hfs_core.cli.child import is_child, run_in_child
from hfs_core.cli.choosing import chosen
from hfs_core.paths import Paths
from hfs_core.plugins.source import Source, find_source

if TYPE_CHECKING:
    from hfs_core.kernel import Kernel


@click.command()
@click.argument("plugin", metavar="PATH")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another folder in place of your own sessions and settings.",
)
@click.pass_context
def dev(ctx: click.Context, plugin: str, home: Path | None) -> None:
    """Open the chat with a plugin from its source, and take up each change of it.

    PATH is the folder of a project or of a plugin. It runs for this call alone: nothing is trusted by it.
    """
    if os.name == "posix" and has_terminal() and not is_child():
        ctx.exit(_in_child(plugin))
    if home is not None:
        os.environ["HFS_HOME"] = str(home.absolute())  # for the whole process, and what it starts
    paths = Paths.from_environment()
    source = find_source(plugin, paths)
    choice = chosen(ctx)

    def start() -> Kernel:
        from hfs_core.cli.developing import DevKernel

        return DevKernel(paths, source, choice)

    given = ctx.find_root().params
    options = {name: given.get(name) for name in ("resume", "model")}
    ctx.exit(
        chat(continue_=bool(given.get("continue_")), **options, start=start, notice=_notice(source, paths))
    )


def _in_child(plugin: str) -> int:
    """Let another process run it: one that the plugin ends takes only itself with it."""
    code, is_in_order = run_in_child(sys.argv[1:])
    if not is_in_order:
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        click.echo(
            f"hfs: the chat ended all of a sudden ({how}): look at what {plugin} did last; what was said is kept",
            err=True,
        )
    return code if is_in_order else 1


def _notice(source: Source, paths: Paths) -> str:
    folder = source.package or source.root
    return (
        f"{source.info.name} runs from {folder}, for this call alone; each change is taken up. Sessions and settings "
        f"are those in {paths.root}."
    )
