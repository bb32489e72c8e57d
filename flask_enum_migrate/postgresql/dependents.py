"""Find everything that hangs on some enum types, with all it takes to create it again.

PostgreSQL carries plain indexes, primary keys and unique constraints along when a column changes
its type; for everything else it refuses, or loses something in silence. One query follows
``pg_depend`` from all types at once and reads every definition; the rest of the module sorts out
what has to be dropped and created again.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import text

from .catalog import qualified

Key = tuple[str, int]


@dataclass(frozen=True)
class Dependent:
    """One object that hangs on an enum type.

    :param key: its catalog and OID.
    :param kind: what it is, as ``pg_identify_object`` says: ``view``, ``table constraint``…
    :param identity: its name as ``pg_identify_object`` prints it, quoted and qualified.
    :param names: the parts of its name, unquoted: schema, table, object.
    :param roots: ``pg_type.oid`` of the enum types it hangs on.
    :param references: the objects of the same set that it needs.
    :param rebuilt: whether it has to be dropped and created again; else it only loses something.
    :param problem: why it can't be, or ``""``.
    :param detail: what its catalog says, by kind.
    """

    key: Key
    kind: str
    identity: str
    names: tuple[str, ...]
    roots: frozenset[int] = frozenset()
    references: frozenset[Key] = frozenset()
    rebuilt: bool = True
    problem: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.detail.get('called', self.kind)} {self.identity}"


# A whole table is never expanded, only its columns; views follow their rules, composite types
# their attributes. pg_depend knows nothing of columns that use a table's row type (R) and of
# constants of a row type inside expressions (K), which PostgreSQL neither refuses nor converts.
_CLOSURE = r"""
    root AS (
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
    )
"""

# Roles and privileges as JSON: null where they are the default ones.
_ACL = """
    (SELECT json_agg(json_build_array(
        CASE x.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(x.grantee)::text END,
        x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)::text))
     FROM aclexplode({acl}) x)
