"""PL/pgSQL blocks for what only the database that runs the revision can know.

One at the beginning of a function locks all tables, refuses what the revision doesn't know, and
keeps in mind who owns, may use and has commented what is dropped; one at the end gives it back.
Operators, functions and types are PostgreSQL's own whatever the search path holds: arguments have
the exact types of those in ``pg_catalog``, or the schema is written.
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
from .quoting import literal
from .quoting import qualified
from .states import STATES

_IN_TRANSACTION = (
    "IF transaction_timestamp() = statement_timestamp() THEN RAISE no_active_sql_transaction USING "
    "MESSAGE = 'This revision needs a transaction: on an\nAUTOCOMMIT connection it could stop half way."
    " Nothing was changed.'; END IF;"
).replace("\n", " ")

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


@dataclass(frozen=True)
class Opening:
    """What the first block of a function does.

    :param lock: what it locks.
    :param labels: the labels that types must have, by type.
    :param objects: what is dropped and created again, with the types that are replaced.
    :param settings: the settings under which the rest runs, by name.
    :param version: the major version of the server on which the states were read.
    :param qualified: whether names in them have their schemas.
    """

    lock: Lock = Lock()
    labels: Mapping[Name, Sequence[str]] = field(default_factory=dict)
    objects: Sequence[Known] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    qualified: bool = True

    @property
    def kept_settings(self) -> dict[str, str]:
        """The settings that are given back at the end, with their values for now."""
        return {**({"lock_timeout": "200ms"} if self.lock.tries else {}), **self.settings}

    def sql(self) -> str:
        """Return the block at the beginning of a function, or ``""`` where there is nothing to do.

        It fails with 55P03 where a table can't be locked in time, and with 55000 where types have
        other labels, or objects are otherwise, than the revision knows. Nothing is changed then.
        """
        declared, lines = ["found text;"], []
        if self.objects:
            declared.append("kept text;")
        if self.lock.tries:
            declared = [f"patience text := {_patience(self.lock)};", *declared]
            declared[-1] += " began timestamptz := clock_timestamp();"
        if settings := self.kept_settings:
            lines += _set(settings)
        if lines or self.labels or self.objects or self.lock.tables:
            lines = [_IN_TRANSACTION, *lines]
        lines += _lock(self.lock)
        lines += _labels(self.labels) if self.labels else []
        lines += (
            _objects(self.objects, self.version, qualified=self.qualified) if self.objects else []
        )
        return _do(declared, lines) if lines else ""

    def closing(self, drops: Sequence[str]) -> str:
        """Return the block at the end of a function, or ``""`` where there is nothing to do.

        :param drops: statements that drop what was put aside.
        """
        lines = ["EXECUTE current_setting('enum_migrate.kept');"] if self.objects else []
        lines += [f"{sql};" for sql in drops]
        if settings := self.kept_settings:
            names = ", ".join(f"({literal(name)})" for name in settings)
            value = "current_setting('enum_migrate.' || name)"
            lines.append(f"PERFORM set_config(name, {value}, true) FROM (VALUES {names}) s (name);")
        return _do([], lines) if lines else ""


def _patience(lock: Lock) -> str:
    """Return how long tables are waited for: the shorter of our time and env.py's, as SQL."""
    for_ever = lock.timeout is None or not any(digit in lock.timeout for digit in "123456789")
    ours = "" if for_ever else f"({literal(str(lock.timeout))}), "
    return (
        f"(SELECT t FROM (VALUES {ours}(nullif(current_setting('lock_timeout'), '0'))) w (t) "
        "WHERE t IS NOT NULL ORDER BY t::interval LIMIT 1)"
    )


def _set(settings: Mapping[str, str]) -> list[str]:
    """Return the lines that change settings for now, and keep the old values for later.

    ``SET LOCAL`` and a later ``SET … TO DEFAULT`` would lose what env.py had set.
    """
    rows = ", ".join(f"({literal(name)}, {literal(value)})" for name, value in settings.items())
    return [
        "PERFORM set_config('enum_migrate.' || name, current_setting(name), true), "
        "set_config(name, value, true)",
        f"    FROM (VALUES {rows}) s (name, value);",
    ]


