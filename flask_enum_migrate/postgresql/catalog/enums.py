"""Read enum types and what uses them from PostgreSQL's catalogs, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ...core.schema import DeclaredColumn
from ...core.schema import FoundColumn
from ...core.schema import LiveSchema
from ...core.schema import Name
from ..objects.column import Column
from ..objects.column import EnumType

# With an empty search path everything that PostgreSQL deparses comes out schema-qualified; with
# one schema in it, all but what is in that schema. Compiling the queries (jit, where a server has
# it) would take longer than to run them: a second and more, against some milliseconds. The others
# are those of pg_dump: by them constants are deparsed, and mean the same wherever they are read.
_SETTINGS = {
    "jit": "off",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
}
_READ_AND_SET = ", ".join(
    f"current_setting('{name}') AS {name}, set_config('{name}', '{value}', false) AS new_{name}"
    for name, value in _SETTINGS.items()
)
_SESSION = f"""
    SELECT current_user::text AS role, current_schemas(false)::text[] AS schemas,
           current_setting('server_version_num')::int AS version,
           current_setting('search_path') AS search_path,
           set_config('search_path', CASE CAST(:schema AS text) WHEN '' THEN ''
                                     ELSE quote_ident(CAST(:schema AS text)) END, false) AS reduced,
           {_READ_AND_SET}
"""
_ONLY_SESSION = text(_SESSION)
_RESTORE = text(
    "SELECT set_config('search_path', :search_path, false), "
    + ", ".join(f"set_config('{name}', :{name}, false)" for name in _SETTINGS)
)

# FirstNormalObjectId: what initdb makes has a lower OID.
_FIRST_OID = 16384

_OWN = """
    t.typtype = 'e'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp_)'