"""

_DETAIL = f"""
    CASE o.classid
      WHEN 'pg_class'::regclass THEN (
        SELECT json_build_object(
            'relkind', c.relkind, 'owner', pg_get_userbyid(c.relowner),
            'creator', current_user,
            'may_alter', pg_has_role(c.relowner, 'USAGE'), 'options', c.reloptions,
            'persistence', c.relpersistence,
            'other_temp', c.relpersistence = 't' AND pg_is_other_temp_schema(c.relnamespace),
            'acl', {_ACL.format(acl="c.relacl")}, 'populated', c.relispopulated,
            'tablespace', coalesce((SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
                                   ''),
            'definition', CASE WHEN o.objsubid > 0 THEN NULL
                WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid)
                WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid) END,
            'columns', CASE WHEN c.relkind IN ('v', 'm') AND o.objsubid = 0 THEN (
                SELECT json_agg(json_build_object(
                    'name', a.attname, 'comment', col_description(c.oid, a.attnum),
                    'default', pg_get_expr(d.adbin, d.adrelid), 'target', a.attstattarget,
                    'acl', {_ACL.format(acl="a.attacl")}) ORDER BY a.attnum)
                FROM pg_attribute a
                LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
            'index', (SELECT json_build_object(
                'table_schema', tn.nspname, 'table', tc.relname, 'table_kind', tc.relkind,
                'clustered', x.indisclustered, 'replica_identity', x.indisreplident,
                'valid', x.indisvalid, 'expressions', x.indexprs IS NOT NULL,
                'partial', x.indpred IS NOT NULL,
                'constraint', (SELECT k.oid::bigint FROM pg_constraint k
                               WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')),
                'parent', (SELECT h.inhparent::regclass::text FROM pg_inherits h
                           WHERE h.inhrelid = c.oid),
                'targets', (SELECT json_agg(json_build_array(a.attnum, a.attstattarget))
                            FROM pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attstattarget >= 0),
                'extensions', (SELECT json_agg(e.extname) FROM pg_depend d
                               JOIN pg_extension e ON e.oid = d.refobjid
                               WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                 AND d.deptype = 'x'))
                FROM pg_index x JOIN pg_class tc ON tc.oid = x.indrelid
                JOIN pg_namespace tn ON tn.oid = tc.relnamespace
                WHERE x.indexrelid = c.oid),
            'column', (SELECT json_build_object(
                'type', format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated,
                'inherited', a.attinhcount, 'last', a.attnum = c.relnatts)
                FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum = o.objsubid AND o.objsubid > 0))
        FROM pg_class c WHERE c.oid = o.objid)
      WHEN 'pg_constraint'::regclass THEN (
        SELECT json_build_object(
            'contype', k.contype, 'definition', pg_get_constraintdef(k.oid),
            'domain', k.contypid <> 0, 'index', k.conindid::bigint,
            'derived', k.conparentid <> 0 OR (k.coninhcount > 0 AND NOT k.conislocal),
            'merged', k.contype = 'c' AND k.coninhcount > 0 AND k.conislocal,
            'may_alter', pg_has_role(c.relowner, 'USAGE'),
            'disabled', EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid
                                AND t.tgisinternal AND t.tgenabled <> 'O'))
        FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid WHERE k.oid = o.objid)
      WHEN 'pg_attrdef'::regclass THEN (
        SELECT json_build_object(
            'definition', pg_get_expr(d.adbin, d.adrelid), 'generated', a.attgenerated,
            'relkind', c.relkind, 'inherited', a.attinhcount > 0,
            'family', c.relhassubclass OR a.attinhcount > 0,
            'may_alter', pg_has_role(c.relowner, 'USAGE'),
            'holds', CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END::bigint)
        FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        JOIN pg_type t ON t.oid = a.atttypid WHERE d.oid = o.objid)
      WHEN 'pg_rewrite'::regclass THEN (
        SELECT json_build_object(
            'return', r.rulename = '_RETURN', 'relation', r.ev_class::bigint,
            'definition', CASE WHEN r.rulename <> '_RETURN' THEN pg_get_ruledef(r.oid) END,
            'enabled', r.ev_enabled, 'may_alter', pg_has_role(c.relowner, 'USAGE'))
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE r.oid = o.objid)
      WHEN 'pg_trigger'::regclass THEN (
        SELECT json_build_object(
            'definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled,
            'internal', t.tgisinternal, 'derived', t.tgparentid <> 0,
            'may_alter', pg_has_role(c.relowner, 'USAGE'))
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.oid = o.objid)
      WHEN 'pg_policy'::regclass THEN (
        SELECT json_build_object(
            'command', p.polcmd, 'permissive', p.polpermissive,
            'roles', ARRAY(SELECT CASE x WHEN 0 THEN '' ELSE pg_get_userbyid(x)::text END
                           FROM unnest(p.polroles) x),
            'using', pg_get_expr(p.polqual, p.polrelid),
            'check', pg_get_expr(p.polwithcheck, p.polrelid),
            'may_alter', pg_has_role(c.relowner, 'USAGE'))
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.oid = o.objid)
      WHEN 'pg_publication_rel'::regclass THEN (
        SELECT json_build_object(
            'publication', p.pubname, 'schema', n.nspname, 'table', c.relname,
            'columns', (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs)),
            'where', pg_get_expr(r.prqual, r.prrelid),
            'may_alter', pg_has_role(p.pubowner, 'USAGE') AND pg_has_role(c.relowner, 'USAGE'))
        FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
        JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.oid = o.objid)
      WHEN 'pg_statistic_ext'::regclass THEN (
        SELECT json_build_object(
            'definition', pg_get_statisticsobjdef(s.oid), 'owner', pg_get_userbyid(s.stxowner),
            'creator', current_user,
            'target', s.stxstattarget, 'may_alter', pg_has_role(s.stxowner, 'USAGE'))
        FROM pg_statistic_ext s WHERE s.oid = o.objid)
      WHEN 'pg_proc'::regclass THEN (
        SELECT json_build_object(
            'prokind', p.prokind, 'owner', pg_get_userbyid(p.proowner),
            'creator', current_user,
            'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
            'sql_body', p.prosqlbody IS NOT NULL,
            'acl', {_ACL.format(acl="p.proacl")}, 'may_alter', pg_has_role(p.proowner, 'USAGE'),
            'extensions', (SELECT json_agg(e.extname) FROM pg_depend d
                           JOIN pg_extension e ON e.oid = d.refobjid
                           WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                             AND d.deptype = 'x'))
        FROM pg_proc p WHERE p.oid = o.objid)
      WHEN 'pg_type'::regclass THEN (
        SELECT json_build_object('typtype', t.typtype, 'relation', t.typrelid::bigint,
                                 'array', t.typelem <> 0 AND t.typcategory = 'A')
        FROM pg_type t WHERE t.oid = o.objid)
    END
