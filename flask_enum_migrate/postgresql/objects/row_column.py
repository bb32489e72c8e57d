"""Columns of tables: those that hold rows of a table that changes are text meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import ddl
from ..sql import using
from .base import About
from .base import Dependent
from .base import Follow
from .base import Kept
from .base import Key


@dataclass(frozen=True)
class RowColumn(Dependent):
    """A column of a table.

    :param type: its type, as SQL.
    :param inherited: whether a parent decides its type.
    :param other_temp: whether its table is a temporary one of another session.
    """

    type: str
    inherited: bool
    other_temp: bool

    on_table = True

    @property
    def key(self) -> Key:
        return column_key(self.about.key[1], self.about.column)

    @property
    def holds_rows(self) -> bool:
        """Whether it holds rows of a table that changes: PostgreSQL rejects that."""
        return "R" in self.about.via

    def own_problem(self) -> str:
        return "it is a temporary table of another session" if self.other_temp else ""

    def drop(self) -> Sequence[str]:
        return self._become("text")

    def create(self, follow: Follow) -> Sequence[str]:
        return self._become(self.type)

    def _become(self, type_: str) -> Sequence[str]:
        if self.inherited:
            return []  # its parent's takes it along
        action = ddl.alter_column_type(self.name, type_, using.through_text(self.name, type_))
        return [ddl.alter_table(self.table, [action])]

    def kept(self) -> Iterator[Kept]:
        yield from ()


def column_key(relation: int, number: int) -> Key:
    """Return the key of a column: tables have at most 1,600."""
    return "pg_class column", relation * 2000 + number


def read(about: About, row: Any) -> RowColumn:
    """Return a column from a row of ``row_columns.sql``."""
    return RowColumn(about, row.type, row.inherited, row.other_temp)