def _lock(lock: Lock) -> list[str]:
    """Return the lines that lock tables, a moment at a time, or fail and say who is in the way.

    What could be locked before the moment was over is released before the next try, so that nobody
    waits behind us for longer.
    """
    if not lock.tables:
        return []
    listed = ", ".join(map(qualified, lock.tables))
    statement = f"LOCK TABLE {listed} IN ACCESS EXCLUSIVE MODE;"
    if not lock.tries:
        return [statement]
    shown = ", ".join(map(str, lock.tables))
    return [
        "LOOP BEGIN",
        f"    {statement} EXIT;",
        "EXCEPTION WHEN lock_not_available THEN",
        "    IF clock_timestamp() > began + patience::interval THEN",
        *(f"        {line}" for line in _holders(lock)),
        "        RAISE lock_not_available USING HINT = 'Run the upgrade again when it is free, or end"
        " what holds it: SELECT pg_terminate_backend(PID)',",
        f"            MESSAGE = {literal(f'No lock on {shown} within ')} || patience || "
        "', so no table was changed. In the way is ' || coalesce(found, 'nobody any more');",
        "    END IF;",
        "    PERFORM pg_sleep(0.3);",
        "END; END LOOP;",
    ]


_TOLD = "concat_ws(' ', 'pid', pid, usename, state, 'since', state_change::timestamptz(0), "
_TOLD += "left(query, 99))"


def _holders(lock: Lock) -> Iterator[str]:
    """Yield the lines that find who holds locks on tables."""
    relations = ", ".join(f"{literal(qualified(table))}::regclass::oid" for table in lock.tables)
    if not lock.families:
        yield f"SELECT string_agg({_TOLD}, '; ') INTO found"
        yield (
            "    FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE granted AND datname = "
            f"current_database() AND relation IN ({relations});"
        )
        return
    yield "WITH RECURSIVE wanted (relation) AS ("
    yield f"    SELECT pg_catalog.unnest(ARRAY[{relations}])"
    yield "    UNION SELECT inhrelid FROM pg_inherits JOIN wanted ON inhparent = relation"
    yield f") SELECT string_agg(coalesce('prepared transaction ' || gid, {_TOLD}), '; ') INTO found"
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
    rows = [
        f"({literal(qualified(type_))}, ARRAY[{_listed(sorted(labels, key=str.encode))}]::text[]"
        "::text)"
        for type_, labels in known.items()
    ]
    return [
        "SELECT string_agg(name || ' has the labels ' || here || ', and this revision knows ' || "
        "known, '; ') INTO found",
        *_values(rows, "k (name, known)"),
        "    , LATERAL (SELECT ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = "
        "name::regtype::oid ORDER BY enumlabel)::text) h (here) WHERE here <> known;",
        "IF found IS NOT NULL THEN",
        "    RAISE object_not_in_prerequisite_state USING MESSAGE = found || '; no table was changed',",
        "        HINT = 'Put a label that it lacks into its list of labels, its CREATE TYPE and its "
        "CASE, or delete it and write it anew: flask db enum sync';",
        "END IF;",
    ]


def _objects(objects: Sequence[Known], version: int, *, qualified: bool) -> list[str]:
    """Return the lines that compare objects with what a revision will create, and keep the rest.

    What is kept is a script of the commands that give owner, privileges, comments and labels back:
    it is made before the drop, as these are in the database where the revision runs.
    """
    compared = [known for known in objects if known.state_kind]
    path = "''" if qualified else "quote_ident(current_schema())"
    lines = ["WITH o AS (", f"    SELECT *{_here(compared, qualified=qualified)}"]
    columns = "what, kind, names, args" + (", known" if compared else "")
    rows = [_row(known, with_state=bool(compared)) for known in objects]
    lines += [f"    {line}" for line in _values(rows, f"w ({columns})")]
    lines += ["        , pg_get_object_address(kind, names, args) a (class, id, sub)", ")"]
    lines += [f"SELECT {_differing(version) if compared else 'NULL'},", *_kept(objects)]
    lines.append("INTO found, kept;")
    if compared:
        # As it was deparsed when the revision was written.
        plain = {"quote_all_identifiers": "off", "standard_conforming_strings": "on"}
        rows = ", ".join(f"({literal(name)}, {literal(value)})" for name, value in plain.items())
        names = ", ".join(f"({literal(name)})" for name in ("search_path", *plain))
        lines = [
            "PERFORM set_config('enum_migrate.' || name, current_setting(name), true), "
            "set_config(name, value, true)",
            f"    FROM (VALUES ('search_path', {path}), {rows}) s (name, value);",
            *lines,
            "PERFORM set_config(name, current_setting('enum_migrate.' || name), true) FROM (VALUES "
            f"{names}) s (name);",
        ]
    if compared:
        lines += [
            "IF found IS NOT NULL THEN",
            "    RAISE object_not_in_prerequisite_state USING MESSAGE = found || E'\\nNo table was "
            "changed.', HINT = 'Write the revision against a copy",
            "of this database (flask db enum sync), or change it here and where it is created.';",
            "END IF;",
        ]
    return [*lines, "PERFORM set_config('enum_migrate.kept', kept, true);"]


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
    whens = [
        f"WHEN kind IN ({', '.join(map(literal, dict.fromkeys(names)))}) THEN {STATES[state]}"
        for state, names in by_state.items()
    ]
    return "\n        ".join(["CASE", *whens, "END"])


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
    here: str = state_of([(known.kind, known.state_kind) for known in compared])
    if not qualified:
        here = f"replace({here}, quote_ident(current_schema()) || '.', '')"
    return f", {here} AS here"


