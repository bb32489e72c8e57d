"""What is dropped and created again: compared with what a revision knows, and kept in mind.

What an object is belongs to the schema: the revision knows it, and what is otherwise is told. Who
owns, may use and has commented it belongs to the database where the revision runs: that is read
there, as a script of the commands that give it back.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from collections.abc import Set
from dataclasses import dataclass
from dataclasses import replace

from .quoting import DEPARSED
from .quoting import LINE
from .quoting import literal
from .quoting import wrapped
from .states import STATES


@dataclass(frozen=True, slots=True)
class Known:
    """An object that is dropped and created again, as the revision knows it.

    :param what: kind and name, as ``COMMENT ON`` writes it.
    :param kind: its kind, as ``pg_get_object_address`` takes it.
    :param names: its address.
    :param arguments: the second part of that.
    :param state_kind: its entry in :data:`~.states.STATES`, or ``""`` if nothing is compared.
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


_RELATIONS = ("view", "materialized view")
_ROUTINES = ("function", "procedure", "aggregate")
# The kinds that have an owner: a catalog, its columns for owner and ACL, what ACLs call it.
_OWNED = {
    **dict.fromkeys(("type",), ("pg_type", "typ", True)),
    **dict.fromkeys(_RELATIONS, ("pg_class", "rel", True)),
    **dict.fromkeys(_ROUTINES, ("pg_proc", "pro", True)),
    "statistics object": ("pg_statistic_ext", "stx", False),
    "operator": ("pg_operator", "opr", False),
    "operator class": ("pg_opclass", "opc", False),
}
# What default privileges call them, and what a GRANT on them names in the place of their kind.
_CODES = (("T", ("type",), "TYPE"), ("r", _RELATIONS, "TABLE"), ("f", _ROUTINES, "ROUTINE"))

# As it was deparsed when the revision was written.
_DEPARSING = "SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on;"


def always_given_back(objects: Sequence[Known]) -> bool:
    """Return whether there is something to give back, whatever the database is like."""
    return any(one.kind in _OWNED for one in objects)


def state_of(kinds: Collection[tuple[str, str]]) -> str:
    """Return an expression over ``kind`` and ``id`` for the states of some kinds of objects.

    :param kinds: what ``pg_get_object_address`` calls them, and their entry in
        :data:`~.states.STATES`. The last of several sees what the others do.
    """
    order = [*STATES]
    chosen: dict[str, str] = {}
    for kind, state in kinds:
        chosen[kind] = max(chosen.get(kind, state), state, key=order.index)
    whens = [f"WHEN {literal(kind)} THEN {STATES[state]}" for kind, state in chosen.items()]
    return " ".join(["CASE kind", *whens, "END"])


def states_query(objects: Sequence[tuple[str, int, str, str]]) -> str:
    """Return a query for the states of objects: catalog, id, kind of state, and what is here.

    :param objects: catalog, OID, kind and entry in :data:`~.states.STATES` of each.
    """
    rows = ", ".join(
        f"({literal(catalog)}, {oid:d}::oid, {literal(kind)}, {literal(state)})"
        for catalog, oid, kind, state in objects
    )
    here = state_of([(kind, state) for _, _, kind, state in objects])
    return (
        f"SELECT catalog, id::bigint AS id, state, {here} AS here "
        f"FROM (VALUES {rows}) o (catalog, id, kind, state)"
    )


def look_at_types(objects: Sequence[Known]) -> list[str]:
    """Return the lines that keep in mind what types have, where nothing else hangs on them."""
    rows = [f"({literal(one.what)}, {literal(one.names[0])}::regtype::oid)" for one in objects]
    source = f"(VALUES {', '.join(rows)}) w (what, id)"
    owned = "LATERAL (SELECT typowner, typacl FROM pg_type WHERE oid = id) t (owner, acl)"
    return _explained(f"SELECT {_script(objects)} INTO kept FROM {source}, {owned};")


