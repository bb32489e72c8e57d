"""Leave one schema out of what was read of an object, for revisions that suit many schemas. Pure.

PostgreSQL leaves the schemas of its search path out of expressions. Out of the head of a
definition, and out of names that are parts of their own, it has to be taken here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..sql import quoting
from .base import Dependent

_NAMED = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_HEADS = {
    "pg_class": rf"CREATE (?:UNIQUE )?INDEX {_NAMED} ON (?:ONLY )?",
    "pg_trigger": rf"CREATE (?:CONSTRAINT )?TRIGGER {_NAMED} (?:{_NAMED}[ ,]+)+?ON ",
    "pg_rewrite": rf"CREATE RULE {_NAMED} AS\s+ON \w+ TO ",
    "pg_statistic_ext": r"CREATE STATISTICS ",
    "pg_proc": r"CREATE OR REPLACE (?:FUNCTION|PROCEDURE) ",
}
_SCHEMAS = ("schema", "table_schema", "multirange_schema")
_PAIRS = ("commutator", "negator", "family", "sort", "sortop")
_UNUSED = ("comment", "of_index")
# The first part of their name is a schema.
_IN_SCHEMA = (
    "pg_class", "pg_class column", "pg_constraint", "pg_trigger", "pg_rewrite", "pg_policy",
    "pg_attrdef", "pg_statistic_ext", "pg_proc",
)  # fmt: skip


def leave_out(schema: str, dependent: Dependent) -> Dependent:
    """Return an object with names that don't mention a schema.

    :param dependent: an object read with only that schema in the search path.
    """
    catalog, names = dependent.key[0], dependent.names
    if catalog in _IN_SCHEMA and names[:1] == (schema,):
        names = ("", *names[1:])
    detail: dict[str, Any] = _stripped(schema, dependent.detail)
    quoted = f"{quoting.identifier(schema)}."
    if (head := _HEADS.get(catalog)) and detail.get("definition"):
        start = re.match(head, detail["definition"])
        if start and detail["definition"].startswith(quoted, start.end()):
            rest = detail["definition"][start.end() + len(quoted) :]
            detail["definition"] = start.group() + rest
    problem = dependent.problem
    if not problem and _mentions(quoted, detail):
        problem = (
            f"its text names the schema {schema!r}, which ENUM_MIGRATE_QUALIFY = False leaves out"
        )
    return replace(dependent, names=names, detail=detail, problem=problem)


def _mentions(quoted: str, value: Any) -> bool:
    """Return whether some text, such as the body of a routine, names a schema by itself."""
    if isinstance(value, dict):
        return any(_mentions(quoted, item) for key, item in value.items() if key not in _UNUSED)
    if isinstance(value, list):
        return any(_mentions(quoted, item) for item in value)
    return isinstance(value, str) and bool(re.search(rf'(?<![\w"]){re.escape(quoted)}', value))


def _stripped(schema: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_stripped(schema, item) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        if key in _SCHEMAS and item == schema:
            found[key] = ""
        elif key in _PAIRS and item and item[0] == schema:
            found[key] = ["", *item[1:]]
        else:
            found[key] = _stripped(schema, item)
    return found
