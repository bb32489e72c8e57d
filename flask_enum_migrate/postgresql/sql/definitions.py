"""The SQL that drops and creates what hangs on a type, as text: a function a statement."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from ...core.schema import Name
from .quoting import identifier
from .quoting import literal
from .quoting import qualified

_POLICY_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
_ENABLED = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def drop(what: str) -> str:
    """Return ``DROP`` without CASCADE, so that nothing goes unseen.

    :param what: kind and name, as SQL: ``VIEW public.failed``.
    """
    return f"DROP {what}"


def on_table(kind: str, name: str, table: Name) -> str:
    """Return what a trigger, rule, policy or constraint of a table is called."""
    return f"{kind} {identifier(name)} ON {qualified(table)}"


def depends_on_extension(what: str, extension: str) -> str:
    """Return ``ALTER … DEPENDS ON EXTENSION``."""
    return f"ALTER {what} DEPENDS ON EXTENSION {identifier(extension)}"


def create_view(
    kind: str,
    shown: str,
    query: str,
    *,
    options: Sequence[str] = (),
    tablespace: str = "",
    temporary: str = "",
) -> str:
    """Return ``CREATE VIEW`` or, without data, ``CREATE MATERIALIZED VIEW``.

    :param kind: ``VIEW`` or ``MATERIALIZED VIEW``.
    :param shown: its name, as SQL.
    :param options: as ``pg_class.reloptions`` holds them: ``name=value``.
    :param temporary: the name of a temporary view, which has no schema.
    """
    sql = f"CREATE TEMPORARY {kind} {identifier(temporary)}" if temporary else ""
    sql = sql or f"CREATE {kind} {shown}"
    if options:
        pairs = (option.partition("=") for option in options)
        sql += f" WITH ({', '.join(f'{name}={literal(value)}' for name, _, value in pairs)})"
    if tablespace:
        sql += f" TABLESPACE {identifier(tablespace)}"
    query = query.strip().removesuffix(";")
    return f"{sql} AS {query}" + ("\nWITH NO DATA" if kind != "VIEW" else "")


def alter(what: str, action: str) -> str:
    """Return ``ALTER`` with an action.

    :param what: kind and name, as SQL.
    """
    return f"ALTER {what} {action}"


def attach_index(parent: str, shown: str) -> str:
    """Return ``ALTER INDEX … ATTACH PARTITION``; both names are SQL."""
    return f"ALTER INDEX {parent} ATTACH PARTITION {shown}"


def index_statistics(name: Name, column: int, target: int) -> str:
    """Return what sets how many values of an index's expression are sampled.

    :param column: its number in the index.
    """
    return f"ALTER INDEX {qualified(name)} ALTER COLUMN {column} SET STATISTICS {target}"


def set_tablespace(name: Name, tablespace: str) -> str:
    """Return ``ALTER INDEX … SET TABLESPACE``."""
    return f"ALTER INDEX {qualified(name)} SET TABLESPACE {identifier(tablespace)}"


def cluster_on(kind: str, table: Name, index: str) -> str:
    """Return what marks the index by which a table is clustered."""
    return f"ALTER {kind} {qualified(table)} CLUSTER ON {identifier(index)}"


def replica_identity(kind: str, table: Name, index: str) -> str:
    """Return what marks the index that identifies rows to subscribers."""
    on = f"ALTER {kind} {qualified(table)}"
    return f"{on} REPLICA IDENTITY USING INDEX {identifier(index)}"


def set_state(kind: str, name: str, table: Name, state: str, *, only: bool = False) -> str:
    """Return what enables or disables a trigger or rule.

    :param state: as ``pg_trigger.tgenabled`` has it.
    """
    how = _ENABLED.get(state, "ENABLE")
    return (
        f"ALTER TABLE {'ONLY ' if only else ''}{qualified(table)} {how} {kind} {identifier(name)}"
    )


def create_policy(
    name: str,
    table: Name,
    *,
    permissive: bool,
    command: str,
    using: str,
    check: str,
) -> str:
    """Return ``CREATE POLICY``, for everybody.

    :param command: as ``pg_policy.polcmd`` has it.
    :param using: as SQL, or ``""``.
    :param check: as SQL, or ``""``.
    """
    kind = "PERMISSIVE" if permissive else "RESTRICTIVE"
    sql = f"CREATE POLICY {identifier(name)} ON {qualified(table)} AS {kind}"
    sql += f" FOR {_POLICY_COMMANDS[command]}"
    if using:
        sql += f"\n    USING ({using})"
    return sql + (f"\n    WITH CHECK ({check})" if check else "")


def unpublish(publication: str, table: Name) -> str:
    """Return what takes a table out of a publication."""
    return f"ALTER PUBLICATION {identifier(publication)} DROP TABLE ONLY {qualified(table)}"


def publish(publication: str, table: Name, columns: Sequence[str], where: str) -> str:
    """Return what puts a table into a publication.

    :param where: its row filter as SQL, or ``""``.
    """
    sql = f"ALTER PUBLICATION {identifier(publication)} ADD TABLE ONLY {qualified(table)}"
    if columns:
        sql += f" ({', '.join(map(identifier, columns))})"
    return sql + (f" WHERE ({where})" if where else "")


def create_aggregate(what: str, options: Mapping[str, str], sort_operator: str) -> str:
    """Return ``CREATE AGGREGATE``.

    :param what: kind and name with arguments, as SQL.
    :param options: as ``aggregates.sql`` gives them.
    :param sort_operator: as SQL, or ``""``.
    """
    parts = []
    for key, value in options.items():
        shown = literal(value) if key in ("initcond", "minitcond") else value
        parts.append(f"{key.upper()} = {shown}" if value else key.upper())
    if sort_operator:
        parts.append(f"SORTOP = OPERATOR({sort_operator})")
    listed = ",\n    ".join(parts)
    return f"CREATE {what} (\n    {listed}\n)"


def create_cast(what: str, method: str, function: str, context: str) -> str:
    """Return ``CREATE CAST``.

    :param method: as ``pg_cast.castmethod`` has it.
    :param function: as SQL, or ``""``.
    :param context: as ``pg_cast.castcontext`` has it.
    """
    how = {"i": "WITH INOUT", "b": "WITHOUT FUNCTION"}.get(method, f"WITH FUNCTION {function}")
    when = {"a": " AS ASSIGNMENT", "i": " AS IMPLICIT"}.get(context, "")
    return f"CREATE {what} {how}{when}"


def operator_name(name: Name) -> str:
    """Return an operator as SQL names it."""
    return f"{identifier(name.schema)}.{name.name}" if name.schema else name.name


def create_operator(
    name: Name, function: str, options: Iterable[tuple[str, str]], links: Iterable[tuple[str, Name]]
) -> str:
    """Return ``CREATE OPERATOR``.

    :param options: key and value, as SQL; an option without a value has ``""``.
    :param links: key and operator: the first of two that are linked makes a shell of the other.
    """
    parts = [f"FUNCTION = {function}"]
    parts += [f"{key} = {value}" if value else key for key, value in options]
    parts += [f"{key} = OPERATOR({operator_name(other)})" for key, other in links]
    return f"CREATE OPERATOR {operator_name(name)} ({', '.join(parts)})"


def operator_class(name: Name, method: str) -> str:
    """Return what an operator class is called."""
    return f"OPERATOR CLASS {qualified(name)} USING {identifier(method)}"


def class_operator(number: int, operator: str, sort_family: Name | None) -> str:
    """Return an operator of an operator class."""
    order = f" FOR ORDER BY {qualified(sort_family)}" if sort_family else ""
    return f"OPERATOR {number} {operator}{order}"


def class_function(number: int, left: str, right: str, function: str) -> str:
    """Return a function of an operator class."""
    return f"FUNCTION {number} ({left}, {right}) {function}"


def create_operator_class(
    name: Name, *, is_default: bool, type_: str, method: str, family: Name, items: Sequence[str]
) -> str:
    """Return ``CREATE OPERATOR CLASS``.

    :param items: its operators and functions.
    """
    default = "DEFAULT " if is_default else ""
    listed = ",\n    ".join(items)
    return (
        f"CREATE OPERATOR CLASS {qualified(name)} {default}FOR TYPE {type_}"
        f" USING {identifier(method)} FAMILY {qualified(family)} AS\n    {listed}"
    )


def storage(type_: str) -> str:
    """Return the type that an operator class keeps in an index."""
    return f"STORAGE {type_}"


def alter_family(family: Name, method: str, action: str) -> str:
    """Return ``ALTER OPERATOR FAMILY``."""
    return f"ALTER OPERATOR FAMILY {qualified(family)} USING {identifier(method)} {action}"


def transform(type_: str, language: str) -> str:
    """Return what a transform is called."""
    return f"TRANSFORM FOR {type_} LANGUAGE {identifier(language)}"


def create_transform(what: str, from_sql: str, to_sql: str) -> str:
    """Return ``CREATE TRANSFORM``; a function that it lacks is ``""``."""
    ways = (("FROM", from_sql), ("TO", to_sql))
    listed = ", ".join(f"{way} SQL WITH FUNCTION {name}" for way, name in ways if name)
    return f"CREATE {what} ({listed})"
