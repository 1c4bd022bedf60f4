"""What the shells complete: commands, options, sessions by number and name, whatever the name holds."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from hfs_core.api import Append, Change, Create, Draft, Paths
from hfs_core.cli.shells import read_line
from hfs_core.kernel import Kernel
from tests.test_discovery import install
from tests.tui.terminal import terminal

from .conftest import Hfs, environment

BREAKS = " \t\n\"'@><=;|&(:"
"""bash's own COMP_WORDBREAKS."""

NAMES = ["my plans, 2026", 'it\'s: a "quote" $HOME `x`\\', "日本 name", "99", "--all", "gone"]


@pytest.fixture
async def sessions(home: Paths) -> Paths:
    """A home with sessions of these names, numbered from 1 on, the last of them deleted."""
    async with Kernel(home) as host:
        for name in NAMES:
            await host.store.apply(Create(name, name), Append(name, Draft("user", "words")))
        await host.store.apply(Change(NAMES[-1], deleted=True))
    return home


async def zsh(hfs: Hfs, line: str, **env: str) -> list[tuple[str, str]]:
    """What zsh is offered at the end of a line, and what it says of it."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    done = await hfs(env={"_HFS_COMPLETE": "zsh_complete", **words, **env})
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    return list(zip(lines[1::3], lines[2::3], strict=True))


async def test_sessions_are_offered_by_name_and_number(hfs: Hfs, sessions: Paths) -> None:
    offered = await zsh(hfs, "hfs resume ")
    assert offered == [
        ("日本 name", "session 3"),
        (NAMES[1].replace(":", "\\:"), "session 2"),
        ("my plans, 2026", "session 1"),
        ("5", "--all"),
        ("4", "99"),
        ("3", "日本 name"),
        ("2", NAMES[1]),
        ("1", "my plans, 2026"),
    ]
    assert await zsh(hfs, "hfs -r m") == [("my plans, 2026", "session 1")]


@pytest.mark.slow
async def test_sessions_are_offered_wherever_one_is_asked_for(hfs: Hfs, sessions: Paths) -> None:
    for line in ("hfs resume m", "hfs sessions --session m", "hfs fork --session m"):
        assert await zsh(hfs, line) == [("my plans, 2026", "session 1")]
    assert await zsh(hfs, "hfs resume 5") == [("5", "--all")]
    assert await zsh(hfs, "hfs restore ") == [("gone", "session 6"), ("6", "gone")]


async def test_options_are_offered_with_what_they_do(hfs: Hfs) -> None:
    options = dict(await zsh(hfs, "hfs sessions --"))
    assert options["--deleted"] == "the deleted ones instead"
    assert {"--json", "--yes", "--session", "--help", "--limit", "--all"} <= set(options)
    assert [name for name, _ in await zsh(hfs, "hfs fork --")].count("--session") == 1


async def test_fish_is_told_more_than_the_first_comma(hfs: Hfs, sessions: Paths) -> None:
    line = {"COMP_WORDS": "hfs resume my", "COMP_CWORD": "my"}
    done = await hfs(env={"_HFS_COMPLETE": "fish_complete", **line})
    assert done.out == "plain,my plans, 2026\tsession 1\n"
    assert 'string split -m 1 ","' in (await hfs("completion", "fish")).out


async def test_commands_of_the_chat_alone_and_unknown_ones_offer_nothing_wrong(hfs: Hfs) -> None:
    assert await zsh(hfs, "hfs new") == []
    assert await zsh(hfs, "hfs resu") == [("resume", "Go on with a session")]
    assert await zsh(hfs, "hfs nosuch --x") == []


BROKEN = """
from hfs_core.api import Command, CommandResult, Param, hookimpl
from typing import Annotated

async def fail(invocation, word):
    print("noise")
    raise RuntimeError("kaput")

async def paint(invocation, colour: Annotated[str, Param(complete=fail)]):
    return CommandResult()

@hookimpl
def provide_commands():
    return [Command("paint", "Paint", paint)]
