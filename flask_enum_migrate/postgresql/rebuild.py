"""Drop what hangs on a type that is replaced, and create it again exactly as it was. Pure."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from graphlib import CycleError
from graphlib import TopologicalSorter
from typing import Any

from ..core.schema import Name
from . import ddl
from .facts import Dependent

Follow = Callable[[str], str]

_POLICY_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
# MAINTAIN came with PostgreSQL 17.
_ALL_ON_RELATION = {
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER",
}  # fmt: skip
_ON_TABLES = ("pg_constraint", "pg_trigger", "pg_policy", "pg_attrdef", "pg_class column")
_ENABLED = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def in_order(dependents: Iterable[Dependent]) -> list[Dependent]:
    """Return objects so that each comes behind what it needs; equals keep their order."""
    by_key = {dependent.key: dependent for dependent in dependents}
    position = {key: number for number, key in enumerate(by_key)}
    sorter = TopologicalSorter({key: d.references & by_key.keys() for key, d in by_key.items()})
    try:
        sorter.prepare()
    except CycleError:  # two rules that need each other's views: PostgreSQL's order is as good
        return list(by_key.values())
    ordered: list[Dependent] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        ordered.extend(by_key[key] for key in ready)
        sorter.done(*ready)
    return ordered


def definitions(dependent: Dependent) -> Iterator[str]:
    """Yield the SQL of an object that can name labels, as PostgreSQL deparsed it."""
    detail = dependent.detail
    for key in ("definition", "using", "check", "where"):
        if sql := detail.get(key):
            # PostgreSQL reads the body of an SQL function when it is created, others when they run.
            whole = detail.get("language") == "sql"
            yield sql if whole else sql[: _end_of_expressions(dependent, sql)]
    for column in detail.get("columns") or ():
        if isinstance(column, dict) and column["default"]:
            yield column["default"]


def drop(dependent: Dependent) -> str:
    """Return the statement that drops an object; without CASCADE, so that nothing goes unseen.

    :return: ``""`` for what goes along with another object.
    """
    catalog, detail = dependent.key[0], dependent.detail
    table = _table(dependent)
    match catalog:
        case "pg_class column":
            column = ddl.identifier(dependent.names[2])
            action = ddl.alter_column_type(dependent.names[2], "text", f"{column}::text")
            return ddl.alter_table(table, [action])
        case "pg_class" if detail["index"] and detail["index"]["parent"]:
            return ""
        case "pg_constraint":
            name = ddl.identifier(dependent.names[-1])
            return ddl.alter_table(table, [f"DROP CONSTRAINT {name}"])
        case "pg_attrdef" if detail["generated"]:
            # Nothing may be computed from the old type any more: rows and indexes stay.
            return ddl.alter_table(table, [ddl.set_expression(dependent.names[2], "NULL")])
        case "pg_attrdef":
            return ddl.alter_table(table, [ddl.drop_default(dependent.names[2])], only=True)
        case "pg_publication_rel":
            return f"ALTER PUBLICATION {_publication(detail)} DROP TABLE ONLY {_published(detail)}"
        case "pg_statistic_ext":
            return f"DROP STATISTICS {dependent.identity}"
        case "pg_class":
            return f"DROP {_relation(detail)} {dependent.identity}"
        case "pg_proc":
            return f"DROP {_routine(detail)} {dependent.identity}"
        case "pg_cast":
            return f"DROP CAST ({detail['source']} AS {detail['target']})"
    return f"DROP {dependent.kind.upper()} {dependent.identity}"


def create(dependent: Dependent, follow: Follow) -> list[str]:
    """Return the statements that create an object with all its properties.

    :param follow: rewrites the labels in a deparsed expression.
    """
    match dependent.key[0]:
        case "pg_class column":
            type_ = dependent.detail["column"]["type"]
            action = ddl.alter_column_type(
                dependent.names[2], type_, ddl.through_text(dependent.names[2], type_)
            )
            return [ddl.alter_table(_table(dependent), [action])]
        case "pg_constraint":
            return _create_constraint(dependent, follow)
        case "pg_class" if dependent.detail["index"]:
            return _create_index(dependent, follow)
        case "pg_class":
            return _create_view(dependent, follow)
        case "pg_attrdef":
            return _create_default(dependent, follow)
        case "pg_policy":
            return _create_policy(dependent, follow)
        case "pg_publication_rel":
            return [_create_publication_table(dependent.detail, follow)]
        case "pg_statistic_ext":
            return _create_statistics(dependent, follow)
        case "pg_proc" if dependent.detail["aggregate"]:
            return _create_aggregate(dependent)
        case "pg_proc":
            return _create_routine(dependent, follow)
        case "pg_cast":
            return _create_cast(dependent)
        case "pg_operator":
            return _create_operator(dependent)
        case _:
            return _create_trigger_or_rule(dependent, follow)


def refresh(dependents: Iterable[Dependent]) -> list[str]:
    """Return the statements that fill materialized views again, when all else is back.

    Created with data while policies are dropped, they would be empty for an owner who is
    subject to row security.
    """
    return [
        f"REFRESH MATERIALIZED VIEW {d.identity}"
        for d in dependents
        if d.detail.get("relkind") == "m" and d.detail["populated"]
    ]


def locked_tables(dependents: Iterable[Dependent]) -> set[Name]:
    """Return the tables that dropping these objects locks."""
    return {_table(d) for d in dependents if d.key[0] in _ON_TABLES}


def restore(dependent: Dependent) -> str:
    """Return a block that gives the index of a partition its name and comment back.

    PostgreSQL builds such an index anew, under a name that it makes up.
    """
    detail = dependent.detail
    index, name = detail["index"], dependent.names[1]
    schema, table = index["table_schema"], index["table"]
    return ddl.rename_partition_index(
        index["parent"], Name(schema, table), Name(dependent.names[0], name), detail["comment"]
    )


def _create_constraint(dependent: Dependent, follow: Follow) -> list[str]:
    table, name = _table(dependent), ddl.identifier(dependent.names[-1])
    definition = follow(dependent.detail["definition"])
    sql = [ddl.alter_table(table, [f"ADD CONSTRAINT {name} {definition}"])]
    sql += _comment(dependent, f"CONSTRAINT {name} ON {ddl.qualified(table)}")
    if index := dependent.detail.get("of_index"):
        sql += _index_marks(Name(table.schema, dependent.names[-1]), index)
    return sql


def _create_index(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    sql = [follow(detail["definition"])]
    if parent := detail["index"]["parent"]:
        sql.append(f"ALTER INDEX {parent} ATTACH PARTITION {dependent.identity}")
    sql += _comment(dependent, f"INDEX {dependent.identity}")
    return sql + _index_marks(Name(*dependent.names[:2]), detail)


def _index_marks(name: Name, detail: dict[str, Any]) -> list[str]:
    index = detail["index"]
    table = Name(index["table_schema"], index["table"])
    kind = "MATERIALIZED VIEW" if index["table_kind"] == "m" else "TABLE"
    shown, on = ddl.qualified(name), f"ALTER {kind} {ddl.qualified(table)}"
    sql = []
    if detail["tablespace"]:
        sql.append(f"ALTER INDEX {shown} SET TABLESPACE {ddl.identifier(detail['tablespace'])}")
    for number, target in index["targets"] or ():
        sql.append(f"ALTER INDEX {shown} ALTER COLUMN {number} SET STATISTICS {target}")
    for extension in index["extensions"] or ():
        sql.append(f"ALTER INDEX {shown} DEPENDS ON EXTENSION {ddl.identifier(extension)}")
    if index["clustered"]:
        sql.append(f"{on} CLUSTER ON {ddl.identifier(name.name)}")
    if index["replica_identity"]:
        sql.append(f"{on} REPLICA IDENTITY USING INDEX {ddl.identifier(name.name)}")
    return sql


def _create_view(dependent: Dependent, follow: Follow) -> list[str]:
    detail, shown = dependent.detail, dependent.identity
    kind = _relation(detail)
    options = ", ".join(_option(option) for option in detail["options"] or ())
    query = follow(detail["definition"]).strip().removesuffix(";")
    sql = f"CREATE {kind} {shown}"
    if detail["persistence"] == "t":
        sql = f"CREATE TEMPORARY {kind} {ddl.identifier(dependent.names[1])}"
    sql += f" WITH ({options})" if options else ""
    if detail["tablespace"]:
        sql += f" TABLESPACE {ddl.identifier(detail['tablespace'])}"
    sql += f" AS\n{query}" + ("\nWITH NO DATA" if detail["relkind"] == "m" else "")
    statements = [sql, *_owner(dependent, f"{kind} {shown}")]
    for column in detail["columns"] or ():
        name = ddl.identifier(column["name"])
        if column["default"]:
            default = follow(column["default"])
            statements.append(f"ALTER VIEW {shown} ALTER COLUMN {name} SET DEFAULT {default}")
        if column["target"] is not None and column["target"] >= 0:
            statements.append(
                f"ALTER {kind} {shown} ALTER COLUMN {name} SET STATISTICS {column['target']}"
            )
        if column["comment"]:
            comment = ddl.literal(column["comment"])
            statements.append(f"COMMENT ON COLUMN {shown}.{name} IS {comment}")
    statements += _comment(dependent, f"{kind} {shown}")
    statements += _grants(dependent, f"TABLE {shown}")
    for column in detail["columns"] or ():
        if column["acl"]:
            name = ddl.identifier(column["name"])
            statements += _column_grants(column["acl"], f"TABLE {shown}", name)
    return statements


def _option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"{name}={ddl.literal(value)}"


def _create_default(dependent: Dependent, follow: Follow) -> list[str]:
    definition = follow(dependent.detail["definition"])
    table, column = _table(dependent), dependent.names[2]
    if dependent.detail["generated"]:
        # In one ALTER TABLE with the change of type, PostgreSQL 18 fails over NOT NULL constraints.
        return [ddl.alter_table(table, [ddl.set_expression(column, definition)])]
    return [ddl.alter_table(table, [ddl.set_default(column, definition)], only=True)]


def _create_policy(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    kind = "PERMISSIVE" if detail["permissive"] else "RESTRICTIVE"
    roles = ", ".join(ddl.identifier(role) if role else "PUBLIC" for role in detail["roles"])
    on = f"{ddl.identifier(dependent.names[-1])} ON {ddl.qualified(_table(dependent))}"
    sql = f"CREATE POLICY {on} AS {kind} FOR {_POLICY_COMMANDS[detail['command']]} TO {roles}"
    if detail["using"]:
        sql += f"\n    USING ({follow(detail['using'])})"
    if detail["check"]:
        sql += f"\n    WITH CHECK ({follow(detail['check'])})"
    return [sql, *_comment(dependent, f"POLICY {on}")]


def _create_publication_table(detail: dict[str, Any], follow: Follow) -> str:
    sql = f"ALTER PUBLICATION {_publication(detail)} ADD TABLE ONLY {_published(detail)}"
    if detail["columns"]:
        sql += f" ({', '.join(map(ddl.identifier, detail['columns']))})"
    if detail["where"]:
        sql += f" WHERE ({follow(detail['where'])})"
    return sql


def _create_statistics(dependent: Dependent, follow: Follow) -> list[str]:
    detail, shown = dependent.detail, f"STATISTICS {dependent.identity}"
    sql = [follow(detail["definition"]), *_owner(dependent, shown)]
    if detail["target"] is not None and detail["target"] >= 0:
        sql.append(f"ALTER {shown} SET STATISTICS {detail['target']}")
    return sql + _comment(dependent, shown)


def _create_routine(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    shown = f"{_routine(detail)} {dependent.identity}"
    definition = detail["definition"].rstrip()
    end = _end_of_expressions(dependent, definition)
    sql = [follow(definition[:end]) + definition[end:], *_owner(dependent, shown)]
    sql += _grants(dependent, shown, public=True)
    for extension in detail["extensions"] or ():
        sql.append(f"ALTER {shown} DEPENDS ON EXTENSION {ddl.identifier(extension)}")
    return sql + _comment(dependent, shown)


def _create_aggregate(dependent: Dependent) -> list[str]:
    detail, shown = dependent.detail, f"AGGREGATE {dependent.identity}"
    parts = []
    for key, value in detail["aggregate"].items():
        if key == "plain" or value is None:
            continue
        quoted = ddl.literal(value) if key == "initcond" else value
        parts.append(f"{key.upper()} = {quoted}" if value != "" else key.upper())
    sql = [f"CREATE {shown} (\n    {f',{chr(10)}    '.join(parts)}\n)"]
    sql += _owner(dependent, shown)
    sql += _grants(dependent, f"FUNCTION {dependent.identity}", public=True)
    return sql + _comment(dependent, shown)


def _create_cast(dependent: Dependent) -> list[str]:
    detail = dependent.detail
    shown = f"CAST ({detail['source']} AS {detail['target']})"
    how = {"i": "WITH INOUT", "b": "WITHOUT FUNCTION"}.get(
        detail["method"], f"WITH FUNCTION {detail['function']}"
    )
    context = {"a": " AS ASSIGNMENT", "i": " AS IMPLICIT"}.get(detail["context"], "")
    return [f"CREATE {shown} {how}{context}", *_comment(dependent, shown)]


def _create_operator(dependent: Dependent) -> list[str]:
    detail, shown = dependent.detail, f"OPERATOR {dependent.identity}"
    options = [("LEFTARG", detail["left"]), ("RIGHTARG", detail["right"])]
    options += [("RESTRICT", detail["restrict"]), ("JOIN", detail["join"])]
    if detail["commutator"]:
        own = f"OPERATOR({ddl.identifier(detail['schema'])}.{detail['name']})"
        options.append(("COMMUTATOR", own))
    parts = [f"FUNCTION = {detail['function']}"]
    parts += [f"{key} = {value}" for key, value in options if value]
    parts += [word for word in ("HASHES", "MERGES") if detail[word.lower()]]
    name = f"{ddl.identifier(detail['schema'])}.{detail['name']}"
    sql = [f"CREATE OPERATOR {name} ({', '.join(parts)})", *_owner(dependent, shown)]
    return sql + _comment(dependent, shown)


def _create_trigger_or_rule(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    table = ddl.qualified(_table(dependent))
    name, kind = ddl.identifier(dependent.names[-1]), dependent.kind.upper()
    sql = [follow(detail["definition"]).strip().removesuffix(";")]
    if state := _ENABLED.get(detail["enabled"]):
        sql.append(f"ALTER TABLE {table} {state} {kind} {name}")
    return sql + _comment(dependent, f"{kind} {name} ON {table}")


def _end_of_expressions(dependent: Dependent, definition: str) -> int:
    """Return where a routine's body or a trigger's arguments begin: text, and no expression."""
    mark = {"pg_proc": "\nAS ", "pg_trigger": " EXECUTE "}.get(dependent.key[0])
    end = definition.find(mark) if mark else -1
    return len(definition) if end < 0 else end


def _comment(dependent: Dependent, shown: str) -> list[str]:
    comment = dependent.detail["comment"]
    return [f"COMMENT ON {shown} IS {ddl.literal(comment)}"] if comment else []


def _owner(dependent: Dependent, shown: str) -> list[str]:
    """Give an object back to its owner, where that isn't the role that creates it."""
    detail = dependent.detail
    if detail["owner"] == detail.get("creator"):
        return []
    return [f"ALTER {shown} OWNER TO {ddl.identifier(detail['owner'])}"]


