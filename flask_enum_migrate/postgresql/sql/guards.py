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
from .quoting import identifier
from .quoting import indented
from .quoting import literal
from .quoting import qualified
from .states import STATES

_LIST = 100
"""So many characters of a list stand on one line."""


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
        settings = {**({"lock_timeout": "200ms"} if self.lock.tries else {}), **self.settings}
        lines = [_set(settings)] if settings else []
        lines += [*_lock(self.lock), *_labels(self.labels)]
        lines += _look(self) if self.objects else []
        for one in statements:
            lines += [f"-- {one.comment}"] if one.comment else []
            lines.append(f"{one.sql};")
        ending = ["EXECUTE coalesce(kept, 'SELECT')"] if self.objects else []
        lines += ["; ".join([*ending, *drops]) + ";"] if ending or drops else []
        lines += [_reset(settings)] if settings else []
        lines[-1] += " END "
        deadline = f"deadline timestamptz := {_deadline(self.lock)}; " if self.lock.tries else ""
        body = "\n".join(f"    {indented(line)}" for line in lines)
        return f"DO {_quoted(f' DECLARE found text; kept text;{chr(10)}{deadline}BEGIN{chr(10)}{body}')}"


def _deadline(lock: Lock) -> str:
    """Return until when tables are waited for: the shorter of our time and env.py's, as SQL."""
    own = "nullif(current_setting('lock_timeout'), '0')::interval"
    for_ever = lock.timeout is None or not any(digit in lock.timeout for digit in "123456789")
    patience = own if for_ever else f"least({literal(str(lock.timeout))}::interval, {own})"
    return f"clock_timestamp() + {patience}"


def _set(settings: Mapping[str, str]) -> str:
    """Return the line that changes settings for now, and keeps the old values for later.

    ``SET LOCAL`` and a later ``SET … TO DEFAULT`` would lose what env.py had set.
    """
    if len(settings) == 1:
        ((name, value),) = settings.items()
        kept = f"set_config('enum_migrate.{name}', current_setting({literal(name)}), true)"
        return f"PERFORM {kept}, set_config({literal(name)}, {literal(value)}, true);"
    rows = ", ".join(f"({literal(name)}, {literal(value)})" for name, value in settings.items())
    return _set_to(rows)


def _set_to(rows: str) -> str:
    return (
        "PERFORM set_config('enum_migrate.' || name, current_setting(name), true), "
        f"set_config(name, value, true)\n    FROM (VALUES {rows}) s (name, value);"
    )


def _reset(settings: Collection[str]) -> str:
    """Return the line that gives settings the values back that they had."""
    if len(settings) == 1:
        (name,) = settings
        return f"PERFORM set_config('{name}', current_setting('enum_migrate.{name}'), true);"
    names = ", ".join(f"({literal(name)})" for name in settings)
    value = "current_setting('enum_migrate.' || name)"
    return f"PERFORM set_config(name, {value}, true) FROM (VALUES {names}) s (name);"


def _lock(lock: Lock) -> list[str]:
    """Return the lines that lock tables, a moment at a time, or fail and say who is in the way.

    What could be locked before the moment was over is released before the next try, so that nobody
    waits behind us for longer.
    """
    if not lock.tables:
        return []
    statement = f"LOCK TABLE {', '.join(map(qualified, lock.tables))} IN ACCESS EXCLUSIVE MODE;"
    if not lock.tries:
        return [statement]
    shown = f"No lock on {', '.join(map(str, lock.tables))} in time, so no table was changed."
    return [
        f"LOOP BEGIN {statement} EXIT;",
        "EXCEPTION WHEN lock_not_available THEN",
        "    IF clock_timestamp() < coalesce(deadline, 'infinity') THEN PERFORM pg_sleep(0.3); CONTINUE;"
        " END IF;",
        *(f"    {line}" for line in _holders(lock)),
        f"    RAISE lock_not_available USING MESSAGE = {literal(shown + ' In the way is ')} || "
        "coalesce(found, 'what pg_prepared_xacts tells'),",
        "        HINT = 'End it with ' || kept; END; END LOOP;",
    ]


