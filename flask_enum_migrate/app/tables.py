"""Compare all tables as ``flask db check`` does, by the settings of the app's env.py."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from alembic.autogenerate.api import RevisionContext
from alembic.operations.ops import MigrateOperation
from alembic.operations.ops import OpContainer
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Enum
from sqlalchemy.types import ARRAY
from sqlalchemy.types import TypeDecorator

from ..core.schema import Name
from ..core.tables import TableDifference
from ..settings import EXTENSION
from .environment import Environment

_ARGUMENTS = {
    "message": None,
    "autogenerate": True,
    "sql": False,
    "head": "head",
    "splice": False,
    "branch_label": None,
    "version_path": None,
    "rev_id": None,
    "depends_on": None,
}


def compare(
    environment: Environment, included: Callable[[MigrationContext], bool]
) -> tuple[TableDifference, ...]:
    """Return what differs about tables, columns, indexes and constraints.

    What becomes of enum columns is left out: that is looked after by itself.

    :param included: whether a bind is to be compared.
    :raises EnvironmentFailed: if env.py fails, or a database isn't at head.
    """
    config = environment.config()
    options: Any = config.cmd_opts
    options.autogenerate = False  # as `flask db check` has it: hooks have nothing to leave out
    script = ScriptDirectory.from_config(config)
    made = RevisionContext(config, script, dict(_ARGUMENTS))

    def see(revisions: Any, context: MigrationContext) -> list[Any]:
        if included(context):
            made.run_autogenerate(revisions, context)
        return []

    with _without_enums():
        environment.run(
            see,
            config,
            script,
            dont_mutate=True,
            template_args=made.template_args,
            revision_context=made,
        )
    found = [
        difference
        for revision in made.generated_revisions  # none where a hook took it away
        for operations in revision.upgrade_ops_list
        for difference in _differences(operations)
    ]
    return tuple(dict.fromkeys(found))


@contextmanager
def _without_enums() -> Iterator[None]:
    """Keep our own part out of Alembic's comparison."""
    extensions = current_app.extensions
    settings = extensions[EXTENSION]
    extensions[EXTENSION] = replace(settings, autogenerate=False)
    try:
        yield
    finally:
        extensions[EXTENSION] = settings


def _differences(operations: Any) -> Iterator[TableDifference]:
    bind = str(operations.upgrade_token).removesuffix("upgrades").removesuffix("_")
    for operation in _each(operations):
        told: Any = getattr(operation, "to_diff_tuple", None)
        diff = told() if told else (type(operation).__name__,)
        for one in diff if isinstance(diff, list) else [diff]:
            if one[0] == "modify_type" and any(map(_is_enum, one[-2:])):
                continue
            table, column, text = _in_words(one)
            yield TableDifference(bind, table, str(one[0]), text, column)


def _each(container: OpContainer) -> Iterator[MigrateOperation]:
    for operation in container.ops:
        if isinstance(operation, OpContainer):
            yield from _each(operation)
        else:
            yield operation


def _is_enum(type_: Any) -> bool:
    while isinstance(type_, ARRAY | TypeDecorator):
        type_ = type_.item_type if isinstance(type_, ARRAY) else type_.impl
    return isinstance(type_, Enum)


_NOUNS = {"fk": "foreign key", "table_comment": "comment"}


def _in_words(diff: tuple[Any, ...]) -> tuple[Name, str, str]:
    """Return table, column and text of what Alembic calls a diff."""
    verb, _, noun = str(diff[0]).partition("_")
    if noun == "table":
        said = "create the table" if verb == "add" else "drop the table"
        return Name(diff[1].schema or "", diff[1].name), "", said
    if noun == "column":
        column = diff[3]
        shown = f" {column.type}" if verb == "add" else ""
        return Name(diff[1] or "", diff[2]), column.name, f"{verb} column {column.name}{shown}"
    if verb == "modify":
        column = diff[3]
        return Name(diff[1] or "", diff[2]), column, f"{column}: {_modified(noun, *diff[-2:])}"
    item = diff[1] if len(diff) > 1 else None
    owner: Any = item if noun == "table_comment" else getattr(item, "table", None)
    if owner is None:  # what another tool compares
        return Name("", ""), "", " ".join(map(str, diff))
    said = f"{verb} {_NOUNS.get(noun, noun)}" + (_called(item) if item is not owner else "")
    return Name(owner.schema or "", owner.name), "", said


def _called(item: Any) -> str:
    """Return the name and the columns of an index or constraint."""
    name = f" {item.name}" if item.name else ""
    columns = ", ".join(column.name for column in item.columns)
    return name + (f" ({columns})" if columns else "")


def _modified(what: str, old: Any, new: Any) -> str:
    if what == "nullable":
        return "becomes nullable" if new else "becomes NOT NULL"
    if what == "type":
        return f"becomes {new}, is {old}"
    if what == "default":
        return f"default becomes {_default(new)}, is {_default(old)}"
    return f"{what} becomes {new!r}, is {old!r}"


def _default(default: Any) -> str:
    if default is None or default is False:
        return "none"
    return str(getattr(default, "arg", default))