"""

_ENUMS = f"""
    SELECT t.oid::bigint AS oid, n.nspname::text AS schema, t.typname::text AS name,
           ARRAY(SELECT e.enumlabel::text FROM pg_enum e
                 WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
           pg_get_userbyid(t.typowner)::text AS owner,
           pg_has_role(t.typowner, 'USAGE') AS may_alter,
           has_schema_privilege(n.oid, 'CREATE') AS may_create,
           coalesce((SELECT x.extname::text FROM pg_depend d
                     JOIN pg_extension x ON x.oid = d.refobjid
                     WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid
                       AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'), '')
             AS extension,
           obj_description(t.oid, 'pg_type') AS comment,
           (SELECT json_agg(json_build_array(
                     CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END,
                     a.is_grantable))
            FROM aclexplode(t.typacl) a)::text AS privileges,
           EXISTS (SELECT FROM pg_depend d
                   WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
                     AND d.deptype <> 'i') AS has_dependents
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE {_OWN}
    ORDER BY n.nspname, t.typname
"""

# One query for both saves a round trip; the enums' part is the same under any search path.
_SESSION_AND_ENUMS = text(
    f"{_SESSION}, (SELECT json_agg(row_to_json(e)) FROM ({_ENUMS}) e)::text AS enums"
)

# What is to be known of any column: "a" its attribute, "c" its relation, "t" its type, "d" its
# default.
OF_COLUMN = """pg_get_expr(d.adbin, d.adrelid) AS default,
           a.attnotnull AS not_null, a.attinhcount > 0 AS inherited,
           c.relhassubclass AS has_children,
           c.relkind = 'p' AND EXISTS (
               SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND (
                   a.attnum = ANY (p.partattrs)
                   OR p.partexprs::text ~ ('\\:varattno ' || a.attnum || ' '))) AS partition_key,
           a.attgenerated::text AS generated,
           CASE c.reloftype WHEN 0 THEN '' ELSE format_type(c.reloftype, NULL) END AS typed_table,
           CASE WHEN a.attstorage = t.typstorage THEN ''
                ELSE (CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                      WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) END AS storage,
           CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE '' END
             AS compression,
           pg_has_role(c.relowner, 'USAGE') AS may_alter"""

# A column holds an enum directly, as an array, or through domains, ranges and row types.
_COLUMNS = text(
    f"""
    WITH RECURSIVE made (base, type, step) AS (
        SELECT d.typbasetype, d.oid, 'd' FROM pg_type d WHERE d.typtype = 'd'
        UNION ALL
        SELECT r.rngsubtype, m.type, 'r'
        FROM pg_range r, unnest(ARRAY[r.rngtypid, r.rngmultitypid]) m (type)
        UNION ALL
        SELECT a.atttypid, c.reltype, 'c' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.atttypid >= {_FIRST_OID} AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relkind IN ('c', 'r', 'p', 'f', 'v', 'm')
        UNION ALL
        SELECT t.oid, t.typarray, 'a' FROM pg_type t WHERE t.typarray <> 0
    ),
    holder (type, enum, through, made_of) AS (
        SELECT t.oid, t.oid, false, ''
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {_OWN}
      UNION
        SELECT m.type, h.enum, h.through OR m.step <> 'a', h.made_of || m.step
        FROM holder h JOIN made m ON m.base = h.type
        WHERE length(h.made_of) < 40
    )
    SELECT h.enum::bigint AS enum, n.nspname::text AS schema, c.relname::text AS table,
           a.attname::text AS column, c.relkind::text AS relation_kind,
           CASE h.made_of WHEN 'a' THEN greatest(a.attndims, 1) ELSE 0 END::int AS dimensions,
           CASE WHEN h.through THEN format_type(a.atttypid, a.atttypmod) ELSE '' END AS through,
           h.made_of,
           CASE WHEN a.attinhcount > 1 THEN ARRAY(
               SELECT h.inhparent::regclass::text FROM pg_inherits h
               WHERE h.inhrelid = c.oid ORDER BY h.inhseqno) ELSE '{{}}' END AS parents,
           a.attinhcount > 1 AND EXISTS (
               SELECT FROM pg_attribute x WHERE x.attrelid = c.oid AND x.attnum > 0
                 AND NOT x.attislocal AND x.attinhcount < (
                     SELECT count(*) FROM pg_inherits h WHERE h.inhrelid = c.oid)) AS mixed_parents,
           CASE WHEN a.attinhcount > 1 THEN (
               WITH RECURSIVE up (relation) AS (
                   SELECT c.oid
                   UNION SELECT h.inhparent FROM pg_inherits h JOIN up ON h.inhrelid = up.relation)
               SELECT json_agg(json_build_array(un.nspname, uc.relname)
                               ORDER BY un.nspname, uc.relname)
               FROM up JOIN pg_class uc ON uc.oid = up.relation
               JOIN pg_namespace un ON un.oid = uc.relnamespace
               JOIN pg_attribute ua ON ua.attrelid = uc.oid AND ua.attname = a.attname
               WHERE ua.attinhcount = 0)::text END AS tops,
           c.relhassubclass AND EXISTS (
               WITH RECURSIVE down (relation) AS (
                   SELECT h.inhrelid FROM pg_inherits h WHERE h.inhparent = c.oid
                   UNION SELECT h.inhrelid FROM pg_inherits h JOIN down ON h.inhparent = relation)
               SELECT FROM down JOIN pg_class dc ON dc.oid = relation
               WHERE dc.relkind = 'f') AS has_foreign_children,
           {OF_COLUMN}
    FROM holder h
    JOIN pg_attribute a ON a.atttypid = h.type AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f', 'm')
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    ORDER BY n.nspname, c.relname, a.attnum
    """
)

_FOUND = text(
    """
    SELECT w.position, c.schema, c.name AS table, coalesce(e.oid, 0)::bigint AS type_oid,
           coalesce(format_type(a.atttypid, a.atttypmod), '') AS type_name,
           coalesce(e.typtype = 'e', false) AS is_enum,
           coalesce(e.typcategory = 'S', false) AS is_string,
           coalesce(e.oid <> t.oid, false) AS array, coalesce(c.kind, '') AS relation_kind
    FROM json_to_recordset(CAST(:wanted AS json))
           AS w (position int, schema text, "table" text, "column" text)
    LEFT JOIN LATERAL (
        SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = w."table" AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
          AND CASE WHEN w.schema <> '' THEN n.nspname = w.schema
                   ELSE n.nspname = ANY (CAST(:schemas AS text[])) END
        ORDER BY array_position(CAST(:schemas AS text[]), n.nspname::text) LIMIT 1
    ) c ON true
    LEFT JOIN pg_attribute a
        ON a.attrelid = c.oid AND a.attname = w."column" AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0
                                           THEN t.typelem ELSE t.oid END
    ORDER BY w.position
    """
)


@dataclass(frozen=True, slots=True)
class _Session:
    role: str
    schemas: tuple[str, ...]
    version: int
    enums: tuple[dict[str, Any], ...] = ()


@contextmanager
def qualified(
    connection: Connection, schema: str = "", *, with_enums: bool = False
) -> Iterator[_Session]:
    """Empty the search path for the block, so that names are deparsed schema-qualified.

    Nor are queries compiled in it, and constants are deparsed so that they mean the same anywhere.

    :param schema: the schema whose objects come out unqualified nevertheless.
    :param with_enums: whether to read the enum types in the same query.
    """
    query = _SESSION_AND_ENUMS if with_enums else _ONLY_SESSION
    row = connection.execute(query, {"schema": schema}).one()
    enums = json.loads(row.enums or "[]") if with_enums else ()
    restore = {name: row._mapping[name] for name in ("search_path", *_SETTINGS)}
    try:
        yield _Session(row.role, tuple(row.schemas), row.version, tuple(enums))
    except BaseException:
        with suppress(DBAPIError):  # a failed transaction takes no statement, and reverts it itself
            connection.execute(_RESTORE, restore)
        raise
    connection.execute(_RESTORE, restore)


def read(
    connection: Connection,
    wanted: Collection[DeclaredColumn],
    strings: Collection[DeclaredColumn] = (),
) -> LiveSchema:
    """Read all enum types, the columns that use them, and what the wanted columns are.

    Four queries, however many types and columns there are; they need no right but to connect.

    :param connection: a connection whose search path is the app's.
    :param wanted: the columns that models declare as enums.
    :param strings: the columns that models declare as strings; those which may be enums in the
        database are found too.
    """
    wanted = list(wanted)
    with qualified(connection, with_enums=True) as session:
        columns = defaultdict(list)
        for row in connection.execute(_COLUMNS).mappings():
            columns[row["enum"]].append(_live_column(row))
        enums = [_live_enum(row, columns[row["oid"]]) for row in session.enums]
        enumerated = {(c.table.name, c.column) for own in columns.values() for c in own}
        wanted += [c for c in strings if (c.table.name, c.column) in enumerated]
        found = _find(connection, wanted, session.schemas)
    return LiveSchema(session.schemas, session.role, session.version, tuple(enums), found)


def _live_enum(row: dict[str, Any], columns: Iterable[Column]) -> EnumType:
    values = {key: value for key, value in row.items() if key not in ("schema", "oid")}
    values["key"] = row["oid"]
    values["name"] = Name(row["schema"], row["name"])
    values["labels"] = tuple(row["labels"])
    values["privileges"] = _privileges(row["privileges"])
    return EnumType(columns=tuple(columns), **values)


def _live_column(row: Any) -> Column:
    values = {key: value for key, value in row.items() if key not in ("enum", "schema", "table")}
    values["parents"] = tuple(values["parents"])
    values["tops"] = tuple(Name(*top) for top in json.loads(values["tops"] or "[]"))
    if not values["dimensions"]:
        values["storage"] = values["compression"] = ""
    values["array"] = bool(values["dimensions"])
    values["holds_rows"] = values["relation_kind"] in ("r", "p")
    return Column(table=Name(row["schema"], row["table"]), **values)


def _privileges(packed: str | None) -> tuple[tuple[str, bool], ...] | None:
    if packed is None:
        return None
    return tuple((grantee, grantable) for grantee, grantable in json.loads(packed))


def _find(
    connection: Connection, wanted: list[DeclaredColumn], schemas: Iterable[str]
) -> dict[DeclaredColumn, FoundColumn]:
    rows = [
        {"position": i, "schema": c.table.schema, "table": c.table.name, "column": c.column}
        for i, c in enumerate(wanted)
    ]
    result = connection.execute(_FOUND, {"wanted": json.dumps(rows), "schemas": list(schemas)})
    found = {}
    for column, row in zip(wanted, result, strict=True):
        found[column] = FoundColumn(
            table=Name(row.schema, row.table) if row.table is not None else None,
            type_key=row.type_oid,
            type_name=row.type_name,
            is_enum=row.is_enum,
            is_string=row.is_string,
            array=row.array,
            relation_kind=row.relation_kind,
        )
    return found
