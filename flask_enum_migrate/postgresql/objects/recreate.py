"""The statements that create one object again with all its properties, a function a kind."""

from __future__ import annotations

import re
from typing import Any

from ...core.schema import Name
from ..sql import ddl
from ..sql import guards
from ..sql import quoting
from ..sql.privileges import column_grants
from ..sql.privileges import give_owner
from ..sql.privileges import grants
from .base import Dependent
from .base import Follow

_POLICY_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
_ENABLED = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_QUOTED = r"""[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|"""
# A body of BEGIN ATOMIC is parsed, and follows no AS.
_ENDS = {
    "pg_proc": re.compile(rf"{_QUOTED}(?P<end>\nAS )|\nBEGIN ATOMIC\b.*", re.DOTALL),
    "pg_trigger": re.compile(rf"{_QUOTED}(?P<end> EXECUTE )", re.DOTALL),
}


def constraint(dependent: Dependent, follow: Follow) -> list[str]:
    added = ddl.alter_table(table_of(dependent), [add_constraint(dependent, follow)])
    return [added, *constraint_properties(dependent)]


def add_constraint(dependent: Dependent, follow: Follow) -> str:
    """Return the action of ``ALTER TABLE``."""
    name = quoting.identifier(dependent.names[-1])
    return f"ADD CONSTRAINT {name} {follow(dependent.detail['definition'])}"


def constraint_properties(dependent: Dependent) -> list[str]:
    table, name = table_of(dependent), quoting.identifier(dependent.names[-1])
    sql = _comment(dependent, f"CONSTRAINT {name} ON {quoting.qualified(table)}")
    for child in dependent.detail.get("valid_in") or ():  # a child made later has no old rows
        validate = ddl.validate_constraint(dependent.names[-1])
        sql.append(ddl.alter_table(Name(child["schema"], child["table"]), [validate]))
    if triggers := dependent.detail.get("triggers"):
        sql.append(guards.set_triggers(table, dependent.names[-1], triggers))
    for child in dependent.detail.get("comments") or ():
        where = quoting.qualified(Name(child["schema"], child["table"]))
        comment = quoting.literal(child["comment"])
        sql.append(f"COMMENT ON CONSTRAINT {name} ON {where} IS {comment}")
    if index := dependent.detail.get("of_index"):
        own = Name(table.schema, dependent.names[-1])
        if index["comment"]:
            comment = quoting.literal(index["comment"])
            sql.append(f"COMMENT ON INDEX {quoting.qualified(own)} IS {comment}")
        sql += index_marks(own, index)
    return sql


