"""What a database has where models keep enums as strings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection

from ...core.schema import DeclaredCheck
from ...core.schema import DeclaredColumn
from ...core.schema import LiveSchema
from . import catalog


def read(
    connection: Connection,
    live: LiveSchema,
    declared: Collection[DeclaredCheck],
    types: Collection[DeclaredColumn] = (),
) -> LiveSchema:
    """Return a look at a database with the enums that models keep as strings.

    :param live: the look, in which their columns were found.
    :param types: the columns that models declare as types: those that are strings are read too.
    """
    wanted: list[tuple[DeclaredColumn, str, tuple[str, ...]]] = [
        *((one.column, one.constraint, one.enum.labels) for one in declared),
        *((column, "", ()) for column in types),
    ]
    strings = []
    for column, constraint, labels in wanted:
        found = live.found[column]
        if found.table and found.is_string and not found.array:
            strings.append((column, ((found.table, column.column), constraint, labels)))
    if not strings:
        return live
    read = catalog.read(connection, [place for _, place in strings])
    checks = {column: found for (column, _), found in zip(strings, read, strict=True)}
    own = {one.column for one in declared}
    listed = [found.enum for column, found in checks.items() if column in own]
    return replace(live, enums=(*live.enums, *listed), checks=checks)
