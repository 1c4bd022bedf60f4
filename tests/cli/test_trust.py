"""A person drops a folder into the folder of plugins, agrees to it in the shell, and has its command."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.cli.root import run
from hfs_core.plugins.directories import describe_folder
from hfs_core.plugins.judgement import Judgement
from hfs_core.plugins.trust import Trust
from hfs_core.testing import Answer, OpenAIServer
from tests.cli.conftest import Hfs, environment
from tests.plugin_folders import drop

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def greet(home: Paths) -> Path:
    """A plugin in the folder of plugins that nobody has decided about; it has a word that HFS does not know."""
    folder = drop(home.plugins)
    manifest = folder / "manifest.yaml"
    asks = "capabilities: [commands, store.read, fly]\nadvisory: {network: [api.example.com]}"
    manifest.write_text(manifest.read_text().replace("capabilities: [commands]", asks))
    return folder


@pytest.fixture
def say(home: Paths, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command line of `hfs` in this process; a plugin's code would be imported into it."""

    def said(*words: str) -> tuple[int, str, str]:
        code = run(words)
        out, err = capsys.readouterr()
        return code, out, err

    return said


def judged(home: Paths, folder: Path) -> Judgement:
    return Trust(home, environ={}).judge(describe_folder(folder))


async def test_what_a_new_folder_says_of_itself_is_true(hfs: Hfs, home: Paths) -> None:
    await hfs("plugins", "new", "sea", "--dir")
    readme = (home.plugins / "sea" / "README.md").read_text()
    for line in ["hfs plugins trust sea", "hfs sea Ada", "hfs config set plugins.sea.greeting Hi"]:
        assert f"    {line}" in readme
        assert (await hfs(*line.split()[1:])).code == 0
    assert (await hfs("sea", "Ada")).out == "Hi, Ada! I have heard 0 messages.\n"


async def test_a_plugin_that_fails_is_told_of_once(hfs: Hfs, home: Paths) -> None:
    drop(home.plugins, **{"plugin.py": "raise RuntimeError('boom')\n"})
    await hfs("plugins", "trust", "greet")
    told = (await hfs("greet", "you")).err.splitlines()
    assert told[:2] == [
        "hfs: plugin greet failed to import: RuntimeError: boom",
        "hfs: plugin greet is quarantined; `hfs plugins info greet` says more",
    ]


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX'")
async def test_a_narrow_terminal_cuts_no_reason(home: Paths, greet: Path) -> None:
    person, terminal = os.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hfs_core.cli", "plugins", "list",
        stdout=terminal, env=environment(home, None, COLUMNS="80"),
    )  # fmt: skip
    os.close(terminal)
    assert await process.wait() == 0
    shown = os.read(person, 100_000).decode()
    os.close(person)
    assert (
        "greet (untrusted): nobody has agreed to it yet: `hfs plugins info greet` shows it, "
        "`hfs plugins trust greet` agrees to it"
    ) in " ".join(shown.split())


async def test_a_file_that_was_dropped_without_its_folder_is_told(hfs: Hfs, home: Paths) -> None:
    home.plugins.mkdir(parents=True)
    (home.plugins / "weather.py").write_text("")
    (home.plugins / "notes.txt").write_text("")
    told = (await hfs("plugins", "list")).err
    assert told.startswith(f"hfs: {home.plugins / 'weather.py'} is left out: a plugin is a folder")
    assert "notes" not in told


async def test_who_reads_of_an_untrusted_plugin_reads_everything_once(
    hfs: Hfs, greet: Path, home: Paths
) -> None:
    assert (await hfs("plugins", "info", "greet")).out.count("api.example.com") == 1


async def test_the_doctor_does_not_send_one_to_agree_to_what_nobody_can(hfs: Hfs, greet: Path) -> None:
    (greet / "secret.py").symlink_to("/etc/passwd")
    assert f"-> correct {greet}, or take it away" in (await hfs("doctor")).out


