"""The PL/pgSQL block in which a function changes types, with what only its database can know.

It locks all tables, refuses what the revision doesn't know, and keeps in mind who owns, may use and
has commented what is dropped, to give it back at the end. As one block it is done whole or not at
all, whatever transactions env.py makes. Operators, functions and types are PostgreSQL's own whatever
the search path holds: arguments have the exact types of those in ``pg_catalog``, or the schema is
written.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from ...core.schema import Name
from .quoting import DEPARSED
from .quoting import WIDTH
from .quoting import filled
from .quoting import flowing
from .quoting import identifier
from .quoting import indented
from .quoting import literal
from .quoting import qualified
from .states import STATES

_FURTHER = "\n        "


@dataclass(frozen=True, slots=True)
class Lock:
    """The tables that a revision locks before it does anything to them.

    :param tables: the tables, in the order in which they are locked.
    :param families: whether some of them have children or partitions, which are locked along.
    :param timeout: how long they are waited for, as PostgreSQL reads it, or None to leave that to
        ``lock_timeout``.
    """

    tables: tuple[Name, ...] = ()
    families: bool = False
    timeout: str | None = "10s"

    @property
    def tries(self) -> bool:
        """Whether it waits for a moment at a time, and tries again."""
        return bool(self.tables) and self.timeout is not None


@dataclass(frozen=True, slots=True)
class Known:
    """An object that is dropped and created again, as the revision knows it.

    :param what: kind and name, as ``COMMENT ON`` writes it.
    :param kind: its kind, as ``pg_get_object_address`` takes it.
    :param names: its address.
    :param arguments: the second part of that.
    :param state_kind: its entry in :data:`~.states.STATES`, or ``""`` if nothing is compared.
    :param state: what it must be, by that.
    """

    what: str
    kind: str
    names: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    state_kind: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the block.

    :param sql: the statement.
    :param comment: one line that says what for, or ``""``.
    """

    sql: str
    comment: str = ""


@dataclass(frozen=True)
class Block:
    """What a function does to types, tables and what hangs on them.

    :param lock: what it locks.
    :param labels: the labels that types must have, by type.
    :param objects: what is dropped and created again, with the types that are replaced.
    :param settings: the settings under which it runs, by name.
    :param version: the major version of the server on which the states were read.
    :param qualified: whether names in them have their schemas.
    """

    lock: Lock = Lock()
    labels: Mapping[Name, Sequence[str]] = field(default_factory=dict)
    objects: Sequence[Known] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    qualified: bool = True

    def sql(self, statements: Sequence[Statement], drops: Sequence[str]) -> str:
        """Return the block.

        It fails with 55P03 where a table can't be locked in time, and with 55000 where types have
        other labels, or objects are otherwise, than the revision knows. Nothing is changed then.

        :param statements: what it is for.
        :param drops: the statements that drop what was put aside, when all is given back.
        """
        compared = any(known.state_kind for known in self.objects)
        lines = [*_lock(self.lock), *_labels(self.labels)]
        lines += _look(self) if self.objects else []
        own = [*(["lock_timeout"] if self.lock.tries else []), *self.settings]
        before = _Before((*own, *(_DEPARSING if compared else ())))
        if compared:
            lines += [_MISSING, *before.back(_DEPARSING), *_REFUSED]
        for one in statements:
            lines += [f"-- {one.comment}"] if one.comment else []
            lines.append(f"{one.sql};")
        lines += _ending(self.objects, drops, before.back(own))
        values = {name: literal(value) for name, value in self.settings.items()}
        values = {**({"lock_timeout": literal(_MOMENT)} if self.lock.tries else {}), **values}
        sets = [f"SET LOCAL {name} = {value};" for name, value in values.items()]
        if compared:
            sets += _deparsing(qualified=self.qualified)
        declared = ["DECLARE found text;", *(["kept text;"] if self.objects else [])]
        begin = [*declared, *before.declared, *_wait(self.lock, before)]
        begin += [" ".join(["BEGIN", *sets[:1]]), *sets[1:]]
        body = "\n".join(f"    {indented(line)}" for line in lines)
        return "DO " + _quoted(f" {flowing(begin)}\n{body} END ")


