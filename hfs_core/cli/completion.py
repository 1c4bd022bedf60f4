"""`hfs completion`: the lines that make a shell complete `hfs`."""

from __future__ import annotations

import click

WHERE = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/hfs.fish"}


@click.command()
@click.argument("shell", type=click.Choice(sorted(WHERE)))
def completion(shell: str) -> None:
    """Print the lines that make SHELL complete hfs.

    For bash and zsh: eval "$(hfs completion bash)" in ~/.bashrc or ~/.zshrc. For fish: hfs completion fish >
    ~/.config/fish/completions/hfs.fish
    """
    from hfs_core.cli.root import root
    from hfs_core.cli.shells import SHELLS

    click.echo(SHELLS[shell](root, {}, "hfs", "_HFS_COMPLETE").source())
