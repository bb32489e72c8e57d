"""Find which names are taken: tables, domains and all other types share theirs with enums."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy import text

from ...core.schema import Name
from ..sql.quoting import ASIDE
from .enums import qualified

# A row of pg_type is what ALTER TYPE … RENAME TO and CREATE TYPE look for; each table has one.
_TAKEN = text(
    """
    WITH wanted AS (
        SELECT schema, name
        FROM json_to_recordset(CAST(:names AS json)) AS w (schema text, name text))
    SELECT n.nspname::text AS schema, t.typname::text AS name, i.type || ' ' || i.identity AS what
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace,
         pg_identify_object(CASE t.typrelid WHEN 0 THEN 'pg_type'::regclass ELSE 'pg_class' END,
                            coalesce(nullif(t.typrelid, 0), t.oid), 0) i
    WHERE (n.nspname, t.typname) IN (SELECT schema, name FROM wanted)
       OR t.typname ~ :aside AND n.nspname IN (SELECT schema FROM wanted)
    """
)


def read(connection: Connection, names: Iterable[Name]) -> dict[Name, str]:
    """Return which of some names are taken, and those that look like types put aside.

    :param names: those that are wanted.
    :return: by name what has it, such as ``table public.state``.
    """
    wanted = [{"schema": name.schema, "name": name.name} for name in sorted(set(names))]
    if not wanted:
        return {}
    with qualified(connection):
        values = {"names": json.dumps(wanted), "aside": f"{ASIDE}[0-9]*$"}
        rows = connection.execute(_TAKEN, values)
        return {Name(row.schema, row.name): row.what for row in rows}
