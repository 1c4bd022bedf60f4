"""What people do with plugins, in fresh virtual environments, from the built wheels: `make check-plugins`.

Each step is told as it is done; the first that does not go as it should ends it with what was seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.installing import ROOT, UV, build_wheels

FEATURES = {
    "sessions": ("sessions", "--json"),
    "checkpoints": ("checkpoints", "--json"),
    "export": ("export", "md", "-"),
    "commands": ("config", "--json"),
    "local-model": ("models", "--json"),
}
"""A command of each plugin that adds some, beside the store and the provider."""


class Unexpected(Exception):
    """A step did not go as it should."""


def told(text: str) -> None:
    """Say which step is done."""
    print(f"ok  {text}", flush=True)


def need(is_so: object, claim: str, seen: object) -> None:
    """Raise Unexpected if a claim does not hold."""
    if not is_so:
        raise Unexpected(f"{claim}; what was seen:\n{seen}")


def run(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    need(done.returncode == 0, f"{' '.join(map(str, words))} succeeds", done.stdout + done.stderr)
    return done


class Person:
    """Somebody with a virtual environment, a home, and a folder of wheels."""

    def __init__(self, folder: Path, dist: Path, model: dict[str, str]):
        self.folder = folder
        self.home = folder / "home"
        self.dist = dist
        self.model = model
        folder.mkdir()
        run(UV, "venv", "--quiet", "--seed", "--python", sys.executable, folder / "venv")
        self.python = folder / "venv" / "bin" / "python"

    def pip(self, *words: str) -> None:
        """Run pip as uv runs it, with HFS' own distributions from the wheels only."""
        local = ("--find-links", str(self.dist)) if words[0] == "install" else ()
        run(UV, "pip", *words, "--quiet", "--python", self.python, *local)

    def hfs(self, *words: str, code: int = 0, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run `hfs` far from the project; its end must be as expected, and never a traceback."""
        here = {
            "HFS_HOME": str(self.home),
            "UV": UV,
            "UV_FIND_LINKS": str(self.dist),
            "PIP_FIND_LINKS": str(self.dist),
        }
        variables = os.environ | here  # also what says from where this machine installs
        done = subprocess.run(
            [self.python.with_name("hfs"), *words],
            env=variables | self.model,
            cwd=self.folder,
            input=text,
            capture_output=True,
            text=True,
        )
        seen = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        need(done.returncode == code, f"hfs {' '.join(words)} ends with {code}", seen)
        need("Traceback" not in done.stdout + done.stderr, f"hfs {' '.join(words)} shows no traceback", seen)
        return done

    def chat(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Say something and hear the answer."""
        done = self.hfs("-p", *words, "hello")
        need(done.stdout == "answered\n", "the model answers", done.stdout + done.stderr)
        return done

    def state(self, plugin: str) -> dict[str, Any]:
        """Return what `hfs plugins list --json` says of a plugin, {} where it does not know it."""
        listed = json.loads(self.hfs("plugins", "list", "--json").stdout)
        return next((each for each in listed if each["name"] == plugin), {})

    def package(self, plugin: str) -> Path:
        """Return where an installed plugin's code is."""
        (place,) = (self.folder / "venv").glob(f"lib/python*/site-packages/hfs_{plugin}")
        return place


def composing(person: Person) -> None:
    """Core alone, then each plugin: add it, use it, take it away, chat on."""
    person.pip("install", "hfs-core")
    need(person.hfs("plugins", "list", "--json").stdout.strip() == "[]", "core alone has no plugin", "")
    need("no model is installed" in person.hfs("-p", "hello", code=1).stderr, "it says what it lacks", "")
    told("core alone starts, and says that it lacks a model")
    person.pip("install", "hfs-openai-models")
    need("not saved" in person.chat().stderr, "without a store it says so", "")
    told("with a model it chats, and says that nothing is saved")
    person.pip("install", "hfs-sqlite-store")
    need(person.chat().stderr == "", "with a store all is well", "")
    person.chat("-c")
    told("with a store it remembers")
    for plugin, command in FEATURES.items():
        person.hfs(*command, code=2)
        person.pip("install", f"hfs-{plugin}")
        person.chat("-c")
        person.hfs(*command)
        person.pip("uninstall", f"hfs-{plugin}")
        need("No such command" in person.hfs(*command, code=2).stderr, "its command is gone", "")
        person.chat("-c")
        person.pip("install", f"hfs-{plugin}")
        person.hfs(*command)
        told(f"hfs-{plugin} comes, goes, and comes back")
    said = json.loads(person.hfs("export", "json", "-").stdout)["messages"]
    need(len(said) == 4 + 4 * len(FEATURES), "no word was lost meanwhile", len(said))
    told(f"all {len(said)} messages are there")


def breaking(person: Person) -> None:
    """Break a plugin that is installed, and get out of it."""
    place = person.package("sessions") / "__init__.py"
    whole = place.read_text()
    place.write_text("raise RuntimeError('broken on purpose')\n")
    broken = person.hfs("sessions", code=1)
    need("broken on purpose" in broken.stderr, "the command says why", broken.stderr)
    person.chat("-c")
    listed = person.state("sessions")
    need("broken on purpose" in json.dumps(listed), "the list knows of the failure", listed)
    told("one that raises at import is named, the chat goes on, and the list tells it without importing")
    person.hfs("plugins", "disable", "sessions")
    need(person.state("sessions")["state"] == "disabled", "it is off", person.state("sessions"))
    need(person.chat("-c").stderr == "", "nobody complains any more", "")
    place.write_text(whole)
    person.hfs("plugins", "enable", "sessions")
    person.hfs("sessions")
    need(person.state("sessions")["state"] == "found", "it is back", person.state("sessions"))
    told("mended and enabled, it is back")
    person.hfs("plugins", "install", "hfs-word-count")
    place = person.package("word_count") / "__init__.py"
    whole = place.read_text()
    place.write_text("import os\nos._exit(9)\n")
    person.hfs("wc", code=9)
    need(person.state("word_count")["state"] == "quarantined", "it is off", person.state("word_count"))
    need("word_count" in person.chat("-c").stderr, "one is told", "")
    told("somebody else's that ends the process is off at the next start")
    place.write_text(whole)
    person.hfs("plugins", "enable", "word_count")
    person.hfs("wc")
    person.hfs("plugins", "uninstall", "word_count")
    need(person.state("word_count") == {}, "it is gone", person.state("word_count"))
    told("enabled it is back, uninstalled it is gone")
    person.hfs("--safe", "plugins", "list")


def trusting(person: Person) -> None:
    """A folder in ~/.hfs/plugins: dropped, agreed to, changed, agreed to again."""
    person.hfs("plugins", "new", "weather", "--dir")
    folder = person.home / "plugins" / "weather"
    manifest = (folder / "manifest.yaml").read_text()
    marker = person.folder / "it-ran"
    code = next(file for file in sorted(folder.glob("*.py")) if "hookimpl" in file.read_text())
    code.write_text(
        f"open({str(marker)!r}, 'a').close()\n"
        + code.read_text().replace("from __future__ import annotations\n", "")
    )
    need(person.state("weather")["state"] == "untrusted", "it is not trusted", person.state("weather"))
    skipped = person.chat("-c").stderr
    need("weather" in skipped and skipped.count("\n") == 1, "it is skipped with one line", skipped)
    person.hfs("weather", code=2)
    need(not marker.exists(), "nothing of it ran before it was agreed to", "")
    told("a folder that was dropped runs nothing, and one line says so")
    granted = person.hfs("plugins", "trust", "weather").stdout
    need("can do anything you can do" in granted, "the consent says what it means", granted)
    person.hfs("weather")
    need(marker.exists(), "it runs now", manifest)
    told("trusted, its command runs")
    marker.unlink()
    code.write_text(code.read_text() + "\n# changed\n")
    (folder / "more.py").write_text("more = 1\n")
    need(person.state("weather")["state"] == "changed", "the change is seen", person.state("weather"))
    person.hfs("weather", code=2)
    need(not marker.exists(), "a changed one does not run", "")
    again = person.hfs("plugins", "trust", "weather").stdout
    need("more.py" in again and code.name in again, "the consent shows what changed", again)
    person.hfs("weather")
    need(marker.exists(), "it runs again", "")
    told("changed, it waits for a new consent that shows the change")
    person.hfs("plugins", "untrust", "weather")
    person.hfs("weather", code=2)
    told("untrusted, it is off")


@contextmanager
def model() -> Iterator[dict[str, str]]:
    """A scripted endpoint on this machine, as variables of the environment."""
    serve = [sys.executable, "-m", "hfs_core.testing.openai_server", "--reply", "answered"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            yield {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-test", "HFS_MODEL": "openai/test"}
        finally:
            server.terminate()


def main() -> int:
    """Do everything; returns 1 if something did not go as it should."""
    with tempfile.TemporaryDirectory() as directory, model() as variables:
        folder = Path(directory)
        build_wheels(folder / "tree", folder / "dist")
        run(UV, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", ROOT / "examples" / "word_count")
        person = Person(folder / "person", folder / "dist", variables)
        try:
            for story in (composing, breaking, trusting):
                print(f"--- {(story.__doc__ or '').strip()}", flush=True)
                story(person)
        except Unexpected as error:
            print(f"NOT AS IT SHOULD BE: {error}", flush=True)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
