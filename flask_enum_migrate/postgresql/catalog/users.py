"""Ask which enum types nothing would use once some tables and columns are gone."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection

from ...core.schema import Name
from ...core.schema import Place
from .statements import query


def users(
    connection: Connection,
    oids: Collection[int],
    tables: Collection[Name],
    columns: Collection[Place],
) -> dict[int, list[str]]:
    """Return what still uses some enum types when tables and columns are gone.

    :param oids: ``pg_type.oid`` of the types.
    :param tables: the tables that go, schema-qualified.
    :param columns: the columns that go from other tables.
    :return: for each type its users, as ``pg_describe_object`` prints them.
    """
    if not oids:
        return {}
    gone = [
        *({"schema": table.schema, "table": table.name, "column": None} for table in tables),
        *({"schema": t.schema, "table": t.name, "column": column} for t, column in columns),
    ]
    found: dict[int, list[str]] = {oid: [] for oid in oids}
    for row in connection.execute(
        query("users_of_types"), {"gone": json.dumps(gone), "oids": list(oids)}
    ):
        found[row.type].append(row.held_by)
    return found
