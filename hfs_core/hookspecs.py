"""The hooks: each with its mode, its moment and its law.

An implementation is a function or method marked with `hookimpl`, sync or async where its law does not say sync, that
takes any of the hook's parameters by name. A hook's mode says what becomes of the answers:

- *plugin*: called on one plugin, once;
- *chain*: each implementation gets what the one before it made of the value; None means unchanged;
- *collect*: every answer is taken, in order;
- *event*: told after the fact; the answer is ignored.
"""

# mypy: disable-error-code="empty-body"
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import pluggy

from hfs_core.contracts import (
    Command,
    ModelProvider,
    PluginContext,
    RawWidget,
    Reject,
    StoreFactory,
    WidgetSpec,
)
from hfs_core.events import HfsEvent
from hfs_core.models import Draft, Request, Session
from hfs_core.state import RunSnapshot

F = TypeVar("F", bound=Callable[..., object])

PROJECT = "hfs"
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook of that name."""
hookspec = pluggy.HookspecMarker(PROJECT)

Mode = Literal["plugin", "chain", "collect", "event"]


@dataclass(frozen=True, slots=True)
class HookLaw:
    """How a hook is called; `timeout` is in seconds, for each implementation.

    Attributes:
        is_sync: an implementation must not be async, as its answer is wanted where nothing can wait.
    """

    mode: Mode
    timeout: float
    is_sync: bool = False


def law(mode: Mode, timeout: float, *, is_sync: bool = False) -> Callable[[F], F]:
    """Declare the following function as a hook of that mode."""

    def mark(function: F) -> F:
        function.hfs_law = HookLaw(mode, timeout, is_sync)  # type: ignore[attr-defined] # read back by `law_of`
        return hookspec(function)

    return mark


@law("plugin", 10)
def activate(context: PluginContext) -> None:
    """Acquire what the plugin needs. Once, before any other hook of it; the only hook with the context."""


@law("plugin", 5)
def deactivate(context: PluginContext, reason: str) -> None:
    """Release it. Once, before the context's own scope is closed; `reason` is `exit`, `disabled` or `reload`."""


@law("chain", 5)
def on_message(message: Draft, session: Session | None) -> Draft | Reject | None:
    """Change a message: the person's before it is kept, the model's when it is complete.

    `session` is None before the first message has made it. `Reject` stops a user message and only that; a reply
    has been shown and kept as it came, before this is asked. Fails open, unless the manifest says
    `on_failure: block`.
    """


@law("event", 2)
def on_event(event: HfsEvent) -> None:
    """Hear of an event, after the fact is durable. One bounded queue a plugin, off the chat's path.

    Deltas arrive in batches, at most one a frame. Waiting on the store does not count as a failure.
    """


@law("collect", 2)
def provide_commands() -> Sequence[Command]:
    """Declare commands. On a name clash the first keeps it, the other becomes `plugin.name`."""


@law("collect", 2, is_sync=True)
def provide_store() -> StoreFactory:
    """Offer a store. The configuration selects by the plugin's name, never the order of hooks.

    Not async: it returns the function that opens the store, and that one may wait.
    """


@law("collect", 2)
def provide_models() -> Sequence[ModelProvider]:
    """Offer model providers. Cheap: no network, no SDK import."""


@law("collect", 2)
def provide_widgets() -> Sequence[WidgetSpec | RawWidget]:
    """Declare widgets for `sidebar`, `status` and `panel`; a `RawWidget` needs `ui.raw`, the others `ui`."""


@law("chain", 5)
def before_send(request: Request) -> Request | None:
    """Take the last look at what the model will see: the whole conversation. What is kept does not change."""


@law("event", 2)
def on_start(session_id: int) -> None:
    """Hear that a session was made or resumed, after `session.created` or `session.resumed`."""


@law("event", 2)
def on_run_complete(run_snapshot: RunSnapshot) -> None:
    """Hear that a run is over, with its state; after `run.ended`."""


@law("event", 2)
def on_exit() -> None:
    """Hear that HFS ends, before any plugin is deactivated."""


HOOKS: dict[str, HookLaw] = {
    name: value.hfs_law for name, value in list(globals().items()) if hasattr(value, "hfs_law")
}
"""The law of each hook, by name."""
