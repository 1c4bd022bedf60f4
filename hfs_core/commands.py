"""Commands: known from manifests without importing anybody, parsed and run the same on every surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from hfs_core.contracts import Command, CommandResult, Effect, Invocation, Part
from hfs_core.dispatch import Dispatcher
from hfs_core.errors import CommandError, HfsError, PluginFailed, UsageError
from hfs_core.isolation import PluginHang, Raised, blamed, describe, unhurried
from hfs_core.naming import CommandName, names_of, nearest
from hfs_core.parameters import parameters, parse, split
from hfs_core.plugins.loader import Loader
from hfs_core.plugins.registry import Registry

if TYPE_CHECKING:
    from hfs_core.host import Host


class Porter(Protocol):
    """What commands ask of whoever knows what plugins were granted."""

    def runs(self, plugin: str) -> None:
        """Hear that a command of a plugin runs."""

    def seen_by(self, plugin: str, host: Host) -> Host:
        """Return HFS as a plugin sees it, which lets through what it was granted."""

    def check(self, plugin: str, effect: Effect) -> None:
        """Raise CapabilityDenied for an effect that a plugin was not granted."""


class Commands:
    """The commands of all plugins."""

    def __init__(
        self,
        registry: Registry,
        loader: Loader,
        dispatcher: Dispatcher,
        porter: Porter,
    ):
        self._registry = registry
        self._loader = loader
        self._dispatcher = dispatcher
        self._porter = porter
        self._provided: dict[str, dict[str, Command]] = {}

    def names(self) -> list[CommandName]:
        """Return every command that can be called, by name; imports nothing."""
        declared, chat_only = [], {}
        for entry in self._registry.usable():
            commands, chat_only[entry.info.name] = entry.info.commands, entry.info.chat_only
            if not entry.info.lists:
                known = self._provided.get(entry.info.name, {}).values()
                commands = tuple((command.name, command.summary) for command in known)
                chat_only[entry.info.name] = tuple(c.name for c in known if "shell" not in c.surfaces)
            declared.append((entry.info.name, commands))
        return names_of(declared, chat_only)

    def wanted_keys(self) -> list[tuple[str, CommandName]]:
        """Return the keys that commands name, in their manifests or, once their plugin is loaded, in code."""
        wanted = {entry.info.name: dict(entry.info.keys) for entry in self._registry.usable()}
        for plugin, commands in self._provided.items():
            wanted.setdefault(plugin, {}).update(
                {each.name: each.key for each in commands.values() if each.key}
            )
        return [
            (key, name) for name in self.names() if (key := wanted.get(name.plugin, {}).get(name.own_name))
        ]

    async def get(self, name: str) -> Command:
        """Load a command; raises CommandError that names the nearest ones, or says why its plugin is not in use."""
        known = {command.name: command for command in self.names()}
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean {', '.join(f'/{other}' for other in near)}?" if near else ""
            kept = self._registry.who_keeps(name)
            raise CommandError(f"Unknown command: `/{name}`{f'; {kept}' if kept else hint}")
        plugin = known[name].plugin
        commands = await self.provided(plugin)
        try:
            return commands[known[name].own_name]
        except KeyError:
            entry = self._registry.entries[plugin]
            reason = entry.reason or "it does not provide the command that its manifest lists"
            raise CommandError(
                f"/{name} is not to be had: plugin {plugin} is {entry.state}: {reason}"
            ) from None

    async def learn_unlisted(self) -> None:
        """Ask the active plugins whose manifest lists nothing for their commands, which nobody else can tell."""
        for entry in self._registry.usable():
            if entry.is_active and not entry.info.lists:
                await self.provided(entry.info.name)

    async def provided(self, plugin: str) -> dict[str, Command]:
        """Load a plugin's commands; none if it fails, which its state tells."""
        if plugin not in self._provided:
            if not await self._loader.load(plugin):
                return {}
            try:
                provided = await self._dispatcher.call_plugin(plugin, "provide_commands")
            except PluginFailed:
                return {}
            declared = await self._declared_ones(plugin, provided)
            return self._provided.setdefault(
                plugin, declared
            )  # of two who ask at once, both get the same ones
        return self._provided[plugin]

    def forget(self, plugin: str) -> None:
        """Ask a plugin again next time: it was loaded anew."""
        self._provided.pop(plugin, None)

    async def run(self, line: str, invocation: Invocation) -> CommandResult:
        """Run a command line such as `rename "my plans"`, its slash left out.

        Raises:
            UsageError: the line does not fit the command.
            CommandError: there is no such command, or it failed.
        """
        words = split(line)
        if not words:
            raise UsageError("write a command after the slash, such as /help")
        command = await self.get(words[0])
        return await self.call(command, parse(command, words[1:]), invocation)

    async def call(self, command: Command, values: dict[str, Any], invocation: Invocation) -> CommandResult:
        """Run a command with values that were parsed.

        Raises:
            CommandError: its handler fails, or the command is none of those that its plugin provides: who makes one in
                another plugin's name gets nothing of what that plugin may do.
        """
        self._check_origin(command)
        positional: list[Any] = []
        named = dict(values)
        for parameter in parameters(command):
            if parameter.takes_rest:
                positional = [named.pop(other.name) for other in parameters(command) if not other.is_option]
                positional = [*positional[:-1], *positional[-1]]
        seen = self.seen(command.plugin, invocation)
        if command.plugin:
            self._porter.runs(command.plugin)
        handling = _handled(command, seen, positional, named)
        result = await unhurried(command.plugin, f"/{command.name}", handling)
        self._dispatcher.commons.check(command.plugin, is_seldom=True)
        if isinstance(result, Raised):
            error = result.error
            if isinstance(error, HfsError):
                raise error
            if isinstance(error, BrokenPipeError) and invocation.out is not None:
                raise error  # whoever read standard output has enough
            raise self._failure(command, error) from error
        if command.plugin:
            self._registry.succeeded(command.plugin, f"/{command.name}")
        answer: CommandResult = result
        if command.plugin:
            for effect in answer.effects:
                self._porter.check(command.plugin, effect)
        return answer

    def _check_origin(self, command: Command) -> None:
        known = self._provided.get(command.plugin, {}).get(command.name)
        if command.plugin and known is not command:
            raise CommandError(f"/{command.name} is no command of plugin {command.plugin}, as it is now")

    def _failure(self, command: Command, error: BaseException) -> CommandError:
        """Return what to tell of a command that failed; its plugin keeps the traceback."""
        name = f"/{command.name}"
        if command.plugin:
            self._registry.noted(blamed(command.plugin, name, error))
        if isinstance(error, PluginHang):
            return CommandError(f"{name} was stopped: {error}")
        verb = "tried to end HFS" if isinstance(error, SystemExit | KeyboardInterrupt) else "failed"
        return CommandError(f"{name} {verb}: {describe(error)}")

    def seen(self, plugin: str, invocation: Invocation) -> Invocation:
        """Return the circumstances of a call as a plugin sees them: its host lets through what it was granted."""
        if not plugin:
            return invocation
        return replace(invocation, host=self._porter.seen_by(plugin, invocation.host))

    async def _declared_ones(self, plugin: str, provided: Any) -> dict[str, Command]:
        entry = self._registry.entries[plugin]
        declared = {name for name, _ in entry.info.commands}
        given = await self._dispatcher.sifted(plugin, "provide_commands", "Command", provided, _is_command)
        undeclared = [command.name for command in given if entry.info.lists and command.name not in declared]
        if undeclared:
            what = f"the command{'s' if len(undeclared) > 1 else ''} {', '.join(undeclared)}"
            await self._loader.refuse(plugin, f"its manifest does not list {what}, which it provides")
            return {}
        return {command.name: replace(command, plugin=plugin) for command in given}


def _is_command(item: Any) -> bool:
    return isinstance(item, Command)


async def _handled(
    command: Command, invocation: Invocation, positional: Sequence[Any], named: dict[str, Any]
) -> CommandResult:
    result = await command.handler(invocation, *positional, **named)
    # Here, where the plugin's code is isolated: to look at what it gave may run more of it.
    if not isinstance(result, CommandResult):
        raise CommandError(f"/{command.name} answered with a {type(result).__name__}, not a CommandResult")
    for item in (*result.parts, *result.effects):
        if not isinstance(item, Part | Effect):
            raise CommandError(
                f"/{command.name} answered with a {type(item).__name__}, which cannot be shown"
            )
    return result
