"""The program `hfs`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `hfs` with the words of the command line, and end the process."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]):
        from hfs_core import __version__

        sys.stdout.write(f"hfs {__version__}\n")
        return
    from hfs_core.cli.root import run

    sys.exit(run(words))


if __name__ == "__main__":
    main()
