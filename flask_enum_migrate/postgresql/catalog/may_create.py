"""In which schemas the current role may create types."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection

from .statements import query


def may_create(connection: Connection, schemas: Iterable[str]) -> dict[str, bool]:
    """Return whether the current role may create types in some schemas, of those that exist."""
    wanted = sorted(set(schemas))
    if not wanted:
        return {}
    rows = connection.execute(query("may_create"), {"schemas": json.dumps(wanted)})
    return {row.name: row.may_create for row in rows}
