"""Extended statistics: PostgreSQL builds them anew, but forgets their target, or their owner."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import ddl
from ..sql import definitions
from .base import About
from .base import Defined
from .base import Follow


@dataclass(frozen=True)
class Statistics(Defined):
    """Extended statistics.

    :param definition: as ``CREATE STATISTICS``.
    :param target: ``SET STATISTICS`` value, or None.
    """

    target: int | None

    state_kind = "statistics"
    head = r"CREATE STATISTICS "

    @property
    def what(self) -> str:
        return f"STATISTICS {self.about.shown}"

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        sql = [follow(self.definition)]
        if self.target is not None and self.target >= 0:
            sql.append(definitions.alter(self.what, ddl.statistics_target(self.target)))
        return sql


def read(about: About, row: Any) -> Statistics:
    """Return statistics from a row of ``statistics.sql``."""
    return Statistics(about, row.definition, row.target)
