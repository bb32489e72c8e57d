"""Columns that are generated from an enum, or of it: nothing may be computed meanwhile.

Since PostgreSQL 17 a column keeps its place and gets another expression for a while. Before, only
a new column can have another expression: it is dropped and added again, which keeps the order of
the columns where it is the last one.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from ..sql import ddl
from ..sql import using
from .base import About
from .base import Dependent
from .base import Follow
from .base import Kept

SET_EXPRESSION = 170000
"""The ``server_version_num`` from which on a column can get another expression."""

NAMED_NOT_NULL = 180000
"""The one from which on NOT NULL is a constraint like any other."""


@dataclass(frozen=True, slots=True)
class ParentExpression:
    """The expression of a parent's column of that name."""

    oid: int
    definition: str


@dataclass(frozen=True)
class GeneratedColumn(Dependent):
    """A stored generated column.

    :param definition: its expression, as SQL.
    :param relation: ``pg_class.oid`` of its table.
    :param number: ``pg_attribute.attnum``.
    :param type: its type, as SQL.
    :param collation: its collation where that isn't its type's, as SQL, or ``""``.
    :param inherited: whether a parent has it.
    :param local: whether it is its table's own, too.
    :param not_null: whether it rejects NULL.
    :param rejects_null: whether it, or its domain, does.
    :param follows: whether it is NOT NULL because its parent's column is.
    :param target: ``SET STATISTICS`` value, or None.
    :param options: ``name=value`` each.
    :param storage: ``SET STORAGE`` value, or ``""``.
    :param compression: ``SET COMPRESSION`` value, or ``""``.
    :param later: the numbers of the columns behind it.
    :param parents: the expressions of its parents' columns.
    :param placeholder: the text of a value that stands in while nothing is computed, if one is
        needed and was found.
    :param holds_rows: whether its type is made of rows or ranges.
    :param of_type: whether its own type is made of the enum.
    """

    definition: str
    relation: int
    number: int
    type: str
    collation: str
    inherited: bool
    local: bool
    not_null: bool
    rejects_null: bool
    follows: bool
    target: int | None
    options: tuple[str, ...]
    storage: str
    compression: str
    later: tuple[int, ...]
    parents: tuple[ParentExpression, ...]
    placeholder: str | None = None
    holds_rows: bool = False
    of_type: bool = False

    state_kind = "default"
    on_table = True

    def __str__(self) -> str:
        return f"generated column {self.about.identity.removeprefix('for ')}"

    @property
    def what(self) -> str:
        return f"DEFAULT of {ddl.column(self.table, self.name)}"

    @property
    def statement(self) -> tuple[object, ...]:
        return ("SET EXPRESSION", self.table) if self.keeps_its_place else (self.key,)

    @property
    def keeps_its_place(self) -> bool:
        """Whether it gets another expression for a while; else it is dropped and added again."""
        return self.about.version >= SET_EXPRESSION and not self.holds_rows

    @property
    def is_derived(self) -> bool:
        """Whether it comes and goes with that of its parent."""
        return self.inherited and not self.local

    def own_problem(self) -> str:
        if self.keeps_its_place and self.rejects_null and self.placeholder is None:
            who = "the column is NOT NULL" if self.not_null else "its domain rejects NULL"
            return f"{who}, and its type has no value to stand in"
        if self.keeps_its_place or not self.is_derived:
            return ""
        differs = any(parent.definition != self.definition for parent in self.parents)
        return "its expression isn't its parent's" if differs else ""

    def moves(self) -> str:
        """Return why it can't be added again: other columns behind it would come before it."""
        if self.about.version < SET_EXPRESSION:
            return (
                "before PostgreSQL 17 a generated column can only be dropped and added again, "
                "which would move it behind the columns that follow it"
            )
        return "a generated column of such a type would move behind the columns that follow it"

    def standing_in(self, kept: Collection[str]) -> GeneratedColumn:
        """Return it with a placeholder, if that is a label, that stays.

        :param kept: the labels that stay, as they are called now.
        """
        if not kept or not self.of_type or self.placeholder in (None, "{}", *kept):
            return self
        return replace(self, placeholder=next(iter(kept)))

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def suspend_action(self) -> str:
        """Return the action after which nothing is computed from the old type."""
        value = "NULL"
        if self.rejects_null and self.placeholder is not None:
            value = using.constant(self.placeholder, self.type)
        return ddl.set_expression(self.name, value)

    def resume_action(self, follow: Follow) -> str:
        """Return the action that lets it be computed again.

        In one ALTER TABLE with the change of type, PostgreSQL 18 fails over NOT NULL constraints.
        """
        return ddl.set_expression(self.name, follow(self.definition))

    def drop(self) -> Sequence[str]:
        if self.is_derived:
            return []
        return [ddl.alter_table(self.table, [ddl.drop_column(self.name)])]

    def create(self, follow: Follow) -> Sequence[str]:
        sql = []
        if not self.is_derived:
            type_ = self.type + (f" COLLATE {self.collation}" if self.collation else "")
            action = ddl.add_generated(self.name, type_, follow(self.definition))
            sql.append(ddl.alter_table(self.table, [action]))
        if self.not_null and self.about.version < NAMED_NOT_NULL and not self.follows:
            sql.append(ddl.alter_table(self.table, [ddl.set_not_null(self.name)]))
        if actions := list(self._properties()):
            sql.append(ddl.alter_table(self.table, actions, only=True))
        return sql

    def _properties(self) -> Iterator[str]:
        if self.storage:
            yield ddl.set_storage(self.name, self.storage)
        if self.compression:
            yield ddl.set_compression(self.name, self.compression)
        if self.target is not None and self.target >= 0:
            yield ddl.set_statistics(self.name, self.target)
        if self.options:
            yield ddl.set_options(self.name, self.options)

    def kept(self) -> Iterator[Kept]:
        yield from super().kept()
        if not self.keeps_its_place:
            yield Kept(ddl.column(self.table, self.name), "table column", self.about.names)

    def remark(self) -> str:
        """Return what changes about it, in words, or ``""``."""
        if self.keeps_its_place:
            return ""
        column = ".".join(filter(None, self.about.names))
        return f"{column} is dropped, added again as the last column and computed anew."


def read(about: About, row: Any) -> GeneratedColumn:
    """Return a generated column from a row of ``defaults.sql``."""
    return GeneratedColumn(
        about,
        row.definition,
        row.relation,
        row.number,
        row.type,
        row.collation,
        row.inherited,
        row.local,
        row.not_null,
        row.rejects_null,
        row.follows,
        row.target,
        tuple(row.options),
        row.storage,
        row.compression,
        tuple(row.later),
        tuple(ParentExpression(*parent) for parent in json.loads(row.parents or "[]")),
    )