_BARE = "regexp_replace({}, '[A-Za-z0-9_$\"]+[.]|[[:space:]();]', '', 'g')"


def _differing(version: int) -> str:
    """Return the query that tells what is otherwise.

    A server of another version may write a table's name in front of columns, or leave it out.
    """
    same = f"current_setting('server_version_num')::int / 10000 = {version}"
    bare = f"{_BARE.format('here')} = {_BARE.format('known')}"
    return (
        "(SELECT string_agg(what || E' is here:\\n' || coalesce(here, '?') || E'\\nand in this "
        "revision:\\n' || known, E'\\n') FROM o\n        WHERE known <> coalesce(here, '')\n"
        f"            AND ({same} OR NOT {bare}))"
    )


_ACLS = {
    "type": ("T", "pg_type", "typ", "type"),
    "view": ("r", "pg_class", "rel", "view|materialized view"),
    "routine": ("f", "pg_proc", "pro", "function|procedure|aggregate"),
}
_OWNERS = {
    "statistics object": ("pg_statistic_ext", "stxowner"),
    "operator": ("pg_operator", "oprowner"),
    "operator class": ("pg_opclass", "opcowner"),
}
_ROLE = "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END"
_OPTION = "CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"
_BACK = "'; SET LOCAL ROLE ' || CASE current_setting('role') WHEN 'none' THEN 'NONE' ELSE "
_BACK += "quote_ident(current_setting('role')) END"


_OF_COLUMN = (
    "SELECT 3, 0, place, 'GRANT ' || privilege || ' (' || quote_ident(attname) || ') ON ' || id::regclass::text "
    f"|| ' TO ' || {_ROLE} || {_OPTION}\n    FROM o JOIN pg_attribute ON attrelid = id AND attnum = sub,"
    " pg_catalog.aclexplode(attacl) WITH ORDINALITY a (grantor, grantee, privilege, is_grantable, place)"
    "\n    WHERE kind = 'table column'"
)


def _kept(objects: Sequence[Known]) -> list[str]:
    """Return the query for the script that gives back what isn't the revision's to say."""
    kinds = {known.kind for known in objects}
    queries: list[str] = []
    for code, catalog, prefix, names in _ACLS.values():
        if kinds & {*names.split("|")}:
            listed = ", ".join(map(literal, sorted(kinds & {*names.split("|")})))
            queries += _of_acl(code, catalog, prefix, listed)
    for kind in sorted(kinds & {*_OWNERS}):
        catalog, column = _OWNERS[kind]
        queries.append(
            f"SELECT 1, 0, 0::bigint, 'ALTER ' || what || ' OWNER TO ' || {column}::regrole::text FROM o JOIN "
            f"{catalog} t ON t.oid = id WHERE kind = {literal(kind)}"
        )
    if "table column" in kinds:
        queries.append(_OF_COLUMN)
    if "policy" in kinds:
        queries.append(
            "SELECT 1, 0, 0::bigint, 'ALTER ' || what || ' TO ' || (SELECT string_agg(CASE r WHEN 0 THEN "
            "'PUBLIC' ELSE r::regrole::text END, ', ') FROM pg_catalog.unnest(polroles) r)\n    "
            "FROM o JOIN pg_policy t ON t.oid = id WHERE kind = 'policy'"
        )
    queries.append(
        "SELECT 4, 0, 0::bigint, 'COMMENT ON ' || what || ' IS ' || quote_literal(description)\n    FROM o "
        "JOIN pg_description ON classoid = class AND objoid = id AND objsubid = sub"
    )
    queries.append(
        "SELECT 5, 0, 0::bigint, 'SECURITY LABEL FOR ' || quote_ident(provider) || ' ON ' || what || ' IS ' "
        "|| quote_literal(label)\n    FROM o JOIN pg_seclabel ON classoid = class AND objoid = id"
    )
    union = "\nUNION ALL ".join(queries).split("\n")
    return [
        "    (SELECT coalesce(string_agg(sql, '; ' ORDER BY part, depth, place), 'SELECT') FROM (",
        *(f"        {line}" for line in union),
        "    ) c (part, depth, place, sql))",
    ]