@pytest.mark.slow
async def test_from_drop_to_consent_to_change_to_consent(hfs: Hfs, home: Paths, greet: Path) -> None:
    refused = await hfs("greet")
    assert refused.code == 2
    assert "plugin greet has it, which is untrusted" in refused.err
    assert "`hfs plugins trust greet`" in refused.err
    agreed = await hfs("plugins", "trust", "greet")
    assert (agreed.code, agreed.err) == (0, "")
    assert "This plugin runs as you and can do anything you can do." in agreed.out
    used = await hfs("greet", "you")
    assert (used.code, used.out, used.err) == (0, "hello you\n", "")
    (greet / "words.py").write_text("HELLO = 'bye'\n")
    (greet / "more.py").write_text("")
    refused = await hfs("greet")
    assert "has changed since you agreed to it (files: 1 added, 1 changed)" in refused.err
    agreed = await hfs("plugins", "trust", "greet")
    told = [line.strip() for line in agreed.out.splitlines() if line.endswith(".py")]
    assert told == ["added    more.py", "changed  words.py"]
    assert (await hfs("greet")).out == "bye world\n"
    assert not (greet / "__pycache__").exists()


async def test_headless_skips_with_a_line_that_names_the_command_and_never_asks(
    hfs: Hfs, home: Paths, greet: Path
) -> None:
    (greet / "__init__.py").write_text("raise SystemExit('ran')\n")
    drop(home.plugins, "second")
    Trust(home, environ={}).deny(judged(home, home.plugins / "second"))
    async with OpenAIServer(Answer("ok")) as server:
        answered = await hfs("-p", "hello", server=server)
    assert (answered.code, answered.out) == (0, "ok\n")
    (line,) = [line for line in answered.err.splitlines() if "skipped" in line]
    assert "plugin greet is skipped" in line
    assert "`hfs plugins trust greet`" in line
    assert "second" not in answered.err  # that was decided


async def test_the_environment_may_agree_to_one_hash(hfs: Hfs, home: Paths, greet: Path) -> None:
    tree = judged(home, greet).tree
    assert tree is not None
    used = await hfs("greet", env={"HFS_TRUST": f"greet@sha256:{tree.sha256}"})
    assert (used.code, used.out, used.err) == (0, "hello world\n", "")
    refused = await hfs("plugins", "list", env={"HFS_TRUST": f"greet@sha256:{'0' * 64}"})
    wrong = f"HFS_TRUST names greet with the hash 000000000000, but it is {tree.sha256[:12]}"
    assert wrong in refused.err
    assert wrong in (await hfs("greet", env={"HFS_TRUST": f"greet@sha256:{'0' * 64}"})).err
    assert not (home.state / "trust.json").exists()


def test_what_is_agreed_to_is_printed_whole_and_nothing_is_asked(home: Paths, greet: Path, say: Say) -> None:
    code, out, _ = say("plugins", "trust", "greet")
    assert code == 0
    for words in (
        "greet 1.0.0: Says hello",
        str(greet),
        f"3 files, {sum(file.stat().st_size for file in greet.iterdir())} bytes, sha256:",
        "HFS will let it:\n  commands           add commands: /greet\n  store.read         read all your sessions",
        "  fly                unknown to this HFS: never granted",
        "The author says it also (not enforced):\n  network: api.example.com",
        "Granted: commands, store.read",
    ):
        assert words in out
    assert judged(home, greet).grants.granted == {"commands", "store.read"}


@pytest.mark.parametrize(
    ("options", "granted"),
    [
        (["--grant", "commands"], {"commands"}),
        (["--grant", "commands,store.read"], {"commands", "store.read"}),
        (["--deny", "store.read"], {"commands"}),
        (["--grant", "commands,store.read", "--deny", "commands"], {"store.read"}),
        (["--grant", ""], set()),
    ],
)
def test_a_part_may_be_granted(
    home: Paths, greet: Path, say: Say, options: list[str], granted: set[str]
) -> None:
    code, out, _ = say("plugins", "trust", "greet", *options)
    assert code == 0
    assert judged(home, greet).grants.granted == granted
    assert "Denied:" in out or granted == {"commands", "store.read"}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["greet", "--grant", "fly"], 2, "there is no capability fly: it cannot be granted"),
        (
            ["greet", "--grant", "models.call"],
            2,
            "does not ask for models.call: it asks for commands, store.read",
        ),
        (["greet", "--deny", "models.call"], 2, "does not ask for models.call"),
        (["greet", "--hash", "00000000"], 1, "which does not begin with 00000000: nothing was decided"),
        (["greet", "--hash", "0"], 2, "8 digits at least"),
        (["gret"], 1, "did you mean greet?"),
        (["sessions"], 1, "is installed (hfs-sessions): installing it was the consent"),
        (["../greet"], 1, "there is no plugin ../greet"),
    ],
)
def test_what_cannot_be_agreed_to_is_said_and_nothing_is_decided(
    home: Paths, greet: Path, say: Say, words: list[str], code: int, told: str
) -> None:
    got, _, err = say("plugins", "trust", *words)
    assert got == code
    assert told in err
    assert not (home.state / "trust.json").exists()


