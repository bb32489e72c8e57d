"""Defaults of columns: PostgreSQL converts none of them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import ddl
from .base import About
from .base import Dependent
from .base import Follow
from .generated_column import GeneratedColumn
from .generated_column import read as read_generated


@dataclass(frozen=True)
class Default(Dependent):
    """The default of a column that needs more than its column's own rewrite.

    :param definition: as SQL.
    :param holds: ``pg_type.oid`` of what the column holds, or an array of it.
    :param of_view: whether it is a column of a view, which brings it along.
    """

    definition: str
    holds: int
    of_view: bool

    state_kind = "default"
    on_table = True
    alone = False

    @property
    def is_own(self) -> bool:
        """Whether its column is of a type that changes: it is looked after with the column."""
        return self.holds in self.roots

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def drop(self) -> Sequence[str]:
        return [ddl.alter_table(self.table, [ddl.drop_default(self.name)], only=True)]

    def create(self, follow: Follow) -> Sequence[str]:
        action = ddl.set_default(self.name, follow(self.definition))
        return [ddl.alter_table(self.table, [action], only=True)]

    @property
    def what(self) -> str:
        return f"DEFAULT of {ddl.column(self.table, self.name)}"


def read(about: About, row: Any) -> Default | GeneratedColumn:
    """Return a default, or a generated column, from a row of ``defaults.sql``."""
    if row.generated:
        return read_generated(about, row)
    return Default(about, row.definition, row.holds, row.relkind == "v")
