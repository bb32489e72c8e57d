"""The SQL of every step, as text. The only module that quotes; nothing else writes SQL.

What comes out survives Alembic's online and offline modes and both psycopg drivers unchanged,
for any label or name: none of ``%``, ``:``, backslash or control characters is left bare in a
literal or name, because offline mode doubles ``%``, loses tabs and reads ``:word`` as a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from ..core.schema import Name
from .keywords import KEYWORDS

# enum_in and CREATE TYPE reject labels of NAMEDATALEN bytes and more.
MAX_BYTES = 63

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_LEAF = 8


def identifier(name: str) -> str:
    """Quote the name of one object."""
    if _PLAIN.fullmatch(name) and name not in KEYWORDS:
        return name
    quoted = name.replace('"', '""')
    if _is_bare(name):
        return f'"{quoted}"'
    return 'U&"' + "".join(_escaped(char, "\\{:04x}", "\\+{:06x}") for char in quoted) + '"'


def qualified(name: Name) -> str:
    """Quote a name with its schema, where it has one."""
    if not name.schema:
        return identifier(name.name)
    return f"{identifier(name.schema)}.{identifier(name.name)}"


def literal(text: str) -> str:
    """Quote a string."""
    quoted = text.replace("'", "''")
    if _is_bare(text):
        return f"'{quoted}'"
    return "E'" + "".join(_escaped(char, "\\u{:04X}", "\\U{:08X}") for char in quoted) + "'"


def _is_bare(text: str) -> bool:
    return text.isprintable() and not any(char in text for char in "%:\\")


def _escaped(char: str, short: str, long: str) -> str:
    if char == "\\":
        return "\\\\"
    if char in "%:" or not char.isprintable():
        return (short if ord(char) <= 0xFFFF else long).format(ord(char))
    return char


def needs_exact(sql: str) -> bool:
    """Return whether Alembic's offline mode or ``text()`` would change a statement."""
    return bool(re.search(r"[%\t\r]|(?<![:\w\\]):\w|\\:", sql))


def shortened(name: str, suffix: str) -> str:
    """Return a name with a suffix, cut so that PostgreSQL doesn't cut it."""
    room = MAX_BYTES - len(suffix.encode())
    return name.encode()[:room].decode(errors="ignore") + suffix


def create_type(name: Name, labels: Sequence[str]) -> str:
    """Return ``CREATE TYPE … AS ENUM``, few labels on one line and many on lines of their own."""
    listed = [literal(label) for label in labels]
    one_line = ", ".join(listed)
    if len(one_line) > 70:
        one_line = "\n    " + ",\n    ".join(listed) + "\n"
    return f"CREATE TYPE {qualified(name)} AS ENUM ({one_line})"


def create_domain(
    name: Name, base: str, default: str | None, constraints: Sequence[tuple[str, str]]
) -> str:
    """Return ``CREATE DOMAIN``.

    :param base: its type, as SQL.
    :param default: its default, as SQL.
    :param constraints: name and definition.
    """
    sql = f"CREATE DOMAIN {qualified(name)} AS {base}"
    if default is not None:
        sql += f"\n    DEFAULT {default}"
    for constraint, definition in constraints:
        sql += f"\n    CONSTRAINT {identifier(constraint)} {definition}"
    return sql


def create_composite(name: Name, attributes: Sequence[tuple[str, str]]) -> str:
    """Return ``CREATE TYPE … AS``.

    :param attributes: name and type, as SQL.
    """
    listed = ", ".join(f"{identifier(attribute)} {type_}" for attribute, type_ in attributes)
    return f"CREATE TYPE {qualified(name)} AS ({listed})"


def create_range(name: Name, subtype: str, multirange: Name) -> str:
    """Return ``CREATE TYPE … AS RANGE``.

    :param subtype: what it is a range of, as SQL.
    """
    along = f"MULTIRANGE_TYPE_NAME = {qualified(multirange)}"
    return f"CREATE TYPE {qualified(name)} AS RANGE (SUBTYPE = {subtype}, {along})"


def rename_function(name: Name, new_name: str) -> str:
    """Return ``ALTER FUNCTION … RENAME TO`` for a function without arguments."""
    return f"ALTER FUNCTION {qualified(name)}() RENAME TO {identifier(new_name)}"


def rename_domain(name: Name, new_name: str) -> str:
    """Return ``ALTER DOMAIN … RENAME TO``."""
    return f"ALTER DOMAIN {qualified(name)} RENAME TO {identifier(new_name)}"


