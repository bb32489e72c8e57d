"""The SQL of every step, as text: statements about types, and the actions of ``ALTER TABLE``."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from ...core.schema import Grant
from ...core.schema import Name
from .quoting import dollar_quoted
from .quoting import filled
from .quoting import identifier
from .quoting import indented
from .quoting import literal
from .quoting import qualified
from .quoting import wrapped


def create_type(name: Name, labels: Sequence[str]) -> str:
    """Return ``CREATE TYPE … AS ENUM``, few labels on one line and many on several."""
    listed = [literal(label) for label in labels]
    one_line = ", ".join(listed)
    if len(one_line) > 90:
        one_line = "\n    " + filled(listed, 90).replace("\n    ", "\n") + "\n"
    return f"CREATE TYPE {qualified(name)} AS ENUM ({one_line})"


def create_type_without(name: Name, like: Name, gone: Sequence[str]) -> str:
    """Return what creates an enum type, inside of a block, with all labels of another but some."""
    create = literal(f"CREATE TYPE {qualified(name)} AS ENUM (")
    listed = ", ".join(map(literal, gone))
    others = f"enumlabel::text <> ALL (ARRAY[{listed}])"
    if len(gone) == 1:
        others = f"enumlabel::text <> {listed}"
    return wrapped(
        f"EXECUTE pg_catalog.concat({create}, (SELECT "
        "string_agg(quote_literal(enumlabel::text), ', ' "
        f"ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = {literal(qualified(like))}"
        f"::regtype::oid AND {others}), ')')"
    )


def create_type_if_missing(name: Name, labels: Sequence[str]) -> str:
    """Return a block that creates an enum type, or makes one anew that has other labels.

    The latter fails if anything uses it.
    """
    create, found = create_type(name, labels), f"to_regtype({literal(qualified(name))})::oid"
    known = f"ARRAY[{', '.join(map(literal, labels))}]::text[]::text"
    lines = [
        f"IF {found} IS NULL THEN",
        f"    {indented(create)};",
        "ELSIF ARRAY(SELECT enumlabel::text FROM pg_enum",
        f"        WHERE enumtypid = {found} ORDER BY enumsortorder)::text <> {known} THEN",
        f"    {drop_type(name)};",
        f"    {indented(create)};",
        "END IF;",
    ]
    body = "\n    ".join(["", *lines])
    return f"DO {dollar_quoted(f' BEGIN{body}' + chr(10) + 'END ')}"


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


def analyze(table: Name) -> str:
    """Return ``ANALYZE``."""
    return f"ANALYZE {qualified(table)}"


def touch_routine(identity: str, security_definer: bool) -> str:
    """Return a statement that changes nothing about a routine but makes sessions compile it anew.

    :param identity: its name with its argument types, as ``regprocedure`` prints it.
    """
    return f"ALTER ROUTINE {identity} SECURITY {'DEFINER' if security_definer else 'INVOKER'}"


def alter_table(
    table: Name, actions: Sequence[str], *, only: bool = False, foreign: bool = False
) -> str:
    """Return one ``ALTER TABLE`` for all actions: PostgreSQL then rewrites the table once."""
    target = f"{'FOREIGN ' if foreign else ''}TABLE {'ONLY ' if only else ''}{qualified(table)}"
    if len(actions) == 1:
        return f"ALTER {target} {actions[0]}"
    listed = ",\n    ".join(map(indented, actions))
    return f"ALTER {target}\n    {listed}"


def create_table_like(name: Name, table: Name, columns: Sequence[str]) -> str:
    """Return ``CREATE TABLE`` for an empty table with some columns of another."""
    listed = ", ".join(map(identifier, columns))
    return f"CREATE TABLE {qualified(name)} AS SELECT {listed} FROM {qualified(table)} WITH NO DATA"


def drop_table(name: Name) -> str:
    """Return ``DROP TABLE``."""
    return f"DROP TABLE {qualified(name)}"


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


def alter_domain(name: Name, action: str) -> str:
    """Return ``ALTER DOMAIN`` with an action."""
    return f"ALTER DOMAIN {qualified(name)} {action}"


def add_constraint(constraint: str, definition: str) -> str:
    """Return the action that adds a constraint.

    :param definition: as SQL.
    """
    return f"ADD CONSTRAINT {identifier(constraint)} {definition}"


def validate_constraint(constraint: str) -> str:
    """Return the action that checks the rows that were there before a constraint."""
    return f"VALIDATE CONSTRAINT {identifier(constraint)}"


def drop_constraint(constraint: str, *, missing_ok: bool = False) -> str:
    """Return the action that drops a constraint.

    :param missing_ok: whether it may have gone along with the parent's.
    """
    return f"DROP CONSTRAINT {'IF EXISTS ' if missing_ok else ''}{identifier(constraint)}"


def drop_column(column: str) -> str:
    """Return the action that drops a column."""
    return f"DROP COLUMN {identifier(column)}"


def add_generated(column: str, type_: str, expression: str) -> str:
    """Return the action that adds a generated column.

    :param type_: its type with its collation, as SQL.
    """
    generated = f"GENERATED ALWAYS AS ({expression}) STORED"
    return f"ADD COLUMN {identifier(column)} {type_} {generated}"


def set_not_null(column: str) -> str:
    """Return the action that lets a column reject NULL."""
    return f"ALTER COLUMN {identifier(column)} SET NOT NULL"


def set_statistics(column: str, target: int) -> str:
    """Return the action that sets how many values of a column are sampled."""
    return f"ALTER COLUMN {identifier(column)} SET STATISTICS {target:d}"


def set_options(column: str, options: Iterable[str]) -> str:
    """Return the action that sets a column's options.

    :param options: as ``pg_attribute.attoptions`` holds them: ``name=value``.
    """
    pairs = (option.partition("=") for option in options)
    listed = ", ".join(f"{name}={literal(value)}" for name, _, value in pairs)
    return f"ALTER COLUMN {identifier(column)} SET ({listed})"


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


def create_schema(schema: str) -> str:
    """Return ``CREATE SCHEMA``."""
    return f"CREATE SCHEMA {identifier(schema)}"


def grant_create(schema: str, role: str) -> str:
    """Return the ``GRANT`` that lets a role create types.

    :param role: as SQL.
    """
    return f"GRANT CREATE ON SCHEMA {identifier(schema)} TO {role}"


def create_cast(source: Name, target: Name) -> str:
    """Return ``CREATE CAST`` through text, for columns that take no ``USING``."""
    return f"CREATE CAST ({qualified(source)} AS {qualified(target)}) WITH INOUT AS ASSIGNMENT"


def create_cast_with(source: Name, target: Name, function: Name) -> str:
    """Return ``CREATE CAST`` with a function that takes the one type and returns the other."""
    return (
        f"CREATE CAST ({qualified(source)} AS {qualified(target)})"
        f" WITH FUNCTION {qualified(function)}({qualified(source)}) AS ASSIGNMENT"
    )


def drop_function(name: Name, argument: Name) -> str:
    """Return ``DROP FUNCTION`` for a function of one argument."""
    return f"DROP FUNCTION {qualified(name)}({qualified(argument)})"


def drop_cast(source: Name, target: Name) -> str:
    """Return ``DROP CAST``."""
    return f"DROP CAST ({qualified(source)} AS {qualified(target)})"


def comment_on_constraint(constraint: str, table: Name, comment: str) -> str:
    """Return ``COMMENT ON CONSTRAINT``."""
    on = f"{identifier(constraint)} ON {qualified(table)}"
    return f"COMMENT ON CONSTRAINT {on} IS {literal(comment)}"


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


def set_privileges(name: Name, owner: str, privileges: Iterable[Grant]) -> list[str]:
    """Return the ``REVOKE`` and ``GRANT`` that leave exactly these privileges on a new type.

    What others than the owner granted is granted by them again, in whose role it has to be done.
    """
    sql = [f"REVOKE ALL ON TYPE {qualified(name)} FROM PUBLIC, {identifier(owner)}"]
    for grant in privileges:
        role = identifier(grant.grantee) if grant.grantee else "PUBLIC"
        option = " WITH GRANT OPTION" if grant.grantable else ""
        statement = f"GRANT USAGE ON TYPE {qualified(name)} TO {role}{option}"
        sql.append(statement if grant.grantor == owner else _as_role(grant.grantor, statement))
    return sql


def _as_role(role: str, statement: str) -> str:
    """Return a block that runs a statement as a role, and is the one of before again after it."""
    lines = [
        "PERFORM set_config('enum_migrate.role', current_setting('role'), true), "
        f"set_config('role', {literal(role)}, true);",
        f"{statement};",
        "PERFORM set_config('role', current_setting('enum_migrate.role'), true);",
    ]
    body = "\n    ".join(["", *lines])
    return f"DO {dollar_quoted(f' BEGIN{body}' + chr(10) + 'END ')}"


def column(relation: Name, name: str) -> str:
    """Return what ``COMMENT ON`` calls a column."""
    return f"COLUMN {qualified(relation)}.{identifier(name)}"


def index(name: Name) -> str:
    """Return what ``COMMENT ON`` calls an index."""
    return f"INDEX {qualified(name)}"


def constraint_of_domain(name: str, domain: Name) -> str:
    """Return what ``COMMENT ON`` calls a constraint of a domain."""
    return f"CONSTRAINT {identifier(name)} ON DOMAIN {qualified(domain)}"


def statistics_target(target: int) -> str:
    """Return the action that sets how many rows extended statistics sample."""
    return f"SET STATISTICS {target:d}"
