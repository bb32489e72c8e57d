"""What the catalogs say of a column that holds values of an enum type, and of the type itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...core.schema import LiveColumn
from ...core.schema import LiveEnum
from ...core.schema import Name
from ...core.schema import Place

_GUARDABLE = re.compile(r"a?d*")
"""Scalars, arrays, and domains over either."""


@dataclass(frozen=True, slots=True)
class Column(LiveColumn):
    """A column of a table, foreign table or materialized view.

    :param relation_kind: ``pg_class.relkind`` of the table.
    :param dimensions: 0 for a scalar, else the declared number of array dimensions.
    :param through: its type where that is made of the enum by way of a domain, range or row
        type, or ``""``.
    :param made_of: how its type is made of the enum, a letter a step: ``a`` array, ``d`` domain,
        ``r`` range, ``c`` row.
    :param has_children: whether the table has children or partitions.
    :param partition_key: whether its table is partitioned by it.
    :param generated: ``pg_attribute.attgenerated``.
    :param typed_table: the composite type that its table was made ``OF``, as SQL, or ``""``.
    :param parents: the parents of its table, as SQL and in order, where several have the column.
    :param mixed_parents: whether these parents have other columns that not all of them have.
    :param tops: the ancestors of its table that have the column of their own, where several
        parents have it.
    :param has_foreign_children: whether a child or partition of its table is a foreign table.
    :param collation: its collation, as SQL, where it isn't its type's own, or ``""``.
    :param storage: ``SET STORAGE`` value to restore after a change of type, or ``""``.
    :param compression: ``SET COMPRESSION`` value to restore after a change of type, or ``""``.
    :param may_alter: whether the current role may act as the owner of the table.
    """

    relation_kind: str = "r"
    dimensions: int = 0
    through: str = ""
    made_of: str = ""
    has_children: bool = False
    partition_key: bool = False
    generated: str = ""
    typed_table: str = ""
    parents: tuple[str, ...] = ()
    mixed_parents: bool = False
    tops: tuple[Name, ...] = ()
    has_foreign_children: bool = False
    collation: str = ""
    storage: str = ""
    compression: str = ""
    may_alter: bool = True

    @property
    def can_be_counted(self) -> bool:
        """Whether a query can tell which of its rows hold a label."""
        return set(self.made_of) <= {"a", "d"} and self.holds_rows

    @property
    def can_be_guarded(self) -> bool:
        """Whether a CHECK that we recognise can keep a label out of it."""
        return self.holds_rows and bool(_GUARDABLE.fullmatch(self.made_of))

    @property
    def place(self) -> Place:
        """Its table and its name."""
        return self.table, self.column

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class EnumType(LiveEnum):
    """An enum type; its key is its ``pg_type.oid``.

    :param may_create: whether the current role may create a type in its schema.
    :param strangers: who granted privileges on it, and isn't its owner or a role that the current
        one may act for.
    """

    columns: tuple[Column, ...] = ()
    may_create: bool = True
    strangers: tuple[str, ...] = ()

    @property
    def is_held_inside(self) -> bool:
        """Whether rows hold it inside of rows or ranges."""
        return any(one.holds_rows and not one.can_be_counted for one in self.columns)