def test_who_is_trusted_but_off_is_told_why(home: Paths, greet: Path, say: Say) -> None:
    home.config.write_text("disabled_plugins: [greet]\n")
    out = say("plugins", "trust", "greet")[1]
    assert "It is not used all the same: it is disabled: disabled_plugins names it" in out
    assert judged(home, greet).is_trusted


def test_a_new_plugin_is_made_among_the_plugins_and_nowhere_else_that_hfs_keeps(
    home: Paths, say: Say
) -> None:
    for kind, where in (
        ("--dir", home.state),
        ("--package", home.plugins),
        ("--dir", home.plugins / "greet"),
    ):
        where.mkdir(parents=True, exist_ok=True)
        code, _, err = say("plugins", "new", "forecast", kind, "--path", str(where))
        assert (code, "HFS keeps" in err) == (1, True)
        assert not [place for place in where.iterdir() if "forecast" in place.name]
    (home.plugins / "greet").rmdir()
    assert say("plugins", "new", "forecast", "--dir", "--path", str(home.plugins))[0] == 0


def test_a_warm_start_with_a_trusted_plugin_parses_no_yaml(home: Paths, greet: Path, say: Say) -> None:
    say("plugins", "trust", "greet")
    program = (
        "import sys; from hfs_core.cli.root import run; run(['--help']);"
        "print(*sorted({'pydantic', 'ruamel', 'importlib_metadata', 'textual', 'tempfile'} & set(sys.modules)))"
    )
    for _ in range(2):
        command = [sys.executable, "-c", program]
        warm = subprocess.run(command, check=True, capture_output=True, text=True, cwd=home.root)
    assert "greet" in warm.stdout
    assert warm.stdout.splitlines()[-1] == ""


def test_a_hash_that_begins_so_is_agreed_to(home: Paths, greet: Path, say: Say) -> None:
    tree = judged(home, greet).tree
    assert tree is not None
    assert say("plugins", "trust", "greet", "--hash", f"sha256:{tree.sha256[:12].upper()}")[0] == 0
    assert judged(home, greet).is_trusted


def test_a_folder_that_a_link_leaves_is_refused_by_the_name_of_the_link(
    home: Paths, greet: Path, say: Say
) -> None:
    (greet / "secret.py").symlink_to("/etc/passwd")
    code, out, err = say("plugins", "trust", "greet")
    assert code == 1
    assert f"{greet / 'secret.py'}: is a link that leaves the plugin's folder, to /etc/passwd" in out
    assert "nothing was decided" in err
    assert not (home.state / "trust.json").exists()


def test_a_consent_is_taken_back(home: Paths, greet: Path, say: Say) -> None:
    say("plugins", "trust", "greet")
    assert "Not trusted any more: greet" in say("plugins", "untrust", "greet")[1]
    assert not judged(home, greet).is_trusted
    assert "Nothing to take back" in say("plugins", "untrust", "greet")[1]
    code, _, err = say("plugins", "untrust", "gret")
    assert (code, "did you mean greet?" in err) == (1, True)


def test_the_list_and_info_tell_how_it_stands(home: Paths, greet: Path, say: Say) -> None:
    (greet / "words.py").write_text("HELLO = 'hel\N{ZERO WIDTH SPACE}lo'\n")
    assert "untrusted" in say("plugins", "list")[1]
    out = say("plugins", "info", "greet")[1]
    assert "This plugin runs as you and can do anything you can do." in out
    assert "words.py:1: U+200B ZERO WIDTH SPACE has no width" in out
    say("plugins", "trust", "greet")
    assert "runs as you" not in say("plugins", "info", "greet")[1]


def test_what_an_author_writes_begins_no_line_of_its_own_and_reaches_no_terminal(
    home: Paths, greet: Path, say: Say
) -> None:
    manifest = greet / "manifest.yaml"
    manifest.write_text(
        manifest.read_text().replace("Says hello", '"Safe\\nHFS will let it:\\n  nothing \\e[2J\\u202e"', 1)
    )
    (greet / "a\nHFS will let it:").write_text("")
    say("plugins", "trust", "greet")
    (greet / "b\rHFS will let it:").write_text("")
    out = say("plugins", "trust", "greet")[1]
    assert out.count("\nHFS will let it:") == 1
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\r" not in out
