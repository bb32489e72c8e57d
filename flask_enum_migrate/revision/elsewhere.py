"""Write what a revision does in databases without enum types, such as SQLite, as Python source.

Whatever ``sa.update`` names is quoted by the dialect that it runs on. SQLite can't alter a column:
Alembic's ``batch_alter_table`` copies the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import groupby

from ..core.schema import Name
from ..core.texts import AlterText
from ..core.texts import Check
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

_OPENED = "# SQLite alters a column by a copy of its table. This opens the transaction around it."


def lines(alterations: Iterable[AlterText]) -> tuple[str, ...]:
    """Return the statements, each as lines of source without indentation."""
    return tuple(line for statement in _statements(tuple(alterations)) for line in statement)


def _statements(alterations: Sequence[AlterText]) -> Iterator[list[str]]:
    tables = [
        (table, [*of_table])
        for table, of_table in groupby(
            sorted(alterations, key=lambda one: one.column.table), lambda one: one.column.table
        )
    ]
    for table, of_table in tables:
        copied = [one for one in of_table if one.copies]
        unchecked = any(one.check and one.values for one in copied)
        if unchecked:
            yield ['op.execute("PRAGMA ignore_check_constraints = ON")']
        for one in of_table:
            if one.values:
                yield _update(one)
        if unchecked:
            yield ['op.execute("PRAGMA ignore_check_constraints = OFF")']
        if copied:
            yield _copy(table, copied, opened=any(one.values for one in of_table))


def _update(one: AlterText) -> list[str]:
    """Return an UPDATE: one for all labels, so that those which swap aren't merged."""
    column, name = _column(one.column.column), quoted(one.column.column)
    update = f"sa.update({_table(one.column.table, column)})"
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


def _copy(table: Name, alterations: Sequence[AlterText], *, opened: bool) -> list[str]:
    made = []
    if not opened:
        column = _column(alterations[0].column.column)
        update = f"sa.update({_table(table, column)}).where(sa.false())"
        null = f".values({{{quoted(alterations[0].column.column)}: None}})"
        made += [_OPENED, f"op.execute({update}{null})"]
    schema = f", schema={quoted(table.schema)}" if table.schema else ""
    made.append(f"with op.batch_alter_table({quoted(table.name)}{schema}) as batch:")
    for one in alterations:
        arguments = [quoted(one.column.column)]
        if one.check:
            old, new = one.check
            arguments += [f"existing_type={_type(old)}", f"type_={_type(new)}"]
        if one.default:
            arguments.append(f"server_default={_value(one.default.text)}")
        short = f"batch.alter_column({', '.join(arguments)})"
        if len(short) <= _WIDTH:
            made.append(f"    {short}")
        else:
            made.append("    batch.alter_column(")
            made += [f"        {argument}," for argument in arguments]
            made.append("    )")
    return made


def _table(table: Name, column: str) -> str:
    schema = f", schema={quoted(table.schema)}" if table.schema else ""
    return f"sa.table({quoted(table.name)}, {column}{schema})"


def _column(name: str) -> str:
    return f"sa.column({quoted(name)})"


def _type(check: Check) -> str:
    if not check.name:
        return "sa.String()"
    labels = ", ".join(map(quoted, check.labels))
    return f"sa.Enum({labels}, name={quoted(check.name)}, create_constraint=True)"


def _value(text: str | None) -> str:
    return "None" if text is None else quoted(text)