# How far from the owner the one is who granted: those before have to be made first.
_DEPTH = """(WITH RECURSIVE r (role, depth) AS (SELECT {owner}, 0 UNION SELECT x.grantee, depth + 1 \
FROM r, pg_catalog.{exploded} x
        WHERE x.grantor = role AND x.is_grantable AND x.grantee <> {owner} AND depth < 9) \
SELECT min(depth) FROM r WHERE role = a.grantor)"""


def _of_acl(code: str, catalog: str, prefix: str, kinds: str) -> Iterator[str]:
    """Yield the queries for owner and privileges of the objects of a catalog.

    What default privileges give to a new
    object is taken back first; one that is NULL has the default privileges, one that is empty none.
    """
    owner, acl = f"{prefix}owner", f"{prefix}acl"
    source = f"FROM o JOIN {catalog} t ON t.oid = id"
    default = (
        f"pg_default_acl WHERE defaclobjtype = '{code}' AND defaclrole = current_user::regrole::oid"
    )
    spelt = f"kind IN ({kinds}) AND ({acl} IS NOT NULL OR EXISTS (SELECT FROM {default}))"
    on = "what" if code != "r" else "'TABLE ' || t.oid::regclass::text"
    on = "'ROUTINE ' || t.oid::regprocedure::text" if code == "f" else on
    yield (
        f"SELECT 1, 0, 0::bigint, 'ALTER ' || what || ' OWNER TO ' || {owner}::regrole::text {source} WHERE kind "
        f"IN ({kinds}) AND {owner} <> current_user::regrole::oid"
    )
    yield (
        f"SELECT 2, 0, 0::bigint, 'REVOKE ALL ON ' || {on} || ' FROM PUBLIC, ' || {owner}::regrole::text || "
        f"coalesce((SELECT string_agg(', ' || grantee::regrole::text, '')\n    FROM (SELECT DISTINCT grantee "
        f"FROM {default.replace(' WHERE ', ', pg_catalog.aclexplode(defaclacl) WHERE ')} AND grantee <> 0"
        f") g), '')\n    {source} WHERE {spelt}"
    )
    grants = f"aclexplode(coalesce({acl}, acldefault('{code}', {owner})))"
    granted = [(grants, "privilege", source)]
    if code == "r":
        of_columns = f"{source} JOIN pg_attribute ON attrelid = id AND attacl IS NOT NULL"
        granted.append(
            ("aclexplode(attacl)", "privilege || ' (' || quote_ident(attname) || ')'", of_columns)
        )
    for exploded, privilege, from_ in granted:
        depth = _DEPTH.format(owner=owner, exploded=exploded)
        yield (
            f"SELECT 3, {depth}, place, CASE WHEN grantor <> {owner} THEN 'SET LOCAL ROLE ' || grantor::regrole::text"
            f" || '; ' ELSE '' END || 'GRANT ' || {privilege} || ' ON ' || {on} || ' TO '\n        || "
            f"{_ROLE} || {_OPTION}\n        || CASE WHEN grantor <> {owner} THEN {_BACK} ELSE '' END\n"
            f"    {from_}, pg_catalog.{exploded} WITH ORDINALITY a (grantor, grantee, privilege,"
            f" is_grantable, place) WHERE {spelt}"
        )
    if code == "r":
        yield (
            "SELECT 4, 0, 0::bigint, 'COMMENT ON COLUMN ' || id::regclass::text || '.' || quote_ident(attname) ||"
            f" ' IS ' || quote_literal(description)\n    {source} JOIN pg_attribute ON attrelid = id JOIN"
            " pg_description ON classoid = class AND objoid = id AND objsubid = attnum\n    WHERE "
            f"kind IN ({kinds})"
        )


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
    return _do(["command text;"], lines)


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
    return _do(["current regclass;"], lines)


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


def _do(declared: Sequence[str], lines: Sequence[str]) -> str:
    """Return a ``DO`` block."""
    body = "\n".join(f"    {line}" for part in lines for line in part.split("\n"))
    if not declared:
        return f"DO {_quoted(f' BEGIN{chr(10)}{body}{chr(10)}END ')}"
    head = "\n".join(f"    {line}" for line in declared)
    return f"DO {_quoted(f' DECLARE{chr(10)}{head}{chr(10)}BEGIN{chr(10)}{body}{chr(10)}END ')}"


def _quoted(body: str) -> str:
    tag, number = "$$", 0
    while tag in body:
        number += 1
        tag = f"$enum{number}$"
    return f"{tag}{body}{tag}"
