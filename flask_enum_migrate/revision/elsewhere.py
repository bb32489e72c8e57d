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
from keyword import iskeyword

import sqlalchemy as sa

from ..core.texts import AlterText
from ..core.texts import Check
from ..core.texts import TextColumn
from .source import quoted

_WIDTH = 152  # indented by eight, it fits into 160
_TAKEN = {"self", *dir(sa.table("any").c)}

_EXACT = (
    "context = op.get_context()",
    "if context.as_sql:  # as it is: Alembic would make spaces of tabs",
    '    options = {"dialect": context.dialect, "compile_kwargs": {"literal_binds": True}}',
    '    context.impl.static_output(f"{statement.compile(**options)};")',
    "else:",
    "    op.execute(statement)",
)

# Dropping a table takes its triggers along, and what ON DELETE says about rows that refer to it.
_AT_STAKE = (
    "# SQLite alters a column by a copy of its table, and would lose what hangs on the original.",
    'lost = None if op.get_context().as_sql else op.get_bind().scalar(sa.text("""',
    "    SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t COLLATE NOCASE",
    "    UNION ALL SELECT m.name",
    "    FROM pragma_foreign_keys k, sqlite_master m, pragma_foreign_key_list(m.name) f",
    '    WHERE k.foreign_keys AND f."table" = :t COLLATE NOCASE',
    '"""), {"t": TABLE})',
    "if lost:",
    '    raise RuntimeError(f"SQLite would lose {lost} with the table that it copies: drop a "',
    '                       "trigger first, and let env.py turn PRAGMA foreign_keys off.")',
)
_OPENS = "# Without rows too, this opens the transaction around the copy."


def lines(alterations: Iterable[AlterText]) -> tuple[str, ...]:
    """Return what is done about some columns, as lines of source without indentation."""
    alterations = sorted(alterations, key=lambda one: one.column.table)
    made: list[str] = []
    for _, of_table in groupby(alterations, lambda one: one.column.table):
        made += _of_table([*of_table])
    return tuple(made)


def _of_table(alterations: Sequence[AlterText]) -> Iterator[str]:
    copied = [one for one in alterations if one.copies]
    updated = [one for one in alterations if one.values]
    if copied:
        name = quoted(copied[0].column.table.name)
        yield from (line.replace("TABLE", name) for line in _AT_STAKE)
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
        yield f"op.execute({update}.values({_set(column.column, 'None')}))"
    if copied:
        yield from _copy(copied)


def _update(one: AlterText) -> list[str]:
    """Return an UPDATE: one for all labels, so that those which swap aren't merged."""
    name, table = one.column.column, _table(one.column)
    tab = any("\t" in text for pair in one.values.items() for text in pair if text)
    if len(one.values) == 1 and not tab:
        ((old, new),) = one.values.items()
        where = f"where(sa.column({quoted(name)}) == {quoted(old)})"
        if _is_attribute(name):
            where = f"filter_by({name}={quoted(old)})"
        short = f"op.execute(sa.update({table}).{where}.values({_set(name, _value(new))}))"
        if len(short) <= _WIDTH:
            return [short]
    column = f"table.c.{name}" if _is_attribute(name) else f"table.c[{quoted(name)}]"
    pairs = [f"{quoted(old)}: {_value(new)}" for old, new in one.values.items()]
    labels = [f"labels = {{{', '.join(pairs)}}}"]
    if len(labels[0]) > _WIDTH:
        labels = ["labels = {", *(f"    {pair}," for pair in pairs), "}"]
    value = _set(name, f"sa.case(labels, value={column})")
    update = f"sa.update(table).where({column}.in_([*labels])).values({value})"
    made = [f"table = {table}", *labels]
    both = f"table, labels = {table}, {labels[0].removeprefix('labels = ')}"
    if len(labels) == 1 and len(both) <= _WIDTH:
        made = [both]
    return [*made, f"statement = {update}", *_EXACT] if tab else [*made, f"op.execute({update})"]


def _set(column: str, value: str) -> str:
    return f"{column}={value}" if _is_attribute(column) else f"{{{quoted(column)}: {value}}}"


def _is_attribute(name: str) -> bool:
    """Return whether a column can be written as Python has names."""
    return name.isidentifier() and name.isascii() and not iskeyword(name) and name not in _TAKEN


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


def _type(check: Check) -> str:
    if not check.name:
        return "sa.String()"
    labels = ", ".join(map(quoted, check.labels))
    return f"sa.Enum({labels}, name={quoted(check.name)}, create_constraint=True)"


def _value(text: str | None) -> str:
    return "None" if text is None else quoted(text)
