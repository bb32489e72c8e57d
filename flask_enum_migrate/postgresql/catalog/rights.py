"""Who looks at the database, and in which schemas that role may create types."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy import text

_SCHEMAS = text(
    """
    SELECT n.nspname::text AS name, has_schema_privilege(n.oid, 'CREATE') AS may_create
    FROM json_array_elements_text(CAST(:schemas AS json)) AS w (name)
    JOIN pg_namespace n ON n.nspname = w.name
    """
)


def may_create(connection: Connection, schemas: Iterable[str]) -> dict[str, bool]:
    """Return whether the current role may create types in some schemas, of those that exist."""
    wanted = sorted(set(schemas))
    if not wanted:
        return {}
    rows = connection.execute(_SCHEMAS, {"schemas": json.dumps(wanted)})
    return {row.name: row.may_create for row in rows}