_TOLD = "concat_ws(' ', 'pid', pid, usename, application_name, state, "
_TOLD += "state_change, left(query, 99))"
_ENDED = "'SELECT pg_terminate_backend(' || pid::text || ')'"


def _holders(lock: Lock) -> Iterator[str]:
    """Yield the lines that find who holds locks on tables."""
    relations = ", ".join(f"{literal(qualified(table))}::regclass::oid" for table in lock.tables)
    if not lock.families:
        yield f"SELECT string_agg({_TOLD}, '; '),"
        yield f"    string_agg({_ENDED}, '; ') INTO found, kept FROM pg_locks JOIN pg_stat_activity"
        yield (
            "    USING (pid) WHERE granted AND datname = current_database() AND relation IN ("
            f"{relations});"
        )
        return
    yield "WITH RECURSIVE wanted (relation) AS ("
    yield f"    SELECT pg_catalog.unnest(ARRAY[{relations}])"
    yield "    UNION SELECT inhrelid FROM pg_inherits JOIN wanted ON inhparent = relation"
    yield f") SELECT string_agg(coalesce('prepared transaction ' || gid, {_TOLD}), '; '),"
    yield f"    string_agg(coalesce('ROLLBACK PREPARED ' || quote_literal(gid), {_ENDED}), '; ')"
    yield "INTO found, kept"
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
        listed = _listed(sorted(labels, key=str.encode))
        known_ = f"ARRAY[{listed}]::text[]::text"
        lines += [
            "found := ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = "
            f"{literal(qualified(type_))}::regtype::oid ORDER BY enumlabel)::text;",
            f"IF found <> {known_} THEN",
            f"    RAISE object_not_in_prerequisite_state USING MESSAGE = {literal(f'{type_} has other ')}"
            " || 'labels here than this revision knows, ' || found,",
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
    it is made before the drop, as these are in the database where the revision runs.
    """
    compared = [known for known in block.objects if known.state_kind]
    rows = [_row(known, with_state=bool(compared)) for known in block.objects]
    columns = "what, kind, names, args" + (", known" if compared else "")
    lines = [
        f"WITH o AS (SELECT *, {_owned(block.objects)}{_here(compared, qualified=block.qualified)}",
        *_values(rows, f"w ({columns})"),
        "    CROSS JOIN pg_get_object_address(kind, names, args) a (class, id, sub)"
        f"{''.join(_joins(block.objects))})",
        f"SELECT {_differing(block.version) if compared else 'NULL'}, (SELECT string_agg(sql, '; ' "
        "ORDER BY part, depth) FROM o, LATERAL (",
        *(f"    {line}" for line in _commands(block.objects)),
        ") c (part, depth, sql)) INTO found, kept;",
    ]
    if not compared and {known.kind for known in block.objects} == {"type"}:
        lines = _types(block.objects)
    if not compared:
        return lines
    # As it was deparsed when the revision was written.
    path = "''" if block.qualified else "quote_ident(current_schema())"
    rows_ = f"('search_path', {path}), ('quote_all_identifiers', 'off'), "
    rows_ += "('standard_conforming_strings', 'on')"
    names = ("search_path", "quote_all_identifiers", "standard_conforming_strings")
    return [
        _set_to(rows_),
        *lines,
        _reset(names),
        "IF found IS NOT NULL THEN",
        "    RAISE object_not_in_prerequisite_state USING MESSAGE = found || E'\\nNo table was "
        "changed.',",
        f"        HINT = {literal(_OTHERWISE)}; END IF;",
    ]


_OTHERWISE = (
    "Write the revision against a copy of this database (flask db enum sync), or edit it here and "
    "where it creates the object."
)


def _row(known: Known, *, with_state: bool) -> str:
    names = f"ARRAY[{', '.join(literal(name) for name in known.names if name)}]"
    args = f"ARRAY[{', '.join(map(literal, known.arguments))}]::text[]"
    state = ""
    if with_state:
        state = f", {literal(known.state)}" if known.state_kind else ", NULL"
    return f"({literal(known.what)}, {literal(known.kind)}, {names}, {args}{state})"


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


def _differing(version: int) -> str:
    """Return the query that tells what is otherwise.

    A server of another version may write a table's name in front of columns, or leave it out.
    """
    bare = r"regexp_replace({}, '[A-Za-z0-9_$\"]+[.]|\s|[();]', '', 'g')"
    same = f"current_setting('server_version_num')::int / 10000 = {version}"
    return (
        "(SELECT string_agg(what || E' is here:\\n' || coalesce(here, '?') || E'\\nand in this "
        f"revision:\\n' || known, E'\\n')\n    FROM o WHERE known <> coalesce(here, '') AND ({same}\n"
        f"        OR {bare.format('here')} <> {bare.format('known')}))"
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


def _owned(objects: Sequence[Known]) -> str:
    """Return the columns for owner, privileges, and what a default ACL and a GRANT are for."""
    catalogs = _catalogs(objects)
    owners = [f"{prefix}owner" for _, prefix, _ in catalogs] or ["NULL::oid"]
    acls = [f"{prefix}acl" for _, prefix, has in catalogs if has] or ["NULL::aclitem[]"]
    kinds = {known.kind for known in objects}
    codes, targets = ["kind = 'type' THEN 'T'::\"char\""], ["kind = 'type' THEN what"]
    if kinds & {*_RELATIONS}:
        codes.append(f"{_is_one_of(sorted(kinds & {*_RELATIONS}))} THEN 'r'")
        targets.append("relkind IN ('v', 'm') THEN 'TABLE ' || id::regclass::text")
    if kinds & {*_ROUTINES}:
        codes.append(f"{_is_one_of(sorted(kinds & {*_ROUTINES}))} THEN 'f'")
        targets.append(
            f"{_is_one_of(sorted(kinds & {*_ROUTINES}))} THEN 'ROUTINE ' || id::regprocedure::text"
        )
    return (
        f"{_first(owners)} AS owner, {_first(acls)} AS acl, CASE WHEN {' WHEN '.join(codes)} END AS "
        f"code,\n    CASE WHEN {' WHEN '.join(targets)} END AS target"
    )


def _first(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def _joins(objects: Sequence[Known]) -> Iterator[str]:
    kinds = {known.kind for known in objects}
    for catalog, prefix, has in _catalogs(objects):
        own = sorted(kind for kind in kinds if _OWNED.get(kind) == (catalog, prefix, has))
        yield f"\n    LEFT JOIN {catalog} ON {catalog}.oid = id AND {_is_one_of(own)}"


def _types(objects: Sequence[Known]) -> list[str]:
    """Return the lines that keep in mind what types have, where nothing else hangs on them."""
    rows = ", ".join(
        f"({literal(one.what)}, {literal(one.names[0])}::regtype::oid)" for one in objects
    )
    queries = "\n".join(
        _of_owned("what", "typowner", "typacl", "'T'", "pg_seclabel WHERE objoid = id")
    )
    described = "quote_literal(obj_description(id, 'pg_type'))"
    queries = queries.replace("{comment}", f"{described}")
    return [
        "SELECT string_agg(sql, '; ' ORDER BY part, depth) INTO kept",
        f"FROM (VALUES {rows}) w (what, id) JOIN pg_type t ON oid = id, LATERAL (",
        *(f"    {line}" for line in queries.split("\n")),
        ") c (part, depth, sql);",
    ]


_ROLE = "coalesce(nullif({}::regrole::text, '-'), 'PUBLIC')"
_OPTION = "CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"


def _of_owned(target: str, owner: str, acl: str, code: str, labels: str) -> list[str]:
    """Return the queries for owner, privileges, comment and label.

    What default privileges give to a new object is taken back first; one whose ACL is NULL has the
    default privileges, one whose ACL is empty none. Whoever granted grants again, those nearer to
    the owner first.

    :param target: what privileges are on, as SQL.
    :param owner: the owner, as SQL.
    :param acl: the ACL, as SQL.
    :param code: what kind of object default privileges are for, as SQL.
    :param labels: where security labels come from, as SQL.
    """
    privilege = "USAGE" if code == "'T'" else "' || privilege_type || '"
    return [
        f"SELECT 1, 0, 'ALTER ' || what || ' OWNER TO ' || {owner}::regrole::text",
        f"UNION ALL SELECT 2, 0, 'REVOKE ALL ON ' || {target} || ' FROM ' || {_ROLE.format('r')} FROM "
        f"(SELECT {owner} UNION SELECT 0",
        "    UNION SELECT grantee FROM pg_default_acl, pg_catalog.aclexplode(defaclacl) WHERE "
        f"defaclobjtype = {code} AND defaclrole = current_user::regrole::oid) g (r)",
        "UNION ALL (WITH RECURSIVE g AS (SELECT 0 AS depth, a.* FROM pg_catalog.aclexplode(coalesce("
        f"{acl}, acldefault({code}, {owner}))) a WHERE grantor = {owner}",
        f"    UNION SELECT depth + 1, a.* FROM g, pg_catalog.aclexplode({acl}) a WHERE a.grantor = "
        "g.grantee AND g.is_grantable AND depth < 9)",
        f"SELECT 3, depth, 'SET LOCAL ROLE ' || grantor::regrole::text || '; GRANT {privilege} ON ' || "
        f"{target} || ' TO ' || {_ROLE.format('grantee')}",
        f"    || {_OPTION} || '; SET LOCAL ROLE ' || quote_literal(current_setting('role')) FROM g)",
        "UNION ALL SELECT 4, 0, 'COMMENT ON ' || what || ' IS ' || {comment}",
        "UNION ALL SELECT 5, 0, 'SECURITY LABEL FOR ' || quote_ident(provider) || ' ON ' || what || ' IS "
        f"' || quote_literal(label) FROM {labels}",
    ]


def _commands(objects: Sequence[Known]) -> list[str]:
    """Return the queries for the script that gives back what isn't the revision's to say.

    They are for one object ``o``.
    """
    kinds = {known.kind for known in objects}
    granted = f"' TO ' || {_ROLE.format('grantee')} || {_OPTION}"
    labels = "pg_seclabel WHERE classoid = class AND objoid = id"
    described = (
        "quote_literal(description) FROM pg_description WHERE classoid = class AND objoid = id"
    )
    lines = _of_owned("target", "owner", "acl", "code", labels)
    own = "\n".join(lines).replace("{comment}", f"{described} AND objsubid = sub")
    # Nothing but comments and labels has an owner of its own.
    queries = [own]
    if kinds & {*_RELATIONS}:
        queries += [
            "SELECT 3, 9, 'GRANT ' || privilege_type || ' (' || quote_ident(attname) || ') ON ' || "
            f"target || {granted}\n    FROM pg_attribute, pg_catalog.aclexplode(attacl) WHERE attrelid = "
            "id AND code = 'r'",
            "SELECT 4, 0, 'COMMENT ON COLUMN ' || id::regclass::text || '.' || quote_ident(attname) || "
            f"' IS ' || {described} AND objsubid = attnum".replace(
                "FROM pg_description WHERE",
                "FROM pg_attribute, pg_description\n    WHERE attrelid = id AND code = 'r' AND",
            ),
        ]
    if "table column" in kinds:
        queries.append(
            "SELECT 3, 9, 'GRANT ' || privilege_type || ' (' || quote_ident(attname) || ') ON ' || "
            f"id::regclass::text || {granted}\n    FROM pg_attribute, pg_catalog.aclexplode(attacl) WHERE "
            "attrelid = id AND attnum = sub AND kind = 'table column'"
        )
    if "policy" in kinds:
        queries.append(
            f"SELECT 1, 0, 'ALTER ' || what || ' TO ' || (SELECT string_agg({_ROLE.format('r')}, ', ') "
            "FROM pg_catalog.unnest(polroles) r)\n    FROM pg_policy WHERE oid = id AND kind = 'policy'"
        )
    return "\nUNION ALL ".join(queries).split("\n")


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


def _listed(texts: Sequence[str]) -> str:
    """Return literals, on several lines where there are many."""
    lines: list[str] = []
    for item in map(literal, texts):
        if lines and len(lines[-1]) + len(item) < _LIST:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return ",\n        ".join(lines)


def _values(rows: Sequence[str], names: str) -> list[str]:
    """Return the lines of ``FROM (VALUES …)``, each row on lines of its own."""
    text = ",\n        ".join(rows)
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
