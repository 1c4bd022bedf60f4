"""The front door: every name that a plugin may import.

Names are resolved when first asked for, so that importing one does not pay for the others. What is here stays:
within one major version of the API it only grows.
"""

# ruff: noqa: F403, F405 # the star imports are for type checkers alone; `__all__` says what they mean
from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfs_core.bus import *
    from hfs_core.cache import *
    from hfs_core.completing import *
    from hfs_core.config import *
    from hfs_core.contracts import *
    from hfs_core.errors import *
    from hfs_core.events import *
    from hfs_core.excerpts import *
    from hfs_core.hookspecs import *
    from hfs_core.host import *
    from hfs_core.models import *
    from hfs_core.naming import *
    from hfs_core.owner import *
    from hfs_core.parameters import *
    from hfs_core.paths import *
    from hfs_core.plugins.capabilities import *
    from hfs_core.plugins.consent import *
    from hfs_core.plugins.deciding import *
    from hfs_core.plugins.info import *
    from hfs_core.plugins.invisible import *
    from hfs_core.plugins.judgement import *
    from hfs_core.plugins.settings import *
    from hfs_core.plugins.states import *
    from hfs_core.plugins.tree import *
    from hfs_core.providers import *
    from hfs_core.reply import *
    from hfs_core.state import *
    from hfs_core.widgets import *