"""


async def test_a_completer_that_fails_disturbs_nobody(hfs: Hfs, tmp_path: Path) -> None:
    site = tmp_path / "site"
    manifest = (
        "name: broken\nversion: 1\ndescription: b\ncapabilities: [commands]\nhooks: [provide_commands]\n"
        "contributes: {commands: [{name: paint, summary: Paint}]}\n"
    )
    install(site, "broken", manifest)
    (site / "acme_broken" / "__init__.py").write_text(BROKEN)
    assert await zsh(hfs, "hfs paint ", PYTHONPATH=str(site)) == []


@pytest.mark.parametrize(
    ("line", "words", "text", "inserted"),
    [
        ("hfs resume ", ["hfs", "resume", ""], "my plans", r"my\ plans"),
        ("hfs  resume my\\ p", ["hfs", "resume", "my p"], "my plans", r"my\ plans"),
        ("hfs resume 'my p", ["hfs", "resume", "my p"], "my plan's", "my plan'\\''s"),
        ('hfs resume "my \\$p', ["hfs", "resume", "my $p"], 'my $p"`\\', 'my \\$p\\"\\`\\\\'),
        ("hfs resume a:b", ["hfs", "resume", "a:b"], "a:b c", r"b\ c"),
        ("hfs resume a\\:b", ["hfs", "resume", "a:b"], "a:b c", r"a\:b\ c"),
        ("hfs resume a:'b ", ["hfs", "resume", "a:b "], "a:b c", "b c"),
        ("hfs resume 'my plans' ", ["hfs", "resume", "my plans", ""], "x", "x"),
        ("hfs resume '' ", ["hfs", "resume", "", ""], "x", "x"),
        ('hfs resume "a\\b', ["hfs", "resume", "a\\b"], "a\\bc", "a\\\\bc"),
        ("hfs resume my\\", ["hfs", "resume", "my"], "my", "my"),
    ],
)
def test_a_line_of_bash_is_read_and_added_to(line: str, words: list[str], text: str, inserted: str) -> None:
    found = read_line(line, BREAKS)
    assert found.words == words
    assert found.inserted(text) == inserted


@pytest.fixture
def bash_environment(sessions: Paths) -> dict[str, str]:
    if not shutil.which("bash"):
        pytest.skip("bash is not there")
    variables = environment(sessions, None)
    return {**variables, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"}


SCRIPT = r"""
eval "$(hfs completion bash)"
compopt() { true; }
while IFS= read -r COMP_LINE; do
    COMP_POINT=${#COMP_LINE}
    _hfs_completion hfs
    printf '<%s>' "${COMPREPLY[@]}"
    echo
done
"""


INSERTED = {
    "hfs resume my": r"<my\ plans,\ 2026>",
    "hfs resume 'it": "<it'\\''s: a \"quote\" $HOME `x`\\>",
    'hfs resume "it': r"<it" "'" r"s: a \"quote\" \$HOME \`x\`\\>",
    "hfs ses": "<sessions>",
    "hfs resume it\\'s:": r"<\ a\ \"quote\"\ \$HOME\ \`x\`\\>",
    "hfs resume 日": r"<日本\ name>",
    "hfs resume zz": "<>",
}


@pytest.mark.parametrize("lines", [[*INSERTED][:2], pytest.param([*INSERTED][2:], marks=pytest.mark.slow)])
async def test_bash_gets_words_as_it_must_insert_them(
    bash_environment: dict[str, str], lines: list[str]
) -> None:
    process = await asyncio.create_subprocess_exec(
        "bash",
        "--norc",
        "-c",
        SCRIPT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**bash_environment, "LANG": "C.UTF-8"},
    )
    out, err = await process.communicate("".join(f"{line}\n" for line in lines).encode())
    assert err == b""
    assert out.decode().splitlines() == [INSERTED[line] for line in lines]


@pytest.mark.slow
async def test_tab_in_a_real_bash_resumes_the_session(
    bash_environment: dict[str, str], tmp_path: Path
) -> None:
    async with terminal(tmp_path, ["bash", "--norc"], bash_environment, size=(100, 24)) as bash:
        await bash.say("PS1='$ '; eval \"$(hfs completion bash)\"; echo re''ady")
        await bash.sees("ready")
        for typed, name in (("my", NAMES[0]), ("'my pl", NAMES[0]), ("it", NAMES[1]), ('"it', NAMES[1])):
            await bash.say("clear; echo cle''ared")
            await bash.sees("cleared")
            await bash.tmux("send-keys", "-t", "hfs", "-l", f"hfs resume {typed}")
            await bash.keys("Tab")
            await bash.sees("2026" if name == NAMES[0] else "HOME")
            await bash.keys("Enter")
            await bash.sees(f"Resumed session: {name}")