def drop_domain(name: Name) -> str:
    """Return ``DROP DOMAIN``."""
    return f"DROP DOMAIN {qualified(name)}"


def drop_type(name: Name) -> str:
    """Return ``DROP TYPE``, which fails while anything depends on the type."""
    return f"DROP TYPE {qualified(name)}"


def add_value(
    name: Name, label: str, *, after: str | None = None, before: str | None = None
) -> str:
    """Return ``ALTER TYPE … ADD VALUE IF NOT EXISTS``, harmless when it runs twice."""
    sql = f"ALTER TYPE {qualified(name)} ADD VALUE IF NOT EXISTS {literal(label)}"
    if after is not None:
        sql += f" AFTER {literal(after)}"
    elif before is not None:
        sql += f" BEFORE {literal(before)}"
    return sql


def rename_value(name: Name, label: str, new_label: str) -> str:
    """Return ``ALTER TYPE … RENAME VALUE``."""
    return f"ALTER TYPE {qualified(name)} RENAME VALUE {literal(label)} TO {literal(new_label)}"


def rename_type(name: Name, new_name: str) -> str:
    """Return ``ALTER TYPE … RENAME TO``."""
    return f"ALTER TYPE {qualified(name)} RENAME TO {identifier(new_name)}"


def set_schema(name: Name, schema: str) -> str:
    """Return ``ALTER TYPE … SET SCHEMA``."""
    return f"ALTER TYPE {qualified(name)} SET SCHEMA {identifier(schema)}"


def set_for_now(setting: str, value: str) -> str:
    """Return a block that changes a setting for the transaction and keeps the old value for later.

    ``SET LOCAL`` and a later ``SET … TO DEFAULT`` would lose what env.py had set; a ``SELECT``
    would print a row where psql runs the script.
    """
    return (
        "DO $$ BEGIN\n"
        f"    PERFORM set_config('enum_migrate.{setting}',"
        f" current_setting('{setting}'), true);\n"
        f"    PERFORM set_config('{setting}', {literal(value)}, true);\n"
        "END $$"
    )


def restore(setting: str) -> str:
    """Return a block that gives a setting the value back that it had."""
    return (
        "DO $$ BEGIN\n"
        f"    PERFORM set_config('{setting}',"
        f" current_setting('enum_migrate.{setting}'), true);\n"
        "END $$"
    )


def analyze(table: Name) -> str:
    """Return ``ANALYZE``."""
    return f"ANALYZE {qualified(table)}"


def touch_routine(identity: str, security_definer: bool) -> str:
    """Return a statement that changes nothing about a routine but makes sessions compile it anew.

    :param identity: its name with its argument types, as ``regprocedure`` prints it.
    """
    return f"ALTER ROUTINE {identity} SECURITY {'DEFINER' if security_definer else 'INVOKER'}"


def lock_tables(tables: Sequence[Name]) -> str:
    """Return a block that locks tables, or fails with 55P03 and says who is in the way.

    Partitions and children are locked along with their parents. What could be locked before the
    time was up is released again when the block fails.
    """
    listed = ", ".join(map(qualified, tables))
    shown = ", ".join(map(str, tables))
    relations = ", ".join(f"({literal(qualified(table))}::regclass::oid)" for table in tables)
    return _do(f"""
DECLARE
    holders text;
    remedy text;
BEGIN
    LOCK TABLE {listed} IN ACCESS EXCLUSIVE MODE;
EXCEPTION WHEN lock_not_available THEN
    WITH RECURSIVE wanted (relation) AS (
        VALUES {relations}
        UNION SELECT h.inhrelid FROM pg_inherits h JOIN wanted ON h.inhparent = wanted.relation
    ), holder AS (
        SELECT l.pid, l.virtualtransaction AS id,
            string_agg(DISTINCT l.mode || ' on ' || l.relation::regclass, ', ') AS locks
        FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
        WHERE l.granted AND l.relation IN (SELECT relation FROM wanted)
          AND l.pid IS DISTINCT FROM pg_backend_pid()
        GROUP BY l.pid, l.virtualtransaction
    )
    SELECT string_agg(coalesce(
            'process ' || h.pid || ' (role ' || coalesce(a.usename, '?') || ', application '
                || coalesce(nullif(a.application_name, ''), '?') || ') holds ' || h.locks || ', '
                || coalesce(a.state, 'in a state that only its own role may see')
                || coalesce(' since ' || a.state_change::timestamptz(0), '')
                || ', its query ' || left(a.query, 200),
            'the prepared transaction ' || quote_literal(p.gid) || ' holds ' || h.locks,
            'process ' || h.pid || ' holds ' || h.locks), '; '),
        string_agg(coalesce(
            'SELECT pg_terminate_backend(' || h.pid || ')',
            'ROLLBACK PREPARED ' || quote_literal(p.gid)), '; ')
    INTO holders, remedy
    FROM holder h LEFT JOIN pg_stat_activity a ON a.pid = h.pid
    LEFT JOIN (pg_locks x JOIN pg_prepared_xacts p ON p.transaction = x.transactionid)
        ON x.virtualtransaction = h.id AND x.pid IS NULL AND h.pid IS NULL;
    RAISE lock_not_available USING
        MESSAGE = {literal(f"No lock on {shown} within ")} || current_setting('lock_timeout')
            || ', so no table was changed' || coalesce('. In the way is ' || holders, ''),
        HINT = 'Run the upgrade again when it is free' || coalesce(', or end what holds it by '
            || remedy, '');
END
""")


