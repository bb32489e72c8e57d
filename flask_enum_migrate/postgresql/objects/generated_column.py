"""Columns that are generated from an enum, or of it: nothing may be computed meanwhile. Pure.

Since PostgreSQL 17 a column keeps its place and gets another expression for a while. Before, only
a new column can have another expression: it is dropped and added again, which keeps the order of
the columns where it is the last one.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...core.schema import Name
from ..plan.facts import Facts
from ..sql import ddl
from ..sql import quoting
from ..sql import values
from ..sql.privileges import column_grants
from .base import Dependent
from .base import Follow

_SET_EXPRESSION = 170000
_NAMED_NOT_NULL = 180000  # from then on it is a constraint like any other


def problem(detail: Mapping[str, Any], *, trailing: bool) -> str:
    """Return why a generated column can't come back, or ``""``.

    :param detail: what the catalogs say of its expression.
    :param trailing: whether all columns behind it are added again as well.
    """
    column = detail["column"]
    if not is_added_again(detail):
        if not column["rejects_null"] or column["placeholder"] is not None:
            return ""
        who = "the column is NOT NULL" if column["not_null"] else "its domain rejects NULL"
        return f"{who}, and its type has no value to stand in"
    if not trailing:
        return (
            "before PostgreSQL 17 a generated column can only be dropped and added again, which "
            "would move it behind the columns that follow it"
            if column["version"] < _SET_EXPRESSION
            else "a generated column of such a type would move behind the columns that follow it"
        )
    if is_derived(detail) and any(sql != detail["definition"] for _, sql in column["parents"]):
        return "its expression isn't its parent's"
    return ""


def is_added_again(detail: Mapping[str, Any]) -> bool:
    """Return whether the column is dropped and added again."""
    column = detail["column"]
    return bool(column["version"] < _SET_EXPRESSION or column["holds_rows"])


def is_derived(detail: Mapping[str, Any]) -> bool:
    """Return whether the column comes and goes with that of its parent."""
    return bool(detail["inherited"] and not detail["column"]["local"])


def keeps_its_place(dependent: Dependent) -> bool:
    """Return whether it is a generated column that gets another expression for a while."""
    return dependent.is_generated and not is_added_again(dependent.detail)


def suspend(dependent: Dependent) -> str:
    """Return the action after which nothing is computed from the old type."""
    column, constant = dependent.detail["column"], "NULL"
    if column["rejects_null"]:
        constant = values.constant(column["placeholder"], column["type"])
    return ddl.set_expression(dependent.names[2], constant)


def resume(dependent: Dependent, follow: Follow) -> str:
    """Return the action that lets the column be computed again.

    In one ALTER TABLE with the change of type, PostgreSQL 18 fails over NOT NULL constraints.

    :param follow: rewrites the labels in a deparsed expression.
    """
    return ddl.set_expression(dependent.names[2], follow(dependent.detail["definition"]))


def drop(dependent: Dependent) -> str:
    """Return the statement that drops a column, or ``""`` where its parent's does."""
    if is_derived(dependent.detail):
        return ""
    return ddl.alter_table(Name(*dependent.names[:2]), [ddl.drop_column(dependent.names[2])])


def create(dependent: Dependent, follow: Follow) -> Iterator[str]:
    """Yield the statements that add a column again.

    :param follow: rewrites the labels in a deparsed expression.
    """
    table, name = Name(*dependent.names[:2]), dependent.names[2]
    detail, column = dependent.detail, dependent.detail["column"]
    if not is_derived(detail):
        definition = follow(detail["definition"])
        type_ = column["type"] + (f" COLLATE {column['collation']}" if column["collation"] else "")
        yield ddl.alter_table(table, [ddl.add_generated(name, type_, definition)])
    if column["not_null"] and column["version"] < _NAMED_NOT_NULL and not column["follows"]:
        yield ddl.alter_table(table, [ddl.set_not_null(name)])
    if actions := list(_properties(name, column)):
        yield ddl.alter_table(table, actions, only=True)
    if column["comment"]:
        yield ddl.comment_on_column(table, name, column["comment"])
    if column["acl"]:
        shown = f"TABLE {quoting.qualified(table)}"
        yield from column_grants(column["acl"], shown, quoting.identifier(name))


def _properties(name: str, column: Mapping[str, Any]) -> Iterator[str]:
    if column["storage"]:
        yield ddl.set_storage(name, column["storage"])
    if column["compression"]:
        yield ddl.set_compression(name, column["compression"])
    if column["target"] is not None and column["target"] >= 0:
        yield ddl.set_statistics(name, column["target"])
    if column["options"]:
        yield ddl.set_options(name, column["options"])


def standing_in(dependent: Dependent, kept: Collection[str]) -> Dependent:
    """Return an object whose placeholder, if that is a label, is one that stays.

    :param kept: the labels that stay, as they are called now.
    """
    column = dependent.detail["column"] if dependent.is_generated else {}
    placeholder = column.get("placeholder")
    if not kept or not column.get("of_type") or placeholder in (None, "{}", *kept):
        return dependent
    column = {**column, "placeholder": next(iter(kept))}
    return replace(dependent, detail={**dependent.detail, "column": column})


def added_again(dependents: Collection[Dependent], facts: Facts) -> set[tuple[Name, str]]:
    """Return the columns that are dropped and added again."""
    return {
        (facts.place(*dependent.names[:2]), dependent.names[2])
        for dependent in dependents
        if dependent.is_generated and is_added_again(dependent.detail)
    }


def remarks(dependents: Collection[Dependent]) -> Iterator[str]:
    """Yield what changes about such columns, in words."""
    for dependent in dependents:
        if dependent.is_generated and is_added_again(dependent.detail):
            column = ".".join(filter(None, dependent.names))
            yield f"{column} is dropped, added again as the last column and computed anew."
