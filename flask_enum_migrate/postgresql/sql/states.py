"""What an object is, as text that a revision can compare where it runs: SQL expressions by kind.

Each is over ``id``, the object's OID, and gives the definition and all that is no part of it but
would get lost: options, enabled states, statistics targets. They are read when a revision is
written, and again where it runs, on whatever version that is. Owners, privileges and comments are
no part of them: those belong to the database that is upgraded.
"""

from __future__ import annotations

_VIEW = """concat_ws(' ', pg_get_viewdef(id), reloptions, (SELECT string_agg(concat_ws(' ', attname, \
nullif(attstattarget, -1), attoptions,
        (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = id AND adnum = attnum)), \
', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = id))"""

_INDEX = """(SELECT concat_ws(' ', pg_get_indexdef(id), CASE WHEN indisclustered THEN 'CLUSTER' END, \
CASE WHEN indisreplident THEN 'IDENTITY' END,
        (SELECT string_agg(attnum::text || ' ' || attstattarget::text, ', ' ORDER BY attnum) FROM \
pg_attribute WHERE attrelid = id AND attstattarget >= 0),
        (SELECT spcname::text FROM pg_tablespace t JOIN pg_class c ON t.oid = reltablespace WHERE c.oid = id)) \
FROM pg_index WHERE indexrelid = id)"""

_CONSTRAINT = """concat_ws(' ', pg_get_constraintdef(id), (SELECT string_agg(tgfoid::regproc::text || \
' ' || tgenabled::text, ', '
        ORDER BY tgfoid::regproc::text) FROM pg_trigger WHERE tgconstraint = id AND \
tgenabled <> 'O'))"""

_TRIGGER = """concat_ws(' ', pg_get_triggerdef(id), \
(SELECT nullif(tgenabled::text, 'O') FROM pg_trigger WHERE oid = id),
 (SELECT string_agg(tgrelid::regclass::text || ' ' || tgenabled::text, ', ' ORDER BY tgrelid::regclass::text) \
FROM pg_trigger WHERE tgparentid = id AND tgenabled <> 'O'))"""

_RULE = """concat_ws(' ', pg_get_ruledef(id), \
(SELECT nullif(ev_enabled::text, 'O') FROM pg_rewrite WHERE oid = id))"""

_POLICY = """(SELECT concat_ws(' ', CASE WHEN NOT polpermissive THEN 'RESTRICTIVE' END, polcmd, \
'USING ' || pg_get_expr(polqual, polrelid), 'WITH CHECK ' || pg_get_expr(polwithcheck, polrelid)) \
FROM pg_policy WHERE oid = id)"""

_STATISTICS = """concat_ws(' ', pg_get_statisticsobjdef(id), \
(SELECT nullif(stxstattarget, -1) FROM pg_statistic_ext WHERE oid = id))"""

_AGGREGATE = """(SELECT concat_ws(' ', aggtransfn::regproc, aggtranstype::regtype, \
aggfinalfn::regproc, aggcombinefn::regproc, agginitval, aggmtransfn::regproc, aggsortop::regoper) \
FROM pg_aggregate WHERE aggfnoid = id)"""

_DEFAULT = "(SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid = id)"

_PUBLICATION = """(SELECT concat_ws(' ', \
ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = prrelid AND attnum = ANY (prattrs) \
ORDER BY 1), pg_get_expr(prqual, prrelid)) FROM pg_publication_rel WHERE oid = id)"""

_CAST = """(SELECT concat_ws(' ', castmethod, castcontext, castfunc::regproc) \
FROM pg_cast WHERE oid = id)"""

_OPERATOR = """(SELECT concat_ws(' ', oprcode, oprcom::regoper, oprnegate::regoper, oprrest, \
oprjoin, oprcanhash, oprcanmerge) FROM pg_operator WHERE oid = id)"""

_TYPE = """(SELECT concat_ws(' ', CASE typbasetype WHEN 0 THEN NULL \
ELSE format_type(typbasetype, typtypmod) END, pg_get_expr(typdefaultbin, 0), \
CASE WHEN typnotnull THEN 'NOT NULL' END,
 (SELECT string_agg(conname::text || ' ' || pg_get_constraintdef(oid), ', ' ORDER BY conname) \
FROM pg_constraint WHERE contypid = id),
 (SELECT string_agg(attname::text || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped)) \
FROM pg_type WHERE oid = id)"""

STATES = {
    "view": f"(SELECT {_VIEW} FROM pg_class WHERE oid = id)",
    "index": _INDEX,
    "constraint": _CONSTRAINT,
    "trigger": _TRIGGER,
    "rule": _RULE,
    "policy": _POLICY,
    "statistics": _STATISTICS,
    "function": "pg_get_functiondef(id)",
    "aggregate": _AGGREGATE,
    "default": _DEFAULT,
    "publication": _PUBLICATION,
    "cast": _CAST,
    "operator": _OPERATOR,
    "type": _TYPE,
}
"""By the kind of state that an object has."""