def alter_table(
    table: Name, actions: Sequence[str], *, only: bool = False, foreign: bool = False
) -> str:
    """Return one ``ALTER TABLE`` for all actions: PostgreSQL then rewrites the table once."""
    target = f"{'FOREIGN ' if foreign else ''}TABLE {'ONLY ' if only else ''}{qualified(table)}"
    if len(actions) == 1 and "\n" not in actions[0]:
        return f"ALTER {target} {actions[0]}"
    listed = ",\n    ".join(action.replace("\n", "\n    ") for action in actions)
    return f"ALTER {target}\n    {listed}"


def no_inherit(parent: str) -> str:
    """Return the action that takes a table off a parent.

    :param parent: the parent, as SQL.
    """
    return f"NO INHERIT {parent}"


def inherit(parent: str) -> str:
    """Return the action that puts a table under a parent, as SQL."""
    return f"INHERIT {parent}"


def not_of() -> str:
    """Return the action that takes a typed table off its type."""
    return "NOT OF"


def of_type(type_: str) -> str:
    """Return the action that makes a table one of a composite type, as SQL."""
    return f"OF {type_}"


def drop_default(column: str) -> str:
    """Return the action that drops a column's default."""
    return f"ALTER COLUMN {identifier(column)} DROP DEFAULT"


def set_default(column: str, expression: str) -> str:
    """Return the action that sets a column's default to an SQL expression."""
    return f"ALTER COLUMN {identifier(column)} SET DEFAULT {expression}"


def set_expression(column: str, expression: str) -> str:
    """Return the action that changes what a generated column is computed from."""
    return f"ALTER COLUMN {identifier(column)} SET EXPRESSION AS ({expression})"


def set_storage(column: str, storage: str) -> str:
    """Return the action that sets how a column is stored."""
    return f"ALTER COLUMN {identifier(column)} SET STORAGE {storage}"


def set_compression(column: str, compression: str) -> str:
    """Return the action that sets how a column is compressed."""
    return f"ALTER COLUMN {identifier(column)} SET COMPRESSION {compression}"


def alter_column_type(column: str, new_type: str, using: str = "") -> str:
    """Return the action that changes a column's type.

    :param new_type: the type, as SQL.
    :param using: how its values are converted, or ``""`` where it has none of its own.
    """
    action = f"ALTER COLUMN {identifier(column)} TYPE {new_type}"
    return f"{action} USING {using}" if using else action


def through_text(column: str, new_type: str) -> str:
    """Return the ``USING`` of a column of rows or ranges, whose text stays the same.

    A label that has no place in the new type fails with 22P02.
    """
    return f"{identifier(column)}::text::{new_type}"


def cast(expression: str, new_type: str) -> str:
    """Return an expression cast to a type, as SQL."""
    return f"({expression})::{new_type}"


