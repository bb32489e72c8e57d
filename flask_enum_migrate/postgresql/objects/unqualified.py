"""Leave one schema out of what was read of an object, for revisions that suit many schemas. Pure.

PostgreSQL leaves the schemas of its search path out of expressions. Out of the head of a
definition, and out of names that are parts of their own, it has to be taken here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from dataclasses import is_dataclass
from dataclasses import replace
from typing import TypeVar

from ...core.schema import Name
from ..sql import quoting
from .base import About
from .base import Defined
from .base import Dependent

_NAMED = r'(?:"(?:[^"]|"")+"|[\w$]+)'
T = TypeVar("T")


def leave_out(schema: str, dependent: Dependent) -> Dependent:
    """Return an object with names that don't mention a schema.

    :param dependent: an object read with only that schema in the search path.
    """
    about = dependent.about
    quoted = f"{quoting.identifier(schema)}."
    about = replace(
        about,
        names=tuple(one.removeprefix(quoted) for one in _without(schema, about)),
        arguments=tuple(one.removeprefix(quoted) for one in about.arguments),
    )
    state = dependent.state.replace(quoted, "")
    found = _without_head(replace(stripped(schema, dependent), about=about, state=state), quoted)
    mentioned = re.compile(rf'(?<![\w"]){re.escape(quoted)}')
    if not found.problem and any(map(mentioned.search, _texts(found))):
        why = f"its text names the schema {schema!r}, which ENUM_MIGRATE_QUALIFY = False leaves out"
        return replace(found, refused=why)
    return found


def _without(schema: str, about: About) -> tuple[str, ...]:
    """Return an address in which the schema is empty."""
    place = 1 if about.kind.startswith("operator ") else 0  # the access method comes first there
    if len(about.names) <= place + 1 or about.names[place] != schema:
        return about.names
    return (*about.names[:place], "", *about.names[place + 1 :])


def _without_head(dependent: Dependent, quoted: str) -> Dependent:
    """Return an object whose definition doesn't begin with its schema."""
    if not isinstance(dependent, Defined):
        return dependent
    definition = dependent.definition
    start = re.match(dependent.head.replace("{named}", _NAMED), definition)
    if not start or not definition.startswith(quoted, start.end()):
        return dependent
    rest = definition[start.end() + len(quoted) :]
    return replace(dependent, definition=start.group() + rest)


def stripped(schema: str, value: T) -> T:
    """Return a value in which no name has the schema."""
    if isinstance(value, Name):
        return replace(value, schema="") if value.schema == schema else value
    if isinstance(value, tuple):
        return type(value)(stripped(schema, item) for item in value)
    if is_dataclass(value) and not isinstance(value, type | About):
        own = {field.name: stripped(schema, getattr(value, field.name)) for field in fields(value)}
        return replace(value, **own)
    return value


def _texts(value: object) -> Iterator[str]:
    """Yield all texts in an object but what is said of any object."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from _texts(tuple(value.values()))
    elif is_dataclass(value) and not isinstance(value, type | About | Name):
        for field in fields(value):
            item = getattr(value, field.name)
            yield from () if isinstance(item, Dependent) else _texts(item)
