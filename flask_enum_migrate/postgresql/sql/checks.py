"""The SQL of CHECKs that list the labels of an enum."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.schema import Check
from ...core.schema import Name
from .quoting import filled
from .quoting import identifier
from .quoting import literal
from .quoting import qualified
from .using import TAKEN_AWAY


def add(check: Check, labels: Sequence[str]) -> str:
    """Return the action that adds a CHECK.

    One that was restored is written so that the server prints it as it did. So is that of a
    varchar, for which ``IN`` would take an operator that somebody put into the search path.
    """
    column, listed = identifier(check.column), [literal(label) for label in labels]
    test = f"{column} IN ({filled(listed)})"
    if check.restored and len(labels) > 1:
        array = filled([f"{one}::varchar::text" for one in listed])
        test = f"{column}::text = ANY (ARRAY[{array}])"
    elif check.varying and len(labels) > 1:
        test = f"{column} OPERATOR(pg_catalog.=) ANY (ARRAY[{filled(listed)}]::varchar[])"
    elif check.varying:
        test = f"{column} OPERATOR(pg_catalog.=) {listed[0]}"
    if check.nullable:
        test = f"{column} IS NULL OR {test}"
    start = "" if len(test) <= _SHORT else "\n    "
    return f"ADD CONSTRAINT {identifier(check.name)} CHECK ({start}{test})"


_SHORT = 60
"""So long is a test that stands behind what it is for."""


def comment(check: Check, table: Name) -> str:
    """Return ``COMMENT ON CONSTRAINT`` as far as its text."""
    return f"COMMENT ON CONSTRAINT {identifier(check.name)} ON {qualified(table)} IS "


def refuse(table: Name, column: str, *, held: Sequence[str] = (), but: Sequence[str] = ()) -> str:
    """Return a block, to stand inside of another, that fails where a row holds what it may not.

    :param held: what no row may hold.
    :param but: or else all that rows may hold.
    """
    # With the table's name: the block's own variables have names too.
    value = f"t.{identifier(column)}::text"
    listed = filled([literal(label) for label in held or but])
    where = f"{value} {'IN' if held else 'NOT IN'} ({listed})"
    holds = literal(f"{table}.{column} holds ")
    why = literal(TAKEN_AWAY if held else ", which is no label")
    return (
        "DECLARE held text; BEGIN\n"
        f"    SELECT {value} INTO held FROM {qualified(table)} t WHERE {where} LIMIT 1;\n"
        "    IF held IS NOT NULL THEN RAISE check_violation\n"
        f"        USING MESSAGE = {holds} || quote_literal(held) || {why}; END IF;\n"
        "END"
    )
