"""How bash, zsh and fish ask for completions, and in which form they get them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

SAFE = re.compile(r"[\w/.,+%-]+")
"""What bash takes as it is."""


class Bash(BashComplete):
    """Completes in bash: candidates come quoted as the person began to quote them.

    click's own script would cut them at blanks, and bash itself cuts words at each of `COMP_WORDBREAKS`.
    """

    source_template = """\
%(complete_func)s() {
    local line type value
    COMPREPLY=()
    while IFS= read -r line; do
        type=${line%%%%,*}
        value=${line#*,}
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is being written, and that one."""
        line = os.environ.get("COMP_LINE") or os.environ["COMP_WORDS"]
        self._line = read_line(line, os.environ.get("COMP_WORDBREAKS", ""))
        return self._line.words[1:-1], self._line.words[-1]

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return a candidate as bash is to insert it."""
        return f"{item.type},{self._line.inserted(str(item.value))}"


@dataclass(frozen=True, slots=True)
class Line:
    """A command line of bash up to the cursor.

    Attributes:
        words: without their quotes; the last one is being written, "" after a blank.
        quote: the quote that is open in it, "" if none is.
        kept: how many letters of it bash does not replace: it takes them for a word of their own.
    """

    words: list[str]
    quote: str
    kept: int

    def inserted(self, text: str) -> str:
        """Return what is to be put in place of the part that bash replaces."""
        rest = text[self.kept :]
        if self.quote == "'":
            return rest.replace("'", "'\\''")
        if self.quote:
            return re.sub(r'([\\"$`])', r"\\\1", rest)
        return "".join(letter if SAFE.fullmatch(letter) else f"\\{letter}" for letter in rest)


def read_line(line: str, breaks: str) -> Line:
    """Read a command line; `breaks` are the letters at which bash begins a word for completion."""
    words, quote, kept, is_between = [""], "", 0, True
    letters = iter(line)
    for letter in letters:
        if quote != "'" and letter == "\\":
            following = next(letters, "")
            if quote and following not in '\\"$`':
                words[-1] += letter
            words[-1] += following
        elif quote:
            if letter == quote:
                quote = ""
            else:
                words[-1] += letter
        elif letter.isspace():
            if not is_between:
                words.append("")
            kept, is_between = 0, True
            continue
        elif letter in "'\"":
            quote, kept = letter, len(words[-1])
        else:
            words[-1] += letter
            if letter in breaks:
                kept = len(words[-1])
        is_between = False
    return Line(words, quote, kept)


class Fish(FishComplete):
    """Completes in fish: candidates and their summaries may hold commas, at which click's own script cuts them."""

    source_template = FishComplete.source_template.replace("string split ", "string split -m 1 ")


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": Fish}


def add_shells() -> None:
    """Let these answer the shells, in place of click's own."""
    for kind in SHELLS.values():
        add_completion_class(kind)
