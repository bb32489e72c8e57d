"""What a database server said about an error, whichever driver the error is of."""

from __future__ import annotations

from typing import Any

# With the fields of PostgreSQL's protocol, which pg8000 gives as they come.
FIELDS = {
    "message_primary": "M",
    "message_detail": "D",
    "message_hint": "H",
    "statement_position": "P",
    "internal_query": "q",
    "context": "W",
    "schema_name": "s",
    "table_name": "t",
    "column_name": "c",
    "datatype_name": "d",
    "constraint_name": "n",
}
"""The parts of what was said, by libpq's names."""


def told(error: Any, name: str) -> str:
    """Return a part of what was said, ``""`` where it wasn't.

    :param error: the driver's exception.
    :param name: as libpq calls it, such as ``message_detail``.
    """
    found = getattr(getattr(error, "diag", None), name, None)
    return str(found or _protocol(error).get(FIELDS[name]) or "")


def sqlstate(error: Any) -> str:
    """Return the SQLSTATE of an error, ``""`` if it has none.

    :param error: the driver's exception: psycopg and psycopg2 have names of their own for it.
    """
    found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return str(found or _protocol(error).get("C") or "")


def _protocol(error: Any) -> dict[str, Any]:
    arguments = getattr(error, "args", ())
    first = arguments[0] if arguments else None
    return first if isinstance(first, dict) else {}