@dataclass(frozen=True)
class _Before:
    """The settings that env.py had, in the block's variable ``own``.

    ``SET LOCAL`` and a later ``SET … TO DEFAULT`` would lose what env.py had set.
    """

    names: tuple[str, ...]

    @property
    def declared(self) -> list[str]:
        """The declaration of the variable."""
        values = [f"current_setting({literal(name)})" for name in self.names]
        if len(values) < 2:
            return [f"own text := {value};" for value in values]
        return [f"own text[] := ARRAY[{filled(values)}];"]

    def of(self, name: str) -> str:
        """Return the value that a setting had, as SQL."""
        return "own" if len(self.names) == 1 else f"own[{self.names.index(name) + 1}]"

    def back(self, names: Collection[str]) -> list[str]:
        """Return the statement that gives some of them back."""
        given = [f"set_config({literal(name)}, {self.of(name)}, true)" for name in names]
        return [f"PERFORM {filled(given)};"] if given else []


def _ending(objects: Sequence[Known], drops: Sequence[str], back: Sequence[str]) -> Iterator[str]:
    """Yield the lines that give back what was kept, and then do the rest."""
    kept = []
    if objects:
        owned = any(one.kind in _OWNED for one in objects)
        kept = ["EXECUTE kept" if owned else "EXECUTE coalesce(kept, 'SELECT')"]
    yield from flowing([*(f"{sql};" for sql in (*kept, *drops)), *back]).split("\n")


# As it was deparsed when the revision was written.
_DEPARSING = {
    "search_path": "''",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
}


def _deparsing(*, qualified: bool) -> list[str]:
    """Return the statements that set these."""
    sets = {name: f"SET LOCAL {name} = {value};" for name, value in _DEPARSING.items()}
    if not qualified:
        own = "PERFORM set_config('search_path', quote_ident(current_schema()), true);"
        sets["search_path"] = own
    return [*sets.values()]


_MISSING = (
    "EXCEPTION WHEN undefined_object OR undefined_table OR undefined_column OR undefined_function "
    "THEN found := SQLERRM || '. '; END;"
)
_REFUSED = (
    "IF found IS NOT NULL THEN RAISE object_not_in_prerequisite_state USING MESSAGE = found || "
    "'No table was changed.',",
    "    HINT = 'Run flask db enum sync against a copy of this database, or edit it here and where it "
    "is created again.'; END IF;",
)


_GIVEN_BACK = "PERFORM set_config('lock_timeout', wait, true);"
_MOMENT = "200ms"
"""For how long a try waits: who comes behind us waits no longer for what we don't get."""


def _wait(lock: Lock, before: _Before) -> list[str]:
    """Return the declarations of for how long locks are waited for, and since when.

    It is the shorter of our time and env.py's, where 0 is for ever.
    """
    if not lock.tries:
        return []
    own, time = before.of("lock_timeout"), str(lock.timeout)
    wait = own
    # Without a unit it is milliseconds to PostgreSQL's settings, and seconds to its intervals.
    time = literal(time if time[-1:].isalpha() else f"{time}ms")
    if any(digit in time for digit in "123456789"):
        wait = f"CASE WHEN {own}::interval BETWEEN '1ms' AND {time} THEN {own} ELSE {time} END"
    return ["began timestamptz := clock_timestamp();", f"wait text := {wait};"]


def _lock(lock: Lock) -> list[str]:
    """Return the lines that lock tables, a moment at a time, or fail and say who is in the way.

    What could be locked before the moment was over is released before the next try, so that nobody
    waits behind us for longer. What else is locked later, such as a materialized view that somebody
    reads, has no other tries, and is waited for.
    """
    if not lock.tables:
        return []
    statement = f"LOCK TABLE {', '.join(map(qualified, lock.tables))} IN ACCESS EXCLUSIVE MODE;"
    if not lock.tries:
        return [statement]
    return [
        f"LOOP BEGIN {statement}{_or_further(statement + _GIVEN_BACK)}{_GIVEN_BACK} EXIT;",
        "EXCEPTION WHEN lock_not_available THEN IF wait = '0' OR clock_timestamp() < began + "
        "wait::interval THEN PERFORM pg_sleep(0.3); CONTINUE; END IF;",
        *(f"    {line}" for line in _holders(lock)),
        f"    RAISE lock_not_available USING MESSAGE = {literal(_shown(lock.tables))}",
        "        || coalesce(found, 'what pg_prepared_xacts tells'); END; END LOOP;",
    ]


def _shown(tables: Sequence[Name]) -> str:
    names = ", ".join(map(str, tables))
    return f"No lock on {names} in time, so no table was changed. In the way is "


_TOLD = """concat_ws(' ', 'pid', pid, usename, application_name, state, state_change, left(query, 99),
    '(to end it: SELECT pg_terminate_backend(' || pid::text || '))')"""
