"""What is dropped and created again: compared with what a revision knows, and kept in mind.

What an object is belongs to the schema: the revision knows it, and what is otherwise is told. Who
owns, may use and has commented it belongs to the database where the revision runs: that is read
there, as a script of the commands that give it back.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace

from . import privileges
from .quoting import DEPARSED
from .quoting import LINE
from .quoting import literal
from .quoting import sentences
from .quoting import wrapped
from .states import NOT_NULL
from .states import STATES
from .states import Known

# As it was deparsed when the revision was written.
_DEPARSING = "SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on;"


def always_given_back(objects: Sequence[Known]) -> bool:
    """Return whether there is something to give back, whatever the database is like."""
    return any(one.kind in privileges.OWNED for one in objects)


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
    source = f"(VALUES {', '.join(rows)}) w (what, id),"
    owned = "    LATERAL (SELECT typowner, typacl FROM pg_type WHERE oid = id) t (owner, acl)"
    return _explained(f"SELECT {privileges.script(objects)} INTO kept\nFROM {source}\n{owned};")


def look_at_storage(types: Iterable[str]) -> list[str]:
    """Return the lines that keep in mind how columns are stored, besides what was looked at.

    A column of another type would be stored as that says: whichever tables have such columns.

    :param types: the types of these columns, as SQL.
    """
    listed = ", ".join(f"{literal(one)}::regtype::oid" for one in types)
    # Arrays, rows and ranges are EXTENDED by themselves; an index follows its table.
    stored = _case("attstorage", p="PLAIN", e="EXTERNAL", m="MAIN")
    packed = _case("attcompression", p="pglz", l="lz4")
    return _explained(
        "kept := pg_catalog.concat_ws('; ', kept, (SELECT string_agg(pg_catalog.concat('ALTER TABLE ONLY ', "
        "attrelid::regclass, ' ALTER ', quote_ident(attname::text), action), '; ') FROM pg_attribute JOIN "
        f"pg_class c ON c.oid = attrelid, LATERAL (VALUES (' SET STORAGE ' || {stored}), "
        f"(' SET COMPRESSION ' || {packed})) a (action) WHERE action IS NOT NULL AND relkind IN "
        f"('r', 'p', 'f') AND atttypid IN ({listed})));",
        _STORED,
    )


_STORED = " -- and how columns are stored"


def _case(value: str, **texts: str) -> str:
    whens = " ".join(f"WHEN {literal(is_)} THEN {literal(text)}" for is_, text in texts.items())
    return f"CASE {value} {whens} END"


def look(objects: Sequence[Known], version: int, *, qualified: bool, undoes: bool) -> list[str]:
    """Return the lines that compare objects with what is known of them, and keep the rest.

    What is otherwise is in the block's variable ``found`` then, and what isn't there at all too, in
    PostgreSQL's words. A subtransaction that is left by an exception gives settings back.

    :param version: the major version of the server on which the states were read.
    :param qualified: whether names in them have their schemas.
    :param undoes: whether a revision is taken back, which can't be written anew then.
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
    selected = ", ".join(
        ["w.*", "a.*", *privileges.owned(objects), *_here(compared, qualified=qualified)]
    )
    filtered = any(one.kind == "domain constraint" for one in objects)
    *rows, last = (_row(one, with_arguments=arguments) for one in objects)
    *most, rest = [
        f"CROSS JOIN pg_get_object_address({there}) {_ADDRESS}",
        *privileges.joins(objects),
    ]
    joins = [*most, f"{rest})"]
    differing = _differing(version) if compared else "NULL"
    # No stranger's function is found along the path that is set then.
    script = privileges.script(objects)
    if compared:
        script = script.replace("pg_catalog.concat", "concat").replace("attname::text", "attname")
        script = script.replace("id::regclass::text", "id::regclass")
    query = f"SELECT {differing}, {script} INTO found, kept FROM o;"
    lines = [
        *([f"BEGIN {path} {_DEPARSING}"] if compared else []),
        f"WITH o AS (SELECT {selected} FROM {'(SELECT * FROM ' if filtered else ''}(VALUES",
        *(f"    {row}," for row in rows),
        f"    {last}) w ({', '.join(columns)}){_THERE if filtered else ''}",
    ]
    return [
        *lines,
        *sentences(joins),
        *_explained(query),
        *([_LEFT, _refused(undoes)] if compared else []),
    ]


_ADDRESS = "a (class, id, sub)"
# The domain tells which it lacks, but for NOT NULL, which was no constraint before PostgreSQL 17.
_THERE = (
    f" WHERE kind <> 'domain constraint' OR known = '{NOT_NULL}' AND "
    "current_setting('server_version_num')::int >= 170000 OR EXISTS (SELECT FROM pg_constraint WHERE contypid = "
    "to_regtype((names::text[])[1]) AND conname = (args::text[])[1])) w"
)
# By an exception, which gives the settings back; so does what isn't there at all.
_LEFT = (
    "RAISE SQLSTATE 'EM000'; EXCEPTION WHEN SQLSTATE 'EM000' THEN "
    "WHEN syntax_error_or_access_rule_violation THEN found := SQLERRM || '. '; END;"
)
_WHY = " -- who owns, may use and has said what, to be given back"


def _explained(query: str, why: str = _WHY) -> list[str]:
    """Return the lines of a query, the last with a comment where it has room."""
    *lines, last = (part for line in query.split("\n") for part in wrapped(line).split("\n"))
    return [*lines, last + why if len(last + why) <= LINE else last]


_NONE = "'{}'"


_ANEW = "Run flask db enum sync against a copy of this database"


def _refused(undoes: bool) -> str:
    hint = "dit it here and where it is created again, labels in CASE too."
    hint = f"E{hint}" if undoes else f"{_ANEW}, or e{hint}"
    return (
        "IF found IS NOT NULL THEN RAISE object_not_in_prerequisite_state USING MESSAGE = found || "
        f"'No table was changed.', HINT = {literal(hint)}; END IF;"
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
    told = "concat(what, ' is here: ', here, ', in this revision: ', known, chr(10))"
    same = f"current_setting('server_version') ~ '^{version}'"
    bare = "regexp_replace(s, '[^][ (),]+[.]|[ ();' || chr(10) || ']', '', 'g')"
    bares = f"(SELECT count(DISTINCT {bare}) FROM (VALUES (here), (known)) v (s)) > 1"
    return f"string_agg({told}, '') FILTER (WHERE known <> coalesce(here, '')\n    AND ({same} OR {bares}))"
