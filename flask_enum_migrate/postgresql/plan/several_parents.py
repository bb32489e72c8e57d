"""Tables of several parents, whose column can't follow any of them alone. Pure.

PostgreSQL changes the type of an inherited column only from an ancestor that all its parents
have in common. Where there is none, the parents get one for a while.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import dataclass

from ...core.schema import Name
from ..objects.column import Column
from ..sql import ddl
from ..sql import quoting


@dataclass(frozen=True, slots=True)
class Kin:
    """Tables that get an ancestor in common for a while.

    :param name: the name of the ancestor.
    :param tops: the tables.
    :param columns: the columns that they share.
    """

    name: Name
    tops: tuple[Name, ...]
    columns: tuple[str, ...]

    def unite(self) -> list[str]:
        """Return the statements that create the ancestor and put the tables under it."""
        parent = quoting.qualified(self.name)
        return [
            ddl.create_table_like(self.name, self.tops[0], self.columns),
            *(ddl.alter_table(top, [ddl.inherit(parent)]) for top in self.tops),
        ]

    def part(self) -> list[str]:
        """Return the statements that take the tables off the ancestor again, and drop it."""
        parent = quoting.qualified(self.name)
        return [
            *(ddl.alter_table(top, [ddl.no_inherit(parent)]) for top in self.tops),
            ddl.drop_table(self.name),
        ]


def kin_of(columns: Iterable[Column], type_: Name) -> list[Kin]:
    """Return the tables that need an ancestor in common.

    :param type_: the type that is replaced; the ancestors are created in its schema.
    """
    by_column: dict[str, list[set[Name]]] = {}
    for column in columns:
        if needs_kin(column):
            groups = by_column.setdefault(column.column, [])
            tops = set(column.tops)
            for group in [group for group in groups if group & tops]:
                tops |= group
                groups.remove(group)
            groups.append(tops)
    shared: dict[tuple[Name, ...], list[str]] = {}
    for column_name, groups in sorted(by_column.items()):
        for group in groups:
            shared.setdefault(tuple(sorted(group)), []).append(column_name)
    return [
        Kin(Name(type_.schema, _called(type_, number)), tops, tuple(names))
        for number, (tops, names) in enumerate(sorted(shared.items()))
    ]


def needs_kin(column: Column) -> bool:
    """Return whether taking its table off the other parents would make more columns its own."""
    return column.mixed_parents and len(column.tops) > 1


def apart(columns: Collection[Column]) -> tuple[list[str], list[str]]:
    """Return the actions that take a table off its kin, and those that put it back.

    A child of several parents can't follow any of them alone, nor a typed table its type.
    """
    leave: list[str] = []
    join: list[str] = []
    for parents in {c.parents for c in columns if c.parents and not c.mixed_parents}:
        others = parents[1:]
        leave += [ddl.no_inherit(parent) for parent in reversed(others)]
        join += [ddl.inherit(parent) for parent in others]
    for type_ in {column.typed_table for column in columns if column.typed_table}:
        leave.append(ddl.not_of())
        join.append(ddl.of_type(type_))
    return leave, join


def _called(type_: Name, number: int) -> str:
    return quoting.shortened(type_.name, f"__kin{number or ''}")
