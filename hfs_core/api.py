"""The front door: every name that a plugin may import.

Names are resolved when first asked for, so that importing one does not pay for the others. What is here stays:
within one major version of the API it only grows.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfs_core.bus import (
        EventBus as EventBus,
    )
    from hfs_core.bus import (
        Subscription as Subscription,
    )
    from hfs_core.commands import (
        Parameter as Parameter,
    )
    from hfs_core.commands import (
        parameters as parameters,
    )
    from hfs_core.commands import (
        split as split,
    )
    from hfs_core.config import (
        UserConfig as UserConfig,
    )
    from hfs_core.contracts import (
        MODEL_ENDPOINT as MODEL_ENDPOINT,
    )
    from hfs_core.contracts import (
        STORE as STORE,
    )
    from hfs_core.contracts import (
        Action as Action,
    )
    from hfs_core.contracts import (
        Append as Append,
    )
    from hfs_core.contracts import (
        Change as Change,
    )
    from hfs_core.contracts import (
        Column as Column,
    )
    from hfs_core.contracts import (
        Command as Command,
    )
    from hfs_core.contracts import (
        CommandResult as CommandResult,
    )
    from hfs_core.contracts import (
        Connection as Connection,
    )
    from hfs_core.contracts import (
        Copy as Copy,
    )
    from hfs_core.contracts import (
        Create as Create,
    )
    from hfs_core.contracts import (
        Delete as Delete,
    )
    from hfs_core.contracts import (
        Diagnosable as Diagnosable,
    )
    from hfs_core.contracts import (
        Document as Document,
    )
    from hfs_core.contracts import (
        Effect as Effect,
    )
    from hfs_core.contracts import (
        Fork as Fork,
    )
    from hfs_core.contracts import (
        Invocation as Invocation,
    )
    from hfs_core.contracts import (
        ModelEndpoint as ModelEndpoint,
    )
    from hfs_core.contracts import (
        ModelProvider as ModelProvider,
    )
    from hfs_core.contracts import (
        Notice as Notice,
    )
    from hfs_core.contracts import (
        Operation as Operation,
    )
    from hfs_core.contracts import (
        Outcome as Outcome,
    )
    from hfs_core.contracts import (
        Param as Param,
    )
    from hfs_core.contracts import (
        Part as Part,
    )
    from hfs_core.contracts import (
        PluginContext as PluginContext,
    )
    from hfs_core.contracts import (
        Point as Point,
    )
    from hfs_core.contracts import (
        Put as Put,
    )
    from hfs_core.contracts import (
        PutBlob as PutBlob,
    )
    from hfs_core.contracts import (
        Quit as Quit,
    )
    from hfs_core.contracts import (
        Records as Records,
    )
    from hfs_core.contracts import (
        Ref as Ref,
    )
    from hfs_core.contracts import (
        Reject as Reject,
    )
    from hfs_core.contracts import (
        ReplyWriter as ReplyWriter,
    )
    from hfs_core.contracts import (
        Row as Row,
    )
    from hfs_core.contracts import (
        Send as Send,
    )
    from hfs_core.contracts import (
        Service as Service,
    )
    from hfs_core.contracts import (
        Services as Services,
    )
    from hfs_core.contracts import (
        Store as Store,
    )
    from hfs_core.contracts import (
        StoreFactory as StoreFactory,
    )
    from hfs_core.contracts import (
        SwitchTo as SwitchTo,
    )
    from hfs_core.contracts import (
        Table as Table,
    )
    from hfs_core.contracts import (
        Timeline as Timeline,
    )
    from hfs_core.contracts import (
        WidgetSpec as WidgetSpec,
    )
    from hfs_core.errors import (
        AuthenticationFailed as AuthenticationFailed,
    )
    from hfs_core.errors import (
        CapabilityDenied as CapabilityDenied,
    )
    from hfs_core.errors import (
        CommandError as CommandError,
    )
    from hfs_core.errors import (
        ConfigError as ConfigError,
    )
    from hfs_core.errors import (
        Conflict as Conflict,
    )
    from hfs_core.errors import (
        ContextTooLong as ContextTooLong,
    )
    from hfs_core.errors import (
        HfsError as HfsError,
    )
    from hfs_core.errors import (
        MessageRejected as MessageRejected,
    )
    from hfs_core.errors import (
        ModelError as ModelError,
    )
    from hfs_core.errors import (
        NoModel as NoModel,
    )
    from hfs_core.errors import (
        NotFound as NotFound,
    )
    from hfs_core.errors import (
        PluginError as PluginError,
    )
    from hfs_core.errors import (
        PluginFailed as PluginFailed,
    )
    from hfs_core.errors import (
        PluginTimeout as PluginTimeout,
    )
    from hfs_core.errors import (
        RateLimited as RateLimited,
    )
    from hfs_core.errors import (
        RequestRefused as RequestRefused,
    )
    from hfs_core.errors import (
        Retryable as Retryable,
    )
    from hfs_core.errors import (
        RunError as RunError,
    )
    from hfs_core.errors import (
        ServerFailed as ServerFailed,
    )
    from hfs_core.errors import (
        ServiceMissing as ServiceMissing,
    )
    from hfs_core.errors import (
        SessionBusy as SessionBusy,
    )
    from hfs_core.errors import (
        StoreError as StoreError,
    )
    from hfs_core.errors import (
        StoreUnavailable as StoreUnavailable,
    )
    from hfs_core.errors import (
        StoreUnusable as StoreUnusable,
    )
    from hfs_core.errors import (
        StreamBroken as StreamBroken,
    )
    from hfs_core.errors import (
        Unreachable as Unreachable,
    )
    from hfs_core.errors import (
        UsageError as UsageError,
    )
    from hfs_core.events import (
        AgentEnded as AgentEnded,
    )
    from hfs_core.events import (
        AgentStarted as AgentStarted,
    )
    from hfs_core.events import (
        CheckpointCreated as CheckpointCreated,
    )
    from hfs_core.events import (
        ErrorOccurred as ErrorOccurred,
    )
    from hfs_core.events import (
        HfsEvent as HfsEvent,
    )
    from hfs_core.events import (
        MessageAdded as MessageAdded,
    )
    from hfs_core.events import (
        MessageDelta as MessageDelta,
    )
    from hfs_core.events import (
        NegotiationClaimed as NegotiationClaimed,
    )
    from hfs_core.events import (
        NegotiationContested as NegotiationContested,
    )
    from hfs_core.events import (
        NegotiationResolved as NegotiationResolved,
    )
    from hfs_core.events import (
        PhaseEnded as PhaseEnded,
    )
    from hfs_core.events import (
        PhaseStarted as PhaseStarted,
    )
    from hfs_core.events import (
        PluginEvent as PluginEvent,
    )
    from hfs_core.events import (
        PluginStateChanged as PluginStateChanged,
    )
    from hfs_core.events import (
        RunEnded as RunEnded,
    )
    from hfs_core.events import (
        RunStarted as RunStarted,
    )
    from hfs_core.events import (
        SessionCreated as SessionCreated,
    )
    from hfs_core.events import (
        SessionDeleted as SessionDeleted,
    )
    from hfs_core.events import (
        SessionForked as SessionForked,
    )
    from hfs_core.events import (
        SessionRenamed as SessionRenamed,
    )
    from hfs_core.events import (
        SessionResumed as SessionResumed,
    )
    from hfs_core.events import (
        StoreStateChanged as StoreStateChanged,
    )
    from hfs_core.events import (
        UsageRecorded as UsageRecorded,
    )
    from hfs_core.hookspecs import (
        hookimpl as hookimpl,
    )
    from hfs_core.host import (
        Host as Host,
    )
    from hfs_core.host import (
        Settings as Settings,
    )
    from hfs_core.models import (
        EMPTY_DIGEST as EMPTY_DIGEST,
    )
    from hfs_core.models import (
        EPOCH as EPOCH,
    )
    from hfs_core.models import (
        JSON as JSON,
    )
    from hfs_core.models import (
        Delta as Delta,
    )
    from hfs_core.models import (
        Draft as Draft,
    )
    from hfs_core.models import (
        Finished as Finished,
    )
    from hfs_core.models import (
        Message as Message,
    )
    from hfs_core.models import (
        ModelInfo as ModelInfo,
    )
    from hfs_core.models import (
        Parent as Parent,
    )
    from hfs_core.models import (
        PromptMessage as PromptMessage,
    )
    from hfs_core.models import (
        Record as Record,
    )
    from hfs_core.models import (
        Request as Request,
    )
    from hfs_core.models import (
        Role as Role,
    )
    from hfs_core.models import (
        Run as Run,
    )
    from hfs_core.models import (
        Session as Session,
    )
    from hfs_core.models import (
        Status as Status,
    )
    from hfs_core.models import (
        TextDelta as TextDelta,
    )
    from hfs_core.models import (
        Usage as Usage,
    )
    from hfs_core.models import (
        UsageReport as UsageReport,
    )
    from hfs_core.models import (
        canonical_json as canonical_json,
    )
    from hfs_core.models import (
        checked_json as checked_json,
    )
    from hfs_core.models import (
        checked_text as checked_text,
    )
    from hfs_core.models import (
        from_microseconds as from_microseconds,
    )
    from hfs_core.models import (
        message_digest as message_digest,
    )
    from hfs_core.models import (
        now as now,
    )
    from hfs_core.models import (
        replace_surrogates as replace_surrogates,
    )
    from hfs_core.models import (
        to_microseconds as to_microseconds,
    )
    from hfs_core.naming import (
        CommandName as CommandName,
    )
    from hfs_core.owner import (
        Owner as Owner,
    )
    from hfs_core.paths import (
        Paths as Paths,
    )
    from hfs_core.paths import (
        make_private as make_private,
    )
    from hfs_core.plugins.registry import (
        Entry as Entry,
    )
    from hfs_core.plugins.registry import (
        PluginState as PluginState,
    )
    from hfs_core.providers import (
        Offer as Offer,
    )
    from hfs_core.state import (
        SNAPSHOT_VERSION as SNAPSHOT_VERSION,
    )
    from hfs_core.state import (
        Agent as Agent,
    )
    from hfs_core.state import (
        AgentStatus as AgentStatus,
    )
    from hfs_core.state import (
        Contest as Contest,
    )
    from hfs_core.state import (
        Negotiation as Negotiation,
    )
    from hfs_core.state import (
        Phase as Phase,
    )
    from hfs_core.state import (
        RunSnapshot as RunSnapshot,
    )
    from hfs_core.state import (
        Section as Section,
    )
    from hfs_core.state import (
        StateManager as StateManager,
    )
    from hfs_core.state import (
        Triad as Triad,
    )
    from hfs_core.state import (
        UsageTotals as UsageTotals,
    )
    from hfs_core.state import (
        reduce as reduce,
    )

API_VERSION = "1.0"
"""The version of the hooks and of everything here, apart from the version of HFS."""

_HOMES: dict[str, tuple[str, ...]] = {
    "hfs_core.bus": (
        "EventBus",
        "Subscription",
    ),
    "hfs_core.commands": (
        "Parameter",
        "parameters",
        "split",
    ),
    "hfs_core.config": ("UserConfig",),
    "hfs_core.contracts": (
        "Action",
        "Append",
        "Change",
        "Column",
        "Command",
        "CommandResult",
        "Connection",
        "Copy",
        "Create",
        "Delete",
        "Diagnosable",
        "Document",
        "Effect",
        "Fork",
        "Invocation",
        "MODEL_ENDPOINT",
        "ModelEndpoint",
        "ModelProvider",
        "Notice",
        "Operation",
        "Outcome",
        "Param",
        "Part",
        "PluginContext",
        "Point",
        "Put",
        "PutBlob",
        "Quit",
        "Records",
        "Ref",
        "Reject",
        "ReplyWriter",
        "Row",
        "STORE",
        "Send",
        "Service",
        "Services",
        "Store",
        "StoreFactory",
        "SwitchTo",
        "Table",
        "Timeline",
        "WidgetSpec",
    ),
    "hfs_core.errors": (
        "AuthenticationFailed",
        "CapabilityDenied",
        "CommandError",
        "ConfigError",
        "Conflict",
        "ContextTooLong",
        "HfsError",
        "MessageRejected",
        "ModelError",
        "NoModel",
        "NotFound",
        "PluginError",
        "PluginFailed",
        "PluginTimeout",
        "RateLimited",
        "RequestRefused",
        "Retryable",
        "RunError",
        "ServerFailed",
        "ServiceMissing",
        "SessionBusy",
        "StoreError",
        "StoreUnavailable",
        "StoreUnusable",
        "StreamBroken",
        "Unreachable",
        "UsageError",
    ),
    "hfs_core.events": (
        "AgentEnded",
        "AgentStarted",
        "CheckpointCreated",
        "ErrorOccurred",
        "HfsEvent",
        "MessageAdded",
        "MessageDelta",
        "NegotiationClaimed",
        "NegotiationContested",
        "NegotiationResolved",
        "PhaseEnded",
        "PhaseStarted",
        "PluginEvent",
        "PluginStateChanged",
        "RunEnded",
        "RunStarted",
        "SessionCreated",
        "SessionDeleted",
        "SessionForked",
        "SessionRenamed",
        "SessionResumed",
        "StoreStateChanged",
        "UsageRecorded",
    ),
    "hfs_core.hookspecs": ("hookimpl",),
    "hfs_core.host": (
        "Host",
        "Settings",
    ),
    "hfs_core.models": (
        "Delta",
        "Draft",
        "EMPTY_DIGEST",
        "EPOCH",
        "Finished",
        "JSON",
        "Message",
        "ModelInfo",
        "Parent",
        "PromptMessage",
        "Record",
        "Request",
        "Role",
        "Run",
        "Session",
        "Status",
        "TextDelta",
        "Usage",
        "UsageReport",
        "canonical_json",
        "checked_json",
        "checked_text",
        "from_microseconds",
        "message_digest",
        "now",
        "replace_surrogates",
        "to_microseconds",
    ),
    "hfs_core.naming": ("CommandName",),
    "hfs_core.owner": ("Owner",),
    "hfs_core.paths": (
        "Paths",
        "make_private",
    ),
    "hfs_core.plugins.registry": (
        "Entry",
        "PluginState",
    ),
    "hfs_core.providers": ("Offer",),
    "hfs_core.state": (
        "Agent",
        "AgentStatus",
        "Contest",
        "Negotiation",
        "Phase",
        "RunSnapshot",
        "SNAPSHOT_VERSION",
        "Section",
        "StateManager",
        "Triad",
        "UsageTotals",
        "reduce",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "API_VERSION",
    "EMPTY_DIGEST",
    "EPOCH",
    "JSON",
    "MODEL_ENDPOINT",
    "SNAPSHOT_VERSION",
    "STORE",
    "Action",
    "Agent",
    "AgentEnded",
    "AgentStarted",
    "AgentStatus",
    "Append",
    "AuthenticationFailed",
    "CapabilityDenied",
    "Change",
    "CheckpointCreated",
    "Column",
    "Command",
    "CommandError",
    "CommandName",
    "CommandResult",
    "ConfigError",
    "Conflict",
    "Connection",
    "Contest",
    "ContextTooLong",
    "Copy",
    "Create",
    "Delete",
    "Delta",
    "Diagnosable",
    "Document",
    "Draft",
    "Effect",
    "Entry",
    "ErrorOccurred",
    "EventBus",
    "Finished",
    "Fork",
    "HfsError",
    "HfsEvent",
    "Host",
    "Invocation",
    "Message",
    "MessageAdded",
    "MessageDelta",
    "MessageRejected",
    "ModelEndpoint",
    "ModelError",
    "ModelInfo",
    "ModelProvider",
    "Negotiation",
    "NegotiationClaimed",
    "NegotiationContested",
    "NegotiationResolved",
    "NoModel",
    "NotFound",
    "Notice",
    "Offer",
    "Operation",
    "Outcome",
    "Owner",
    "Param",
    "Parameter",
    "Parent",
    "Part",
    "Paths",
    "Phase",
    "PhaseEnded",
    "PhaseStarted",
    "PluginContext",
    "PluginError",
    "PluginEvent",
    "PluginFailed",
    "PluginState",
    "PluginStateChanged",
    "PluginTimeout",
    "Point",
    "PromptMessage",
    "Put",
    "PutBlob",
    "Quit",
    "RateLimited",
    "Record",
    "Records",
    "Ref",
    "Reject",
    "ReplyWriter",
    "Request",
    "RequestRefused",
    "Retryable",
    "Role",
    "Row",
    "Run",
    "RunEnded",
    "RunError",
    "RunSnapshot",
    "RunStarted",
    "Section",
    "Send",
    "ServerFailed",
    "Service",
    "ServiceMissing",
    "Services",
    "Session",
    "SessionBusy",
    "SessionCreated",
    "SessionDeleted",
    "SessionForked",
    "SessionRenamed",
    "SessionResumed",
    "Settings",
    "StateManager",
    "Status",
    "Store",
    "StoreError",
    "StoreFactory",
    "StoreStateChanged",
    "StoreUnavailable",
    "StoreUnusable",
    "StreamBroken",
    "Subscription",
    "SwitchTo",
    "Table",
    "TextDelta",
    "Timeline",
    "Triad",
    "Unreachable",
    "Usage",
    "UsageError",
    "UsageRecorded",
    "UsageReport",
    "UsageTotals",
    "UserConfig",
    "WidgetSpec",
    "canonical_json",
    "checked_json",
    "checked_text",
    "from_microseconds",
    "hookimpl",
    "make_private",
    "message_digest",
    "now",
    "parameters",
    "reduce",
    "replace_surrogates",
    "split",
    "to_microseconds",
]


def __getattr__(name: str) -> object:
    try:
        module = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
