"""Views and materialized views: PostgreSQL never carries them along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import ddl
from ..sql import definitions
from .base import About
from .base import Dependent
from .base import Follow


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """What a column of a view has of its own.

    :param default: what an INSERT into the view gets, as SQL, or None.
    :param target: ``SET STATISTICS`` value, or None.
    :param options: ``name=value`` each.
    :param storage: ``SET STORAGE`` value, or None.
    :param compression: ``SET COMPRESSION`` value, or None.
    """

    name: str
    default: str | None
    target: int | None
    options: tuple[str, ...]
    storage: str | None
    compression: str | None


@dataclass(frozen=True)
class View(Dependent):
    """A view.

    :param relkind: ``v``, or ``m`` where it is materialized.
    :param definition: its query.
    :param options: ``name=value`` each.
    :param tablespace: that of a materialized one, or ``""``.
    :param persistence: ``pg_class.relpersistence``.
    :param other_temp: whether it is a temporary one of another session.
    """

    relkind: str
    definition: str
    options: tuple[str, ...]
    tablespace: str
    persistence: str
    other_temp: bool
    columns: tuple[ViewColumn, ...]

    runs = False

    @property
    def is_materialized(self) -> bool:
        """Whether it holds rows."""
        return self.relkind == "m"

    @property
    def state_kind(self) -> str:
        return self.kind.lower()

    @property
    def kind(self) -> str:
        """What SQL calls it."""
        return "MATERIALIZED VIEW" if self.is_materialized else "VIEW"

    def own_problem(self) -> str:
        return "it is a temporary object of another session" if self.other_temp else ""

    def expressions(self) -> Iterator[str]:
        yield self.definition
        yield from (column.default for column in self.columns if column.default)

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        """A materialized one comes back empty: where it was filled, it is when all else is back."""
        return [
            definitions.create_view(
                self.kind,
                self.about.shown,
                follow(self.definition),
                options=self.options,
                tablespace=self.tablespace,
                temporary=self.name if self.persistence == "t" else "",
            ),
            *(
                definitions.alter(self.what, action)
                for column in self.columns
                for action in _actions(column, follow)
            ),
            *(definitions.depends_on_extension(self.what, x) for x in self.about.depends_on),
        ]


def _actions(column: ViewColumn, follow: Follow) -> Iterator[str]:
    if column.default:
        yield ddl.set_default(column.name, follow(column.default))
    if column.target is not None and column.target >= 0:
        yield ddl.set_statistics(column.name, column.target)
    if column.storage:
        yield ddl.set_storage(column.name, column.storage)
    if column.compression:
        yield ddl.set_compression(column.name, column.compression)
    if column.options:
        yield ddl.set_options(column.name, column.options)


def read(about: About, row: Any) -> View:
    """Return a view from a row of ``views.sql``."""
    return View(
        about,
        row.relkind,
        row.definition,
        tuple(row.options),
        row.tablespace,
        row.persistence,
        row.other_temp,
        tuple(
            ViewColumn(name, default, target, tuple(options or ()), storage, compression)
            for name, default, target, options, storage, compression in json.loads(
                row.columns or "[]"
            )
        ),
    )
