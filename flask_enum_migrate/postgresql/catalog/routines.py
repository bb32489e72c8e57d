"""Find PL/pgSQL routines that open sessions may have compiled with an enum type in them.

Such a session fails for good with ``cache lookup failed for type`` once the type is replaced,
unless the routine's row in ``pg_proc`` changes: then it is compiled anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection

from ...core.schema import Name
from ..plan.facts import Routine
from .session import qualified
from .statements import query


def read(
    connection: Connection, names: Collection[Name], unqualified: str = ""
) -> tuple[Routine, ...]:
    """Find the routines that may hold one of some types, in one query.

    :param names: the types, and the tables that have columns of them.
    :param unqualified: the schema that is left out of their names, or ``""``.
    """
    if not names:
        return ()
    wanted = json.dumps([{"schema": name.schema, "name": name.name} for name in names])
    with qualified(connection, unqualified):
        return tuple(
            Routine(("pg_proc", row.oid), row.identity, row.security_definer, row.may_alter)
            for row in connection.execute(query("plpgsql_routines"), {"names": wanted})
        )
