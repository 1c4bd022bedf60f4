"""`hfs serve`: the terminal interface in a browser, for this machine only."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any

import click

from hfs_core.cli.root import Quiet, chat_options
from hfs_core.errors import CommandError, UsageError

PORT = 8437
"""The letters HFS on a telephone, after an 8."""


class Serve(Quiet, click.Command):
    """`hfs serve` as a command."""


@click.command(cls=Serve)
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine's loopback.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="0 for any that is free; the address is printed.",
)
@click.option("--open/--no-open", "opens", default=False, help="Open the page in the browser.")
@chat_options
@click.pass_context
def serve(ctx: click.Context, /, host: str, port: int, opens: bool, **options: Any) -> int:
    """Chat in a browser on this machine, until Ctrl+C.

    There is no password: everyone with an account on this machine can open the page, and other machines cannot. Each
    page that is opened, or loaded again, is a chat of its own, with the options given here.
    """
    for name, value in (ctx.obj or {}).items():
        if options.get(name) in (None, False, ()):
            options[name] = value  # `hfs -c serve` is `hfs serve -c`
    if options["resume"] == "":
        raise UsageError("-r needs a session's number or name here")
    address = _loopback(host)
    if find_spec("textual_serve") is None:
        raise CommandError('the page needs a library that is not here: pip install "hfs-core[web]"')
    listening = _listen(address, port)
    with listening:
        from hfs_core.cli.page import run_page

        run_page(listening, _words(**options), opens=opens)
    return 0


def _loopback(host: str) -> str:
    """Return the address to listen on.

    Raises:
        UsageError: others could reach it.
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        is_own = ip_address(host).is_loopback
    except ValueError:
        is_own = False
    if not is_own:
        raise UsageError(
            f"--host {host} would let other machines chat as you: there is no password; use 127.0.0.1, "
            f"and from elsewhere a tunnel: ssh -L {PORT}:127.0.0.1:{PORT} THIS-MACHINE"
        )
    return host


def _listen(address: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
    except OSError as error:
        raise CommandError(
            f"port {port} of {address} cannot be listened on ({os.strerror(error.errno or 0)}); "
            "choose another with --port, or any that is free with --port 0"
        ) from error


def _words(
    *, continue_: bool, resume: str | None, model: str | None, safe: bool, without: Sequence[str]
) -> list[str]:
    """Return the options as the words of a command line."""
    words = ["-c"] if continue_ else []
    words += [f"--resume={resume}"] if resume is not None else []
    words += [f"--model={model}"] if model is not None else []
    words += [f"--no-plugin={name}" for name in without]
    return words + (["--safe"] if safe else [])