_PREPARED = "'prepared transaction ' || gid || ' (to end it: ROLLBACK PREPARED ' || quote_literal(gid) || ')'"


def _holders(lock: Lock) -> Iterator[str]:
    """Yield the lines that find who holds locks on tables."""
    relations = ", ".join(f"{literal(qualified(table))}::regclass::oid" for table in lock.tables)
    if not lock.families:
        sources = "pg_locks JOIN pg_stat_activity USING (pid)"
        yield from f"SELECT string_agg(DISTINCT {_TOLD}, '; ') INTO found FROM {sources}".split(
            "\n"
        )
        condition = "WHERE granted AND pid <> pg_backend_pid() AND datname = current_database() AND"
        among = f"relation IN ({relations});"
        yield from f"    {condition}{_or_further(condition + among)}{among}".split("\n")
        return
    yield "WITH RECURSIVE wanted (relation) AS ("
    yield f"    SELECT pg_catalog.unnest(ARRAY[{relations}])"
    yield "    UNION SELECT inhrelid FROM pg_inherits JOIN wanted ON inhparent = relation)"
    yield f"SELECT string_agg(coalesce({_PREPARED},"
    yield from f"    {_TOLD}), '; ') INTO found".split("\n")
    yield "FROM (SELECT DISTINCT pid, virtualtransaction FROM pg_locks JOIN wanted USING (relation)"
    yield "    WHERE granted AND pid IS DISTINCT FROM pg_backend_pid()) l"
    yield "LEFT JOIN pg_stat_activity USING (pid) LEFT JOIN (SELECT virtualtransaction, gid FROM"
    yield "    pg_prepared_xacts p JOIN pg_locks x ON p.transaction::text = x.transactionid::text) p"
    yield "    USING (virtualtransaction);"


def _labels(known: Mapping[Name, Sequence[str]]) -> list[str]:
    """Return the lines that fail where types have other labels than a revision knows.

    It would take away those that it doesn't know, such as those of another branch. They ask
    ``pg_enum``: ``enum_range`` fails over labels that the same transaction added.
    """
    lines = []
    for type_, labels in known.items():
        listed = filled([literal(label) for label in sorted(labels, key=str.encode)])
        lines += [
            "found := ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = "
            f"{literal(qualified(type_))}::regtype::oid ORDER BY enumlabel)::text;",
            f"IF found <> ARRAY[{listed}]::text[]::text THEN",
            "    RAISE object_not_in_prerequisite_state USING MESSAGE = "
            f"{literal(f'{type_} has other labels here than this revision knows, ')} || found,",
            f"        HINT = {literal(_OTHERS)}; END IF;",
        ]
    return lines


_OTHERS = (
    "Add what it lacks in three places, this list, CREATE TYPE and CASE, or delete it and run flask "
    "db enum sync"
)


def _look(block: Block) -> list[str]:
    """Return the lines that compare objects with what a revision will create, and keep the rest.

    What is kept is a script of the commands that give owner, privileges, comments and labels back:
    it is made before the drop, as these are in the database where the revision runs. What isn't
    there at all is told in PostgreSQL's words.
    """
    if {known.kind for known in block.objects} == {"type"} and not any(
        known.state_kind for known in block.objects
    ):
        return _look_at_types(block.objects)
    compared = [known for known in block.objects if known.state_kind]
    arguments = any(known.arguments for known in block.objects)
    columns = ["what", "kind", "names", *(["args"] if arguments else []), "known"]
    rows = [_row(known, with_arguments=arguments) for known in block.objects]
    return [
        f"{'BEGIN ' if compared else ''}WITH o AS (SELECT w.*, a.*, {_owned(block.objects)}{_here(compared, qualified=block.qualified)}",
        *_values(rows, f"w ({', '.join(columns)})"),
        f"    CROSS JOIN pg_get_object_address(kind, names::text[], {'args::text[]' if arguments else _NONE}) a "
        f"(class, id, sub){''.join(_joins(block.objects))})",
        f"SELECT {_differing(block.version) if compared else 'NULL'},",
        *_kept(block.objects, "    "),
        "INTO found, kept FROM o;",
    ]


_NONE = "'{}'"


def _row(known: Known, *, with_arguments: bool) -> str:
    values = [literal(known.what), literal(known.kind), _array([n for n in known.names if n])]
    values += [_array(known.arguments)] if with_arguments else []
    row, state = ", ".join(values), literal(known.state) if known.state_kind else "NULL"
    return f"({row},{' ' if len(row + state) < WIDTH else _FURTHER}{state})"


