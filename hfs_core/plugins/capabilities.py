"""Capabilities: what HFS lets a plugin do, in words for people, and which hooks and calls each of them opens.

They keep a plugin to what its manifest says, against mistakes and undeclared use. They are no sandbox: a plugin runs
as the person who started HFS, and can do anything that they can do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hfs_core.plugins.info import PluginInfo


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that a plugin may be let do.

    Attributes:
        words: what HFS lets it do, for people; follows "HFS will let it".
        hooks: what is not called without it. A hook that several open needs one of them.
        calls: what raises CapabilityDenied without it: `context.` is the `PluginContext`, `host.` what a command finds
            in its `Invocation`; `store.` is the store, wherever the plugin got it.
        also: what more it means, for who writes plugins.
    """

    name: str
    words: str
    hooks: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    also: str = ""


_TABLE = (
    Capability(
        "commands",
        "add commands",
        ("provide_commands",),
        also="What a command's handler asks of `invocation.host` needs what that needs; to ask and to tell the person "
        "needs nothing more.",
    ),
    Capability(
        "messages.read",
        "read what you and the model say, as it is said",
        ("on_message", "before_send"),
        ("host.bus.listen",),
        "Without it `on_event`, a widget's `on_event` and `host.bus.subscribe` pass on only the events that nobody's "
        "words can be in, and the plugin's own: `PluginEvent`s whose type begins with its name and a dot. Where it is "
        "granted and `messages.transform` is not, `on_message` and `before_send` may look: their answers are ignored.",
    ),
    Capability(
        "messages.transform",
        "change or refuse what you say, and change what the model gets to see and answers",
        ("on_message", "before_send"),
    ),
    Capability(
        "store.read",
        "read all your sessions, and the settings of other plugins",
        calls=(
            "context.records.get",
            "context.records.list",
            "context.records.blob",
            "store.session",
            "store.sessions",
            "store.messages",
            "store.verify",
            "store.diagnose",
            "host.sessions.current",
            "host.sessions.find",
            "host.sessions.all",
            "host.settings.plugins.section_of",
        ),
        also="Without it `host.settings.current` leaves out the settings of other plugins, and where each comes from.",
    ),
    Capability(
        "store.write",
        "change and delete your sessions, keep things of its own, and change settings",
        calls=(
            "context.records.apply",
            "store.apply",
            "store.reply",
            "store.purge",
            "host.sessions.resume",
            "host.sessions.rename",
            "host.sessions.fork",
            "host.sessions.delete",
            "host.sessions.restore",
            "host.sessions.purge",
            "host.state.restore",
            "host.settings.write",
            "host.settings.unset",
            "host.settings.change_names",
            "host.settings.plugins.take_up",
        ),
    ),
    Capability("store.provide", "keep your sessions, if you choose it as the store", ("provide_store",)),
    Capability(
        "models.provide",
        "offer models",
        ("provide_models",),
        also="Also needed, beside `services`, to offer a `MODEL_ENDPOINT`.",
    ),
    Capability(
        "models.call",
        "ask models in your name, which may cost money",
        calls=(
            "host.engine.send",
            "host.engine.hold",
            "host.engine.interrupt",
            "host.providers.all",
            "host.providers.get",
        ),
        also="Also needed for the effect `Send` and, beside `services`, to use a `MODEL_ENDPOINT`.",
    ),
    Capability(
        "services",
        "use other plugins and their commands, and offer them something",
        calls=(
            "context.services.provide",
            "context.services.get",
            "context.services.all",
            "host.commands.get",
            "host.commands.provided",
            "host.commands.run",
            "host.commands.call",
            "host.plugins.succeeded",
            "host.plugins.failed",
            "host.plugins.set_state",
        ),
        also="The store and the state that it gives need `store.read` and `store.write` for what is done with them.",
    ),
    Capability("ui", "show something beside the conversation", ("provide_widgets",)),
    Capability(
        "ui.raw", "draw on the screen by itself, where HFS cannot keep it in its place", ("provide_widgets",)
    ),
)

CAPABILITIES: Mapping[str, Capability] = {capability.name: capability for capability in _TABLE}
"""Every capability there is, by name; another one is never granted."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "widgets": ("ui",),
    "hooks": ("messages.read", "messages.transform"),
}
"""Other words that a manifest or a person may use, and what they are read as."""

NEEDED: Mapping[str, frozenset[str]] = {
    hook: frozenset(capability.name for capability in _TABLE if hook in capability.hooks)
    for hook in dict.fromkeys(hook for capability in _TABLE for hook in capability.hooks)
}
"""For each hook that is not open to everybody, the capabilities of which one lets it be called."""

CALLS: Mapping[str, str] = {call: capability.name for capability in _TABLE for call in capability.calls}
"""For each call that is not open to everybody, its capability."""

OFFERING: Mapping[str, str] = {"hfs.model-endpoint": "models.provide"}
"""Services that need, beside `services`, a capability to be offered."""

USING: Mapping[str, str] = {"hfs.model-endpoint": "models.call"}
"""Services that need, beside `services`, a capability to be used."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What one plugin may do.

    Attributes:
        granted: by the names of the table, never an alias.
        denied: what it asks for and was refused.
        unknown: words in its manifest that are no capability of this HFS.
    """

    granted: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


EVERYTHING = Grants(frozenset(CAPABILITIES))


def expanded(words: Iterable[str]) -> frozenset[str]:
    """Return the capabilities that words mean, aliases read; what is none is left out."""
    read = (name for word in words for name in ALIASES.get(word, (word,)))
    return frozenset(name for name in read if name in CAPABILITIES)


def unknown(words: Iterable[str]) -> tuple[str, ...]:
    """Return those words that are no capability, each once, as they were written."""
    return tuple(dict.fromkeys(word for word in words if word not in CAPABILITIES and word not in ALIASES))


def in_order(names: Iterable[str]) -> list[str]:
    """Return capabilities in the order of the table, in which people are shown them."""
    wanted = set(names)
    return [name for name in CAPABILITIES if name in wanted]


def listed(info: PluginInfo, denied: Iterable[str] = ()) -> Grants:
    """Return what the manifest of a plugin asks for, less what was denied.

    One that has no manifest at all says nothing, and whoever installed it has agreed to all that it does.
    """
    if not info.manifest and not info.lists:
        return EVERYTHING
    asked, refused = expanded(info.capabilities), expanded(denied)
    return Grants(asked - refused, asked & refused, unknown(info.capabilities))


def is_open(hook: str, granted: frozenset[str]) -> bool:
    """Tell whether a plugin with these capabilities is called by a hook."""
    return hook not in NEEDED or not NEEDED[hook].isdisjoint(granted)


def shown(info: PluginInfo, granted: frozenset[str]) -> PluginInfo:
    """Return a plugin as everybody sees it who is given these capabilities: what it was not granted is not there."""
    return replace(
        info,
        hooks=tuple(hook for hook in info.hooks if is_open(hook, granted)),
        commands=info.commands if "commands" in granted else (),
        services=tuple(name for name in info.services if may_offer(name, granted)),
    )


def may_offer(service: str, granted: frozenset[str]) -> bool:
    """Tell whether a plugin with these capabilities may offer a service."""
    return "services" in granted and OFFERING.get(service, "services") in granted


def wanted_by(info: PluginInfo) -> frozenset[str]:
    """Return the capabilities that a plugin's hooks, commands and services can use."""
    wanted = {name for hook in info.hooks for name in NEEDED.get(hook, ())}
    wanted |= {name for service in info.services for name in ("services", OFFERING.get(service, "services"))}
    return frozenset(wanted | ({"commands"} if info.commands else set()))