"""

_DEPENDENTS = text(
    f"""
    WITH RECURSIVE {_CLOSURE},
    o AS (
        SELECT classid, objid, objsubid, array_agg(DISTINCT root::bigint) AS roots,
               string_agg(DISTINCT deptype::text, '') AS via,
               json_agg(DISTINCT jsonb_build_array(
                   refclassid::regclass::text, refobjid::bigint, refobjsubid, deptype)) AS refs
        FROM g WHERE deptype <> 'S' GROUP BY 1, 2, 3
    )
    SELECT o.classid::regclass::text AS catalog, o.objid::bigint AS oid, o.objsubid AS subid,
           o.roots, o.via, o.refs::text AS refs, i.type AS kind, i.identity,
           coalesce(ad.object_names, '{{}}') AS names,
           coalesce(obj_description(o.objid, o.classid::regclass::name), '') AS comment,
           (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
            WHERE d.classid = o.classid AND d.objid = o.objid
              AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e') AS extension,
           ({_DETAIL})::text AS detail
    FROM o
    CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, o.objsubid) i
    LEFT JOIN LATERAL pg_identify_object_as_address(o.classid, o.objid, o.objsubid) ad ON true
    ORDER BY i.type, i.identity
    """
)


_TABLES = ("r", "p", "f", "t", "S")
_ALWAYS = ("pg_rewrite", "pg_trigger", "pg_policy", "pg_publication_rel", "pg_proc")
_CARRIED_CONSTRAINTS = ("p", "u", "n")
_CALLED = {"c": "check constraint", "f": "foreign key", "x": "exclusion constraint"}


def read(connection: Connection, oids: Collection[int]) -> tuple[Dependent, ...]:
    """Find what PostgreSQL would not carry along when some enum types are replaced.

    One query, however many types there are and however much hangs on them.

    :param oids: ``pg_type.oid`` of the enum types.
    """
    if not oids:
        return ()
    with qualified(connection):
        rows = [_Row(row) for row in connection.execute(_DEPENDENTS, {"oids": list(oids)})]
    return _Sorter(rows, frozenset(oids)).dependents()


class _Row:
    """A row of the query, unpacked."""

    def __init__(self, row: Any) -> None:
        self.key: Key = (row.catalog, row.oid)
        self.subid: int = row.subid
        self.kind: str = row.kind
        self.identity: str = row.identity
        self.names: tuple[str, ...] = tuple(row.names)
        self.roots = frozenset(row.roots)
        self.via: str = row.via
        self.refs: list[tuple[str, int, int, str]] = [tuple(r) for r in json.loads(row.refs)]
        self.detail: dict[str, Any] = json.loads(row.detail) if row.detail else {}
        self.detail["comment"] = row.comment or None
        self.extension: str | None = row.extension

    @property
    def is_table_column(self) -> bool:
        return self.key[0] == "pg_class" and self.subid > 0 and self.detail["relkind"] in _TABLES

    @property
    def follows(self) -> bool:
        """Whether another object brings it along: its parent, its constraint, its owner."""
        detail = self.detail
        if self.key[0] == "pg_trigger":
            return bool(detail["internal"] or detail["derived"])
        return self.key[0] == "pg_constraint" and bool(detail["derived"])


class _Sorter:
    """Tell what has to be rebuilt from what comes along, and who needs whom."""

    def __init__(self, rows: Iterable[_Row], roots: frozenset[int]) -> None:
        self._rows = [row for row in rows if not row.follows]
        self._roots = roots
        self._alias: dict[Key, Key] = {}
        self._relkinds: dict[Key, str] = {}
        for row in self._rows:
            if row.key[0] == "pg_class":
                self._relkinds[row.key] = row.detail["relkind"]
            elif row.key[0] == "pg_type" and "i" in row.via:  # an array, or a view's row type
                self._alias[row.key] = next(r[:2] for r in row.refs if r[3] == "i")
            elif row.key[0] == "pg_rewrite" and row.detail["return"]:
                self._alias[row.key] = ("pg_class", row.detail["relation"])

    def _real(self, key: Key) -> Key:
        seen = set()
        while key in self._alias and key not in seen:
            seen.add(key)
            key = self._alias[key]
        return key

    def dependents(self) -> tuple[Dependent, ...]:
        """Return what has to be rebuilt, and what stands in the way."""
        edges: dict[Key, set[Key]] = {}
        main: dict[Key, _Row] = {}
        problems: list[Dependent] = []
        on_type: set[Key] = set()
        for row in self._rows:
            if row.is_table_column:
                if problem := self._column_problem(row):
                    problems.append(_dependent(row, problem=problem))
                continue
            key = self._real(row.key)
            if key == row.key and row.subid == 0:
                main[key] = row
            for catalog, oid, subid, _ in row.refs:
                target = self._real((catalog, oid))
                if target[0] == "pg_type" and target[1] in self._roots:
                    on_type.add(key)
                elif target != key and not self._is_column(target, subid):
                    edges.setdefault(key, set()).add(target)
        found = [
            _dependent(row, edges.get(key, set()), self._roots_of(key))
            for key, row in main.items()
            if self._needs_rebuild(row, edges.get(key, set()), key in on_type)
        ]
        return (*problems, *self._settled(found, main))

    def _roots_of(self, key: Key) -> frozenset[int]:
        return frozenset(r for row in self._rows if self._real(row.key) == key for r in row.roots)

    def _is_column(self, target: Key, subid: int) -> bool:
        return target[0] == "pg_class" and subid > 0 and self._relkinds.get(target, "r") in _TABLES

    def _column_problem(self, row: _Row) -> str:
        column = row.detail["column"]
        direct = any(
            r[0] == "pg_type" and self._real((r[0], r[1]))[1] in self._roots for r in row.refs
        )
        if row.detail["other_temp"]:
            return "it is a temporary table of another session"
        if row.detail["relkind"] == "f":
            return "the column of a foreign table can't be converted"
        if column["inherited"] > 1:
            return "its column comes from more than one parent"
        if column["generated"] and direct:
            return "a generated column of the type itself can't be converted"
        if not direct and not column["generated"]:
            return "its column has a type that is made of the enum"
        return ""

    def _needs_rebuild(self, row: _Row, edges: set[Key], on_type: bool) -> bool:
        catalog, detail = row.key[0], row.detail
        if catalog == "pg_class" and detail["relkind"] in ("t", "S"):
            return False
        if catalog == "pg_class" and detail["index"]:
            relations = {edge for edge in edges if edge[0] not in ("pg_constraint", "pg_class")}
            lost = detail["index"]["targets"] or detail["index"]["extensions"]
            on_matview = detail["index"]["table_kind"] == "m"
            renamed = bool(detail["index"]["parent"])
            return (
                on_type
                or bool(relations or lost)
                or on_matview
                or renamed
                or "K" in row.via
                or not detail["index"]["valid"]
            )
        if catalog == "pg_constraint":
            if detail["contype"] == "f":
                return True
            if detail["contype"] in _CARRIED_CONSTRAINTS:
                return False
        if catalog == "pg_attrdef":
            own = detail["holds"] in self._roots and not detail["generated"]
            return bool(edges) or not own or "K" in row.via
        if catalog == "pg_statistic_ext":
            return True
        return on_type or bool(edges) or "K" in row.via or catalog in _ALWAYS

    def _settled(self, found: list[Dependent], main: dict[Key, _Row]) -> list[Dependent]:
        """Put constraints in the place of their indexes, and keep only references among these."""
        by_key = {dependent.key: dependent for dependent in found}
        for dependent in found:
            index = dependent.detail.get("index") if dependent.key[0] == "pg_class" else None
            if index and index["parent"]:
                problem = "it belongs to a partitioned table" if _is_special(dependent) else ""
                by_key[dependent.key] = replace(dependent, rebuilt=False, problem=problem)
            elif index and index["constraint"]:
                del by_key[dependent.key]
                key = ("pg_constraint", index["constraint"])
                row = main[key]
                row.detail["of_index"] = dependent.detail
                by_key[key] = _dependent(row, set(dependent.references), dependent.roots)
        return [
            replace(d, references=frozenset(r for r in d.references if r in by_key and r != d.key))
            for d in by_key.values()
        ]


def _is_special(index: Dependent) -> bool:
    """Return whether PostgreSQL can't carry a partition's index along."""
    return bool(index.detail["index"]["expressions"] or index.detail["index"]["partial"])


def _dependent(
    row: _Row,
    references: set[Key] | None = None,
    roots: frozenset[int] | None = None,
    problem: str = "",
) -> Dependent:
    if row.key[0] == "pg_constraint":
        row.detail["called"] = _CALLED.get(row.detail["contype"], row.kind)
    return Dependent(
        key=row.key,
        kind=row.kind,
        identity=row.identity,
        names=row.names,
        roots=roots or row.roots,
        references=frozenset(references or ()),
        problem=problem or _problem(row),
        detail=row.detail,
    )


def _problem(row: _Row) -> str:
    """Return why an object can't be dropped and created again, or ``""``."""
    catalog, detail = row.key[0], row.detail
    if row.extension:
        return f"it belongs to the extension {row.extension!r}"
    if not detail.get("may_alter", True):
        return "the current role doesn't own it"
    if catalog == "pg_class":
        return _relation_problem(detail)
    if catalog == "pg_constraint":
        if detail["domain"]:
            return "it belongs to a domain"
        if detail["merged"]:
            return "it is inherited and declared in the child too"
        return "its triggers are disabled" if detail["disabled"] else ""
    if catalog == "pg_attrdef" and detail["generated"]:
        return "the column is generated from it"
    if catalog == "pg_proc" and detail["prokind"] == "a":
        return "it is an aggregate"
    supported = (*_ALWAYS, "pg_attrdef", "pg_statistic_ext")
    return "" if catalog in supported else "it can't be created again by itself"


def _relation_problem(detail: dict[str, Any]) -> str:
    if detail["relkind"] == "c":
        return "it is a composite type"
    if detail["other_temp"]:
        return "it is a temporary object of another session"
    index = detail["index"]
    if index is None:
        return ""
    if not index["valid"]:
        return "it is invalid"
    if detail["relkind"] == "I" and (index["expressions"] or index["partial"]):
        return "it belongs to a partitioned table"
    return ""