_NAMES = {
    "hfs_core.bus": "EventBus Subscription",
    "hfs_core.cache": "read_cache write_cache",
    "hfs_core.parameters": "Parameter parameters split",
    "hfs_core.completing": "Completions complete",
    "hfs_core.config": "UserConfig",
    "hfs_core.contracts": """
        Action Append Change Column Command CommandResult Completer Completion Connection Copy Create Decide Delete
        Diagnosable Document Effect Fork Invocation MODEL_ENDPOINT ModelEndpoint ModelProvider Notice Operation
        Outcome Param Part PluginContext Point Put PutBlob Quit RawWidget Records Ref Reject ReplyWriter Row STATE STORE
        Send Service Services Store StoreFactory SwitchTo Table Timeline UseModel
        WidgetSpec ARRIVING CHECKPOINTS EXPORT_FORMAT IMPORT_FORMAT TRAVELLER Checkpoints ExportFormat ImportFormat
        Incoming Note Outgoing SourcePart Traveller Write
    """,
    "hfs_core.errors": """
        AuthenticationFailed CapabilityDenied CommandError ConfigError Conflict ContextTooLong HfsError
        MessageRejected ModelError NoModel NotFound PluginError PluginFailed PluginTimeout ProtectedPlace RateLimited
        RequestRefused Retryable RunError ServerFailed ServiceMissing SessionBusy StoreError
        StoreUnavailable StoreUnusable StreamBroken Undeclared Unreachable UsageError
    """,
    "hfs_core.events": """
        AgentEnded AgentStarted CheckpointCreated CheckpointRequested ErrorOccurred HfsEvent MessageAdded MessageDelta
        NegotiationClaimed NegotiationContested NegotiationResolved PhaseEnded PhaseStarted PluginEvent
        PluginReloaded PluginStateChanged RunEnded RunStarted SessionCreated SessionDeleted SessionForked
        SessionPurged SessionRenamed SessionRestored SessionResumed SettingChanged StoreStateChanged
        UsageRecorded
    """,
    "hfs_core.excerpts": "excerpt",
    "hfs_core.hookspecs": "hookimpl",
    "hfs_core.host": "Host Settings",
    "hfs_core.models": """
        Delta Draft EMPTY_DIGEST EPOCH Finished JSON Message ModelInfo Parent PromptMessage Record
        Request Role Run Session Status TextDelta Usage UsageReport canonical_json checked_json
        checked_text from_microseconds message_digest now replace_surrogates to_microseconds
    """,
    "hfs_core.naming": "CommandName",
    "hfs_core.owner": "Owner",
    "hfs_core.paths": "Paths make_private",
    "hfs_core.plugins.capabilities": "CAPABILITIES Capability Grants",
    "hfs_core.plugins.consent": """
        Asked CONSENT_LETS CONSENT_SAYS CONSENT_SENTENCE ConsentQuestion consent_lines
    """,
    "hfs_core.plugins.deciding": "Deciding",
    "hfs_core.plugins.info": "API_VERSION PluginInfo",
    "hfs_core.plugins.invisible": "Hidden",
    "hfs_core.plugins.states": "Entry PluginState",
    "hfs_core.plugins.settings": "PluginSetting PluginSettings",
    "hfs_core.plugins.tree": "Difference",
    "hfs_core.plugins.judgement": "Standing",
    "hfs_core.providers": "Offer",
    "hfs_core.reply": "Reply",
    "hfs_core.state": """
        Agent AgentStatus Contest Negotiation Phase RunSnapshot SNAPSHOT_VERSION Section StateManager
        Triad UsageTotals reduce
    """,
    "hfs_core.widgets": "LiveRawWidget LiveWidget live_widgets",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "API_VERSION",
    "ARRIVING",
    "CAPABILITIES",
    "CHECKPOINTS",
    "CONSENT_LETS",
    "CONSENT_SAYS",
    "CONSENT_SENTENCE",
    "EMPTY_DIGEST",
    "EPOCH",
    "EXPORT_FORMAT",
    "IMPORT_FORMAT",
    "JSON",
    "MODEL_ENDPOINT",
    "SNAPSHOT_VERSION",
    "STATE",
    "STORE",
    "TRAVELLER",
    "Action",
    "Agent",
    "AgentEnded",
    "AgentStarted",
    "AgentStatus",
    "Append",
    "Asked",
    "AuthenticationFailed",
    "Capability",
    "CapabilityDenied",
    "Change",
    "CheckpointCreated",
    "CheckpointRequested",
    "Checkpoints",
    "Column",
    "Command",
    "CommandError",
    "CommandName",
    "CommandResult",
    "Completer",
    "Completion",
    "Completions",
    "ConfigError",
    "Conflict",
    "Connection",
    "ConsentQuestion",
    "Contest",
    "ContextTooLong",
    "Copy",
    "Create",
    "Decide",
    "Deciding",
    "Delete",
    "Delta",
    "Diagnosable",
    "Difference",
    "Document",
    "Draft",
    "Effect",
    "Entry",
    "ErrorOccurred",
    "EventBus",
    "ExportFormat",
    "Finished",
    "Fork",
    "Grants",
    "HfsError",
    "HfsEvent",
    "Hidden",
    "Host",
    "ImportFormat",
    "Incoming",
    "Invocation",
    "LiveRawWidget",
    "LiveWidget",
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
    "Note",
    "Notice",
    "Offer",
    "Operation",
    "Outcome",
    "Outgoing",
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
    "PluginInfo",
    "PluginReloaded",
    "PluginSetting",
    "PluginSettings",
    "PluginState",
    "PluginStateChanged",
    "PluginTimeout",
    "Point",
    "PromptMessage",
    "ProtectedPlace",
    "Put",
    "PutBlob",
    "Quit",
    "RateLimited",
    "RawWidget",
    "Record",
    "Records",
    "Ref",
    "Reject",
    "Reply",
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
    "SessionPurged",
    "SessionRenamed",
    "SessionRestored",
    "SessionResumed",
    "SettingChanged",
    "Settings",
    "SourcePart",
    "Standing",
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
    "Traveller",
    "Triad",
    "Undeclared",
    "Unreachable",
    "Usage",
    "UsageError",
    "UsageRecorded",
    "UsageReport",
    "UsageTotals",
    "UseModel",
    "UserConfig",
    "WidgetSpec",
    "Write",
    "canonical_json",
    "checked_json",
    "checked_text",
    "complete",
    "consent_lines",
    "excerpt",
    "from_microseconds",
    "hookimpl",
    "live_widgets",
    "make_private",
    "message_digest",
    "now",
    "parameters",
    "read_cache",
    "reduce",
    "replace_surrogates",
    "split",
    "to_microseconds",
    "write_cache",
]


def __getattr__(name: str) -> object:
    try:
        module = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
