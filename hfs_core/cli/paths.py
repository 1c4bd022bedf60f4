"""`hfs paths`: where HFS keeps things."""

from __future__ import annotations

import json

import click

from hfs_core.config import PROJECT_FILE
from hfs_core.paths import Paths, current_folder


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def paths(as_json: bool) -> None:
    """Show where HFS keeps things; `HFS_HOME` moves them all."""
    home = Paths.from_environment()
    places = {
        "home": home.root,
        "config": home.config,
        "project config": current_folder() / PROJECT_FILE,
        "sessions": home.database,
        "plugins": home.plugins,
        "models": home.models,
        "exports": home.exports,
        "state": home.state,
        "logs": home.logs,
    }
    if as_json:
        rows = [{"name": name, "path": str(path), "exists": path.exists()} for name, path in places.items()]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for name, path in places.items():
        click.echo(f"{name:<15} {path}{'' if path.exists() else '  (not there yet)'}")
