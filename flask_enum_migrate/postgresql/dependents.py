"""Find everything that hangs on an enum type, and what of it stands in the way of replacing it.

PostgreSQL rebuilds plain indexes, primary keys and unique constraints by itself when a column
changes its type; for everything else it refuses, or loses something in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy import text


@dataclass(frozen=True, slots=True)
class Dependent:
    """One object that hangs on an enum type and isn't rebuilt by PostgreSQL itself.

    :param kind: what it is: ``view``, ``check constraint``, ``policy``…
    :param identity: its name as ``pg_identify_object`` prints it.
    """

    kind: str
    identity: str

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


# One recursion over pg_depend for all types at once. A whole table is never expanded, only its
# columns; views follow their rules, composite types their attributes. pg_depend knows nothing of
# columns that use a table's row type (R) and of constants of a row type inside expressions (K),
# which PostgreSQL neither refuses nor converts.
_DEPENDENTS = text(
    r"""
    WITH RECURSIVE root AS (
        SELECT t.oid, t.typarray FROM pg_type t WHERE t.oid = ANY (CAST(:oids AS oid[]))
    ),
    g (root, classid, objid, objsubid, deptype, refclassid, refobjid, refobjsubid) AS (
        SELECT root.oid, 'pg_type'::regclass::oid, u.type, 0, 'S'::"char", 0::oid, 0::oid, 0
        FROM root, unnest(ARRAY[root.oid, root.typarray]) u (type)
      UNION
        SELECT g.root, s.* FROM g CROSS JOIN LATERAL (
            SELECT d.classid, d.objid, d.objsubid, d.deptype,
                   d.refclassid, d.refobjid, d.refobjsubid
            FROM pg_depend d
            WHERE d.refclassid = g.classid AND d.refobjid = g.objid
              AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
              AND d.deptype IN ('n', 'a', 'i', 'P', 'S')
              AND NOT (g.classid = 'pg_class'::regclass AND g.objsubid = 0 AND EXISTS (
                  SELECT FROM pg_class c
                  WHERE c.oid = g.objid AND c.relkind IN ('r', 'p', 'f', 't', 'S')))
            UNION ALL
            SELECT 'pg_class'::regclass::oid, r.ev_class, 0, 'C'::"char", g.classid, g.objid, 0
            FROM pg_rewrite r
            WHERE g.classid = 'pg_rewrite'::regclass AND r.oid = g.objid AND r.rulename = '_RETURN'
            UNION ALL
            SELECT 'pg_type'::regclass::oid, c.reltype, 0, 'C'::"char",
                   g.classid, g.objid, g.objsubid
            FROM pg_class c
            WHERE g.classid = 'pg_class'::regclass AND g.objsubid > 0
              AND c.oid = g.objid AND c.relkind = 'c'
            UNION ALL
            SELECT 'pg_class'::regclass::oid, ad.adrelid, ad.adnum::int, 'G'::"char",
                   g.classid, g.objid, 0
            FROM pg_attrdef ad
            JOIN pg_attribute a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
            WHERE g.classid = 'pg_attrdef'::regclass AND ad.oid = g.objid AND a.attgenerated <> ''
            UNION ALL
            SELECT d.classid, d.objid, d.objsubid, 'R'::"char", g.classid, g.objid, g.objsubid
            FROM pg_class c JOIN pg_type rt ON rt.oid = c.reltype
            JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass
                AND d.refobjid IN (rt.oid, rt.typarray)
            WHERE g.classid = 'pg_class'::regclass AND g.objsubid > 0 AND c.oid = g.objid
              AND c.relkind IN ('r', 'p', 'f')
              AND (d.classid = 'pg_class'::regclass AND d.objsubid > 0 AND EXISTS (
                       SELECT FROM pg_class oc
                       WHERE oc.oid = d.objid AND oc.relkind IN ('r', 'p', 'm', 'f', 'c'))
                   OR d.classid = 'pg_type'::regclass AND EXISTS (
                       SELECT FROM pg_type y WHERE y.oid = d.objid AND y.typtype = 'd'))
            UNION ALL
            SELECT d.classid, d.objid, d.objsubid, 'K'::"char", g.classid, g.objid, g.objsubid
            FROM pg_class c JOIN pg_type rt ON rt.oid = c.reltype
            JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass
                AND d.refobjid IN (rt.oid, rt.typarray)
            WHERE g.classid = 'pg_class'::regclass AND g.objsubid > 0 AND c.oid = g.objid
              AND c.relkind IN ('r', 'p', 'f', 'c')
              AND CASE d.classid
                WHEN 'pg_rewrite'::regclass THEN
                  (SELECT ev_action::text || coalesce(ev_qual::text, '')
                   FROM pg_rewrite WHERE oid = d.objid)
                WHEN 'pg_attrdef'::regclass THEN
                  (SELECT adbin::text FROM pg_attrdef WHERE oid = d.objid)
                WHEN 'pg_constraint'::regclass THEN
                  (SELECT conbin::text FROM pg_constraint WHERE oid = d.objid)
                WHEN 'pg_policy'::regclass THEN
                  (SELECT coalesce(polqual::text, '') || coalesce(polwithcheck::text, '')
                   FROM pg_policy WHERE oid = d.objid)
                WHEN 'pg_trigger'::regclass THEN
                  (SELECT tgqual::text FROM pg_trigger WHERE oid = d.objid)
                WHEN 'pg_proc'::regclass THEN
                  (SELECT coalesce(prosqlbody::text, '') || coalesce(proargdefaults::text, '')
                   FROM pg_proc WHERE oid = d.objid)
                WHEN 'pg_class'::regclass THEN
                  (SELECT coalesce(indexprs::text, '') || coalesce(indpred::text, '')
                   FROM pg_index WHERE indexrelid = d.objid)
                WHEN 'pg_type'::regclass THEN
                  (SELECT typdefaultbin::text FROM pg_type WHERE oid = d.objid)
                WHEN 'pg_statistic_ext'::regclass THEN
                  (SELECT stxexprs::text FROM pg_statistic_ext WHERE oid = d.objid)
              END ~ ('\:consttype (' || rt.oid || '|' || rt.typarray || ') ')
        ) s
    ),
    object AS (
        SELECT root, classid, objid, objsubid,
               string_agg(DISTINCT deptype::text, '') AS via,
               bool_or(refclassid <> 'pg_class'::regclass) AS on_noncolumn,
               bool_or(refclassid = 'pg_type'::regclass AND refobjid IN (
                   SELECT unnest(ARRAY[r.oid, r.typarray]) FROM root r WHERE r.oid = g.root))
                 AS on_root
        FROM g WHERE deptype <> 'S' GROUP BY 1, 2, 3, 4
    )
    SELECT o.root::bigint AS root, o.classid::regclass::text AS catalog, o.via, o.on_noncolumn,
           o.on_root, o.objsubid, i.type AS kind, i.identity,
           coalesce(c.relkind::text, '') AS relation_kind,
           coalesce(k.contype::text, '') AS constraint_kind,
           coalesce(a.attgenerated::text, '') AS generated,
           coalesce(da.attgenerated, '')::text AS default_generated,
           coalesce(d.adrelid = own.attrelid, false) AS default_of_own_column,
           coalesce(c.relpersistence = 't' AND pg_is_other_temp_schema(c.relnamespace), false)
             AS other_temp,
           coalesce(cn.nspname ~ '^pg_toast', false) AS toast,
           EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid
                   AND c.relkind = 'i') OR coalesce(c.relkind = 'I', false) AS partitioned_index,
           coalesce((SELECT count(*) FROM pg_inherits h WHERE h.inhrelid = c.oid), 0)::int
             AS parents,
           coalesce(a.attinhcount, 0)::int AS inherit_count
    FROM object o
    CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, o.objsubid) i
    LEFT JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
    LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON o.classid = 'pg_class'::regclass
        AND a.attrelid = o.objid AND a.attnum = o.objsubid AND o.objsubid > 0
    LEFT JOIN pg_constraint k ON o.classid = 'pg_constraint'::regclass AND k.oid = o.objid
    LEFT JOIN pg_attrdef d ON o.classid = 'pg_attrdef'::regclass AND d.oid = o.objid
    LEFT JOIN pg_attribute da ON da.attrelid = d.adrelid AND da.attnum = d.adnum
    LEFT JOIN LATERAL (
        SELECT x.attrelid FROM pg_attribute x JOIN pg_type xt ON xt.oid = x.atttypid
        WHERE x.attrelid = d.adrelid AND x.attnum = d.adnum
          AND (x.atttypid = o.root OR xt.typelem = o.root AND xt.typcategory = 'A')
    ) own ON true
    ORDER BY o.root, i.type, i.identity
    """
)

_REBUILT_CONSTRAINTS = ("p", "u", "n")


def read(connection: Connection, oids: Collection[int]) -> Mapping[int, tuple[Dependent, ...]]:
    """Find what stands in the way of replacing some enum types, in one query.

    :param oids: ``pg_type.oid`` of the enum types.
    :return: by type, the objects that PostgreSQL would not carry over by itself.
    """
    found: dict[int, list[Dependent]] = defaultdict(list)
    if oids:
        for row in connection.execute(_DEPENDENTS, {"oids": list(oids)}):
            if kind := _in_the_way(row):
                found[row.root].append(Dependent(kind, row.identity))
    return {oid: tuple(dependents) for oid, dependents in found.items()}


def _in_the_way(row) -> str:  # type: ignore[no-untyped-def]
    """Return what an object is called if it has to be rebuilt, else ``""``."""
    kind = {"rule": "rule", "default value": "default"}.get(row.kind, row.kind)
    if row.toast:
        return ""
    if row.catalog == "pg_class" and row.objsubid > 0:
        return _column_in_the_way(row)
    if row.catalog == "pg_class" and row.relation_kind in ("i", "I"):
        if row.partitioned_index:
            return "index of a partitioned table"
        return "index with an expression or predicate" if row.on_noncolumn else ""
    if row.catalog == "pg_constraint" and row.constraint_kind in _REBUILT_CONSTRAINTS:
        return ""
    if row.catalog == "pg_constraint" and row.constraint_kind == "x":
        return "exclusion constraint" if row.on_noncolumn else ""
    if row.catalog == "pg_constraint" and row.constraint_kind == "c":
        return "check constraint" if row.on_noncolumn or "K" in row.via else ""
    if row.catalog == "pg_attrdef" and row.default_of_own_column and not row.default_generated:
        return ""
    if row.catalog == "pg_type" and row.via == "i":
        return ""
    return str(kind)


def _column_in_the_way(row) -> str:  # type: ignore[no-untyped-def]
    if row.other_temp:
        return "temporary table of another session: column"
    if row.relation_kind == "f":
        return "column of a foreign table"
    if row.relation_kind in ("v", "m"):
        return ""  # reported once, as the view
    if row.relation_kind == "c":
        return "attribute of a composite type"
    if row.generated:
        return "generated column"
    if row.inherit_count > 1:
        return "column inherited from two tables"
    return "" if row.on_root else "column of another type"
