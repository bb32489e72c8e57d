"""Indexes: PostgreSQL builds plain ones anew, but not those whose expressions name the type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.schema import Name
from ..sql import block
from ..sql import definitions
from .base import About
from .base import Defined
from .base import Follow
from .base import Kept


@dataclass(frozen=True, slots=True)
class IndexConstraint:
    """The key, unique or exclusion constraint that an index stands for.

    :param contype: ``pg_constraint.contype``.
    """

    oid: int
    name: str
    contype: str
    definition: str


@dataclass(frozen=True)
class Index(Defined):
    """An index.

    :param definition: as ``CREATE INDEX``, without its tablespace.
    :param of_table: its table.
    :param table_kind: ``pg_class.relkind`` of that.
    :param constraint: the constraint that it stands for, if any.
    :param parent: the index of the partitioned table that it is a part of, as SQL, or None.
    :param has_expressions: whether it has keys that are computed.
    :param partial: whether it has a predicate.
    :param valid: whether it is complete.
    :param clustered: whether its table was clustered by it.
    :param replica_identity: whether it identifies rows to subscribers.
    :param tablespace: its tablespace, or ``""``.
    :param targets: number and ``SET STATISTICS`` value of its columns that have one.
    :param other_temp: whether it is a temporary one of another session.
    """

    of_table: Name
    table_kind: str
    constraint: IndexConstraint | None
    parent: str | None
    has_expressions: bool
    partial: bool
    valid: bool
    clustered: bool
    replica_identity: bool
    tablespace: str
    targets: tuple[tuple[int, int], ...]
    other_temp: bool

    head = r"CREATE (?:UNIQUE )?INDEX {named} ON (?:ONLY )?"
    alone = False

    @property
    def state_kind(self) -> str:
        if self.has_expressions:
            return "expression index"
        return "partial index" if self.partial else "index"

    @property
    def table(self) -> Name:
        return self.of_table

    @property
    def is_special(self) -> bool:
        """Whether PostgreSQL can't carry a partition's index along."""
        of_generated = any(catalog == "pg_attrdef" for catalog, _ in self.references)
        return self.has_expressions or self.partial or (of_generated and not self.constraint)

    @property
    def loses_something(self) -> bool:
        """Whether it would come back without something of its own, or otherwise than it was."""
        lost = self.targets or self.about.depends_on or self.parent or not self.valid
        return bool(lost) or self.table_kind == "m"

    def own_problem(self) -> str:
        if self.other_temp:
            return "it is a temporary object of another session"
        return "" if self.valid else "it is invalid"

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def drop(self) -> Sequence[str]:
        return [] if self.parent else [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        sql = [follow(self.definition)]
        if self.parent:
            sql.append(definitions.attach_index(self.parent, self.about.shown))
        return [*sql, *self.marks(self.own_name)]

    def marks(self, name: Name) -> Iterator[str]:
        """Yield the statements for what an index is to its table, and where it lies.

        :param name: what it is called.
        """
        kind = "MATERIALIZED VIEW" if self.table_kind == "m" else "TABLE"
        if self.tablespace:
            yield definitions.set_tablespace(name, self.tablespace)
        for number, target in self.targets:
            yield definitions.index_statistics(name, number, target)
        for extension in self.about.depends_on:
            yield definitions.depends_on_extension(self.what, extension)
        if self.clustered:
            yield definitions.cluster_on(kind, self.of_table, name.name)
        if self.replica_identity:
            yield definitions.replica_identity(kind, self.of_table, name.name)

    def restore(self) -> Iterator[str]:
        """Yield what gives the index of a partition its name and marks back.

        PostgreSQL builds such an index anew, under a name that it makes up.
        """
        if self.parent:
            yield block.rename_partition_index(self.parent, self.of_table, self.own_name)
        yield from self.marks(self.own_name)

    def kept(self) -> Iterator[Kept]:
        yield from super().kept()
        if self.constraint and self.parent:
            what = definitions.on_table("CONSTRAINT", self.constraint.name, self.of_table)
            names = (self.of_table.schema, self.of_table.name, self.constraint.name)
            yield Kept(what, "table constraint", names)


def read(about: About, row: Any) -> Index:
    """Return an index from a row of ``indexes.sql``."""
    constraint = None
    if row.constraint is not None:
        constraint = IndexConstraint(
            row.constraint_oid, row.constraint, row.contype, row.constraint_definition
        )
    return Index(
        about,
        row.definition,
        Name(row.table_schema, row.table),
        row.table_kind,
        constraint,
        row.parent,
        row.has_expressions,
        row.partial,
        row.valid,
        row.clustered,
        row.replica_identity,
        row.tablespace,
        tuple((number, target) for number, target in json.loads(row.targets or "[]")),
        row.other_temp,
    )
