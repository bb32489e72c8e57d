"""The queries that look at rows, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.schema import Name
from .quoting import identifier
from .quoting import literal
from .quoting import qualified
from .using import single_element

# An operator of the type that somebody put into the search path is none of ours.
_EQUALS = "OPERATOR(pg_catalog.=)"


def strange_values(
    number: int,
    table: Name,
    column: str,
    array: bool,
    labels: Sequence[str],
    limit: int,
    most: int,
) -> str:
    """Return a query for the values of a column that are no label: its number, value and rows.

    :param limit: how many such rows it counts.
    :param most: how many values it returns.
    """
    value, from_ = f"{identifier(column)}::text", qualified(table)
    if array:
        value, from_ = "e.e", f"{from_}, pg_catalog.unnest({identifier(column)}::text[]) e (e)"
    known = ", ".join(literal(label) for label in labels)
    strange = f"{value} NOT IN ({known})" if known else f"{value} IS NOT NULL"
    held = f"SELECT {value} AS value FROM {from_} WHERE {strange} LIMIT {limit:d}"
    return (
        f"(SELECT {number:d} AS number, value, count(*) AS rows FROM ({held}) held "
        f"GROUP BY value ORDER BY count(*) DESC, value LIMIT {most:d})"
    )


def no_single_value(number: int, table: Name, column: str, limit: int, most: int) -> str:
    """Return a query for the arrays that hold no element, several or NULL, like the one above."""
    name = identifier(column)
    single = f"{single_element(column, enum=False)} IS NOT NULL"
    held = (
        f"SELECT {name}::text AS value FROM {qualified(table)} WHERE {name} IS NOT NULL AND NOT "
        f"({single}) LIMIT {limit:d}"
    )
    return (
        f"(SELECT {number:d} AS number, value, count(*) AS rows FROM ({held}) held "
        f"GROUP BY value ORDER BY count(*) DESC, value LIMIT {most:d})"
    )


def distinct_values(table: Name, column: str) -> str:
    """Return a query for all values of a column, most frequent first."""
    value = identifier(column)
    return f"SELECT {value}, count(*) FROM {qualified(table)} GROUP BY 1 ORDER BY 2 DESC"


def count_label(
    number: int, table: Name, column: str, array: bool, type_: Name, label: str, limit: int
) -> str:
    """Return a query of one row: its number, and how many rows hold a label, up to a limit."""
    constant = f"{literal(label)}::{qualified(type_)}"
    value = identifier(column)
    enum = qualified(type_)
    holds = (
        f"{constant} {_EQUALS} ANY ({value}::{enum}[])"
        if array
        else f"{value}::{enum} {_EQUALS} {constant}"
    )
    return count_where(number, table, holds, limit)


def rows_where(table: Name, where: str) -> str:
    """Return a query for a person to see some rows."""
    return f"SELECT * FROM {qualified(table)} WHERE {where};"


def count_where(number: int, table: Name, where: str, limit: int) -> str:
    """Return a query of one row: its number, and how many rows fit, up to a limit."""
    rows = f"SELECT FROM {qualified(table)} WHERE {where} LIMIT {limit:d}"
    return f"SELECT {number:d} AS number, count(*) AS rows FROM ({rows}) held"


def count_text(number: int, table: Name, column: str, text: str, limit: int) -> str:
    """Return a query of one row: its number, and how many rows hold a text, up to a limit."""
    return count_where(number, table, f"{identifier(column)} {_EQUALS} {literal(text)}", limit)


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """What has to differ between two rows, of which one column is of an enum type.

    :param table: the table.
    :param column: the column.
    :param type_: its type.
    :param others: the other columns of the key.
    :param predicate: which rows count, as SQL, or ``""``.
    :param only: whether those of children don't count.
    :param nulls_equal: whether NULLs are the same.
    """

    table: Name
    column: str
    type_: Name
    others: tuple[str, ...]
    predicate: str
    only: bool
    nulls_equal: bool


def colliding_labels(number: int, key: UniqueKey, label: str, limit: int) -> str:
    """Return a query for the labels of rows that are the same as rows with a label but for that.

    Each comes with the query's number.

    :param limit: at how many rows with the label it looks.
    """
    shown, value = f"{'ONLY ' if key.only else ''}{qualified(key.table)}", identifier(key.column)
    counts = f"({key.predicate})" if key.predicate else "true"
    equal = "IS NOT DISTINCT FROM" if key.nulls_equal else "="
    same = "".join(f" AND b.{name} {equal} a.{name}" for name in map(identifier, key.others))
    held = f"{value} {_EQUALS} {literal(label)}::{qualified(key.type_)}"
    return (
        f"SELECT DISTINCT {number:d} AS number, b.{value}::text AS label"
        f" FROM (SELECT * FROM {shown} WHERE {held} AND {counts} LIMIT {limit:d}) a"
        f" JOIN (SELECT * FROM {shown} WHERE {counts}) b"
        f" ON b.{value} OPERATOR(pg_catalog.<>) a.{value}{same}"
    )
