"""`hfs` without a subcommand: the terminal interface."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hfs_core.paths import Paths

if TYPE_CHECKING:
    from hfs_core.kernel import Kernel
    from hfs_core.plugins.selection import Choice
    from hfs_core.tui.app import ChatApp


def chat(
    *,
    continue_: bool,
    resume: str | None,
    model: str | None,
    choice: Choice | None = None,
    start: Callable[[], Kernel] | None = None,
    notice: str = "",
) -> int:
    """Open the terminal interface and return its exit code.

    Args:
        start: makes another HFS than the usual one; called after the first paint, in a thread.
        notice: what is said first.
    """
    if not has_terminal():
        import click  # here and below: not needed for the first paint

        raise click.UsageError("the terminal interface needs a terminal; `hfs -p` answers without one")
    if resume == "":
        resume = _choose(choice)
        if resume is None:
            return 1
    app = chat_app(choice=choice, continue_=continue_, resume=resume, model=model, start=start, notice=notice)
    with _nothing_to_read():
        app.run()
    for line in app.farewell:
        sys.stdout.write(f"{line}\n")
    if app.fault is not None:
        raise app.fault
    return app.return_code or 0


@contextmanager
def _nothing_to_read() -> Iterator[None]:
    """Let a plugin's `input()` end at once: what is typed is the chat's, which reads the terminal itself."""
    stdin, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = stdin


def has_terminal() -> bool:
    """Tell whether the terminal interface has what it needs."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def chat_app(
    *,
    continue_: bool,
    resume: str | None,
    model: str | None,
    choice: Choice | None = None,
    start: Callable[[], Kernel] | None = None,
    notice: str = "",
) -> ChatApp:
    """Make the terminal interface with the HFS that it will start."""
    from hfs_core.config import read_config
    from hfs_core.tui.app import ChatApp, Opening
    from hfs_core.tui.preferences import read_preferences

    def start_usual() -> Kernel:
        from hfs_core.kernel import Kernel  # after the first paint, in a thread
        from hfs_core.plugins.selection import NO_CHOICE

        return Kernel(paths, choice=choice or NO_CHOICE)

    paths = Paths.from_environment()
    config, _ = read_config(paths)  # what cannot be used is told by the kernel
    opening = Opening(
        continue_latest=continue_,
        resume=resume,
        model=model,
        theme=config.theme,
        output_mode=config.output_mode,
        keybinding_mode=config.keybinding_mode,
        sidebar=read_preferences(paths).sidebar,
        notice=notice,
    )
    return ChatApp(start or start_usual, opening)


def _choose(choice: Choice | None) -> str | None:
    """Let the person choose one of the latest sessions; None if they do not."""
    import click

    from hfs_core.cli.render import local_time
    from hfs_core.cli.running import run_async, running
    from hfs_core.plugins.selection import NO_CHOICE
    from hfs_core.tui.text import one_line

    async def latest() -> list[tuple[int, str, str]]:
        async with running(choice or NO_CHOICE) as host:
            sessions = await host.store.sessions(limit=20)
        return [
            (session.id, session.name, local_time(session.updated_at.isoformat())) for session in sessions
        ]

    sessions = run_async(latest())
    if not sessions:
        click.echo("hfs: there is no session to resume", err=True)
        return None
    for session_id, name, when in sessions:
        click.echo(f"{session_id:>5}  {when}  {one_line(name)}", err=True)
    return str(click.prompt("Session", default=str(sessions[0][0]), err=True))
