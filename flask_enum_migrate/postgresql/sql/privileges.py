"""Who owns, may use and has commented what is dropped, as a script that gives it back.

It is made where a revision runs, of what that database has.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from collections.abc import Set

from .quoting import literal
from .states import Known

_RELATIONS = ("view", "materialized view")
_ROUTINES = ("function", "procedure", "aggregate")
# The kinds that have an owner: a catalog, its columns for owner and ACL, what ACLs call it.
OWNED = {
    **dict.fromkeys(("type",), ("pg_type", "typ", True)),
    **dict.fromkeys(_RELATIONS, ("pg_class", "rel", True)),
    **dict.fromkeys(_ROUTINES, ("pg_proc", "pro", True)),
    "statistics object": ("pg_statistic_ext", "stx", False),
    "operator": ("pg_operator", "opr", False),
    "operator class": ("pg_opclass", "opc", False),
}
# What default privileges call them, and what a GRANT on them names in the place of their kind.
_CODES = (("T", ("type",), "TYPE"), ("r", _RELATIONS, "TABLE"), ("f", _ROUTINES, "ROUTINE"))


def _catalogs(objects: Sequence[Known]) -> list[tuple[str, str, bool]]:
    return list(dict.fromkeys(OWNED[one.kind] for one in objects if one.kind in OWNED))


def _codes(objects: Sequence[Known]) -> list[str]:
    """Return what default privileges call the kinds of objects."""
    kinds = {known.kind for known in objects}
    return [code for code, of, _ in _CODES if kinds & {*of}]


def owned(objects: Sequence[Known]) -> Iterator[str]:
    """Yield the columns ``owner``, ``acl``, ``code``, ``target`` and ``filled`` of objects.

    ``code`` is what default privileges call the kind of object, ``target`` what a GRANT is on,
    ``filled`` whether it is a materialized view that holds rows.
    """
    catalogs, kinds = _catalogs(objects), [*dict.fromkeys(known.kind for known in objects)]
    owners = [f"{prefix}owner" for _, prefix, _ in catalogs] or ["NULL::oid"]
    acls = [f"{prefix}acl" for _, prefix, has in catalogs if has] or ["NULL::aclitem[]"]
    yield f"{_first(owners)} AS owner"
    yield f"{_first(acls)} AS acl"
    codes = [(kind, code) for kind in kinds for code, of, _ in _CODES if kind in of]
    if len(_codes(objects)) > 1:
        whens = " ".join(f"WHEN {literal(kind)} THEN {literal(code)}" for kind, code in codes)
        yield f'CASE kind {whens} END::"char" AS code'
    target = "replace(what, '(*)', '()')" if "aggregate" in kinds else "what"
    for code, of, called in _CODES[1:]:
        if code in _codes(objects):
            kind = "|".join(kind.upper() for kind in of if kind in kinds)
            kind = f"({kind})" if "|" in kind else kind
            target = f"regexp_replace({target}, '^{kind}', '{called}')"
    if "table column" in kinds:
        target = f"CASE kind WHEN 'table column' THEN id::regclass::text ELSE {target} END"
    if target != "what":
        yield f"{target} AS target"
    if "materialized view" in kinds:
        yield "kind = 'materialized view' AND relispopulated AS filled"


def _first(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def joins(objects: Sequence[Known]) -> Iterator[str]:
    kinds = [*dict.fromkeys(known.kind for known in objects)]
    for catalog, prefix, has in _catalogs(objects):
        own = [kind for kind in kinds if OWNED.get(kind) == (catalog, prefix, has)]
        yield f"LEFT JOIN {catalog} ON {catalog}.oid = id AND {_is_one_of(own)}"


def _is_one_of(kinds: Sequence[str]) -> str:
    listed = ", ".join(map(literal, kinds))
    return f"kind IN ({listed})" if len(kinds) > 1 else f"kind = {listed}"


_ROLE = "coalesce(nullif({}::regrole::text, '-'), 'PUBLIC')"


def script(objects: Sequence[Known]) -> str:
    """Return the expression for the script that gives back what isn't the revision's to say.

    A materialized view is filled where it was.

    It is an aggregate over objects as :func:`owned` describes them, or over types. Where default
    privileges are, or an ACL isn't NULL, all that a new object has is taken back first. Whoever
    granted grants again, the owner first, in the order of the ACL as pg_dump does; it fails by name
    where the current role may not act for one.
    """
    kinds = {known.kind for known in objects}
    parts = []
    if kinds & {*OWNED}:
        parts.append("'ALTER ' || what || ' OWNER TO ' || owner::regrole::text")
    if "policy" in kinds:
        roles = f"string_agg({_ROLE.format('r')}, ', ')"
        parts.append(
            f"(SELECT 'ALTER ' || what || ' TO ' || {roles} FROM pg_policy, "
            "pg_catalog.unnest(polroles) r WHERE oid = id AND kind = 'policy')"
        )
    columns = bool(kinds & {*_RELATIONS, "table column"})
    if columns or any(OWNED[kind][2] for kind in kinds & {*OWNED}):
        parts.append(_granted(objects, columns=columns))
    parts += _said(kinds)
    script = f"string_agg(pg_catalog.concat_ws('; ', {parts[0]}{''.join(map(_further, parts[1:]))}), '; ')"
    if "materialized view" not in kinds:
        return script
    # Filled before its owner, or that of one it reads, is another role; and after policies are back,
    # under which it would be empty for an owner who is subject to row security.
    filled = "CASE WHEN filled THEN 'REFRESH ' || what END"
    return f"pg_catalog.concat_ws('; ', string_agg({filled}, '; '), {script})"


def _further(part: str) -> str:
    """Return a part of the script on lines of its own."""
    return ",\n    " + part.replace("\n", "\n    ")


def _said(kinds: Set[str]) -> Iterator[str]:
    """Yield the expressions for comments and security labels."""
    label = "pg_catalog.concat('SECURITY LABEL FOR ', quote_ident(provider), ' ON '"
    if kinds & {*_RELATIONS}:  # and for those of their columns
        yield (
            "(SELECT string_agg(pg_catalog.concat(verb, coalesce('COLUMN ' || id::regclass::text || '.' || "
            "quote_ident(attname::text), what),\n    ' IS ', quote_literal(said)), '; ') FROM "
            "(SELECT 'COMMENT ON ', d.* FROM pg_description d\n    "
            f"UNION ALL SELECT {label}), objoid, classoid, objsubid, label FROM pg_seclabel)\n    s "
            "(verb, objoid, classoid, objsubid, said) LEFT JOIN pg_attribute ON attrelid = objoid AND "
            "attnum = objsubid\n    WHERE classoid = class AND objoid = id AND sub IN (0, objsubid))"
        )
        return
    of = "WHERE classoid = class AND objoid = id AND objsubid = sub"
    described = f"(SELECT description FROM pg_description {of})"
    if kinds == {"type"}:
        of = "WHERE classoid = 'pg_type'::regclass::oid AND objoid = id"
        described = "obj_description(id, 'pg_type'::name)"
    yield f"'COMMENT ON ' || what || ' IS ' || quote_literal({described})"
    yield (
        f"(SELECT string_agg({label}, what, ' IS ', quote_literal(label)), '; ') "
        f"FROM pg_seclabel {of})"
    )


def _granted(objects: Sequence[Known], *, columns: bool) -> str:
    """Return the expression for what privileges are taken back and granted.

    :param columns: whether some objects have columns with privileges of their own.
    """
    codes = _codes(objects)
    code = f'{literal(*codes)}::"char"' if len(codes) == 1 else "code" if codes else "NULL"
    target = "what" if codes == ["T"] and not columns else "target"
    explode = "aclexplode({}) WITH ORDINALITY x"
    col, first, source = "", "", explode.format("all_")
    if columns:
        kinds = {one.kind for one in objects}
        of = f"attrelid = id AND {_is_one_of([kind for kind in _RELATIONS if kind in kinds])}"
        if "table column" in kinds:
            of = "class = 'pg_class'::regclass::oid AND attrelid = id AND sub IN (0, attnum)"
        col, first = "col, ", "col, "
        source = (
            "(SELECT '', all_ UNION ALL SELECT pg_catalog.concat(' (', quote_ident(attname::text), ')'), attacl FROM "
            f"pg_attribute WHERE {of}) c (col, of), {explode.format('of')}"
        )
    default = f"acldefault({code}, owner)"
    concat = "pg_catalog.concat"
    revoked = f"{concat}('REVOKE ALL ON ', {target}, ' FROM PUBLIC, ', owner::regrole, given)"
    where = " WHERE all_ IS NOT NULL"
    if columns:  # these may have privileges without the whole
        revoked, where = f"CASE WHEN all_ IS NOT NULL THEN {revoked} END", ""
    lines = [
        f"(SELECT {concat}_ws('; ', {revoked},",
        f"    (SELECT string_agg({concat}('SET LOCAL ROLE ', CASE WHEN pg_has_role(grantor, 'MEMBER') THEN grantor::regrole::text",
        f"        ELSE {concat}(what, ' has privileges granted by ', grantor::regrole, ', as whom this role may not act')::int::text END,",
        f"        '; GRANT ', privilege_type, {col}' ON ', {target}, ' TO ', {_ROLE.format('grantee')},",
        "        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END, '; SET LOCAL ROLE ', quote_literal(current_setting('role'))), '; '",
        f"        ORDER BY {first}grantor <> owner, ordinality) FROM {source}))",
        f"FROM (SELECT string_agg({concat}(', ' || nullif(grantee, 0::oid)::regrole::text), '') FROM pg_default_acl",
        f"    LEFT JOIN aclexplode(defaclacl) ON true WHERE defaclobjtype = {code} AND defaclrole = current_user::regrole::oid",
        f"    AND (defaclnamespace = 0 OR NOT defaclacl OPERATOR(pg_catalog.<@) {default})) d (given),",
        f"    LATERAL (SELECT coalesce(acl, CASE WHEN given IS NOT NULL THEN {default} END)) e (all_){where})",
    ]
    return "\n".join(lines)
