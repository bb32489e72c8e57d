"""Find how columns hold enums inside of rows and ranges."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection

from ...core.schema import Name
from ..plan.facts import Inside
from .statements import query


def read(connection: Connection, oids: Collection[int]) -> Inside:
    """Find the ways in which columns hold some types inside of others.

    Columns that hold one deeper than ten types are left out.

    :param oids: ``pg_type.oid`` of the types.
    """
    if not oids:
        return {}
    rows = connection.execute(query("inside"), {"oids": list(oids)}).all()
    return {
        (row.enum, (Name(row.schema, row.table), row.column)): tuple(
            tuple((step, name) for step, name in path) for path in json.loads(row.paths)
        )
        for row in rows
    }