def _grants(dependent: Dependent, shown: str, *, public: bool = False) -> list[str]:
    """Return the statements that leave exactly the privileges an object had.

    :param public: whether ``PUBLIC`` has privileges by default.
    """
    detail = dependent.detail
    owner, acl = detail["owner"], detail["acl"]
    strangers = set(detail["creeping"] or ())
    if acl is None:
        return _revoke(shown, strangers)
    held = _by_grantee(acl)
    by_default = {owner} | ({""} if public else set())
    complete = _ALL_ON_RELATION if not public else {"EXECUTE"}
    owner_has_all = complete <= held.get((owner, False), set())
    gone = strangers | (by_default if not owner_has_all else by_default - {owner})
    sql = _revoke(shown, gone)
    for (grantee, grantable), privileges in held.items():
        if grantee != owner or not owner_has_all:
            sql.append(_grant(", ".join(sorted(privileges)), shown, grantee, grantable))
    return sql


def _column_grants(acl: Sequence[Sequence[Any]], shown: str, column: str) -> list[str]:
    return [
        _grant(", ".join(f"{p} ({column})" for p in sorted(privileges)), shown, grantee, grantable)
        for (grantee, grantable), privileges in _by_grantee(acl).items()
    ]


def _by_grantee(acl: Sequence[Sequence[Any]]) -> dict[tuple[str, bool], set[str]]:
    """Gather privileges by who holds them and whether they may be passed on."""
    held: dict[tuple[str, bool], set[str]] = {}
    for grantee, privilege, grantable, _ in acl:
        held.setdefault((grantee, grantable), set()).add(privilege)
    return held


def _revoke(shown: str, roles: set[str]) -> list[str]:
    listed = ", ".join(_role(role) for role in sorted(roles))
    return [f"REVOKE ALL ON {shown} FROM {listed}"] if roles else []


def _grant(privileges: str, shown: str, grantee: str, grantable: bool) -> str:
    option = " WITH GRANT OPTION" if grantable else ""
    return f"GRANT {privileges} ON {shown} TO {_role(grantee)}{option}"


def _role(name: str) -> str:
    return ddl.identifier(name) if name else "PUBLIC"


def _table(dependent: Dependent) -> Name:
    return Name(dependent.names[0], dependent.names[1] if len(dependent.names) > 1 else "")


def _relation(detail: dict[str, Any]) -> str:
    return {"v": "VIEW", "m": "MATERIALIZED VIEW"}.get(detail["relkind"], "INDEX")


def _routine(detail: dict[str, Any]) -> str:
    return {"p": "PROCEDURE", "a": "AGGREGATE"}.get(detail["prokind"], "FUNCTION")


def _publication(detail: dict[str, Any]) -> str:
    return ddl.identifier(detail["publication"])


def _published(detail: dict[str, Any]) -> str:
    return ddl.qualified(Name(detail["schema"], detail["table"]))
