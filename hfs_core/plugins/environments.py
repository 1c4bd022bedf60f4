"""How a distribution comes into the environment in which HFS runs, or leaves it: by uv tool, pipx, pip or uv."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from hfs_core.errors import PluginError

CORE = "hfs-core"

Which = Callable[[str], str | None]


class Environment(Protocol):
    """Where HFS is installed."""

    @property
    def kind(self) -> str:
        """What manages it, such as `pipx`."""

    def adding(self, requirements: Sequence[str]) -> list[str]:
        """Return the command line that adds these; raises PluginError."""

    def removing(self, distributions: Sequence[str]) -> list[str]:
        """Return the command line that takes these away; raises PluginError."""


def this_environment(
    prefix: str = sys.prefix, executable: str = sys.executable, *, which: Which = shutil.which
) -> Environment:
    """Return what manages the environment of a Python; this one's by default.

    Raises:
        PluginError: nothing is there that could; its text says what to run by hand.
    """
    folder = Path(prefix)
    uv = os.environ.get("UV") or which("uv")
    if (folder / "uv-receipt.toml").is_file():
        if uv is None:
            raise PluginError(
                f"HFS was installed by uv, which is not on the PATH: {_by_hand('uv tool install')}"
            )
        return UvTool(uv, folder)
    if (folder / "pipx_metadata.json").is_file():
        pipx = which("pipx")
        if pipx is None:
            raise PluginError(
                f"HFS was installed by pipx, which is not on the PATH: {_by_hand('pipx inject')}"
            )
        return Pipx(pipx, folder.name)
    if find_spec("pip") is not None:
        return Pip(executable)
    if uv is not None:
        return Uv(uv, executable)
    raise PluginError(f"there is neither pip nor uv for {executable}: install one of them, then try again")


class Pip:
    """An environment that has pip."""

    kind = "pip"

    def __init__(self, executable: str):
        self._pip = [executable, "-m", "pip"]

    def adding(self, requirements: Sequence[str]) -> list[str]:
        """Return the command line that adds these."""
        return [*self._pip, "install", *requirements]

    def removing(self, distributions: Sequence[str]) -> list[str]:
        """Return the command line that takes these away."""
        return [*self._pip, "uninstall", "--yes", *distributions]


class Uv:
    """An environment without pip, as uv makes them."""

    kind = "uv"

    def __init__(self, uv: str, executable: str):
        self._uv, self._python = uv, ["--python", executable]

    def adding(self, requirements: Sequence[str]) -> list[str]:
        """Return the command line that adds these."""
        return [self._uv, "pip", "install", *self._python, *requirements]

    def removing(self, distributions: Sequence[str]) -> list[str]:
        """Return the command line that takes these away."""
        return [self._uv, "pip", "uninstall", *self._python, *distributions]


class Pipx:
    """An environment of pipx; its name is that of its folder."""

    kind = "pipx"

    def __init__(self, pipx: str, name: str):
        self._pipx, self._name = pipx, name

    def adding(self, requirements: Sequence[str]) -> list[str]:
        """Return the command line that adds these."""
        return [self._pipx, "inject", self._name, *requirements]

    def removing(self, distributions: Sequence[str]) -> list[str]:
        """Return the command line that takes these away."""
        return [self._pipx, "uninject", self._name, *distributions]


class UvTool:
    """An environment of `uv tool`: it is told anew all that belongs into it, else an upgrade would drop the rest.

    Its receipt (`uv-receipt.toml`) lists what it was told.
    """

    kind = "uv tool"

    def __init__(self, uv: str, prefix: Path):
        self._uv, self._prefix = uv, prefix

    def adding(self, requirements: Sequence[str]) -> list[str]:
        """Return the command line that installs everything that is there, and these."""
        tool = self._receipt()
        new = {name_of(requirement) for requirement in requirements} - {""}
        kept = [each for each in _requirements(tool) if name_of(each[-1]) not in new]
        return self._command(tool, kept, requirements)

    def removing(self, distributions: Sequence[str]) -> list[str]:
        """Return the command line that installs everything that is there but these.

        Raises:
            PluginError: one of them is there because something else needs it.
        """
        tool = self._receipt()
        there = _requirements(tool)
        for distribution in map(normal, distributions):
            kept = [each for each in there if name_of(each[-1]) != distribution]
            there = kept if len(kept) < len(there) else _without(there, distribution)
        return self._command(tool, there, ())

    def _receipt(self) -> dict[str, Any]:
        file = self._prefix / "uv-receipt.toml"
        try:
            tool = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]
        except (OSError, ValueError, KeyError) as error:
            raise PluginError(f"{file} cannot be read: {_by_hand('uv tool install')}") from error
        return dict(tool)

    def _command(
        self, tool: Mapping[str, Any], kept: Sequence[tuple[str, str]], new: Sequence[str]
    ) -> list[str]:
        main = next(
            (each for each in kept if name_of(each[-1]) == normal(self._prefix.name)), ("--with", CORE)
        )
        command = [self._uv, "tool", "install", *_options(tool)]
        command += ["--editable"] if main[0] == "--with-editable" else []
        command.append(main[1])
        for flag, requirement in kept:
            command += [flag, requirement] if (flag, requirement) != main else []
        for requirement in new:
            command += ["--with", requirement]
        return command


def normal(name: str) -> str:
    """Return a distribution's name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    """Return the normal name of the distribution that a requirement means, "" where only installing it tells."""
    if requirement.endswith(".whl"):
        return normal(re.split(r"[/\\]", requirement)[-1].partition("-")[0])
    if re.search(r"[/\\:]|\.(tar\.gz|zip)$", requirement.partition("@")[0]):
        return ""
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(\[|[<>=!~;@]|$)", requirement)
    return normal(found[1]) if found else ""


def extras_of(distribution: str, extra: str) -> list[str]:
    """Return the names of what an extra of an installed distribution brings."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        needed = requires(distribution) or []
    except PackageNotFoundError:
        return []
    wanted = re.compile(rf"""extra\s*==\s*['"]{re.escape(extra)}['"]""")
    return sorted(name_of(each.partition(";")[0].strip()) for each in needed if wanted.search(each))


def _without(there: Sequence[tuple[str, str]], distribution: str) -> list[tuple[str, str]]:
    """Return requirements with an extra that brings the distribution replaced by all else that it brings."""
    made: list[tuple[str, str]] = []
    is_found = False
    for flag, requirement in there:
        extras = re.match(r"([\w.-]+)\[([^\]]+)\](.*)", requirement)
        bring = (
            {extra.strip(): extras_of(extras[1], extra.strip()) for extra in extras[2].split(",")}
            if extras
            else {}
        )
        guilty = [extra for extra, names in bring.items() if distribution in names]
        if extras is None or not guilty:
            made.append((flag, requirement))
            continue
        is_found = True
        rest = ",".join(extra for extra in bring if extra not in guilty)
        made.append((flag, f"{extras[1]}{f'[{rest}]' if rest else ''}{extras[3]}"))
        others = {name for extra in guilty for name in bring[extra]} - {distribution}
        made += [("--with", name) for name in sorted(others)]
    if not is_found:
        raise PluginError(f"{distribution} is here because something else needs it: uninstall that")
    return list(dict.fromkeys(made))


def _requirements(tool: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the requirements of a receipt, each with the option by which it is given."""
    found = []
    for each in tool.get("requirements", ()):
        extras = f"[{','.join(each['extras'])}]" if each.get("extras") else ""
        marker = f" ; {each['marker']}" if each.get("marker") else ""
        if editable := each.get("editable"):
            found.append(("--with-editable", str(editable)))
        elif place := each.get("path") or each.get("directory"):
            found.append(
                ("--with", f"{each['name']}{extras} @ {Path(place).as_uri()}" if extras else str(place))
            )
        elif url := each.get("url") or (each.get("git") and f"git+{each['git']}"):
            found.append(("--with", f"{each['name']}{extras} @ {url}{marker}"))
        else:
            found.append(("--with", f"{each['name']}{extras}{each.get('specifier', '')}{marker}"))
    return found


def _options(tool: Mapping[str, Any]) -> list[str]:
    """Return the options of a receipt, so that what was found once is found again."""
    words = ["--python", str(tool["python"])] if tool.get("python") else []
    for key, value in tool.get("options", {}).items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                flag = "--default-index" if each.get("default") else "--index"
                words += [flag, str(each["url"])] if "url" in each else []
            elif each is True:
                words.append(f"--{key}")
            elif isinstance(each, str):
                words += [f"--{key}", each]
    return words


def _by_hand(command: str) -> str:
    return f"run `{command} ...` where it is"
