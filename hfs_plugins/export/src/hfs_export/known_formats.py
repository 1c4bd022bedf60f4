"""The formats that there are to export to: the plugin's own, and those of other plugins, which are foreign code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hfs_core.api import (
    EXPORT_FORMAT,
    CommandError,
    Completer,
    Completion,
    ExportFormat,
    HfsError,
    Invocation,
    Outgoing,
    PluginContext,
    UsageError,
    Write,
)
from hfs_export.late import LateExport

OWN = __name__.partition(".")[0]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
"""What a format may be called: it is typed, and the suffix of files."""


@dataclass(frozen=True, slots=True)
class KnownFormats:
    """The formats by name; and a sentence on each provider that is none.

    A name keeps its first provider, and HFS' own formats keep theirs.
    """

    by_name: dict[str, ExportFormat]
    faults: Sequence[str]

    def named(self, name: str) -> ExportFormat:
        """Return a format; raises UsageError."""
        if name in self.by_name:
            known = self.by_name[name]
            return known.real if isinstance(known, LateExport) else known
        problem = f"there is no format {name!r}: there are {', '.join(sorted(self.by_name))}"
        raise UsageError("; ".join((problem, *self.faults)))


async def known_formats(context: PluginContext) -> KnownFormats:
    """Ask all plugins for their formats."""
    providers = await context.services.all(EXPORT_FORMAT)
    by_name: dict[str, ExportFormat] = {}
    faults: list[str] = []
    for provider in sorted(providers, key=lambda provider: maker_of(provider) != OWN):
        if isinstance(provider, LateExport):
            by_name[provider.name] = provider  # nothing more is asked of it: that would import it
        elif fault := fault_of(provider, "write"):
            faults.append(f"what {maker_of(provider)} provides is no format: {fault}")
        elif provider.name in by_name:
            kept = maker_of(by_name[provider.name])
            faults.append(
                f"{kept} has the name {provider.name} already, that of {maker_of(provider)} is left out"
            )
        else:
            by_name[provider.name] = provider
    return KnownFormats(by_name, faults)


def completing_formats(context: PluginContext) -> Completer:
    """Return what completes the name of a format."""

    async def complete(invocation: Invocation, word: str) -> Sequence[Completion]:
        formats = (await known_formats(context)).by_name
        return [Completion(name, str(each.title)) for name, each in sorted(formats.items())]

    return complete


async def write_as(chosen: ExportFormat, exports: Sequence[Outgoing], write: Write) -> int:
    """Write conversations in a format; returns how many messages were written.

    Raises:
        CommandError: the format failed, and is blamed by its name.
    """
    who = f"the format {chosen.name} of {maker_of(chosen)}"

    def take(text: str) -> object:
        if not isinstance(text, str):
            raise TypeError(f"it wrote {type(text).__name__} where text belongs")
        return write(text)

    try:
        count: object = await chosen.write(exports, take)
    except (HfsError, OSError):  # the disk is full, or what is read is gone: not the format's fault
        raise
    except (Exception, SystemExit) as error:  # a format may be foreign code
        raise CommandError(
            f"{who} failed, and nothing was written: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise CommandError(
            f"{who} failed, and nothing was written: it told {count!r} as the number of messages"
        )
    return count


def maker_of(provider: object) -> str:
    """Return the package that a provider comes from, by which its plugin is known."""
    return type(provider).__module__.partition(".")[0]


def fault_of(provider: object, *methods: str) -> str:
    """Return why a provider is no format, "" if it is one."""
    try:
        name, title, *found = (getattr(provider, part) for part in ("name", "title", *methods))
    except (Exception, SystemExit) as error:  # noqa: BLE001 # a property of foreign code
        return f"{type(error).__name__}: {error}"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"its name is {name!r}, which is not of small letters, digits, dots and dashes"
    if not isinstance(title, str):
        return f"its title is {title!r}"
    return "" if all(map(callable, found)) else f"it cannot {' and '.join(methods)}"
