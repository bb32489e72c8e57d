"""Tables of publications whose column list or row filter names a column of the type."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.schema import Name
from ..sql import definitions
from ..sql.quoting import qualified
from .base import About
from .base import Dependent
from .base import Follow


@dataclass(frozen=True)
class PublishedTable(Dependent):
    """A table in a publication.

    :param publication: the publication.
    :param published: the table.
    :param columns: its column list, empty for all of them.
    :param where: its row filter as SQL, or ``""``.
    """

    publication: str
    published: Name
    columns: tuple[str, ...]
    where: str

    state_kind = "publication"
    in_schema = False

    def expressions(self) -> Iterator[str]:
        if self.where:
            yield self.where

    def drop(self) -> Sequence[str]:
        return [definitions.unpublish(self.publication, self.published)]

    def create(self, follow: Follow) -> Sequence[str]:
        where = self.where and follow(self.where)
        return [definitions.publish(self.publication, self.published, self.columns, where)]

    @property
    def what(self) -> str:
        return f"TABLE {qualified(self.published)} of the publication {self.publication}"


def read(about: About, row: Any) -> PublishedTable:
    """Return a published table from a row of ``publications.sql``."""
    table = Name(row.schema, row.table)
    return PublishedTable(about, row.publication, table, tuple(row.columns), row.where)
