"""Writes the reference for plugin authors from the code: `make docs`, or `python docs/generate.py`.

A page a hook, with its signature and its law from `hfs_core/hookspecs.py` and an example from the test of the same
name; and one page each for events, services, capabilities and settings.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hfs_core import contracts, events, hookspecs
from hfs_core.config import SETTINGS
from hfs_core.contracts import interchange, services
from hfs_core.events import HfsEvent
from hfs_core.hookspecs import HOOKS
from hfs_core.plugins.capabilities import ALIASES, CAPABILITIES, NEEDED

HERE = Path(__file__).parent / "plugins"
NOTE = "<!-- Written by `make docs` from the code: change it there. -->\n"

MODES = {
    "plugin": "called on one plugin, once",
    "chain": "each plugin gets what the one before it made of the value; None means unchanged",
    "collect": "every plugin's answer is taken, in order",
    "event": "told after the fact, through a queue of the plugin's own; the answer is ignored",
}

SERVICES = """# Services

A service is a typed token by which one plugin reaches another's ability, never by import. Who has one to offer calls
`context.services.provide(TOKEN, provider)` in `activate`, and lists its name in the manifest under
`contributes.services`: then asking for it loads the plugin. Who needs one calls `await context.services.get(TOKEN)`,
or `all(TOKEN)`. A plugin may have tokens of its own, `Service[MyProtocol]("myplugin.ability")`, in a small module that
others may import; a change that breaks them is another version, `Service("myplugin.ability", 2)`. Both need the
[capability](capabilities.md) `services`.
"""

CAPABILITY = """# Capabilities

A manifest lists what the plugin wants of HFS' interface. A capability exists only where the interface enforces it: what
was not granted is hidden, and a call raises `CapabilityDenied`, which says what to add. Ask `context.has(name)` first
where the plugin can do without. A plugin that was installed is granted what its manifest lists; for one in a folder the
person decides. `hfs plugins audit NAME` shows what was granted, and what was used since this version of it came.

**This is no sandbox.** A plugin runs as the person and can do anything that the person can do: capabilities keep
mistakes and undeclared use away from a conversation, not malice. What else the author says of it (`advisory`: hosts,
folders, programs) is shown to the person, and not enforced.
"""

SETTING = """# Settings

A plugin declares its settings as a pydantic model named `Settings`, in its module or on its class. A person sets them
in `config.yaml` under `plugins.<name>`, with `/config set plugins.<name>.<key> VALUE`, or in the environment as
`HFS_PLUGINS__<NAME>__<KEY>`; in `activate` they arrive checked, as `context.settings`. A value that does not fit makes
that plugin, and no other, *misconfigured*, with the key and the reason.

HFS' own settings are in `context.config`:
"""


def pages() -> dict[Path, str]:
    """Return every page by its place."""
    made = {HERE / "hooks" / f"{name}.md": hook_page(name) for name in HOOKS}
    made[HERE / "hooks" / "README.md"] = hook_index()
    made[HERE / "events.md"] = events_page()
    made[HERE / "services.md"] = services_page()
    made[HERE / "capabilities.md"] = capabilities_page()
    made[HERE / "settings.md"] = settings_page()
    return {place: f"{text.strip()}\n\n{NOTE}" for place, text in made.items()}


def hook_index() -> str:
    """Return the list of all hooks."""
    rows = (
        (f"[`{name}`]({name}.md)", law.mode, _capabilities(name) or "none", _first_line(_hook(name)))
        for name, law in HOOKS.items()
    )
    modes = "\n".join(f"- *{mode}*: {words};" for mode, words in MODES.items())
    return (
        "# Hooks\n\nAn implementation is a function or method marked with `@hookimpl`, sync or async, that takes any "
        "of the hook's\nparameters by name. What becomes of the answers is the hook's mode:\n\n"
        f"{modes.rstrip(';')}.\n\n{_table(('Hook', 'Mode', 'Capability', 'What for'), rows)}"
    )


def hook_page(name: str) -> str:
    """Return the page of one hook."""
    law, function = HOOKS[name], _hook(name)
    facts = [
        ("Mode", f"*{law.mode}*: {MODES[law.mode]}"),
        (
            "Time",
            f"{law.timeout:g} s for each plugin, if it is a coroutine; waiting on the store does not count",
        ),
        ("[Capability](../capabilities.md)", _capabilities(name) or "none"),
    ]
    example, test = example_of(name)
    parts = [
        f"# {name}",
        f"```python\n{_signature(function)}\n```",
        _law(function),
        _table(("", ""), facts),
        *(f"## `{kind.__name__}`\n\n```python\n{_declared(kind)}\n```" for kind in _answers(function)),
        f"## An example\n\n```python\n{example}\n```",
        f"Its test, with [HFS' kit](../testing.md); both are run as they stand here.\n\n```python\n{test}\n```",
    ]
    return "\n\n".join(parts)


def example_of(name: str) -> tuple[str, str]:
    """Return the plugin and the tests of a hook's example."""
    file = HERE / "hooks" / f"test_{name}.py"
    source = file.read_text(encoding="utf-8")
    body = ast.parse(source).body
    first = next(node for node in body if getattr(node, "name", "").startswith("test_"))
    lines = source.splitlines()
    begin = body[0].end_lineno or 0  # behind the docstring
    return tuple(
        "\n".join(part).strip() for part in (lines[begin : first.lineno - 1], lines[first.lineno - 1 :])
    )  # type: ignore[return-value] # two parts


