"""Columns that get another type: strings become enums, enums strings or other enums. Pure.

The statements are part of the one ``ALTER TABLE`` of each table. PostgreSQL carries plain indexes,
keys and statistics along; what else refers to the column is refused by name, for its definition
means something else over another type.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from ...core.alter_column_type import AlterColumnType
from ...core.alter_enum import AlterEnum
from ...core.changes import CreateType
from ...core.errors import Refusal
from ...core.errors import typed
from ...core.schema import Name
from ...core.schema import Place
from ..objects.column import Column
from ..objects.column import EnumType
from ..objects.converted_column import Reference
from ..sql import ddl
from ..sql import definitions
from ..sql import quoting
from ..sql import using
from ..sql.membership import allowed
from ..sql.membership import written as checked
from ..sql.states import Known
from .defaults import around_conversion
from .defaults import unconvertible_defaults
from .facts import Facts
from .labels import Alteration
from .labels import meanwhile
from .refusals import create_blocked
from .refusals import listed
from .rewrite import ColumnRewrite
from .rewrite import stored_as

_LENGTH = re.compile(r"(?i)CHAR(?:ACTER)?(?: VARYING)?\s*\((\d+)\)")
_LITERAL = re.compile(r"[eE]?'(?:[^'\\]|\\.|'')*'")
_CARRIED = {"p", "u", "n", "fits", "copy"}


def convert(
    change: AlterColumnType,
    alterations: Sequence[Alteration],
    facts: Facts,
    elsewhere: Collection[Place] = (),
    *,
    today: bool,
) -> Iterator[ColumnRewrite]:
    """Yield what happens to a column, and to its children's and partitions' columns.

    :param alterations: what happens to types in the same direction.
    :param elsewhere: columns whose default is taken care of elsewhere.
    :param today: whether the change starts from the database as it is now.
    """
    for column in facts.columns[change.place].family:
        is_elsewhere = (column.table, column.column) in elsewhere
        goes, comes = (
            (False, "") if is_elsewhere else around_conversion(change, column, today=today)
        )
        yield ColumnRewrite(
            column,
            () if column.inherited else _with_check(change, column, alterations, facts, today),
            goes,
            comes,
            () if today else tuple(stored_as(column)),
        )


def _with_check(
    change: AlterColumnType,
    column: Column,
    alterations: Sequence[Alteration],
    facts: Facts,
    today: bool,
) -> tuple[str, ...]:
    """Return the actions that change a column's type, and drop or add what listed its values."""
    actions = tuple(_actions(change, column, alterations, today))
    lists = outdated(change if today else change.reverse(), facts)
    if today:
        return (*(ddl.drop_constraint(one.name) for one in lists), *actions)
    definitions = ((one.name, checked(one.definition, change.column)) for one in lists)
    return (*actions, *(ddl.add_constraint(*one) for one in definitions))


def outdated(change: AlterColumnType, facts: Facts) -> list[Reference]:
    """Return the CHECKs that listed a string's values, and whose place the enum takes.

    SQLAlchemy makes one for an Enum that isn't native, and calls it like the enum. Any other one is
    such a list only if it lets all labels through.

    :param change: what happens to the column as it is today.
    """
    enum = change.new.enum
    if enum is None or change.old.enum is not None:
        return []
    found = []
    for reference in facts.columns[change.place].references:
        if reference.what != "c" or not reference.name:
            continue
        labels = allowed(reference.definition, change.column)
        own = reference.name == enum.name or reference.name.endswith(f"_{enum.name}")
        if labels is not None and (own or {*labels} >= {*change.new.labels}):
            found.append(reference)
    return found


def known_checks(change: AlterColumnType, facts: Facts) -> Iterator[Known]:
    """Yield these CHECKs, as they must be where they are dropped."""
    table = change.table
    for one in outdated(change, facts):
        what = definitions.on_table("CONSTRAINT", one.name, table)
        names = (table.schema, table.name, one.name)
        yield Known(what, "table constraint", names, (), "constraint", one.definition)


def _actions(
    change: AlterColumnType,
    column: Column,
    alterations: Sequence[Alteration],
    today: bool,
) -> Iterator[str]:
    called = {a.change.name: a for a in alterations}
    source = called.get(change.old.enum) if change.old.enum else None
    pairs = {meanwhile(source, old) if source else old: new for old, new in change.pairs.items()}
    if change.new.enum is None:
        type_ = change.new.sql
        if column.collation and not today:
            type_ += f" COLLATE {column.collation}"
        converted = using.to_text(change.column, pairs, array=change.array)
    else:
        name = change.new.enum
        type_ = quoting.qualified(name) + ("[]" if change.new.array else "")
        convert = using.one_or_many if change.wraps else using.to_enum
        enum = change.old.enum is not None
        converted = convert(change.table, change.column, name, pairs, enum=enum, array=change.array)
    yield ddl.alter_column_type(change.column, type_, converted)