def convert_scalar(
    table: Name,
    column: str,
    old_type: Name,
    new_type: Name,
    pairs: Mapping[str, str | None],
    *,
    domain: bool = False,
) -> str:
    """Return the ``USING`` of a scalar column: a CASE over typed constants.

    Measured faster than a cast through text. Its ELSE keeps NULL and, for a label that has no
    place in the new type, fails with 22P02 and a text that names table, column and label.

    :param pairs: each label of the old type, in its order, that has one to become.
    :param domain: whether the column has a domain over the type, which enum operators don't take.
    """
    old, new, value = qualified(old_type), qualified(new_type), identifier(column)
    if domain:
        value = f"{value}::{old}"

    def constant(label: str | None) -> str:
        return "NULL" if label is None else f"{literal(label)}::{new}"

    guard = f"({_refusal(table, column)})::{new}"

    def case(labels: Sequence[str]) -> str:
        if len(labels) <= _LEAF:
            whens = "".join(
                f"    WHEN {literal(label)}::{old} THEN {constant(pairs[label])}\n"
                for label in labels
            )
            return f"CASE {value}\n{whens}    ELSE {guard}\nEND" if labels else guard
        middle = len(labels) // 2
        low, high = (_indented(case(half)) for half in (labels[:middle], labels[middle:]))
        below = f"{value} < {literal(labels[middle])}::{old}"
        return f"CASE WHEN {below}\n    THEN {low}\n    ELSE {high}\nEND"

    return case(list(pairs))


def convert_array(
    table: Name,
    column: str,
    old_type: Name,
    new_type: Name,
    mapping: Mapping[str, str | None],
    refused: Sequence[str],
) -> str:
    """Return the ``USING`` of an array column of any dimension.

    :param mapping: removed labels to the labels that elements get.
    :param refused: removed labels without one: the statement fails if an element holds one.
    """
    old, new, value = qualified(old_type), qualified(new_type), identifier(column)
    elements = f"{value}::text[]"
    for label, becomes in mapping.items():
        other = "NULL" if becomes is None else literal(becomes)
        elements = f"array_replace({elements}, {literal(label)}, {other})"
    if not refused:
        return f"{elements}::{new}[]"
    gone = ", ".join(literal(label) for label in refused)
    return (
        f"CASE WHEN {value}::{old}[] && ARRAY[{gone}]::{old}[]\n"
        f"    THEN ARRAY[{_refusal(table, column)}]::{new}[]\n"
        f"    ELSE {elements}::{new}[]\n"
        "END"
    )


def _refusal(table: Name, column: str) -> str:
    holds = literal(f"{table}.{column} holds ")
    why = literal(", a label this revision takes away; nothing was changed")
    return f"{holds} || quote_literal({identifier(column)}::text) || {why}"


def _indented(sql: str) -> str:
    return sql.replace("\n", "\n    ")


def copy_type_properties(old_type: Name, new_type: Name) -> str:
    """Return a block that gives one type the owner, privileges, comment and labels of another.

    It reads them when it runs, because roles differ from one database to the next. What default
    privileges gave the new type is taken back first; grants are made by whoever made them.
    """
    old, new = qualified(old_type), qualified(new_type)
    grantee = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END"
    body = f"""
DECLARE
    command text;
BEGIN
    FOR command IN
        WITH was AS (SELECT * FROM pg_type WHERE oid = to_regtype({literal(old)})),
             new AS (SELECT * FROM pg_type WHERE oid = to_regtype({literal(new)}))
        SELECT {literal(f"ALTER TYPE {new} OWNER TO ")} || was.typowner::regrole
        FROM was, new WHERE was.typowner <> new.typowner
        UNION ALL
        SELECT {literal(f"REVOKE ALL ON TYPE {new} FROM ")} || {grantee}
        FROM was, new, aclexplode(coalesce(new.typacl, acldefault('T', was.typowner))) a
        WHERE was.typacl IS DISTINCT FROM new.typacl
        UNION ALL
        SELECT step.sql
        FROM was, new, aclexplode(coalesce(was.typacl, acldefault('T', was.typowner))) a, LATERAL (
            VALUES ('SET LOCAL ROLE ' || a.grantor::regrole, a.grantor <> was.typowner),
                   ({literal(f"GRANT USAGE ON TYPE {new} TO ")} || {grantee}
                    || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, true),
                   ('SET LOCAL ROLE ' || CASE current_setting('role') WHEN 'none' THEN 'none'
                    ELSE quote_ident(current_setting('role')) END, a.grantor <> was.typowner)
        ) step (sql, needed)
        WHERE was.typacl IS DISTINCT FROM new.typacl AND step.needed
        UNION ALL
        SELECT {literal(f"COMMENT ON TYPE {new} IS ")}
            || quote_literal(obj_description(was.oid, 'pg_type'))
        FROM was WHERE obj_description(was.oid, 'pg_type') IS NOT NULL
        UNION ALL
        SELECT 'SECURITY LABEL FOR ' || quote_ident(l.provider)
            || {literal(f" ON TYPE {new} IS ")} || quote_literal(l.label)
        FROM was JOIN pg_seclabel l ON l.classoid = 'pg_type'::regclass AND l.objoid = was.oid
    LOOP
        EXECUTE command;
    END LOOP;
END
"""
    return _do(body)


