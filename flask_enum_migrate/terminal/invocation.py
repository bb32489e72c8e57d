"""The command that runs, as somebody typed it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from collections.abc import Sequence

import click
from click.core import ParameterSource

from ..app.driver_errors import masked
from ..core.errors import typed

_SECRET = {"server", "x_arg"}
"""Options whose value may hold a password, which is never printed."""


def command(more: Sequence[str]) -> str:
    """Return the command that runs with its options, and some more, ready to paste.

    :param more: options with their values. A ``--map`` takes the place of a ``--map-null``, which
        didn't help.
    """
    context = click.get_current_context()
    mapped = [label.partition("=")[0] for label in _values("--map", more)]
    given = [*_options(context)]
    for label in _values("--map-null", [*given]):
        if any(_same(label, other) for other in mapped):
            given.remove(typed("--map-null", label))
    return " ".join([_path(context), *given, *more])


def _values(option: str, options: Sequence[str]) -> Iterator[str]:
    for one in options:
        name, _, value = one.partition(" ")
        if name == option:
            yield from shlex.split(value)


def _same(one: str, other: str) -> bool:
    """Return whether two values name the same label, one of them perhaps with its type."""
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")


def _path(context: click.Context) -> str:
    """Return the names of the command and its groups, without the options of ``flask`` itself."""
    names: list[str] = []
    one: click.Context | None = context
    while one is not None and one.parent is not None:
        names.insert(0, one.info_name or "")
        one = one.parent
    return " ".join(["flask", *names])


def _options(context: click.Context) -> Iterator[str]:
    for param in context.command.params:
        given = context.get_parameter_source(param.name or "")
        if not isinstance(param, click.Option) or given is not ParameterSource.COMMANDLINE:
            continue
        value, name = context.params[param.name or ""], max(param.opts, key=len)
        if param.is_flag:
            yield name if value else param.secondary_opts[0]
            continue
        secret = param.name in _SECRET
        for one in map(str, value if param.multiple else [value]):
            yield typed(name, masked(one) if secret else one)
