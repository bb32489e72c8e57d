"""Look for rows that a unique index would reject once their labels are one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ..core.schema import LiveColumn
from ..core.schema import LiveEnum
from ..core.schema import Name
from .catalog import qualified
from .facts import Collision
from .queries import colliding_labels
from .rows import TIMEOUT

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
_SET_TIMEOUT = text("SELECT set_config('statement_timeout', :timeout, true)")


def read(
    connection: Connection, wanted: Sequence[tuple[LiveEnum, LiveColumn, str]]
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
    connection: Connection, wanted: Sequence[tuple[LiveEnum, LiveColumn, str]], found: Iterable[Any]
) -> Iterator[Collision]:
    for row in found:
        enum, column, label = wanted[row.position]
        if column.column not in row.columns:
            continue  # it is only included
        others = [name for name in row.columns if name != column.column]
        sql = colliding_labels(
            column.table, column.column, enum.name, label, others, row.predicate,
            only=row.only, nulls_equal=row.nulls_equal, limit=LIMIT,
        )  # fmt: skip
        if labels := _run(connection, sql):
            yield Collision(Name(row.schema, row.index), column, tuple(row.columns), label, labels)


def _run(connection: Connection, sql: str) -> tuple[str, ...]:
    """Return what a query gives, or nothing if PostgreSQL gave up."""
    savepoint = connection.begin_nested()
    try:
        connection.execute(_SET_TIMEOUT, {"timeout": TIMEOUT})
        rows = connection.exec_driver_sql(sql, execution_options={"no_parameters": True}).all()
        return tuple(row[0] for row in rows)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return ()
    finally:
        savepoint.rollback()
