"""What runs behind each page of `hfs serve`: the terminal interface, drawn for a browser."""

from __future__ import annotations

import os
import sys

import click

from hfs_core.cli.root import chat_options, explain
from hfs_core.plugins.selection import Choice

DRIVER = "hfs_core.tui.page_driver:PageDriver"


@click.command()
@chat_options
def served(
    continue_: bool, resume: str | None, model: str | None, safe: bool, without: tuple[str, ...]
) -> None:
    """Chat with the page at the other end of standard input and output."""
    os.environ["TEXTUAL_DRIVER"] = DRIVER  # read when Textual is imported
    from hfs_core.cli.chat import chat_app

    app = chat_app(choice=Choice(safe, without), continue_=continue_, resume=resume, model=model)
    app.run()
    for line in app.farewell:
        click.echo(line, err=True)  # standard output belongs to the page
    if app.fault is not None:
        sys.exit(explain(app.fault))


if __name__ == "__main__":
    try:
        served()
    except KeyboardInterrupt:
        sys.exit(130)
