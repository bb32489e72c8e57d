"""Look whether rows hold labels: bounded in rows and in time, and never in the way of anyone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ...core.alter_column_type import AlterColumnType
from ...core.rows import LIMIT
from ...core.rows import MOST
from ...core.rows import Held
from ...core.rows import Strange
from ...core.schema import Name
from ...core.schema import TableSize
from ..objects.column import Column
from ..objects.column import EnumType
from ..plan.facts import Inside
from ..plan.facts import LockTable
from ..sql.inside import holds
from ..sql.queries import count_label
from ..sql.queries import count_where
from ..sql.queries import no_single_value
from ..sql.queries import rows_where
from ..sql.queries import strange_values
from ..sql.quoting import identifier
from .statements import query

TIMEOUT = "10s"
_AT_ONCE = 100

_SET_TIMEOUT = text("SELECT set_config('statement_timeout', CAST(:timeout AS text), true)")


def count(
    connection: Connection, wanted: Sequence[tuple[EnumType, Column, str]]
) -> tuple[Held, ...]:
    """Count the rows that hold labels of enum types, with a limit and within a time.

    :param wanted: type, column and label; array columns count rows with such an element.
    :return: what holds a label, and what could not be looked at.
    """
    answers = ask(connection, [_query(number, *item) for number, item in enumerate(wanted)])
    held = (
        Held(column, label, found[0].rows if found else None)
        for (_, column, label), found in zip(wanted, answers, strict=True)
    )
    return tuple(one for one in held if one.rows != 0)


def count_inside(
    connection: Connection, wanted: Sequence[tuple[EnumType, Column, str]], inside: Inside
) -> tuple[Held, ...]:
    """Count the rows that hold labels inside of rows and ranges, likewise."""
    # A column that holds the type in several ways is there several times.
    once = {(one[0].key, one[1].place, one[2]): one for one in wanted}
    found: list[Held] = []
    conditions: list[tuple[Column, str, str]] = []
    for enum, column, label in once.values():
        if paths := inside.get((enum.key, column.place)):
            where = holds(identifier(column.column), paths, enum.name, [label])
            conditions.append((column, label, where))
        else:
            found.append(Held(column, label, None, column.through))
    queries = [
        count_where(number, column.table, where, LIMIT)
        for number, (column, _, where) in enumerate(conditions)
    ]
    for (column, label, where), rows in zip(conditions, ask(connection, queries), strict=True):
        shown_by = rows_where(column.table, where)
        count_ = rows[0].rows if rows else None
        found.append(Held(column, label, count_, column.through, shown_by))
    return tuple(one for one in found if one.rows != 0)


def strange(connection: Connection, conversions: Sequence[AlterColumnType]) -> tuple[Strange, ...]:
    """Find the values that are no label of the enum which their column is to become.

    The most frequent ones of a bounded number of rows. Where a query takes too long or may not
    read the table, one entry says so.
    """
    to_enums = [change for change in conversions if change.new.is_enum]
    queries = [
        strange_values(
            number, change.table, change.column, change.array, change.new.labels, LIMIT, MOST
        )
        for number, change in enumerate(to_enums)
    ]
    found: list[Strange] = []
    for change, rows in zip(to_enums, ask(connection, queries), strict=True):
        if rows is None:
            found.append(Strange(change, "", None))
        else:
            found += [Strange(change, row.value, row.rows) for row in rows]
    arrays = [change for change in to_enums if change.wraps and change.array]
    queries = [
        no_single_value(number, change.table, change.column, LIMIT, MOST)
        for number, change in enumerate(arrays)
    ]
    for change, rows in zip(arrays, ask(connection, queries), strict=True):
        found += [Strange(change, row.value, row.rows, single=False) for row in rows or ()]
    return tuple(found)


def _query(number: int, enum: EnumType, column: Column, label: str) -> str:
    array = "a" in column.made_of
    return count_label(number, column.table, column.column, array, enum.name, label, LIMIT)


def ask(connection: Connection, queries: Sequence[str]) -> list[Sequence[Any] | None]:
    """Return the rows of each query, or None where PostgreSQL gave up.

    Many queries go in one: they are alike but for the number, from 0 on, in their first column.
    Where one takes longer than :data:`TIMEOUT` or may not read a table, each is asked by itself.
    """
    answers: list[Sequence[Any] | None] = []
    for start in range(0, len(queries), _AT_ONCE):
        part = queries[start : start + _AT_ONCE]
        found = _run(connection, " UNION ALL ".join(part))
        if found is None:  # one of them took too long or may not be read: ask one by one
            answers += [_run(connection, sql) for sql in part]
            continue
        by_number: dict[int, list[Any]] = defaultdict(list)
        for row in found:
            by_number[row.number].append(row)
        answers += [by_number[start + offset] for offset in range(len(part))]
    return answers


def _run(connection: Connection, sql: str) -> Sequence[Any] | None:
    """Return the rows of a query, or None if PostgreSQL gave up."""
    try:
        with _savepoint(connection):
            connection.execute(_SET_TIMEOUT, {"timeout": TIMEOUT})
            return connection.exec_driver_sql(sql, execution_options={"no_parameters": True}).all()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """Undo the settings of the block, and keep its failure from the transaction around it."""
    if connection.get_isolation_level() == "AUTOCOMMIT":
        yield
        return
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def sizes(
    connection: Connection, tables: Sequence[Name]
) -> tuple[dict[Name, TableSize], LockTable]:
    """Return how large some tables are, with their children and partitions, and the lock table."""
    wanted = json.dumps([{"schema": table.schema, "name": table.name} for table in tables])
    if not tables:
        return {}, LockTable()
    rows = connection.execute(query("table_sizes"), {"tables": wanted}).all()
    found = {Name(row.schema, row.name): TableSize(row.total, row.rows, row.locks) for row in rows}
    return found, LockTable(rows[0].most, rows[0].processes) if rows else LockTable()