def _array(texts: Sequence[str]) -> str:
    return literal("{" + ",".join(map(DEPARSED.element, texts)) + "}")


def state_of(kinds: Collection[tuple[str, str]]) -> str:
    """Return an expression over ``kind`` and ``id`` for the states of some kinds of objects.

    :param kinds: what ``pg_get_object_address`` calls them, and their entry in
        :data:`~.states.STATES`.
    """
    by_state: dict[str, list[str]] = {}
    for kind, state in kinds:
        by_state.setdefault(state, []).append(kind)
    whens = [f"WHEN {_is_one_of(names)} THEN {STATES[state]}" for state, names in by_state.items()]
    return "\n    ".join(["CASE", *whens, "END"])


def _is_one_of(kinds: Collection[str]) -> str:
    listed = ", ".join(map(literal, dict.fromkeys(kinds)))
    return f"kind IN ({listed})" if len(set(kinds)) > 1 else f"kind = {listed}"


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


def _here(compared: Sequence[Known], *, qualified: bool) -> str:
    if not compared:
        return ""
    here = state_of([(known.kind, known.state_kind) for known in compared])
    if not qualified:
        here = f"pg_catalog.replace({here}, quote_ident(current_schema()) || '.', '')"
    return f", {here} AS here"


def _or_further(line: str) -> str:
    """Return what separates a long line from what follows it."""
    return " " if len(line) < WIDTH else "\n    "


def _differing(version: int) -> str:
    """Return the query that tells what is otherwise.

    A server of another version may write a table's name in front of columns, or leave it out.
    """
    bare = "regexp_replace({}, '[A-Za-z0-9_\"]+[.]|[ ();' || chr(10) || ']', '', 'g')"
    same = f"current_setting('server_version_num')::int / 10000 = {version}"
    shown = "what || ' is here: ' || coalesce(here, 'other') || ', in this revision: ' || known || chr(10)"
    return (
        f"string_agg({shown}, '') FILTER (WHERE known <> coalesce(here, '') AND ({same}\n    OR "
        f"{bare.format('here')} <> {bare.format('known')}))"
    )


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


def _catalogs(objects: Sequence[Known]) -> list[tuple[str, str, bool]]:
    return list(dict.fromkeys(_OWNED[one.kind] for one in objects if one.kind in _OWNED))


def _codes(objects: Sequence[Known]) -> Iterator[tuple[str, str]]:
    """Yield what default privileges call the kinds of objects, and the condition for each."""
    kinds = {known.kind for known in objects}
    for code, of in (("T", {"type"}), ("r", {*_RELATIONS}), ("f", {*_ROUTINES})):
        if kinds & of:
            yield code, _is_one_of(sorted(kinds & of))


def _owned(objects: Sequence[Known]) -> str:
    """Return the columns ``code``, ``target``, ``owner`` and ``acl`` of objects.

    ``code`` is what default privileges call the kind of object, ``target`` what a GRANT is on.
    """
    catalogs = _catalogs(objects)
    owners = [f"{prefix}owner" for _, prefix, _ in catalogs] or ["NULL::oid"]
    acls = [f"{prefix}acl" for _, prefix, has in catalogs if has] or ["NULL::aclitem[]"]
    codes = dict(_codes(objects))
    targets = {
        "T": "what",
        "r": "'TABLE ' || id::regclass::text",
        "f": "regexp_replace(replace(what, '(*)', '()'), '^[A-Z]+', 'ROUTINE')",
    }
    whens = [f"WHEN {codes[code]} THEN {targets[code]}" for code in codes]
    if any(known.kind == "table column" for known in objects):
        whens.append("WHEN kind = 'table column' THEN id::regclass::text")
    cases = [f"WHEN {of} THEN {literal(code)}" for code, of in codes.items()]
    code = f"CASE {' '.join(cases)} END" if cases else "NULL"
    target = f"CASE {' '.join(whens)} END" if whens else "NULL::text"
    return (
        f'{code}::"char" AS code,\n    {target} AS target,\n    {_first(owners)} AS owner, '
        f"{_first(acls)} AS acl"
    )


