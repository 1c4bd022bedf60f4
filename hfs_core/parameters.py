"""The parameters of commands: read off their handlers' signatures, and their values read off what was written."""

from __future__ import annotations

import inspect
import shlex
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hfs_core.contracts import Command, Param
from hfs_core.errors import CommandError, UsageError
from hfs_core.isolation import describe

if TYPE_CHECKING:
    import click


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command, read off its handler's signature; `plugin` is whose command it is."""

    name: str
    type: Any
    choices: tuple[str, ...]
    default: Any
    is_required: bool
    is_option: bool
    takes_rest: bool
    param: Param
    plugin: str = ""


def split(line: str) -> list[str]:
    """Return the words of a command line; quotes are shell quotes, a lone apostrophe is itself."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def parameters(command: Command) -> list[Parameter]:
    """Return a command's parameters, from the signature of its handler, the invocation left out.

    Raises:
        CommandError: the signature names types that are not there.
    """
    try:
        hints = get_type_hints(command.handler, include_extras=True)
        signature = inspect.signature(command.handler)
    except Exception as error:  # evaluating annotations runs the plugin's code
        raise CommandError(f"the parameters of /{command.name} cannot be read: {describe(error)}") from error
    return [
        _parameter(parameter, hints.get(parameter.name, str), command.plugin)
        for parameter in list(signature.parameters.values())[1:]
    ]


def _parameter(parameter: inspect.Parameter, hint: Any, plugin: str) -> Parameter:
    param = Param()
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        param = next((extra for extra in extras if isinstance(extra, Param)), param)
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    choices = tuple(map(str, get_args(hint))) if get_origin(hint) is Literal else ()
    is_required = parameter.default is inspect.Parameter.empty
    return Parameter(
        name=parameter.name,
        type=str if choices else hint,
        choices=choices,
        default=None if is_required else parameter.default,
        is_required=is_required,
        is_option=parameter.kind is inspect.Parameter.KEYWORD_ONLY,
        takes_rest=parameter.kind is inspect.Parameter.VAR_POSITIONAL,
        param=param,
        plugin=plugin,
    )


def click_parameters(command: Command) -> list[click.Parameter]:
    """Return a command's parameters as click's, which parses them for every surface."""
    import click

    made: list[click.Parameter] = []
    for parameter in parameters(command):
        kind = click.Choice(parameter.choices) if parameter.choices else parameter.type
        default = {} if parameter.is_required else {"default": parameter.default}
        if parameter.is_option:
            flag = "--" + parameter.name.replace("_", "-")
            made.append(
                click.Option(
                    [flag, parameter.name],
                    type=kind,
                    is_flag=parameter.type is bool,
                    required=parameter.is_required,
                    help=parameter.param.help,
                    **default,
                )
            )
        elif parameter.takes_rest:
            made.append(click.Argument([parameter.name], type=kind, nargs=-1))
        else:
            made.append(
                click.Argument([parameter.name], type=kind, required=parameter.is_required, **default)
            )
    return made


def parse(command: Command, words: Sequence[str]) -> dict[str, Any]:
    """Return the values of a command's parameters; raises UsageError that shows how it is used."""
    import click

    parser = click.Command(command.name, params=click_parameters(command), add_help_option=False)
    try:
        context = parser.make_context(f"/{command.name}", list(words))
    except click.ClickException as error:
        usage = error.ctx.get_usage() if isinstance(error, click.UsageError) and error.ctx else ""
        raise UsageError(f"{error.format_message()} {usage}".strip()) from error
    return dict(context.params)
