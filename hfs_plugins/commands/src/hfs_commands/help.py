"""`/help`: the commands and keys that there are, from what is installed."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from hfs_core.api import (
    Column,
    Command,
    CommandName,
    CommandResult,
    Document,
    Invocation,
    Param,
    Parameter,
    Part,
    Row,
    Table,
    parameters,
)

COMMANDS = (Column("command", "Command"), Column("summary", "Does"), Column("plugin"), Column("chat_only"))
PARAMETERS = (Column("parameter", "Parameter"), Column("help", "Is"), Column("values", "Values"))
KEYS = (Column("key", "Key"), Column("does", "Does"))


async def show_help(
    invocation: Invocation,
    command: Annotated[str, Param("the one to tell more about", complete="command")] = "",
) -> CommandResult:
    """Tell which commands there are, or how one of them is used."""
    if command:
        name = command.removeprefix("/")
        return CommandResult(_usage(name, await invocation.host.commands.get(name)))
    names = sorted(invocation.host.commands.names(), key=lambda each: (each.plugin, each.name))
    groups = [
        Table(COMMANDS, tuple(_row(name, is_shell=not invocation.keys) for name in group), title=plugin)
        for plugin, group in groupby(names, key=lambda each: each.plugin)
    ]
    keys = Table(KEYS, tuple(Row({"key": key, "does": does}) for key, does in invocation.keys), title="Keys")
    more = (
        "More about one: /help NAME. In the shell /name is `hfs name`; `hfs --help` tells what else there is."
    )
    return CommandResult((*groups, *([keys] if keys.rows else []), Document(more, "text")))


def _row(name: CommandName, *, is_shell: bool) -> Row:
    values = {
        "command": f"/{name.name}",
        "summary": name.summary,
        "plugin": name.plugin,
        "chat_only": name.is_chat_only,
    }
    is_elsewhere = is_shell and name.is_chat_only
    shown = {"summary": f"{name.summary} (only in the chat)"} if is_elsewhere else {}
    return Row(values, shown=shown)


def _usage(name: str, command: Command) -> tuple[Part, ...]:
    known = parameters(command)
    usage = " ".join((name, *map(_placeholder, known)))
    where = {"chat": f"/{usage}", "shell": f"hfs {usage}"}
    lines = [command.summary, "", *(f"    {where[surface]}" for surface in command.surfaces)]
    if command.key:
        lines += ["", f"Key: {command.key}"]
    table = Table(PARAMETERS, tuple(map(_parameter_row, known)))
    return (Document("\n".join(lines), "text"), *([table] if known else []))


def _placeholder(parameter: Parameter) -> str:
    word = "|".join(parameter.choices) if parameter.choices else parameter.name.upper().replace("_", "-")
    if parameter.is_option:
        flag = _flag(parameter)
        word = flag if parameter.type is bool else f"{flag} {word}"
    elif parameter.takes_rest:
        return f"[{word} ...]"
    return word if parameter.is_required else f"[{word}]"


def _flag(parameter: Parameter) -> str:
    return "--" + parameter.name.replace("_", "-")


def _parameter_row(parameter: Parameter) -> Row:
    name = _flag(parameter) if parameter.is_option else parameter.name.upper().replace("_", "-")
    says = ", ".join(parameter.choices)
    if parameter.default not in (None, "", False):
        says = f"{says}; {parameter.default} if not said".removeprefix("; ")
    return Row({"parameter": name, "help": parameter.param.help, "values": says})
