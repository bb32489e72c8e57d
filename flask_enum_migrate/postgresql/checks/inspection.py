"""Look closely at the enums under a CHECK that differ: at rows and at sizes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ...core.backend import Options
from ...core.diff import alter
from ...core.pairing import Pairing
from ...core.rows import LIMIT
from ...core.rows import MOST
from ...core.rows import Held
from ...core.rows import Stray
from ...core.schema import LiveColumn
from ...core.schema import LiveSchema
from ...core.schema import Name
from ...core.schema import TableSize
from ..catalog import rows
from ..sql.queries import count_text
from ..sql.queries import strange_values
from ..sql.quoting import encodable
from .catalog import CheckedEnum
from .plan import Facts


def inspect(
    connection: Connection, live: LiveSchema, pairing: Pairing, options: Options
) -> tuple[Facts, tuple[Held, ...], dict[Name, TableSize]]:
    """Return what a plan has to know, the rows that hold labels that go, and the tables' sizes."""
    enums: dict[Name, CheckedEnum] = {}
    wanted: list[tuple[LiveColumn, str]] = []
    differing: list[CheckedEnum] = []
    for match in pairing.pairs:
        if isinstance(match.live, CheckedEnum):
            enums[match.live.name] = match.live  # its labels may change places without a difference
            if change := alter(match):
                differing.append(match.live)
                wanted += [(match.live.column, drop.label) for drop in change.removed]
    for wrong in pairing.wrong_columns:
        if wrong.conversion and wrong.conversion.only_adds_check:
            found = live.checks[wrong.column].enum
            if isinstance(found, CheckedEnum):
                enums[found.name] = found
                differing.append(found)
    if not enums:
        return Facts(), (), {}
    facts = Facts(
        enums,
        options.lock_timeout,
        "" if options.qualify else live.default_schema,
        live.user,
    )
    tables = sorted({one.column.table for one in differing})
    return facts, _held(connection, wanted), rows.sizes(connection, tables)[0]


def strays(connection: Connection, live: LiveSchema) -> tuple[Stray, ...]:
    """Return the values that rows of strings hold and that are no label of their model.

    The most frequent ones of a bounded number of rows. Where a query takes too long or may not
    read the table, one entry says so.
    """
    wanted = [(c.enum.check, c.declared) for c in live.checks.values() if c.enum.check]
    wanted = [
        (check, tuple(label for label in labels if encodable(label, live.encoding)))
        for check, labels in wanted
    ]
    wanted = [(check, labels) for check, labels in wanted if labels]
    queries = [
        strange_values(number, check.table, check.column, False, labels, LIMIT, MOST)
        for number, (check, labels) in enumerate(wanted)
    ]
    found: list[Stray] = []
    for (check, _), answer in zip(wanted, rows.ask(connection, queries), strict=True):
        if answer is None:
            found.append(Stray(check.table, check.column, "", None))
        else:
            found += [Stray(check.table, check.column, one.value, one.rows) for one in answer]
    return tuple(found)


def _held(connection: Connection, wanted: Sequence[tuple[LiveColumn, str]]) -> tuple[Held, ...]:
    queries = [
        count_text(number, column.table, column.column, label, LIMIT)
        for number, (column, label) in enumerate(wanted)
    ]
    held = (
        Held(column, label, found[0].rows if found else None)
        for (column, label), found in zip(wanted, rows.ask(connection, queries), strict=True)
    )
    return tuple(one for one in held if one.rows != 0)
