"""The program `hfs`."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper


def main() -> None:
    """Run `hfs` with the words of the command line, and end the process."""
    try:
        _prepare_streams()
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)


def _prepare_streams() -> None:
    """Make sure that there are streams, and that none of them fails for a letter that it cannot hold."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed: the next file to be opened, a database, would get its number
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 # for the whole process
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _run(words: list[str]) -> None:
    if words in (["--version"], ["-V"]):
        from hfs_core import __version__

        sys.stdout.write(f"hfs {__version__}\n")
        return
    if words in ([], ["-c"], ["--continue"]) and "_HFS_COMPLETE" not in os.environ:
        sys.exit(_chat(is_continued=bool(words)))
    from hfs_core.cli.root import run

    sys.exit(run(words))


def _chat(*, is_continued: bool) -> int:
    """Open the chat without click, which costs a tenth of the time to the first paint."""
    from hfs_core.cli.chat import chat

    try:
        return chat(continue_=is_continued, resume=None, model=None)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 # told as for every other command
        from hfs_core.cli.root import explain

        return explain(error)


if __name__ == "__main__":
    main()
