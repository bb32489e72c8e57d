"""Look for rows that a unique index would reject once their labels are one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import text

from ...core.schema import Name
from ..objects.column import Column
from ..objects.column import EnumType
from ..objects.reference import Collision
from ..sql.queries import colliding_labels
from .enums import qualified
from .rows import ask

LIMIT = 1_000

_INDEXES = text(
    """
    SELECT w.position, n.nspname::text AS schema, c.relname::text AS table,
           ic.relname::text AS index, c.relkind = 'r' AS only,
           x.indnullsnotdistinct AS nulls_equal,
           coalesce(pg_get_expr(x.indpred, x.indrelid), '') AS predicate,
           ARRAY(SELECT k.attname::text FROM unnest(x.indkey) WITH ORDINALITY u (number, place)
                 JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = u.number
                 WHERE u.place <= x.indnkeyatts ORDER BY u.place) AS columns
    FROM json_to_recordset(CAST(:wanted AS json))
           AS w (position int, schema text, "table" text, "column" text)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column"
    JOIN pg_index x ON x.indrelid = c.oid AND x.indisunique AND x.indisvalid
        AND a.attnum = ANY (x.indkey) AND NOT 0 = ANY (x.indkey)
    JOIN pg_class ic ON ic.oid = x.indexrelid
    ORDER BY 1, 4
    """
)


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
        found = connection.execute(_INDEXES, {"wanted": json.dumps(places)}).all()
        return tuple(_look(connection, scalar, found))


def _look(
    connection: Connection, wanted: Sequence[tuple[EnumType, Column, str]], found: Iterable[Any]
) -> Iterator[Collision]:
    # A column may only be included in an index.
    indexes = [row for row in found if wanted[row.position][1].column in row.columns]
    asked = []
    for number, row in enumerate(indexes):
        enum, column, label = wanted[row.position]
        others = [name for name in row.columns if name != column.column]
        asked.append(colliding_labels(
            number, column.table, column.column, enum.name, label, others, row.predicate,
            only=row.only, nulls_equal=row.nulls_equal, limit=LIMIT,
        ))  # fmt: skip
    for row, labels in zip(indexes, ask(connection, asked), strict=True):
        _, column, label = wanted[row.position]
        if labels:  # or PostgreSQL gave up, and the upgrade will tell
            taken = tuple(one.label for one in labels)
            yield Collision(Name(row.schema, row.index), column, tuple(row.columns), label, taken)
