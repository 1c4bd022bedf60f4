"""The plugin: offers the local endpoint to whoever speaks the OpenAI dialect, and the command `models`."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_core.api import MODEL_ENDPOINT, Command, PluginContext, hookimpl
from hfs_local_model.commands import ModelsCommand
from hfs_local_model.server import LocalEndpoint
from hfs_local_model.settings import Settings
from hfs_local_model.weights import Weights


class LocalModelPlugin:
    """A language model on the person's own machine: nothing is started before it is asked."""

    Settings = Settings

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Offer the endpoint."""
        settings: Settings = context.settings
        weights = Weights(context.paths.models)
        self._command = ModelsCommand(weights, settings.models)
        endpoint = LocalEndpoint(
            weights,
            context.paths.logs / "local_model.log",
            context=settings.context,
            threads=settings.threads,
            own=settings.models,
        )
        context.services.provide(MODEL_ENDPOINT, endpoint)
        context.on_unload(endpoint.close)

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare `models`."""
        return [self._command.declare()]
