"""The command `hfs` itself: its options, and which subcommand a line means."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from hfs_core import __version__
from hfs_core.errors import HfsError
from hfs_core.paths import Paths

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from hfs_core.naming import CommandName

OWN = {
    "completion": ("hfs_core.cli.completion:completion", "Print the lines that make a shell complete hfs"),
    "doctor": ("hfs_core.cli.doctor:doctor", "Say what is installed, what is wrong and what to do"),
    "paths": ("hfs_core.cli.paths:paths", "Show where HFS keeps things"),
    "plugins": (
        "hfs_core.cli.plugins:plugins",
        "List the plugins that are installed, importing none of them",
    ),
    "serve": ("hfs_core.cli.serve:serve", "Chat in a browser on this machine"),
}
RESERVED = frozenset(OWN)
"""Names that no plugin's command gets."""

TAKES_VALUE = frozenset("mr")


class Quiet:
    """A command that ends without a word when its reader has enough, or the person presses Ctrl+C."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would end with 1, or write an empty line."""
        try:
            return super().invoke(ctx)  # type: ignore[misc] # mixed into click's commands
        except BrokenPipeError:
            silence_stdout()
            ctx.exit(0)
        except KeyboardInterrupt:
            ctx.exit(130)


def silence_stdout() -> None:
    """Let what is still to be flushed go nowhere: whoever read our output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class Root(Quiet, click.Group):
    """Finds subcommands: HFS' own by name, plugins' by their manifests; imports only the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return HFS' own commands, then those of the plugins that make sense in the shell."""
        return [
            *sorted(OWN),
            *(command.name for command in _plugin_commands(ctx) if not command.is_chat_only),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command that loads its code when it runs."""
        if cmd_name in OWN:
            module, _, name = OWN[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), name)
            return command
        for known in _plugin_commands(ctx):
            if known.name == cmd_name:
                from hfs_core.cli.plugin_command import PluginCommand

                return PluginCommand(cmd_name, known.summary)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words mean; click's own error names no near ones."""
        from hfs_core.naming import nearest

        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None and args[0][:1] != "-":
            if reason := _unusable(ctx, args[0]):
                ctx.fail(f"No such command '{args[0]}': {reason}")
            near = nearest(args[0], self.list_commands(ctx))
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from their summaries, importing none of them."""
        own = [(name, OWN[name][1]) for name in sorted(OWN)]
        with formatter.section("Commands"):
            formatter.write_dl(own)
        plugins = [(each.name, each.summary) for each in _plugin_commands(ctx) if not each.is_chat_only]
        if plugins:
            with formatter.section("Commands of plugins"):
                formatter.write_dl(plugins)


def _complete_session(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from hfs_core.cli.suggesting import suggest_value

    return suggest_value(ctx, "session", incomplete)


def _complete_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from hfs_core.cli.suggesting import suggest_value

    return suggest_value(ctx, "model", incomplete)


def _complete_plugin(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from hfs_core.cli.choosing import complete_plugin

    return complete_plugin(ctx, param, incomplete)


def chat_options(command: Any) -> Any:
    """Add the options that `hfs` and `hfs -p` share."""
    options = [
        click.option("-c", "--continue", "continue_", is_flag=True, help="Continue the latest session."),
        click.option(
            "-r",
            "--resume",
            is_flag=False,
            flag_value="",
            default=None,
            metavar="[ID|NAME]",
            help="Resume a session; without a name, choose from a list.",
            shell_complete=_complete_session,
        ),
        click.option(
            "-m",
            "--model",
            metavar="PROVIDER/MODEL",
            help="The model that answers.",
            shell_complete=_complete_model,
        ),
        click.option("--safe", is_flag=True, is_eager=True, help="Load only HFS' own plugins."),
        click.option(
            "--no-plugin",
            "without",
            multiple=True,
            is_eager=True,
            metavar="NAME",
            help="Load all plugins but this one; may be given several times.",
            shell_complete=_complete_plugin,
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    cls=Root,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="hfs -p [WORDS] answers one message without the terminal interface; see hfs -p --help.",
)
@chat_options
@click.option("-p", "--print", "is_print", is_flag=True, help="Answer the words that follow, and end.")
@click.version_option(__version__, "-V", "--version", message="hfs %(version)s")
@click.pass_context
def root(ctx: click.Context, /, is_print: bool, **options: Any) -> None:
    """Chat with language models in the terminal."""
    if ctx.invoked_subcommand is None:
        from hfs_core.cli.chat import chat
        from hfs_core.cli.choosing import chosen

        del options["safe"], options["without"]
        ctx.exit(chat(choice=chosen(ctx), **options))
    ctx.obj = options


def run(words: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0 ok, 1 failure, 2 usage, 75 try again, 130 interrupted."""
    try:
        if "_HFS_COMPLETE" in os.environ:
            from hfs_core.cli.shells import add_shells

            add_shells()
            code = root.main(list(words), prog_name="hfs", standalone_mode=False)
        elif wants_print(words):
            from hfs_core.cli.ask import ask

            code = ask.main(list(words), prog_name="hfs", standalone_mode=False)
        else:
            code = root.main(list(words), prog_name="hfs", standalone_mode=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 # the last resort: a person is not shown a traceback
        return explain(error)
    return code if isinstance(code, int) else 0


def explain(error: BaseException) -> int:
    """Say why a command ended, where it is to be said, and return its exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return 130
    if isinstance(error, BrokenPipeError):
        silence_stdout()
        return 0
    if isinstance(error, HfsError):
        click.echo(f"hfs: {error}", err=True)
        return error.exit_code
    click.echo(f"hfs: this is a fault of HFS: {type(error).__name__}: {error}; {_noted(error)}", err=True)
    return 1


def _noted(error: BaseException) -> str:
    """Write the traceback into the log and return a word about where it is."""
    import logging

    from hfs_core.logs import start_logging, stop_logging

    logs = Paths.from_environment().logs
    handler = start_logging(logs)
    logging.getLogger("hfs").error("a fault of HFS", exc_info=error)
    stop_logging(handler)
    return f"the traceback is in {logs / 'hfs.log'}"


def wants_print(words: Sequence[str]) -> bool:
    """Tell whether `-p` or `--print` is among the words before a `--`, alone or in a cluster such as `-cp`."""
    for word in words:
        if word == "--":
            return False
        if word == "--print":
            return True
        if word.startswith("-") and not word.startswith("--"):
            for letter in word[1:]:
                if letter == "p":
                    return True
                if letter in TAKES_VALUE:
                    break
    return False


def _plugin_commands(ctx: click.Context) -> list[CommandName]:
    """Return the plugins' commands by name, from the cached index of manifests."""
    from hfs_core.cli.choosing import chosen
    from hfs_core.cli.index import plugin_commands

    return [
        each for each in plugin_commands(Paths.from_environment(), chosen(ctx)) if each.name not in RESERVED
    ]


def _unusable(ctx: click.Context, name: str) -> str:
    """Say why a plugin's command is not to be had, "" where none is of that name."""
    from hfs_core.cli.choosing import chosen
    from hfs_core.cli.index import unusable_command

    return unusable_command(Paths.from_environment(), name, chosen(ctx))
