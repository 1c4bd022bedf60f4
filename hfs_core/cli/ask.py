"""`hfs -p`: one message in, one answer out, no terminal needed."""

from __future__ import annotations

import sys

import click

from hfs_core.cli.root import Quiet, chat_options


class Ask(Quiet, click.Command):
    """`hfs -p` as a command."""


@click.command(
    cls=Ask,
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="-p [OPTIONS]",
    epilog="Exit codes: 0 ok, 1 failure, 2 usage, 75 try again later, 130 interrupted.",
)
@click.option("-p", "--print", "is_print", is_flag=True, help="Answer the words, and end.")
@chat_options
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "stream-json"]),
    default="text",
    show_default=True,
    help="text: the answer; json: one object; stream-json: an object a line, as it happens.",
)
@click.argument("words", nargs=-1)
def ask(
    is_print: bool,
    words: tuple[str, ...],
    continue_: bool,
    resume: str | None,
    model: str | None,
    safe: bool,
    without: tuple[str, ...],
    output_format: str,
) -> int:
    """Answer WORDS and end. Standard input, if it is no terminal, is put before them."""
    if resume == "":
        raise click.UsageError("-r needs a session's number or name here")
    prompt = _prompt(words)
    from hfs_core.cli.answer import Asked, answer
    from hfs_core.cli.running import run_async
    from hfs_core.plugins.selection import Choice

    return run_async(answer(Asked(prompt, continue_, resume, model), output_format, Choice(safe, without)))


def _prompt(words: tuple[str, ...]) -> str:
    parts = [" ".join(words)]
    if sys.stdin is not None and not sys.stdin.isatty():
        parts.insert(0, sys.stdin.buffer.read().decode("utf-8", "replace").strip("\n"))
    prompt = "\n\n".join(part for part in parts if part.strip())
    if not prompt:
        raise click.UsageError("nothing to answer: give the message as words, or on standard input")
    return prompt