def index(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    sql = [follow(detail["definition"])]
    if parent := detail["index"]["parent"]:
        sql.append(f"ALTER INDEX {parent} ATTACH PARTITION {dependent.shown}")
    sql += _comment(dependent, f"INDEX {dependent.shown}")
    return sql + index_marks(Name(*dependent.names[:2]), detail)


def index_marks(name: Name, detail: dict[str, Any]) -> list[str]:
    """Return the statements for what an index is to its table, and where it lies."""
    index = detail["index"]
    table = Name(index["table_schema"], index["table"])
    kind = "MATERIALIZED VIEW" if index["table_kind"] == "m" else "TABLE"
    shown, on = quoting.qualified(name), f"ALTER {kind} {quoting.qualified(table)}"
    sql = []
    if detail["tablespace"]:
        sql.append(f"ALTER INDEX {shown} SET TABLESPACE {quoting.identifier(detail['tablespace'])}")
    for number, target in index["targets"] or ():
        sql.append(f"ALTER INDEX {shown} ALTER COLUMN {number} SET STATISTICS {target}")
    for extension in index["extensions"] or ():
        sql.append(f"ALTER INDEX {shown} DEPENDS ON EXTENSION {quoting.identifier(extension)}")
    if index["clustered"]:
        sql.append(f"{on} CLUSTER ON {quoting.identifier(name.name)}")
    if index["replica_identity"]:
        sql.append(f"{on} REPLICA IDENTITY USING INDEX {quoting.identifier(name.name)}")
    return sql


def view(dependent: Dependent, follow: Follow) -> list[str]:
    detail, shown = dependent.detail, dependent.shown
    kind = relation(detail)
    options = ", ".join(_option(option) for option in detail["options"] or ())
    query = follow(detail["definition"]).strip().removesuffix(";")
    sql = f"CREATE {kind} {shown}"
    if detail["persistence"] == "t":
        sql = f"CREATE TEMPORARY {kind} {quoting.identifier(dependent.names[1])}"
    sql += f" WITH ({options})" if options else ""
    if detail["tablespace"]:
        sql += f" TABLESPACE {quoting.identifier(detail['tablespace'])}"
    sql += f" AS\n{query}" + ("\nWITH NO DATA" if detail["relkind"] == "m" else "")
    statements = [sql, *give_owner(dependent, f"{kind} {shown}")]
    for column in detail["columns"] or ():
        name = quoting.identifier(column["name"])
        if column["default"]:
            default = follow(column["default"])
            statements.append(f"ALTER VIEW {shown} ALTER COLUMN {name} SET DEFAULT {default}")
        if column["target"] is not None and column["target"] >= 0:
            statements.append(
                f"ALTER {kind} {shown} ALTER COLUMN {name} SET STATISTICS {column['target']}"
            )
        if column["storage"]:
            statements.append(
                f"ALTER {kind} {shown} {ddl.set_storage(column['name'], column['storage'])}"
            )
        if column["compression"]:
            action = ddl.set_compression(column["name"], column["compression"])
            statements.append(f"ALTER {kind} {shown} {action}")
        if column["options"]:
            action = ddl.set_options(column["name"], column["options"])
            statements.append(f"ALTER {kind} {shown} {action}")
        if column["comment"]:
            comment = quoting.literal(column["comment"])
            statements.append(f"COMMENT ON COLUMN {shown}.{name} IS {comment}")
    for extension in detail["extensions"] or ():
        on = quoting.identifier(extension)
        statements.append(f"ALTER {kind} {shown} DEPENDS ON EXTENSION {on}")
    statements += _comment(dependent, f"{kind} {shown}")
    statements += grants(dependent, f"TABLE {shown}")
    for column in detail["columns"] or ():
        if column["acl"]:
            name = quoting.identifier(column["name"])
            statements += column_grants(column["acl"], f"TABLE {shown}", name, detail["owner"])
    return statements


def _option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"{name}={quoting.literal(value)}"


def default(dependent: Dependent, follow: Follow) -> list[str]:
    definition = follow(dependent.detail["definition"])
    table, column = table_of(dependent), dependent.names[2]
    return [ddl.alter_table(table, [ddl.set_default(column, definition)], only=True)]


def policy(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    kind = "PERMISSIVE" if detail["permissive"] else "RESTRICTIVE"
    roles = ", ".join(quoting.identifier(role) if role else "PUBLIC" for role in detail["roles"])
    on = f"{quoting.identifier(dependent.names[-1])} ON {quoting.qualified(table_of(dependent))}"
    sql = f"CREATE POLICY {on} AS {kind} FOR {_POLICY_COMMANDS[detail['command']]} TO {roles}"
    if detail["using"]:
        sql += f"\n    USING ({follow(detail['using'])})"
    if detail["check"]:
        sql += f"\n    WITH CHECK ({follow(detail['check'])})"
    return [sql, *_comment(dependent, f"POLICY {on}")]


def publication_table(detail: dict[str, Any], follow: Follow) -> str:
    sql = f"ALTER PUBLICATION {publication(detail)} ADD TABLE ONLY {published(detail)}"
    if detail["columns"]:
        sql += f" ({', '.join(map(quoting.identifier, detail['columns']))})"
    if detail["where"]:
        sql += f" WHERE ({follow(detail['where'])})"
    return sql


def statistics(dependent: Dependent, follow: Follow) -> list[str]:
    detail, shown = dependent.detail, f"STATISTICS {dependent.shown}"
    sql = [follow(detail["definition"]), *give_owner(dependent, shown)]
    if detail["target"] is not None and detail["target"] >= 0:
        sql.append(f"ALTER {shown} SET STATISTICS {detail['target']}")
    return sql + _comment(dependent, shown)


def routine(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    shown = f"{routine_kind(detail)} {dependent.shown}"
    definition = detail["definition"].rstrip()
    end = end_of_expressions(dependent, definition)
    sql = [follow(definition[:end]) + definition[end:], *give_owner(dependent, shown)]
    sql += grants(dependent, shown, public=True)
    for extension in detail["extensions"] or ():
        sql.append(f"ALTER {shown} DEPENDS ON EXTENSION {quoting.identifier(extension)}")
    return sql + _comment(dependent, shown)


def aggregate(dependent: Dependent) -> list[str]:
    detail, shown = dependent.detail, f"AGGREGATE {aggregate_signature(dependent)}"
    parts = []
    for key, value in detail["aggregate"].items():
        if value is None:
            continue
        quoted = quoting.literal(value) if key in ("initcond", "minitcond") else value
        if key == "sortop":
            quoted = f"OPERATOR({_operator(*value)})"
        parts.append(f"{key.upper()} = {quoted}" if value != "" else key.upper())
    sql = [f"CREATE {shown} (\n    {f',{chr(10)}    '.join(parts)}\n)"]
    sql += give_owner(dependent, shown)
    sql += grants(dependent, f"FUNCTION {dependent.shown}", public=True)
    return sql + _comment(dependent, shown)


def aggregate_signature(dependent: Dependent) -> str:
    """Return an aggregate's name with its arguments, of which ``ORDER BY`` is a part."""
    name = quoting.qualified(Name(dependent.detail["schema"], dependent.detail["name"]))
    return f"{name}({dependent.detail['arguments'] or '*'})"


def cast(dependent: Dependent) -> list[str]:
    detail = dependent.detail
    shown = f"CAST ({detail['source']} AS {detail['target']})"
    how = {"i": "WITH INOUT", "b": "WITHOUT FUNCTION"}.get(
        detail["method"], f"WITH FUNCTION {detail['function']}"
    )
    context = {"a": " AS ASSIGNMENT", "i": " AS IMPLICIT"}.get(detail["context"], "")
    return [f"CREATE {shown} {how}{context}", *_comment(dependent, shown)]


def operator(dependent: Dependent) -> list[str]:
    detail, shown = dependent.detail, f"OPERATOR {dependent.shown}"
    options = [("LEFTARG", detail["left"]), ("RIGHTARG", detail["right"])]
    options += [("RESTRICT", detail["restrict"]), ("JOIN", detail["join"])]
    # The first of two that are linked makes a shell of the other.
    for link in ("commutator", "negator"):
        if detail[link]:
            options.append((link.upper(), f"OPERATOR({_operator(*detail[link])})"))
    parts = [f"FUNCTION = {detail['function']}"]
    parts += [f"{key} = {value}" for key, value in options if value]
    parts += [word for word in ("HASHES", "MERGES") if detail[word.lower()]]
    name = _operator(detail["schema"], detail["name"])
    sql = [f"CREATE OPERATOR {name} ({', '.join(parts)})", *give_owner(dependent, shown)]
    return sql + _comment(dependent, shown)


def _operator(schema: str, name: str) -> str:
    return f"{quoting.identifier(schema)}.{name}" if schema else name


def operator_class(dependent: Dependent) -> list[str]:
    detail, shown = dependent.detail, operator_class_name(dependent.detail)
    items = [f"    {_member(one)}" for one in (detail["operators"] or ())]
    items += [f"    {_member(one)}" for one in (detail["functions"] or ())]
    if detail["storage"] or not items:  # it may have nothing of its own, but not say so
        items.append(f"    STORAGE {detail['storage'] or detail['type']}")
    name = quoting.qualified(Name(detail["schema"], detail["name"]))
    default = "DEFAULT " if detail["default"] else ""
    sql = [
        f"CREATE OPERATOR CLASS {name} {default}FOR TYPE {detail['type']}"
        f" USING {quoting.identifier(detail['method'])}"
        f" FAMILY {quoting.qualified(Name(*detail['family']))} AS\n" + ",\n".join(items)
    ]
    sql += give_owner(dependent, f"OPERATOR CLASS {shown}")
    return sql + _comment(dependent, f"OPERATOR CLASS {shown}")


def operator_class_name(detail: dict[str, Any]) -> str:
    """Return an operator class as SQL names it."""
    name = quoting.qualified(Name(detail["schema"], detail["name"]))
    return f"{name} USING {quoting.identifier(detail['method'])}"


def _member(member: dict[str, Any]) -> str:
    """Return an operator or function of an operator class or family, as SQL."""
    types = f"({member['left']}, {member['right']})"
    if "function" in member:
        return f"FUNCTION {member['number']} {types} {member['function']}"
    sort = member["sort"]
    order = f" FOR ORDER BY {quoting.qualified(Name(*sort))}" if sort else ""
    return f"OPERATOR {member['number']} {member['operator']}{order}"


def family_member(dependent: Dependent, verb: str) -> str:
    """Return the statement that adds a member to an operator family, or drops it."""
    detail, member = dependent.detail, dependent.detail["member"]
    family = quoting.qualified(Name(*detail["family"]))
    what = f"{detail['called'].upper()} {member['number']} ({member['left']}, {member['right']})"
    return (
        f"ALTER OPERATOR FAMILY {family} USING {quoting.identifier(detail['method'])} {verb} "
        + (_member(member) if verb == "ADD" else what)
    )


def transform(dependent: Dependent) -> list[str]:
    detail, shown = dependent.detail, transform_name(dependent.detail)
    how = [("FROM", detail["from"]), ("TO", detail["to"])]
    listed = ", ".join(f"{way} SQL WITH FUNCTION {name}" for way, name in how if name)
    return [f"CREATE {shown} ({listed})", *_comment(dependent, shown)]


def transform_name(detail: dict[str, Any]) -> str:
    """Return a transform as SQL names it."""
    return f"TRANSFORM FOR {detail['type']} LANGUAGE {quoting.identifier(detail['language'])}"


def trigger_or_rule(dependent: Dependent, follow: Follow) -> list[str]:
    detail = dependent.detail
    table = quoting.qualified(table_of(dependent))
    name, kind = quoting.identifier(dependent.names[-1]), dependent.kind.upper()
    sql = [follow(detail["definition"]).strip().removesuffix(";")]
    if state := _ENABLED.get(detail["enabled"]):
        sql.append(f"ALTER TABLE {table} {state} {kind} {name}")
    for extension in detail.get("extensions") or ():
        on = quoting.identifier(extension)
        sql.append(f"ALTER {kind} {name} ON {table} DEPENDS ON EXTENSION {on}")
    for clone in detail.get("clones") or ():  # that of a partition
        where = quoting.qualified(Name(clone["schema"], clone["table"]))
        if clone["enabled"] != detail["enabled"]:
            state = _ENABLED.get(clone["enabled"], "ENABLE")
            sql.append(f"ALTER TABLE ONLY {where} {state} {kind} {name}")
        if clone["comment"]:
            comment = quoting.literal(clone["comment"])
            sql.append(f"COMMENT ON {kind} {name} ON {where} IS {comment}")
    return sql + _comment(dependent, f"{kind} {name} ON {table}")


def end_of_expressions(dependent: Dependent, definition: str) -> int:
    """Return where a routine's body or a trigger's arguments begin: text, and no expression."""
    found = _ENDS[dependent.key[0]].finditer(definition) if dependent.key[0] in _ENDS else ()
    return next((m.start() for m in found if m["end"]), len(definition))


def _comment(dependent: Dependent, shown: str) -> list[str]:
    comment = dependent.detail["comment"]
    return [f"COMMENT ON {shown} IS {quoting.literal(comment)}"] if comment else []


def table_of(dependent: Dependent) -> Name:
    return Name(dependent.names[0], dependent.names[1] if len(dependent.names) > 1 else "")


def relation(detail: dict[str, Any]) -> str:
    return {"v": "VIEW", "m": "MATERIALIZED VIEW"}.get(detail["relkind"], "INDEX")


def routine_kind(detail: dict[str, Any]) -> str:
    return {"p": "PROCEDURE", "a": "AGGREGATE"}.get(detail["prokind"], "FUNCTION")


def publication(detail: dict[str, Any]) -> str:
    return quoting.identifier(detail["publication"])


def published(detail: dict[str, Any]) -> str:
    return quoting.qualified(Name(detail["schema"], detail["table"]))