def _first(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def _joins(objects: Sequence[Known]) -> Iterator[str]:
    kinds = {known.kind for known in objects}
    for catalog, prefix, has in _catalogs(objects):
        own = sorted(kind for kind in kinds if _OWNED.get(kind) == (catalog, prefix, has))
        yield f"\n    LEFT JOIN {catalog} ON {catalog}.oid = id AND {_is_one_of(own)}"


def _look_at_types(objects: Sequence[Known]) -> list[str]:
    """Return the lines that keep in mind what types have, where nothing else hangs on them."""
    rows = [f"({literal(one.what)}, {literal(one.names[0])}::regtype::oid)" for one in objects]
    return [
        *_kept(objects, "SELECT "),
        f"INTO kept FROM (VALUES {filled(rows)}) w (what, id),",
        "    LATERAL (SELECT typowner, typacl FROM pg_type WHERE oid = id) t (owner, acl);",
    ]


_ROLE = "coalesce(nullif({}::regrole::text, '-'), 'PUBLIC')"


def _kept(objects: Sequence[Known], before: str) -> list[str]:
    """Return the lines for the script that gives back what isn't the revision's to say.

    It is an aggregate over objects as :func:`_owned` describes them, or over types. Where default privileges
    are, or an ACL isn't NULL, all that a new object has is taken back first. Whoever granted grants
    again, the owner first, in the order of the ACL as pg_dump does; it fails by name where the
    current role may not act for one.

    :param before: what stands in front of it.
    """
    kinds = {known.kind for known in objects}
    of = "WHERE classoid = class AND objoid = id AND objsubid = sub"
    described = f"(SELECT description FROM pg_description {of})"
    if kinds == {"type"}:
        of = "WHERE classoid = 'pg_type'::regclass::oid AND objoid = id"
        described = "obj_description(id, 'pg_type')"
    lines = []
    if kinds & {*_OWNED}:
        lines.append("'ALTER ' || what || ' OWNER TO ' || owner::regrole::text")
    if "policy" in kinds:
        roles = f"string_agg({_ROLE.format('r')}, ', ')"
        lines.append(
            f"(SELECT 'ALTER ' || what || ' TO ' || {roles}\n    FROM pg_policy, "
            "pg_catalog.unnest(polroles) r WHERE oid = id AND kind = 'policy')"
        )
    columns = bool(kinds & {*_RELATIONS, "table column"})
    if columns or any(_OWNED[kind][2] for kind in kinds & {*_OWNED}):
        lines.append(_granted(objects, columns=columns))
    if kinds & {*_RELATIONS}:
        relation = "id::regclass::text"
        lines.append(
            f"(SELECT string_agg('COMMENT ON COLUMN ' || {relation} || '.' || quote_ident(attname) || ' IS '"
            " || quote_literal(col_description(id, attnum)), '; ')\n"
            f"    FROM pg_attribute WHERE attrelid = id AND {_is_one_of(sorted(kinds & {*_RELATIONS}))})"
        )
    lines += [
        f"'COMMENT ON ' || what || ' IS ' || quote_literal({described})",
        "(SELECT string_agg('SECURITY LABEL FOR ' || quote_ident(provider) || ' ON ' || what || ' IS ' || "
        f"quote_literal(label), '; ')\n    FROM pg_seclabel {of})",
    ]
    text = f"{before}string_agg(concat_ws('; ', " + ",\n".join(lines) + "), '; ')"
    return text.replace("\n", "\n    ").split("\n")


def _granted(objects: Sequence[Known], *, columns: bool) -> str:
    """Return the expression for what privileges are taken back and granted.

    :param columns: whether some objects have columns with privileges of their own.
    """
    codes = dict(_codes(objects))
    code = literal(*codes) if len(codes) == 1 and not columns else "code"
    target = "what" if [*codes] == ["T"] and not columns else "target"
    given = (
        "(SELECT string_agg(concat(', ' || nullif(grantee, 0)::regrole::text), '') FROM pg_default_acl"
        "\n        LEFT JOIN pg_catalog.aclexplode(defaclacl) ON true WHERE "
        f"defaclobjtype = {code} AND defaclrole = current_user::regrole::oid"
        "\n        AND (defaclnamespace = 0 OR NOT defaclacl OPERATOR(pg_catalog.<@) "
        f"acldefault({code}, owner))) d (given)"
    )
    source = "pg_catalog.aclexplode(all_) WITH ORDINALITY x"
    col = ""
    if columns:
        col = "col, "
        source = (
            "(SELECT '' AS col, x.* FROM pg_catalog.aclexplode(all_) WITH ORDINALITY x\n        "
            "UNION ALL SELECT ' (' || quote_ident(attname) || ')', x.* FROM pg_attribute, "
            "pg_catalog.aclexplode(attacl) WITH ORDINALITY x\n            WHERE class = "
            "'pg_class'::regclass::oid AND attrelid = id AND sub IN (0, attnum)) x"
        )
    first = "col <> '', " if columns else ""
    return f"""(SELECT concat_ws('; ', CASE WHEN all_ IS NOT NULL THEN concat('REVOKE ALL ON ', {target}, ' FROM PUBLIC, ', owner::regrole, given) END,
    (SELECT string_agg(concat('SET LOCAL ROLE ', CASE WHEN pg_has_role(grantor, 'MEMBER') THEN grantor::regrole::text ELSE
            concat(what, ' has privileges granted by ', grantor::regrole, ', as whom this role may not act')::int::text END,
        '; GRANT ', privilege_type, {col}' ON ', {target}, ' TO ', {_ROLE.format("grantee")},
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END, '; SET LOCAL ROLE ', quote_literal(current_setting('role'))), '; '
        ORDER BY {first}grantor <> owner, ordinality) FROM {source}))
    FROM {given},
        LATERAL (SELECT coalesce(acl, CASE WHEN given IS NOT NULL THEN acldefault({code}, owner) END)) e (all_))"""


def set_triggers(table: Name, constraint: str, states: Sequence[Sequence[str]]) -> str:
    """Return a block that disables a foreign key's own triggers, whatever they are called now.

    :param states: table, function and ``pg_trigger.tgenabled`` of each.
    """
    listed = ", ".join(f"({', '.join(map(literal, state))})" for state in states)
    lines = [
        "FOR command IN",
        "    WITH RECURSIVE whole (oid) AS (",
        f"        SELECT oid FROM pg_constraint WHERE conname = {literal(constraint)} AND conrelid = "
        f"{literal(qualified(table))}::regclass::oid",
        "        UNION ALL SELECT p.oid FROM pg_constraint p JOIN whole ON p.conparentid = whole.oid)",
        "    SELECT 'ALTER TABLE ' || tgrelid::regclass::text || CASE w.state WHEN 'D' THEN ' DISABLE' WHEN"
        " 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE ALWAYS' END",
        "        || ' TRIGGER ' || quote_ident(tgname)",
        f"    FROM (VALUES {listed}) w (relation, function, state)",
        "    JOIN pg_trigger t ON tgrelid = relation::regclass::oid AND tgfoid = "
        "function::regproc::oid",
        "    JOIN whole ON tgconstraint = whole.oid",
        "LOOP",
        "    EXECUTE command;",
        "END LOOP;",
    ]
    return _do("command text;", lines)


def rename_partition_index(parent: str, table: Name, name: Name) -> str:
    """Return a block that names a partition's index, whatever it is called now.

    :param parent: the index of the partitioned table, as ``regclass`` prints it.
    """
    lines = [
        "SELECT inhrelid INTO STRICT current FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid",
        f"    WHERE inhparent = to_regclass({literal(parent)})::oid AND indrelid = "
        f"to_regclass({literal(qualified(table))})::oid;",
        f"IF current::oid IS DISTINCT FROM to_regclass({literal(qualified(name))})::oid THEN",
        f"    EXECUTE 'ALTER INDEX ' || current::text || {literal(f' RENAME TO {identifier(name.name)}')};",
        "END IF;",
    ]
    return _do("current regclass;", lines)


def convert_function(name: Name, old_type: Name, new_type: Name, expression: str) -> str:
    """Return ``CREATE FUNCTION`` for one that turns a ``value`` of one type into another.

    :param expression: the new value, as SQL.
    """
    old, new = qualified(old_type), qualified(new_type)
    body = _quoted(f"\nSELECT {expression}\n")
    return (
        f"CREATE FUNCTION {qualified(name)}(value {old}) RETURNS {new}"
        f" LANGUAGE sql IMMUTABLE AS {body}"
    )


def _values(rows: Sequence[str], names: str) -> list[str]:
    """Return the lines of ``FROM (VALUES …)``, each row on lines of its own."""
    text = f",{_FURTHER}".join(rows)
    return f"    FROM (VALUES {text}) {names}".split("\n")


def _do(declared: str, lines: Sequence[str]) -> str:
    """Return a block that stands inside of another."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"DECLARE {declared} BEGIN\n{body}END"


def _quoted(body: str) -> str:
    tag, number = "$$", 0
    while tag in body:
        number += 1
        tag = f"$enum{number}$"
    return f"{tag}{body}{tag}"
