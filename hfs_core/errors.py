"""Every exception that HFS raises on purpose, and what it means to the caller.

::

    HfsError
    ├── ConfigError            a setting that cannot be used          (source, key, allowed)
    ├── ProtectedPlace         a file that HFS keeps for itself        (path)
    ├── CommandError           a command that cannot do what was asked
    │   └── UsageError         a command line that does not fit       -> exit 2
    ├── PluginError            something a plugin did                 (plugin)
    │   ├── PluginFailed       it raised, in a named hook             (plugin, hook)
    │   ├── PluginTimeout      it did not answer in time              (plugin, hook, seconds)
    │   ├── Undeclared         it offers what its manifest does not list (plugin)
    │   ├── CapabilityDenied   it called what it was not granted      (plugin, capability)
    │   └── ServiceMissing     nobody provides a service              (service)
    ├── StoreError             the store could not do it
    │   ├── NotFound           no such session, record or blob
    │   ├── Conflict           somebody else wrote first              (position, fork_id)
    │   ├── StoreUnavailable   disk full, read-only, locked           -> retryable
    │   └── StoreUnusable      corrupt, or written by a newer HFS
    ├── RunError               a message that was not sent
    │   ├── SessionBusy        another run holds the session          -> retryable
    │   └── MessageRejected    a plugin refused it                    (plugin, reason)
    └── ModelError             a model that did not answer            (model)
        ├── NoModel            none is installed or chosen
        ├── AuthenticationFailed   no key, or a refused one (401, 403)
        ├── RequestRefused     the endpoint refused the request (4xx)
        ├── ContextTooLong     the conversation does not fit
        ├── Unreachable        no connection                          -> retryable
        ├── RateLimited        429                                    -> retryable (retry_after)
        ├── ServerFailed       5xx                                    -> retryable
        └── StreamBroken       the reply ended before its end

A message for a person says what happened, to which named thing, and what to do now.
"""

from __future__ import annotations

from collections.abc import Sequence


class HfsError(Exception):
    """Any failure that HFS knows by name.

    Attributes:
        exit_code: what a shell command that ends with it returns.
    """

    exit_code = 1


class Retryable:
    """Mixed into errors after which the same thing may succeed later."""

    exit_code = 75


class ConfigError(HfsError):
    """A setting that cannot be used; every other setting stays in force."""

    def __init__(self, message: str, *, source: str = "", key: str = "", allowed: Sequence[str] = ()):
        super().__init__(message)
        self.source = source
        self.key = key
        self.allowed = tuple(allowed)


class ProtectedPlace(HfsError):
    """A file that no command and no tool writes to: HFS itself relies on it."""

    def __init__(self, message: str, *, path: str):
        super().__init__(message)
        self.path = path


class CommandError(HfsError):
    """A command that cannot do what was asked of it."""


class UsageError(CommandError):
    """A command line that does not fit the command's parameters."""

    exit_code = 2


class PluginError(HfsError):
    """Something a plugin did; `plugin` is its name."""

    def __init__(self, message: str, *, plugin: str = ""):
        super().__init__(message)
        self.plugin = plugin


class Undeclared(PluginError):
    """A plugin offers what its manifest does not list; it is not used."""


class PluginFailed(PluginError):
    """A plugin raised in a hook; the original error is the `__cause__`."""

    def __init__(self, message: str, *, plugin: str, hook: str):
        super().__init__(message, plugin=plugin)
        self.hook = hook


class PluginTimeout(PluginFailed):
    """A plugin did not answer a hook within `seconds`; `stack` is where it stood then, "" if nobody knows."""

    def __init__(self, message: str, *, plugin: str, hook: str, seconds: float, stack: str = ""):
        super().__init__(message, plugin=plugin, hook=hook)
        self.seconds = seconds
        self.stack = stack


class CapabilityDenied(PluginError):
    """A plugin called what it was not granted."""

    def __init__(self, message: str, *, plugin: str, capability: str):
        super().__init__(message, plugin=plugin)
        self.capability = capability


class ServiceMissing(PluginError):
    """No installed plugin provides a service."""

    def __init__(self, message: str, *, service: str):
        super().__init__(message)
        self.service = service


class StoreError(HfsError):
    """The store could not do what was asked."""


class NotFound(StoreError):
    """No such session, record or blob."""


class Conflict(StoreError):
    """Somebody else wrote first: an expected position or revision did not hold.

    Attributes:
        position: where the write was meant to go, if it was a message.
        fork_id: the session that keeps the loser's words, if the engine made one.
    """

    def __init__(self, message: str, *, position: int | None = None, fork_id: int | None = None):
        super().__init__(message)
        self.position = position
        self.fork_id = fork_id


class StoreUnavailable(Retryable, StoreError):
    """The store cannot write at the moment: disk full, read-only, or locked for too long."""


class StoreUnusable(StoreError):
    """The store's file is damaged, or was written by a newer HFS; nothing was changed in it."""


class RunError(HfsError):
    """A message that was not sent; nothing of it was kept."""


class SessionBusy(Retryable, RunError):
    """Another run holds the session, here or in another process."""

    def __init__(self, message: str, *, session_id: int | str):
        super().__init__(message)
        self.session_id = session_id


class MessageRejected(RunError):
    """A plugin refused the message."""

    def __init__(self, message: str, *, plugin: str, reason: str):
        super().__init__(message)
        self.plugin = plugin
        self.reason = reason


class ModelError(HfsError):
    """A model that did not answer, or not to the end; `model` is `provider/model`."""

    def __init__(self, message: str, *, model: str = ""):
        super().__init__(message)
        self.model = model


class NoModel(ModelError):
    """No model is installed, or the chosen one is known to nobody."""


class AuthenticationFailed(ModelError):
    """There is no key, or the endpoint refused it."""


class RequestRefused(ModelError):
    """The endpoint understood the request and refused it."""


class ContextTooLong(ModelError):
    """The conversation does not fit into the model's context."""


class Unreachable(Retryable, ModelError):
    """The endpoint cannot be reached."""


class RateLimited(Retryable, ModelError):
    """The endpoint asks to wait; `retry_after` is in seconds, None where it did not say."""

    def __init__(self, message: str, *, model: str = "", retry_after: float | None = None):
        super().__init__(message, model=model)
        self.retry_after = retry_after


class ServerFailed(Retryable, ModelError):
    """The endpoint failed on its own side."""


class StreamBroken(ModelError):
    """The reply ended before its end; the words that came are kept."""