def events_page() -> str:
    """Return the page of all events."""
    kinds = [
        kind
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, HfsEvent) and kind is not HfsEvent
    ]
    common = {field.name for field in dataclasses.fields(HfsEvent)}
    rows = []
    for kind in kinds:
        fields = {field.name: field for field in dataclasses.fields(kind)}
        type_ = fields["event_type"].default
        own = ", ".join(f"`{name}: {field.type}`" for name, field in fields.items() if name not in common)
        rows.append(
            (
                f"`{type_}`" if isinstance(type_, str) else "your own",
                f"`{kind.__name__}`",
                own,
                "everybody" if kind in events.WORDLESS else "`messages.read`",
                _first_line(kind),
            )
        )
    shared = ", ".join(f"`{field.name}: {field.type}`" for field in dataclasses.fields(HfsEvent))
    return (
        f"# Events\n\n{_prose(events)}\n\nEvery event has {shared}.\n\nA plugin hears of them by "
        "[`on_event`](hooks/on_event.md), and tells others by `await context.emit(event)`.\n\n"
        f"{_table(('Type', 'Class', 'Fields of its own', 'For', 'What happened'), rows)}"
    )


def services_page() -> str:
    """Return the page of the services that HFS names."""
    rows = []
    for module in (services, interchange):
        hints = inspect.get_annotations(module)
        for name, token in vars(module).items():
            if isinstance(token, services.Service) and name in hints:
                kind = str(hints[name]).removeprefix("Service[").removesuffix("]")
                rows.append((f"`{name}`", f"`{token.name}`", f"`{kind}`", _first_line(_kind(kind))))
    return f"{SERVICES}\n{_table(('Token', 'Name', 'Type', 'What it is'), rows)}"


def capabilities_page() -> str:
    """Return the page of the capabilities."""
    rows = (
        (
            f"`{each.name}`",
            each.words,
            ", ".join(f"[`{hook}`](hooks/{hook}.md)" for hook in each.hooks),
            ", ".join(f"`{call}`" for call in each.calls),
        )
        for each in CAPABILITIES.values()
    )
    aliases = "; ".join(
        f"`{word}` is read as {' and '.join(f'`{name}`' for name in names)}"
        for word, names in ALIASES.items()
    )
    table = _table(
        ("Capability", "HFS will let it", "Hooks, one of whose capabilities is needed", "Calls"), rows
    )
    more = "\n".join(f"- `{each.name}`: {each.also}" for each in CAPABILITIES.values() if each.also)
    return f"{CAPABILITY}\n{table}\n\n{aliases}.\n\n## What more they mean\n\n{more}"


def settings_page() -> str:
    """Return the page of settings: a plugin's own, and HFS' as plugins see them."""
    rows = (
        (
            f"`{name}`",
            f"`{setting.default!r}`",
            ", ".join(f"`{word}`" for word in setting.allowed[:4]),
            setting.help,
        )
        for name, setting in SETTINGS.items()
    )
    return f"{SETTING}\n{_table(('Setting', 'Default', 'Values', 'What for'), rows)}"


def _hook(name: str) -> Any:
    return getattr(hookspecs, name)


def _capabilities(hook: str) -> str:
    return " or ".join(f"`{name}`" for name in CAPABILITIES if name in NEEDED.get(hook, ()))


def _kind(text: str) -> Any:
    return getattr(contracts, text, None) or getattr(interchange, text, None) or getattr(services, text, text)


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    parameters = ", ".join(str(each).replace("'", "") for each in signature.parameters.values())
    return f"def {function.__name__}({parameters}) -> {signature.return_annotation!s}"


def _answers(function: Any) -> list[type]:
    """Return the classes of what a hook may answer that are declared for it."""
    names = re.findall(r"\w+", str(inspect.signature(function).return_annotation))
    kinds = [getattr(contracts, name, None) for name in names]
    return [kind for kind in kinds if isinstance(kind, type) and dataclasses.is_dataclass(kind)]


def _declared(kind: type) -> str:
    """Return a class as its author wrote it, without its methods."""
    return inspect.getsource(kind).partition("\n    def ")[0].strip()


def _law(function: Any) -> str:
    return re.sub(r"``?([^`]+)``?", r"`\1`", inspect.cleandoc(function.__doc__ or ""))


def _prose(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "").strip()


def _first_line(thing: Any) -> str:
    return _prose(thing).splitlines()[0] if getattr(thing, "__doc__", None) else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def stale(made: Mapping[Path, str]) -> list[Path]:
    """Return the pages that are not what the code says."""
    return [place for place, text in made.items() if not place.exists() or place.read_text("utf-8") != text]


def main() -> None:
    """Write the pages that have changed."""
    made = pages()
    for place in stale(made):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(made[place], encoding="utf-8")
        print(place.relative_to(HERE.parent))


if __name__ == "__main__":
    main()