def look(objects: Sequence[Known], version: int, *, qualified: bool) -> list[str]:
    """Return the lines that compare objects with what is known of them, and keep the rest.

    What is otherwise is in the block's variable ``found`` then, and what isn't there at all too, in
    PostgreSQL's words. A subtransaction that is left by an exception gives settings back.

    :param version: the major version of the server on which the states were read.
    :param qualified: whether names in them have their schemas.
    """
    if qualified:
        objects = [replace(one, state_kind="labels") if one.labels else one for one in objects]
    compared = [one for one in objects if one.state_kind]
    arguments = any(one.arguments for one in objects)
    columns = ["what", "kind", "names", *(["args"] if arguments else []), "known"]
    there = f"kind, names::text[], {'args::text[]' if arguments else _NONE}"
    path = "SET LOCAL search_path = '';"
    if not qualified:
        path = "PERFORM set_config('search_path', quote_ident(current_schema()), true);"
    selected = ", ".join(["w.*", "a.*", *_owned(objects), *_here(compared, qualified=qualified)])
    filtered = any(one.kind == "domain constraint" for one in objects)
    *rows, last = (_row(one, with_arguments=arguments) for one in objects)
    joins = " ".join([f"CROSS JOIN pg_get_object_address({there})", _ADDRESS, *_joins(objects)])
    differing = _differing(version) if compared else "NULL"
    # No stranger's function is found along the path that is set then.
    script = (
        _script(objects).replace("pg_catalog.concat", "concat") if compared else _script(objects)
    )
    query = f"SELECT {differing}, {script} INTO found, kept FROM o;"
    lines = [
        *([f"BEGIN {path} {_DEPARSING}"] if compared else []),
        f"WITH o AS (SELECT {selected} FROM {'(SELECT * FROM ' if filtered else ''}(VALUES",
        *(f"    {row}," for row in rows),
        f"    {last}) w ({', '.join(columns)}){_THERE if filtered else ''}",
    ]
    return [*lines, *_explained(f"{joins}) {query}"), *([_LEFT, _REFUSED] if compared else [])]


_ADDRESS = "a (class, id, sub)"
# The domain tells which it lacks, but for NOT NULL, which was no constraint before PostgreSQL 17.
_THERE = (
    " WHERE kind <> 'domain constraint' OR EXISTS (SELECT FROM pg_constraint WHERE contypid = "
    "to_regtype((names::text[])[1]) AND conname = (args::text[])[1])) w"
)
# By an exception, which gives the settings back; so does what isn't there at all.
_LEFT = (
    "RAISE SQLSTATE 'EM000'; EXCEPTION WHEN SQLSTATE 'EM000' THEN "
    "WHEN syntax_error_or_access_rule_violation THEN found := SQLERRM || '. '; END;"
)
_WHY = " -- who owns, may use and has said what, to be given back"


def _explained(query: str) -> list[str]:
    """Return the lines of a query, the last with a comment where it has room."""
    *lines, last = wrapped(query).split("\n")
    return [*lines, last + _WHY if len(last + _WHY) <= LINE else last]


_NONE = "'{}'"
_REFUSED = (
    "IF found IS NOT NULL THEN RAISE object_not_in_prerequisite_state USING MESSAGE = found || "
    "'No table was changed.', HINT = 'Run flask db enum sync against a copy of this database, or "
    "edit it here and where it is created again, labels in CASE too.'; END IF;"
)


def _row(known: Known, *, with_arguments: bool) -> str:
    values = [literal(known.what), literal(known.kind), _array([n for n in known.names if n])]
    values += [_array(known.arguments)] if with_arguments else []
    state = "NULL"
    if known.state_kind == "labels":
        state = _array(sorted(known.labels, key=str.encode))
    elif known.state_kind:
        state = literal(known.state)
    return f"({', '.join(values)}, {state})"


def _array(texts: Sequence[str]) -> str:
    return literal("{" + ",".join(map(DEPARSED.element, texts)) + "}")


def _here(compared: Sequence[Known], *, qualified: bool) -> Iterator[str]:
    if compared:
        here = state_of([(known.kind, known.state_kind) for known in compared])
        if not qualified:
            here = f"pg_catalog.replace({here}, quote_ident(current_schema()) || '.', '')"
        yield f"{here} AS here"


def _differing(version: int) -> str:
    """Return the expression that tells what is otherwise.

    A server of another version may write a table's name in front of columns, or leave it out.
    """
    told = "pg_catalog.concat(what, ' is here: ', here, ', in this revision: ', known, chr(10))"
    same = f"current_setting('server_version') ~ '^{version}'"
    bare = "regexp_replace(s, '[^][ (),]+[.]|[ ();' || chr(10) || ']', '', 'g')"
    bares = f"(SELECT count(DISTINCT {bare}) FROM (VALUES (here), (known)) v (s)) > 1"
    return (
        f"string_agg({told}, '') FILTER (WHERE known <> coalesce(here, '') AND ({same} OR {bares}))"
    )


def _catalogs(objects: Sequence[Known]) -> list[tuple[str, str, bool]]:
    return list(dict.fromkeys(_OWNED[one.kind] for one in objects if one.kind in _OWNED))


def _codes(objects: Sequence[Known]) -> list[str]:
    """Return what default privileges call the kinds of objects."""
    kinds = {known.kind for known in objects}
    return [code for code, of, _ in _CODES if kinds & {*of}]


def _owned(objects: Sequence[Known]) -> Iterator[str]:
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


def _joins(objects: Sequence[Known]) -> Iterator[str]:
    kinds = [*dict.fromkeys(known.kind for known in objects)]
    for catalog, prefix, has in _catalogs(objects):
        own = [kind for kind in kinds if _OWNED.get(kind) == (catalog, prefix, has)]
        yield f"LEFT JOIN {catalog} ON {catalog}.oid = id AND {_is_one_of(own)}"


