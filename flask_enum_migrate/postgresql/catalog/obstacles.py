"""Look for what would keep the rows of tables from getting other labels, where they are."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection

from ...core.schema import Name
from ..plan.facts import Obstacle
from .session import qualified
from .statements import query


def read(connection: Connection, tables: Iterable[Name]) -> tuple[Obstacle, ...]:
    """Find what an ``UPDATE`` of some tables would meet, in children and partitions too."""
    wanted = [{"schema": table.schema, "name": table.name} for table in sorted(set(tables))]
    if not wanted:
        return ()
    with qualified(connection):
        rows = connection.execute(query("obstacles"), {"tables": json.dumps(wanted)})
        return tuple(
            Obstacle(Name(row.schema, row.table), row.what, row.name, tuple(row.columns))
            for row in rows
        )
