"""A plugin's command as `hfs name`: its plugin is imported when it runs, not before."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from hfs_core.errors import CommandError, StoreUnavailable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from hfs_core.contracts import Effect
    from hfs_core.host import Host
    from hfs_core.models import Session
    from hfs_core.plugins.selection import Choice


class PluginCommand(click.Command):
    """Takes any words; what they mean is read off the command's own signature once its plugin is loaded."""

    def __init__(self, name: str, summary: str):
        super().__init__(
            name,
            help=summary,
            short_help=summary,
            add_help_option=False,
            context_settings={"ignore_unknown_options": True},
            params=[
                click.Argument(["words"], nargs=-1, type=click.UNPROCESSED, shell_complete=self._complete)
            ],
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words as they are: a `--` among them is for the command's own parser."""
        ctx.params["words"] = tuple(args)
        return []

    def invoke(self, ctx: click.Context) -> int:
        """Load the plugin, parse the words and run the command."""
        from hfs_core.cli.choosing import chosen
        from hfs_core.cli.running import run_async

        return run_async(_run(str(self.name), ctx.params["words"], chosen(ctx), parent=ctx.parent))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Load the plugin, as the person asked for its command, and return what a word may become."""
        from hfs_core.cli.suggesting import suggest

        return suggest(ctx, str(self.name), ctx.params["words"], incomplete)

    def _complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return self.shell_complete(ctx, incomplete)


async def _run(name: str, words: Sequence[str], choice: Choice, *, parent: click.Context | None) -> int:
    from hfs_core.cli.render import write_result
    from hfs_core.cli.running import running, stdout
    from hfs_core.contracts import Invocation
    from hfs_core.parameters import click_parameters

    async with running(choice) as host:
        command = await host.commands.get(name)
        if "shell" not in command.surfaces:
            raise CommandError(f"{name} works only in the chat")
        options = [
            click.Option(["--json", "as_json"], is_flag=True, help="Print data as one JSON array."),
            click.Option(["--session"], metavar="ID|NAME", help="The session that it is about."),
            click.Option(["--yes"], is_flag=True, help="Answer every question with yes."),
        ]
        own = click_parameters(command)
        taken = {parameter.name for parameter in own}
        options = [option for option in options if option.name not in taken]
        parser = click.Command(name, params=[*own, *options], help=command.summary)
        with _to_stdout():
            values = dict(parser.make_context(name, list(words), parent=parent).params)
        as_json, session, yes = (
            values.pop(option, None) if option not in taken else None
            for option in ("as_json", "session", "yes")
        )
        current = await (host.sessions.find(session) if session else _current(host))
        progress = Progress()
        invocation = Invocation(
            current.id if current else None,
            host,
            confirm=_confirm_with(yes),
            progress=progress.show,
            switch_to=partial(_switch_to, host),
            out=stdout(),
        )
        try:
            result = await host.commands.call(command, values, invocation)
        finally:
            progress.end()
        write_result(result, stdout(), as_json=bool(as_json))
        failed = 0 if result.ok else 1
        return await _carry_out(result.effects, host, current.id if current else None) or failed


async def _current(host: Host) -> Session | None:
    try:
        return await host.sessions.current()
    except StoreUnavailable:
        return None  # that the store cannot be used is told; many a command does not need it


async def _carry_out(effects: Sequence[Effect], host: Host, session_id: int | None) -> int:
    """Do what makes sense in the shell, in order; what was copied, `write_result` has written."""
    from hfs_core.cli.answer import show_run
    from hfs_core.contracts import Decide, Send, SwitchTo
    from hfs_core.tui.text import one_line

    code = 0
    for effect in effects:
        if isinstance(effect, SwitchTo):
            session_id = effect.session_id
            if session_id is not None:
                await _switch_to(host, session_id)
        elif isinstance(effect, Send):
            run = await host.engine.send(effect.text, session_id=session_id)
            session_id = run.session.id
            code = show_run(run) or code
        elif isinstance(effect, Decide):
            verb = {"ask": "trust", "untrust": "untrust", "revive": "enable"}[effect.what]
            click.echo(
                f"hfs: that is for you to decide: hfs plugins {verb} {one_line(effect.plugin)}", err=True
            )
    return code


async def _switch_to(host: Host, session_id: int) -> None:
    await host.sessions.resume(session_id)


def _confirm_with(yes: bool | None) -> Any:
    async def confirm(question: str) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise CommandError(f"{question} Add --yes to say so without a terminal.")
        sys.stderr.write(f"{question} [y/N]: ")
        sys.stderr.flush()
        return (await _typed_line()).strip().casefold() in ("y", "yes")

    return confirm


async def _typed_line() -> str:
    """Wait for a line from the terminal, without a thread: Ctrl+C could not end one that reads."""
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        loop.add_reader(sys.stdin.fileno(), arrived.set)
    except NotImplementedError:  # Windows
        return await asyncio.to_thread(sys.stdin.readline)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline()


class _to_stdout:  # noqa: N801 # reads as a phrase
    """Let click's `--help` reach the real standard output."""

    def __enter__(self) -> None:
        self._redirected = sys.stdout
        sys.stdout = sys.__stdout__ or sys.stdout

    def __exit__(self, *_: object) -> None:
        sys.stdout = self._redirected


class Progress:
    """A line on stderr that says how far a long command has come; nothing where stderr is no terminal."""

    WIDTH = 30

    def __init__(self) -> None:
        self._is_shown = False

    def show(self, text: str, share: float | None) -> None:
        """Show a text, and how much is done, from 0 to 1, if known."""
        if not sys.stderr.isatty():
            return
        bar = ""
        if share is not None:
            full = round(self.WIDTH * min(max(share, 0), 1))
            bar = f"[{'#' * full}{'.' * (self.WIDTH - full)}] {share:4.0%} "
        sys.stderr.write(f"\r\x1b[K{bar}{text}")
        sys.stderr.flush()
        self._is_shown = True

    def end(self) -> None:
        """Leave the line."""
        if self._is_shown:
            sys.stderr.write("\n")
            self._is_shown = False
