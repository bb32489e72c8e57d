"""What an object is, as text that a revision can compare where it runs: SQL expressions by kind.

Each is over ``id``, the object's OID, and gives the definition and all that is no part of it but
would get lost: options, enabled states, statistics targets. They are read when a revision is
written, and again where it runs, on whatever version that is. Owners, privileges and comments are
no part of them: those belong to the database that is upgraded.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """An object that is dropped and created again, as the revision knows it.

    :param what: kind and name, as ``COMMENT ON`` writes it.
    :param kind: its kind, as ``pg_get_object_address`` takes it.
    :param names: its address.
    :param arguments: the second part of that.
    :param state_kind: its entry in :data:`STATES`, or ``""`` if nothing is compared.
    :param state: what it must be, by that.
    :param labels: those that an enum must have.
    """

    what: str
    kind: str
    names: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    state_kind: str = ""
    state: str = ""
    labels: tuple[str, ...] = ()


_TABLESPACE = (
    "(SELECT spcname FROM pg_tablespace t, pg_class c WHERE t.oid = reltablespace AND c.oid = {})"
)

_OPTIONS = "(SELECT reloptions FROM pg_class WHERE oid = {})"

# A query names its columns. Those of a view have defaults beside it, and nothing else.
_VIEW = (
    f"concat_ws(' ', pg_get_viewdef(id), {_OPTIONS.format('id')}, (SELECT string_agg(concat(adnum, "
    "' ', pg_get_expr(adbin, adrelid)), ' ' ORDER BY adnum) FROM pg_attrdef WHERE adrelid = id))"
)

_MATERIALIZED_VIEW = (
    f"concat_ws(' ', pg_get_viewdef(id), {_OPTIONS.format('id')}, (SELECT t.reloptions FROM pg_class c "
    f"JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = id), {_TABLESPACE.format('id')}, "
    "(SELECT string_agg(concat_ws(' ', attname, nullif(attstattarget, -1), attoptions, "
    "nullif(attstorage, typstorage), nullif(attcompression, '')), ', ' ORDER BY attnum) FROM "
    "pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attrelid = id AND attnum > 0))"
)

# Tables aren't clustered by a partial index, nor identifies it rows to subscribers.
_PARTIAL_INDEX = f"concat(pg_get_indexdef(id), ' ' || {_TABLESPACE.format('id')})"

_MARKS = "CASE WHEN indisclustered THEN 'CLUSTER' END, CASE WHEN indisreplident THEN 'IDENTITY' END"
_INDEX = (
    f"(SELECT concat_ws(' ', pg_get_indexdef(id), {_MARKS}, {_TABLESPACE.format('id')}) "
    "FROM pg_index WHERE indexrelid = id)"
)
# Only what is computed has statistics of its own.
_EXPRESSION_INDEX = (
    f"(SELECT concat_ws(' ', pg_get_indexdef(id), {_MARKS}, (SELECT string_agg(concat_ws(' ', "
    "attnum, attstattarget), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = id AND "
    f"attstattarget >= 0), {_TABLESPACE.format('id')}) FROM pg_index WHERE indexrelid = id)"
)

_CHECK = "pg_get_constraintdef(id)"

_DISABLED = (
    "(SELECT string_agg(concat_ws(' ', tgfoid::regproc, tgenabled), ', ' ORDER BY "
    "tgfoid::regproc::text) FROM pg_trigger WHERE tgconstraint = id AND tgenabled <> 'O')"
)
_FOREIGN_KEY = f"concat_ws(' ', pg_get_constraintdef(id), {_DISABLED})"
_OTHER_CONSTRAINT = (
    f"concat_ws(' ', pg_get_constraintdef(id), {_DISABLED}, (SELECT concat_ws(' ', {_MARKS}, "
    f"{_OPTIONS.format('indexrelid')}, {_TABLESPACE.format('indexrelid')}) FROM pg_constraint c JOIN "
    "pg_index ON indexrelid = conindid WHERE c.oid = id AND contype = 'x'))"
)

_TRIGGER = (
    "concat_ws(' ', pg_get_triggerdef(id), (SELECT nullif(tgenabled::text, 'O') FROM pg_trigger WHERE "
    "oid = id), (SELECT string_agg(concat_ws(' ', tgrelid::regclass, tgenabled), ', ' ORDER BY "
    "tgrelid::regclass::text) FROM pg_trigger WHERE tgparentid = id AND tgenabled <> 'O'))"
)

_RULE = (
    "concat_ws(' ', pg_get_ruledef(id), (SELECT nullif(ev_enabled::text, 'O') FROM pg_rewrite WHERE "
    "oid = id))"
)

_POLICY = (
    "(SELECT concat_ws(' ', CASE WHEN NOT polpermissive THEN 'RESTRICTIVE' END, polcmd, 'USING ' || "
    "pg_get_expr(polqual, polrelid), 'WITH CHECK ' || pg_get_expr(polwithcheck, polrelid)) FROM "
    "pg_policy WHERE oid = id)"
)

_STATISTICS = (
    "concat_ws(' ', pg_get_statisticsobjdef(id), (SELECT nullif(stxstattarget, -1) FROM "
    "pg_statistic_ext WHERE oid = id))"
)

_AGGREGATE = (
    "(SELECT concat_ws(' ', aggtransfn::regproc, aggtranstype::regtype, aggfinalfn::regproc, "
    "aggcombinefn::regproc, agginitval, aggmtransfn::regproc, aggsortop::regoper) FROM pg_aggregate "
    "WHERE aggfnoid = id)"
)

_DEFAULT = "(SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid = id)"

_PUBLICATION = (
    "(SELECT concat_ws(' ', ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = prrelid AND "
    "attnum = ANY (prattrs) ORDER BY 1), pg_get_expr(prqual, prrelid)) FROM pg_publication_rel WHERE "
    "oid = id)"
)

_CAST = "(SELECT concat_ws(' ', castmethod, castcontext, castfunc::regproc) FROM pg_cast WHERE oid = id)"

_OPERATOR = (
    "(SELECT concat_ws(' ', oprcode, oprcom::regoper, oprnegate::regoper, oprrest, oprjoin, "
    "oprcanhash, oprcanmerge) FROM pg_operator WHERE oid = id)"
)

# They ask ``pg_enum``: ``enum_range`` fails over labels that the same transaction added.
_LABELS = "(SELECT array_agg(enumlabel ORDER BY enumlabel)::text FROM pg_enum WHERE enumtypid = id)"

# NOT NULL is a constraint of a domain since PostgreSQL 17 only.
_TYPE = (
    f"(SELECT concat_ws(' ', {_LABELS}, CASE typbasetype WHEN 0 THEN NULL ELSE "
    "format_type(typbasetype, typtypmod) END, pg_get_expr(typdefaultbin, 0), CASE WHEN typnotnull THEN "
    "'NOT NULL' END, (SELECT string_agg(conname::text || ' ' || pg_get_constraintdef(oid), ', ' ORDER "
    "BY conname) FROM pg_constraint WHERE contypid = id AND contype <> 'n'), (SELECT string_agg(attname::text || ' ' || "
    "format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
    "typrelid AND attnum > 0 AND NOT attisdropped)) FROM pg_type WHERE oid = id)"
)

NOT_NULL = "NOT NULL"
"""The definition of a constraint that rejects NULL, and nothing else."""

STATES = {
    "view": _VIEW,
    "materialized view": _MATERIALIZED_VIEW,
    "partial index": _PARTIAL_INDEX,
    "index": _INDEX,
    "expression index": _EXPRESSION_INDEX,
    "check": _CHECK,
    "foreign key": _FOREIGN_KEY,
    "constraint": _OTHER_CONSTRAINT,
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
    "labels": _LABELS,
    "type": _TYPE,
    "domain constraint": "pg_get_constraintdef(id)",
}
"""By the kind of state that an object has.

Where objects of one kind have several, the last of these sees of all of them what the others see.
"""
