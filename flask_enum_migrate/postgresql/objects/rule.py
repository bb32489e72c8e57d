"""Rules; that of a view stands for the view."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import definitions
from .base import About
from .base import Defined
from .base import Follow


@dataclass(frozen=True)
class Rule(Defined):
    """A rule.

    :param definition: as ``CREATE RULE``.
    :param enabled: ``pg_rewrite.ev_enabled``.
    :param relation: ``pg_class.oid`` of its table or view.
    :param is_view: whether it is what a view does when it is read.
    """

    enabled: str
    relation: int
    is_view: bool

    head = r"CREATE RULE {named} AS\s+ON \w+ TO "
    state_kind = "rule"
    runs = False

    @property
    def what(self) -> str:
        return definitions.on_table("RULE", self.name, self.table)

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        sql = [follow(self.definition).strip().removesuffix(";")]
        if self.enabled != "O":
            sql.append(definitions.set_state("RULE", self.name, self.table, self.enabled))
        return sql


def read(about: About, row: Any) -> Rule:
    """Return a rule from a row of ``rules.sql``."""
    return Rule(about, row.definition, row.enabled, row.relation, row.is_view)