def merges(
    conversions: Sequence[AlterColumnType], enums: Mapping[Name, EnumType]
) -> Iterator[AlterEnum]:
    """Yield the enums whose columns all become columns of one other enum.

    What hangs on such a type is created again with the other one in its place.

    :param enums: the types, without the columns that are converted.
    """
    becomes: dict[Name, list[AlterColumnType]] = {}
    for change in conversions:
        if change.old.enum and not change.wraps:
            becomes.setdefault(change.old.enum, []).append(change)
    for name, changes in becomes.items():
        first, targets = changes[0], {change.new.enum for change in changes}
        used = any(column.relation_kind != "m" for column in enums[name].columns)
        if used or len(targets) > 1 or first.new.enum is None:
            continue
        yield AlterEnum(
            name=name,
            new_name=first.new.enum,
            labels=first.old.labels,
            new_labels=first.new.labels,
            mapping=first.mapping,
            reverse_mapping=first.reverse_mapping,
        )


def remarks(change: AlterColumnType, facts: Facts) -> Iterator[str]:
    """Yield what becomes of the CHECKs of the string that the column was."""
    gone = outdated(change, facts)
    for reference in facts.columns[change.place].references:
        if reference in gone:
            yield f"The CHECK {reference.identity} goes: the type takes its place."
        elif reference.what == "c":
            yield (
                f"The CHECK {reference.identity} stays, and may keep labels out that are added "
                "later."
            )


def blocked(
    change: AlterColumnType, facts: Facts, merged: Collection[Name | None] = ()
) -> Iterator[Refusal]:
    """Yield why a column can't be converted, told before anything is written.

    :param merged: the types that are merged as a whole, along with what hangs on them.
    """
    known = facts.columns[change.place]
    why = f"{change} can't become {change.new}:"
    column = known.family[0]
    if not column.may_alter:
        yield Refusal(f"{why} the role {facts.role!r} doesn't own it.", "Connect as its owner.")
    for problem in filter(None, map(_kin_problem, known.family)):
        yield Refusal(f"{why} {problem}.", "Convert it in a migration of its own.")
    void = {
        f"{quoting.identifier(guard.constraint)} on {quoting.qualified(one.table)}"
        for one in known.family
        for guard in one.guards
        if guard.label not in change.new.labels
    }
    gone = outdated(change, facts)
    for reference in () if change.old.enum in merged else known.references:
        if reference in gone or (reference.what == "c" and reference.identity in void):
            continue
        if problem := _problem(reference, change):
            yield Refusal(
                f"{why} {problem}.",
                "Drop it in a migration of its own before this one, and create it again after it.",
            )
    if long := _too_long(change):
        yield Refusal(f"{why} {listed(long)} doesn't fit.", "Make the column longer in the model.")
    yield from unconvertible_defaults(change, facts)
    for text, becomes in change.mapping.items():
        if becomes is None and column.not_null and not (change.array and change.new.array):
            yield Refusal(
                f"{text!r} would become NULL, but {change} is NOT NULL.",
                "Give its rows a label.",
                (typed("--map", f"{change.called}.{text}=LABEL"),),
            )


def _kin_problem(column: Column) -> str:
    if column.partition_key:
        return f"{column.table} is partitioned by it"
    if column.generated:
        return f"{column} is generated"
    if column.typed_table:
        return f"{column.table} is a table of the type {column.typed_table}"
    if column.mixed_parents:
        return f"{column.table} inherits it from several tables"
    return ""


def _problem(reference: Reference, change: AlterColumnType) -> str:
    """Return what about a reference doesn't go along, or ``""``."""
    if reference.what in _CARRIED:
        return ""
    if reference.what == "gin" and not (change.wraps and change.array):
        return ""
    if reference.what in ("class", "gin"):
        return f"the {reference} has an operator class or collation of its own"
    if reference.what == "c" and _compares_text(reference.definition, change):
        return ""
    return f"the {reference} refers to it"


def _compares_text(definition: str, change: AlterColumnType) -> bool:
    """Return whether a check constraint means the same whatever type the column has.

    It does where it casts the column to text at each mention, as every comparison of a varchar
    does, and names no enum.
    """
    if change.wraps:
        return False
    bare = _LITERAL.sub("''", definition)
    name = re.escape(quoting.identifier(change.column))
    mentions = len(re.findall(rf'(?<![\w"$.]){name}(?![\w"$])', bare))
    casts = len(re.findall(rf"\({name}\)::text(?!\w)", bare))
    return mentions == casts and not (change.old.enum and f"::{change.old.sql}" in bare)


def _too_long(change: AlterColumnType) -> list[str]:
    if change.new.enum is not None or not (length := _LENGTH.search(change.new.sql)):
        return []
    kept = [label for label in change.old.labels if label not in change.homeless]
    return [label for label in kept if len(change.mapping.get(label, label) or "") > int(length[1])]


def creation_blocked(create: CreateType, facts: Facts) -> Iterator[Refusal]:
    """Yield why a type can't be created for columns that exist."""
    schema = create.name.schema
    if facts.may_create is not None and schema not in facts.may_create:
        yield Refusal(
            f"{create.name} would be created in the schema {schema!r}, which doesn't exist.",
            f"First create it, in a migration of its own: {ddl.create_schema(schema)}",
        )
    yield from create_blocked(create, facts)
