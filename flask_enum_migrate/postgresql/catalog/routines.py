"""Find PL/pgSQL routines that open sessions may have compiled with an enum type in them.

Such a session fails for good with ``cache lookup failed for type`` once the type is replaced,
unless the routine's row in ``pg_proc`` changes: then it is compiled anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection
from sqlalchemy import text

from ...core.schema import Name
from ..objects.reference import Routine
from .enums import qualified

# No catalog knows what a body mentions: its text does, and triggers get rows of their table.
# Materialized, lest the bodies of all other routines be searched too.
_ROUTINES = text(
    """
    WITH wanted AS (
        SELECT schema, name, lower(name) AS lower_name
        FROM json_to_recordset(CAST(:names AS json)) AS w (schema text, name text)),
    routine AS MATERIALIZED (
        SELECT p.oid, p.prosecdef, p.proowner, lower(p.prosrc) AS body
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE l.lanname = 'plpgsql')
    SELECT p.oid::bigint AS oid, p.oid::regprocedure::text AS identity,
           p.prosecdef AS security_definer, pg_has_role(p.proowner, 'USAGE') AS may_alter
    FROM routine p
    WHERE EXISTS (SELECT FROM wanted w WHERE position(w.lower_name IN p.body) > 0)
        OR p.oid IN (
            SELECT t.tgfoid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN wanted w ON w.name = c.relname AND w.schema = n.nspname)
    ORDER BY 2
    """
)


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
            for row in connection.execute(_ROUTINES, {"names": wanted})
        )
