"""Parts of HFS as one plugin sees them: objects of the same class, each call through the plugin's gate first.

Which calls need a capability, `CALLS` says; which are open to everybody, `OPEN` says here. Nothing else is there for
a plugin: something new is shut until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NoReturn, TypeVar, cast

from hfs_core.plugins.capabilities import CALLS
from hfs_core.plugins.gates import Gate

T = TypeVar("T")

OPEN: Mapping[str, str] = {
    "host.bus": "emit unsubscribe snapshot",
    "host.commands": "names wanted_keys learn_unlisted",
    "host.deciding": "waiting question",
    "host.engine": "is_busy is_running until_free is_answering filter_message filter_request",
    "host.plugins": """
        __iter__ entries others timings version all usable without_models order_of rank who_keeps may_call
        must_not_fail
    """,
    "host.providers": "offers",
    "host.sessions": "",
    "host.settings": "",
    "host.settings.plugins": "declared read model_of",
    "host.state": "get_snapshot",
}
"""What is open to every plugin, of each part."""

SHUT: Mapping[str, str] = {
    "host.commands": "forget seen",
    "host.deciding": "grant deny admit close files forget revive",
    "host.engine": "close",
    "host.plugins": "spent take_up noted off_but_blocking",
    "host.providers": "forget",
    "host.state": "apply",
}
"""What is HFS' own business, or the person's: there for no plugin."""

Replaced = Mapping[str, Callable[[Any, Gate], Any]]
"""Attributes that a plugin sees in another way: made from the part and the gate, anew whenever they are asked for."""


def view(part: T, subject: str, gate: Gate, replaced: Replaced | None = None) -> T:
    """Return a part of HFS as one plugin sees it.

    Args:
        subject: the part's name in `CALLS` and `OPEN`.
        replaced: attributes that are neither let through nor refused.
    """
    kind: Any = type(part)
    seen = object.__new__(_seen_class(kind, subject, tuple((replaced or {}).items())))
    for name, value in (("_hfs_part", part), ("_hfs_gate", gate)):
        object.__setattr__(seen, name, value)
    return cast(T, seen)


@cache
def _seen_class(
    kind: Any, subject: str, replaced: tuple[tuple[str, Callable[[Any, Gate], Any]], ...]
) -> type[Any]:
    namespace: dict[str, Any] = {"__module__": __name__, "__doc__": kind.__doc__}
    known = dict(replaced)
    for name in dir(kind):
        if not name.startswith("_"):
            namespace[name] = _closed(subject, name)
    for name in OPEN[subject].split():
        namespace[name] = _passed(name) if callable(getattr(kind, name, None)) else _attribute(name)
    for call, capability in CALLS.items():
        above, _, name = call.rpartition(".")
        if above == subject:
            namespace[name] = _gated(name, capability)
    for name, make in known.items():
        namespace[name] = _replaced(make)
    return type(f"Gated{kind.__name__}", (kind,), namespace)


def _passed(name: str) -> Callable[..., Any]:
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        return getattr(self._hfs_part, name)(*arguments, **named)

    return call


def _gated(name: str, capability: str) -> Callable[..., Any]:
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        self._hfs_gate.use(capability)
        return getattr(self._hfs_part, name)(*arguments, **named)

    return call


def _attribute(name: str) -> property:
    return property(lambda self: getattr(self._hfs_part, name))


def _replaced(make: Callable[[Any, Gate], Any]) -> property:
    return property(lambda self: make(self._hfs_part, self._hfs_gate))


def _closed(subject: str, name: str) -> property:
    def refuse(self: Any) -> NoReturn:
        raise AttributeError(f"{subject}.{name} is not open to plugins")

    return property(refuse)