def _is_one_of(kinds: Sequence[str]) -> str:
    listed = ", ".join(map(literal, kinds))
    return f"kind IN ({listed})" if len(kinds) > 1 else f"kind = {listed}"


_ROLE = "coalesce(nullif({}::regrole::text, '-'), 'PUBLIC')"


def _script(objects: Sequence[Known]) -> str:
    """Return the expression for the script that gives back what isn't the revision's to say.

    A materialized view is filled where it was.

    It is an aggregate over objects as :func:`_owned` describes them, or over types. Where default
    privileges are, or an ACL isn't NULL, all that a new object has is taken back first. Whoever
    granted grants again, the owner first, in the order of the ACL as pg_dump does; it fails by name
    where the current role may not act for one.
    """
    kinds = {known.kind for known in objects}
    parts = []
    if kinds & {*_OWNED}:
        parts.append("'ALTER ' || what || ' OWNER TO ' || owner::regrole::text")
    if "policy" in kinds:
        roles = f"string_agg({_ROLE.format('r')}, ', ')"
        parts.append(
            f"(SELECT 'ALTER ' || what || ' TO ' || {roles} FROM pg_policy, "
            "pg_catalog.unnest(polroles) r WHERE oid = id AND kind = 'policy')"
        )
    columns = bool(kinds & {*_RELATIONS, "table column"})
    if columns or any(_OWNED[kind][2] for kind in kinds & {*_OWNED}):
        parts.append(_granted(objects, columns=columns))
    parts += _said(kinds)
    script = f"string_agg(pg_catalog.concat_ws('; ', {', '.join(parts)}), '; ')"
    if "materialized view" not in kinds:
        return script
    # Filled before its owner, or that of one it reads, is another role; and after policies are back,
    # under which it would be empty for an owner who is subject to row security.
    filled = "CASE WHEN filled THEN 'REFRESH ' || what END"
    return f"pg_catalog.concat_ws('; ', string_agg({filled}, '; '), {script})"


def _said(kinds: Set[str]) -> Iterator[str]:
    """Yield the expressions for comments and security labels."""
    label = "pg_catalog.concat('SECURITY LABEL FOR ', quote_ident(provider), ' ON '"
    if kinds & {*_RELATIONS}:  # and for those of their columns
        yield (
            "(SELECT string_agg(pg_catalog.concat(verb, coalesce('COLUMN ' || id::regclass::text || '.' || "
            "quote_ident(attname::text), what), ' IS ', quote_literal(said)), '; ') FROM "
            "(SELECT 'COMMENT ON ', d.* FROM pg_description d "
            f"UNION ALL SELECT {label}), objoid, classoid, objsubid, label FROM pg_seclabel) s "
            "(verb, objoid, classoid, objsubid, said) LEFT JOIN pg_attribute ON attrelid = objoid AND "
            "attnum = objsubid WHERE classoid = class AND objoid = id AND sub IN (0, objsubid))"
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
    given = (
        "SELECT string_agg(pg_catalog.concat(', ' || nullif(grantee, 0::oid)::regrole::text), '') FROM "
        "pg_default_acl LEFT JOIN aclexplode(defaclacl) ON true WHERE "
        f"defaclobjtype = {code} AND defaclrole = current_user::regrole::oid AND (defaclnamespace "
        f"= 0 OR NOT defaclacl OPERATOR(pg_catalog.<@) acldefault({code}, owner))"
    )
    why = ", as whom this role may not act"
    return (
        f"(SELECT pg_catalog.concat_ws('; ', CASE WHEN all_ IS NOT NULL THEN pg_catalog.concat('REVOKE ALL ON ', {target}, "
        "' FROM PUBLIC, ', owner::regrole, given) END, (SELECT string_agg(pg_catalog.concat('SET LOCAL ROLE ', "
        "CASE WHEN pg_has_role(grantor, 'MEMBER') THEN grantor::regrole::text ELSE pg_catalog.concat(what, "
        f"' has privileges granted by ', grantor::regrole, '{why}')::int::text END, '; GRANT ', "
        f"privilege_type, {col}' ON ', {target}, ' TO ', {_ROLE.format('grantee')}, CASE WHEN "
        "is_grantable THEN ' WITH GRANT OPTION' END, '; SET LOCAL ROLE ', "
        f"quote_literal(current_setting('role'))), '; ' ORDER BY {first}grantor <> owner, ordinality) "
        f"FROM {source})) FROM ({given}) d (given), LATERAL (SELECT coalesce(acl, CASE WHEN given IS "
        f"NOT NULL THEN acldefault({code}, owner) END)) e (all_))"
    )
