"""Write what a revision does in databases without enum types, such as SQLite, as Python source.

Whatever ``sa.update`` names is quoted by the dialect that it runs on. SQLite can't alter a column:
Alembic's ``batch_alter_table`` copies the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from ..core.texts import AlterText
from ..core.texts import Check
from ..core.texts import TextColumn
from .source import quoted

_WIDTH = 150  # indented by eight, it fits into 160

_EXACT = (
    "context = op.get_context()",
    "if context.as_sql:  # as it is: Alembic would make spaces of tabs",
    '    options = {"dialect": context.dialect, "compile_kwargs": {"literal_binds": True}}',
    '    context.impl.static_output(f"{statement.compile(**options)};")',
    "else:",
    "    op.execute(statement)",
)

# Dropping a table takes its triggers along, and what ON DELETE says about rows that refer to it.
_MAY_COPY = (
    "def may_copy(table):",
    '    """Refuse what SQLite would lose with a table that is replaced by its copy."""',
    "    if op.get_context().as_sql:",
    "        return",
    '    lost = op.get_bind().execute(sa.text("""',
    "        SELECT group_concat(what, ', ') FROM (",
    "            SELECT 'the trigger ' || name AS what FROM sqlite_master",
    "            WHERE type = 'trigger' AND lower(tbl_name) = lower(:name)",
    "            UNION ALL SELECT 'rows of ' || m.name",
    "            FROM pragma_foreign_keys k, sqlite_master m, pragma_foreign_key_list(m.name) f",
    '            WHERE k.foreign_keys AND lower(f."table") = lower(:name))',
    '    """), {"name": table}).scalar()',
    "    if lost:",
    "        raise RuntimeError(",
    '            f"SQLite replaces {table} by a copy, and {lost} would go with it. "',
    '            "Drop triggers first, and let env.py turn PRAGMA foreign_keys off."',
    "        )",
    "",
)

_COPIES = "# SQLite changes a CHECK or a default by a copy of the table."
_OPENS = "# Without rows too, this opens the transaction around the copy."


def lines(alterations: Iterable[AlterText]) -> tuple[str, ...]:
    """Return what is done about some columns, as lines of source without indentation."""
    alterations = sorted(alterations, key=lambda one: one.column.table)
    made = [*_MAY_COPY] if any(one.copies for one in alterations) else []
    for _, of_table in groupby(alterations, lambda one: one.column.table):
        made += _of_table([*of_table])
    return tuple(made)


def _of_table(alterations: Sequence[AlterText]) -> Iterator[str]:
    copied = [one for one in alterations if one.copies]
    updated = [one for one in alterations if one.values]
    if copied:
        yield _COPIES
        yield f"may_copy({quoted(copied[0].column.table.name)})"
    unchecked = any(one.check and one.values for one in copied)
    if unchecked:
        yield 'op.execute("PRAGMA ignore_check_constraints = ON")'
    for one in updated:
        yield from _update(one)
    if unchecked:
        yield 'op.execute("PRAGMA ignore_check_constraints = OFF")'
    if copied and not updated:
        column = copied[0].column
        update = f"sa.update({_table(column)}).where(sa.false())"
        yield _OPENS
        yield f"op.execute({update}.values({{{quoted(column.column)}: None}}))"
    if copied:
        yield from _copy(copied)


def _update(one: AlterText) -> list[str]:
    """Return an UPDATE: one for all labels, so that those which swap aren't merged."""
    column, name = _column(one.column.column), quoted(one.column.column)
    update = f"sa.update({_table(one.column)})"
    if len(one.values) == 1:
        ((old, new),) = one.values.items()
        made, where, value = [], f"{column} == {quoted(old)}", _value(new)
    else:
        pairs = [f"{quoted(old)}: {_value(new)}" for old, new in one.values.items()]
        made = [f"labels = {{{', '.join(pairs)}}}"]
        if len(made[0]) > _WIDTH:
            made = ["labels = {", *(f"    {pair}," for pair in pairs), "}"]
        where, value = f"{column}.in_([*labels])", f"sa.case(labels, value={column})"
    parts = [update, f".where({where})", f".values({{{name}: {value}}})"]
    if any("\t" in text for pair in one.values.items() for text in pair if text):
        return [*made, "statement = (", *(f"    {part}" for part in parts), ")", *_EXACT]
    short = f"op.execute({''.join(parts)})"
    if len(short) <= _WIDTH:
        return [*made, short]
    return [*made, "op.execute(", *(f"    {part}" for part in parts), ")"]


def _copy(alterations: Sequence[AlterText]) -> Iterator[str]:
    table = alterations[0].column.table
    schema = f", schema={quoted(table.schema)}" if table.schema else ""
    yield f"with op.batch_alter_table({quoted(table.name)}{schema}) as batch:"
    for one in alterations:
        column = quoted(one.column.column)
        arguments = [column]
        if one.check:
            old, new = one.check
            if one.column.shared:
                if old.name:  # once for all of this name: Alembic's copy knows one of a name only
                    types = f"existing_type={_type(old)}, type_=sa.String()"
                    yield f"    batch.alter_column({column}, {types})"
                old, new = _own(old, one.column), _own(new, one.column)
            arguments += [f"existing_type={_type(old)}", f"type_={_type(new)}"]
        if one.default:
            arguments.append(f"server_default={_value(one.default.text)}")
        short = f"    batch.alter_column({', '.join(arguments)})"
        if len(short) <= _WIDTH:
            yield short
        else:
            yield "    batch.alter_column("
            yield from (f"        {argument}," for argument in arguments)
            yield "    )"


def _own(check: Check, column: TextColumn) -> Check:
    """Return a CHECK with a name that no other column of the table has."""
    return replace(check, name=f"{check.name}_{column.column}") if check.name else check


def _table(column: TextColumn) -> str:
    """Return a table with one column, whose type offline mode has to know."""
    table, typed = column.table, f"sa.column({quoted(column.column)}, sa.String)"
    schema = f", schema={quoted(table.schema)}" if table.schema else ""
    return f"sa.table({quoted(table.name)}, {typed}{schema})"


def _column(name: str) -> str:
    return f"sa.column({quoted(name)})"


def _type(check: Check) -> str:
    if not check.name:
        return "sa.String()"
    labels = ", ".join(map(quoted, check.labels))
    return f"sa.Enum({labels}, name={quoted(check.name)}, create_constraint=True)"


def _value(text: str | None) -> str:
    return "None" if text is None else quoted(text)