def rename_partition_index(parent: str, table: Name, name: Name, comment: str | None) -> str:
    """Return a block that names and comments a partition's index, whatever it is called now.

    :param parent: the index of the partitioned table, as ``regclass`` prints it.
    """
    renamed = literal(f" RENAME TO {identifier(name.name)}")
    remark = ""
    if comment:
        remark = f"\n    COMMENT ON INDEX {qualified(name)} IS {literal(comment)};"
    body = f"""
DECLARE
    current regclass;
BEGIN
    SELECT h.inhrelid INTO STRICT current
    FROM pg_inherits h JOIN pg_index x ON x.indexrelid = h.inhrelid
    WHERE h.inhparent = to_regclass({literal(parent)})
      AND x.indrelid = to_regclass({literal(qualified(table))});
    IF current IS DISTINCT FROM to_regclass({literal(qualified(name))}) THEN
        EXECUTE 'ALTER INDEX ' || current || {renamed};
    END IF;{remark}
END
"""
    return _do(body)


def _do(body: str) -> str:
    tag = "$$"
    number = 0
    while tag in body:
        number += 1
        tag = f"$enum{number}$"
    return f"DO {tag}{body}{tag}"


def create_schema(schema: str) -> str:
    """Return ``CREATE SCHEMA``."""
    return f"CREATE SCHEMA {identifier(schema)}"


def grant_create(schema: str, role: str) -> str:
    """Return the ``GRANT`` that lets a role create types.

    :param role: as SQL.
    """
    return f"GRANT CREATE ON SCHEMA {identifier(schema)} TO {role}"


def comment_on_type(name: Name, comment: str) -> str:
    """Return ``COMMENT ON TYPE``."""
    return f"COMMENT ON TYPE {qualified(name)} IS {literal(comment)}"


def comment_on_column(relation: Name, column: str, comment: str) -> str:
    """Return ``COMMENT ON COLUMN``."""
    return f"COMMENT ON COLUMN {qualified(relation)}.{identifier(column)} IS {literal(comment)}"


def comment_on_domain_constraint(domain: Name, constraint: str, comment: str) -> str:
    """Return ``COMMENT ON CONSTRAINT … ON DOMAIN``."""
    on = f"{identifier(constraint)} ON DOMAIN {qualified(domain)}"
    return f"COMMENT ON CONSTRAINT {on} IS {literal(comment)}"


def owner_to(name: Name, owner: str) -> str:
    """Return ``ALTER TYPE … OWNER TO``."""
    return f"ALTER TYPE {qualified(name)} OWNER TO {identifier(owner)}"


def set_privileges(name: Name, owner: str, privileges: Iterable[tuple[str, bool]]) -> list[str]:
    """Return the ``REVOKE`` and ``GRANT`` that leave exactly these privileges on a new type.

    :param privileges: (grantee, grantable), with ``""`` for ``PUBLIC``.
    """
    sql = [f"REVOKE ALL ON TYPE {qualified(name)} FROM PUBLIC, {identifier(owner)}"]
    for grantee, grantable in privileges:
        role = identifier(grantee) if grantee else "PUBLIC"
        option = " WITH GRANT OPTION" if grantable else ""
        sql.append(f"GRANT USAGE ON TYPE {qualified(name)} TO {role}{option}")
    return sql


def count_label(
    number: int, table: Name, column: str, array: bool, type_: Name, label: str, limit: int
) -> str:
    """Return a query of one row: its number, and how many rows hold a label, up to a limit."""
    constant = f"{literal(label)}::{qualified(type_)}"
    value = identifier(column)
    enum = qualified(type_)
    holds = f"{constant} = ANY ({value}::{enum}[])" if array else f"{value}::{enum} = {constant}"
    rows = f"SELECT FROM {qualified(table)} WHERE {holds} LIMIT {limit:d}"
    return f"SELECT {number:d} AS number, count(*) AS rows FROM ({rows}) held"
