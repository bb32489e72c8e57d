"""Triggers, with the states of their clones in partitions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.schema import Name
from ..sql import definitions
from ..sql.expressions import end_of
from .base import About
from .base import Defined
from .base import Follow
from .base import Kept

_ARGUMENTS = re.compile(r"(?P<end> EXECUTE )")


@dataclass(frozen=True, slots=True)
class Clone:
    """The trigger of a partition that one of the partitioned table stands for."""

    table: Name
    enabled: str


@dataclass(frozen=True)
class Trigger(Defined):
    """A trigger.

    :param definition: as ``CREATE TRIGGER``.
    :param enabled: ``pg_trigger.tgenabled``.
    :param internal: whether PostgreSQL made it, for a foreign key.
    :param derived: whether it is a clone itself.
    :param clones: those of partitions.
    :param of_view: whether it is one of a view.
    """

    enabled: str
    internal: bool
    derived: bool
    clones: tuple[Clone, ...]
    of_view: bool

    head = r"CREATE (?:CONSTRAINT )?TRIGGER {named} (?:{named}[ ,]+)+?ON "
    state_kind = "trigger"
    on_table = True

    @property
    def what(self) -> str:
        return definitions.on_table("TRIGGER", self.name, self.table)

    @property
    def locks_table(self) -> bool:
        return not self.of_view

    @property
    def follows(self) -> bool:
        """Whether another object brings it along."""
        return self.internal or self.derived

    def expressions(self) -> Iterator[str]:
        yield self.definition[: end_of(self.definition, _ARGUMENTS)]  # arguments are text

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        sql = [follow(self.definition).strip().removesuffix(";")]
        if self.enabled != "O":
            sql.append(definitions.set_state("TRIGGER", self.name, self.table, self.enabled))
        sql += [definitions.depends_on_extension(self.what, x) for x in self.about.depends_on]
        sql += [
            definitions.set_state("TRIGGER", self.name, clone.table, clone.enabled, only=True)
            for clone in self.clones
            if clone.enabled != self.enabled
        ]
        return sql

    def kept(self) -> Iterator[Kept]:
        yield from super().kept()
        for clone in self.clones:
            what = definitions.on_table("TRIGGER", self.name, clone.table)
            yield Kept(what, "trigger", (clone.table.schema, clone.table.name, self.name))


def read(about: About, row: Any) -> Trigger:
    """Return a trigger from a row of ``triggers.sql``."""
    return Trigger(
        about,
        row.definition,
        row.enabled,
        row.internal,
        row.derived,
        tuple(
            Clone(Name(schema, table), enabled)
            for schema, table, enabled in json.loads(row.clones or "[]")
        ),
        row.of_view,
    )
