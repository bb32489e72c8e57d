"""Look for rows that a unique index would reject once their labels are one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from ...core.schema import Name
from ..objects.column import Column
from ..objects.column import EnumType
from ..plan.facts import Collision
from ..sql.queries import UniqueKey
from ..sql.queries import colliding_labels
from .rows import ask
from .session import qualified
from .statements import query

LIMIT = 1_000


def read(
    connection: Connection, wanted: Sequence[tuple[EnumType, Column, str]]
) -> tuple[Collision, ...]:
    """Find the labels that rows with a label could not be given, within a limit and a time.

    :param wanted: type, column and label.
    """
    scalar = [one for one in wanted if not one[1].made_of]
    places = [
        {"position": i, "schema": c.table.schema, "table": c.table.name, "column": c.column}
        for i, (_, c, _) in enumerate(scalar)
    ]
    if not places:
        return ()
    with qualified(connection):
        found = connection.execute(query("unique_indexes"), {"wanted": json.dumps(places)}).all()
        return tuple(_look(connection, scalar, found))


def _look(
    connection: Connection, wanted: Sequence[tuple[EnumType, Column, str]], found: Iterable[Any]
) -> Iterator[Collision]:
    # A column may only be included in an index.
    indexes = [row for row in found if wanted[row.position][1].column in row.columns]
    asked = []
    for number, row in enumerate(indexes):
        enum, column, label = wanted[row.position]
        others = tuple(name for name in row.columns if name != column.column)
        key = UniqueKey(
            column.table, column.column, enum.name, others, row.predicate, row.only, row.nulls_equal
        )
        asked.append(colliding_labels(number, key, label, LIMIT))
    for row, labels in zip(indexes, ask(connection, asked), strict=True):
        _, column, label = wanted[row.position]
        if labels:  # or PostgreSQL gave up, and the upgrade will tell
            taken = tuple(one.label for one in labels)
            yield Collision(Name(row.schema, row.index), column, tuple(row.columns), label, taken)
