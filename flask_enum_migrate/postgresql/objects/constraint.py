"""Constraints of tables: PostgreSQL carries keys along, but not CHECKs and foreign keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from ...core.schema import Name
from ..sql import block
from ..sql import ddl
from ..sql import definitions
from .base import About
from .base import Dependent
from .base import Follow
from .base import Kept
from .base import Key
from .index import Index

_CALLED = {
    "c": "check constraint",
    "f": "foreign key",
    "x": "exclusion constraint",
    "p": "unique constraint",
    "u": "unique constraint",
}
_CARRIED = ("p", "u", "n")


@dataclass(frozen=True, slots=True)
class Ancestor:
    """The constraint of an ancestor that one merges with.

    :param direct: whether its table is a parent.
    """

    oid: int
    name: str
    direct: bool


@dataclass(frozen=True)
class Constraint(Dependent):
    """A constraint of a table.

    :param contype: ``pg_constraint.contype``.
    :param definition: as SQL.
    :param derived: whether it comes and goes with that of a parent or partitioned table.
    :param valid_in: the children whose rows were checked, though the table's own need not be valid.
    :param ancestors: the constraints of ancestors that it merges with.
    :param copies: the children and partitions that have it too.
    :param triggers: table, function and ``pg_trigger.tgenabled`` of a foreign key's own triggers
        that are not simply enabled.
    :param index: what it stands for, of a key, unique or exclusion constraint.
    """

    contype: str
    definition: str
    derived: bool = False
    valid_in: tuple[Name, ...] = ()
    ancestors: tuple[Ancestor, ...] = ()
    copies: tuple[Name, ...] = ()
    triggers: tuple[tuple[str, str, str], ...] = ()
    index: Index | None = None

    alone = False
    on_table = True

    @property
    def key(self) -> Key:
        if self.index and self.index.constraint:
            return "pg_constraint", self.index.constraint.oid
        return self.about.key

    @property
    def called(self) -> str:
        return _CALLED.get(self.contype, self.about.kind)

    @property
    def state_kind(self) -> str:
        return {"c": "check", "f": "foreign key"}.get(self.contype, "constraint")

    @property
    def what(self) -> str:
        return definitions.on_table("CONSTRAINT", self.name, self.table)

    @property
    def is_check(self) -> bool:
        """Whether it is a CHECK."""
        return self.contype == "c"

    @property
    def statement(self) -> tuple[object, ...]:
        return ("ADD CONSTRAINT", self.table) if self.is_check else (self.key,)

    @property
    def is_carried(self) -> bool:
        """Whether PostgreSQL carries it along: a key, or NOT NULL."""
        return self.contype in _CARRIED

    @property
    def has_own_name(self) -> bool:
        """Whether it is a NOT NULL called otherwise than that of the parent.

        PostgreSQL 18 fails to build such a one anew along with the column, or loses its name.
        """
        parents = {ancestor.name for ancestor in self.ancestors if ancestor.direct}
        return self.contype == "n" and bool(parents - {self.name})

    @property
    def follows(self) -> bool:
        """Whether another object brings it along."""
        return (self.derived and not self.has_own_name) or self.contype == "t"

    def own_problem(self) -> str:
        if self.index:
            return self.index.own_problem()
        if self.triggers and not self.about.by_superuser:
            return "only a superuser can set the state of its triggers"
        return ""

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def drop(self) -> Sequence[str]:
        return [ddl.alter_table(self.table, [self.drop_action()])]

    def drop_action(self) -> str:
        """Return the action of ``ALTER TABLE`` that drops it."""
        return ddl.drop_constraint(self.name, missing_ok=self.derived)

    def create(self, follow: Follow) -> Sequence[str]:
        return [ddl.alter_table(self.table, [self.add_action(follow)]), *self.properties()]

    def add_action(self, follow: Follow) -> str:
        """Return the action of ``ALTER TABLE`` that adds it."""
        return ddl.add_constraint(self.name, follow(self.definition))

    def properties(self) -> Iterator[str]:
        """Yield the statements for what it has beyond its definition."""
        for child in self.valid_in:  # a child made later has no old rows
            yield ddl.alter_table(child, [ddl.validate_constraint(self.name)])
        if self.triggers:
            yield block.set_triggers(self.table, self.name, self.triggers)
        if self.index:
            yield from self.index.marks(Name(self.table.schema, self.name))

    def kept(self) -> Iterator[Kept]:
        names = self.about.names
        yield Kept(self.what, "table constraint", names)
        if self.index:
            index = Name(self.table.schema, self.name)
            yield Kept(ddl.index(index), "index", (index.schema, index.name))
        for child in self.copies:
            what = definitions.on_table("CONSTRAINT", self.name, child)
            yield Kept(what, "table constraint", (child.schema, child.name, self.name))


def read(about: About, row: Any) -> Constraint:
    """Return a constraint from a row of ``constraints.sql``."""
    return Constraint(
        about,
        row.contype,
        row.definition,
        row.derived,
        tuple(Name(*child) for child in json.loads(row.valid_in or "[]")),
        tuple(Ancestor(*ancestor) for ancestor in json.loads(row.ancestors or "[]")),
        tuple(Name(*child) for child in json.loads(row.copies or "[]")),
        tuple(
            (table, function, state) for table, function, state in json.loads(row.triggers or "[]")
        ),
    )


def of_index(index: Index) -> Constraint:
    """Return the constraint that an index stands for: it is what can be dropped and created."""
    constraint = index.constraint
    assert constraint is not None
    table = index.of_table
    about = replace(
        index.about,
        identity=f"{constraint.name} on {table}",
        names=(table.schema, table.name, constraint.name),
    )
    return Constraint(
        about,
        constraint.contype,
        constraint.definition,
        references=index.references,
        refused=index.refused,
        index=index,
    )
