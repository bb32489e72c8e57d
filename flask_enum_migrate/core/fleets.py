"""Tenants: what is the same in many schemas is said once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import TypeVar

from .wording import some

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fleet:
    """The schemas of tenants, by bind: where env.py looks into several of one database."""

    schemas: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, looks: Iterable[tuple[str, str]]) -> Fleet:
        """Return the fleet of some looks.

        :param looks: the bind and the default schema of each.
        """
        found: dict[str, set[str]] = defaultdict(set)
        for bind, schema in looks:
            found[bind].add(schema)
        return cls({bind: frozenset(own) for bind, own in found.items() if len(own) > 1})

    def tenant(self, bind: str | None, schema: str) -> str:
        """Return a schema if it is a tenant's, else ``""``.

        :param bind: where it is, or None where that isn't known.
        """
        binds = self.schemas if bind is None else {bind}
        return schema if any(schema in self.schemas.get(one, ()) for one in binds) else ""


def grouped(
    items: Iterable[tuple[str, T]], said: Callable[[T], str]
) -> Iterator[tuple[list[str], list[T]]]:
    """Yield what says the same but for the tenant's schema together, with these schemas.

    :param items: each with its tenant's schema, or ``""``.
    :param said: what is said of one.
    """
    groups: dict[str | int, tuple[list[str], list[T]]] = {}
    for number, (schema, item) in enumerate(items):
        key = unqualified(said(item), schema) if schema else number
        schemas, members = groups.setdefault(key, ([], []))
        schemas.append(schema)
        members.append(item)
    yield from groups.values()


def once(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield each text once, with the schemas behind it where there are several.

    :param texts: each with its tenant's schema, or ``""``.
    """
    for schemas, members in grouped(dict.fromkeys(texts), str):
        if len(schemas) == 1:
            yield members[0]
        else:
            yield f"{unqualified(members[0], schemas[0])} ({in_schemas(schemas)})"


def unqualified(text: str, schema: str) -> str:
    """Return a text in which a schema's names stand without it."""
    return re.sub(rf"""(?<![\w.$"]){re.escape(schema)}\.(?=[\w"])""", "", text) if schema else text


def in_schemas(schemas: Sequence[str]) -> str:
    """Return where something is the same, in words."""
    return f"in {len(schemas):,} schemas: {some(schemas, 3)}"
