"""The plugin: two looks at what is said, one before it is kept and one before the model sees it."""

from __future__ import annotations

import re
from dataclasses import replace

from hfs_core.api import Draft, PluginContext, Reject, Request, Role, hookimpl

from .settings import EMAIL, Settings


class RedactorPlugin:
    """Replaces, or refuses, what is not to leave this computer.

    Its manifest says `on_failure: block`: where it fails, a message is not sent, rather than sent as it is.
    """

    Settings = Settings

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Read the settings; HFS has checked them."""
        settings: Settings = context.settings
        # Addresses first: a rule for a name would leave half of one behind.
        rules = {**({EMAIL: "[e-mail]"} if settings.emails else {}), **settings.replace}
        self._rules = [(re.compile(pattern), word) for pattern, word in rules.items()]
        self._refused = [re.compile(pattern) for pattern in settings.refuse]
        self._keeps = settings.keep

    @hookimpl
    def on_message(self, message: Draft) -> Draft | Reject | None:
        """Refuse a message, or change it before it is kept; None lets it be."""
        if message.role == Role.USER:
            for pattern in self._refused:
                if pattern.search(message.content):
                    return Reject(
                        f"it holds what your setting plugins.redactor.refuse forbids: {pattern.pattern}"
                    )
        if not self._keeps:
            return None
        return replace(message, content=self._redacted(message.content))

    @hookimpl
    def before_send(self, request: Request) -> Request:
        """Change what the model will see: the whole conversation, each time; what is kept stays as it is."""
        messages = tuple(
            replace(message, content=self._redacted(message.content)) for message in request.messages
        )
        return replace(request, messages=messages)

    def _redacted(self, text: str) -> str:
        for pattern, word in self._rules:
            text = pattern.sub(word.replace("\\", r"\\"), text)
        return text
