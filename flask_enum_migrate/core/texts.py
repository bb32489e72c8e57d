"""What becomes of labels in databases without enum types, such as SQLite: text, that follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

from .alter_column_type import AlterColumnType
from .alter_column_type import ColumnType
from .alter_enum import AlterEnum
from .pairing import Pairing
from .schema import DeclaredColumn
from .schema import LiveSchema
from .schema import Name

_LITERAL = re.compile(r"'((?:[^']|'')*)'(?:::.+)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TextColumn:
    """An enum column where labels are kept as text.

    :param table: its table, as the models name it.
    :param column: its name.
    :param checked: whether a CHECK holds its labels there (``create_constraint=True``).
    :param shared: whether another column of the table has a CHECK of the same name.
    :param enum: the enum's name, after which the CHECK is called, or ``""``.
    """

    table: Name
    column: str
    checked: bool = False
    shared: bool = False
    enum: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The CHECK of an enum's labels, or None of them where the column is a string.

    :param name: the enum's name, after which it is called, or ``""``.
    :param labels: what it lets in.
    """

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewDefault:
    """A column's default changes.

    :param text: the text that it becomes, or None for no default.
    """

    text: str | None


@dataclass(frozen=True)
class AlterText:
    """What changes about one column where labels are kept as text.

    :param column: the column.
    :param values: text to the text that its rows get, or None for NULL.
    :param check: the CHECK that is to go, and the one that is to come.
    :param default: the new default, where it changes.
    """

    column: TextColumn
    values: Mapping[str, str | None]
    check: tuple[Check, Check] | None = None
    default: NewDefault | None = None

    @property
    def copies(self) -> bool:
        """Whether it takes a copy of the table on SQLite, which can't alter a column."""
        return self.check is not None or self.default is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.values and not self.copies


@dataclass(frozen=True)
class Texts:
    """What a revision does in databases without enum types, in both directions."""

    upgrade: tuple[AlterText, ...] = ()
    downgrade: tuple[AlterText, ...] = ()


def constant(default: str) -> str | None:
    """Return the text that a default gives, or None where it is no constant.

    :param default: a default as PostgreSQL prints it: ``'it''s'::mood``.
    """
    found = _LITERAL.fullmatch(default.strip())
    return found[1].replace("''", "'") if found else None


def texts(
    changes: Iterable[AlterEnum],
    conversions: Iterable[AlterColumnType],
    pairing: Pairing,
    live: LiveSchema,
    columns: Mapping[DeclaredColumn, TextColumn],
) -> Texts:
    """Return what some changes mean in databases without enum types.

    :param pairing: the models' columns of each type.
    :param columns: the models' columns that hold text there.
    """
    found = [
        *_of_types(changes, pairing, live, columns),
        *_of_conversions(conversions, pairing, columns),
    ]
    return Texts(
        tuple(up for up, _ in found if not up.is_empty),
        tuple(down for _, down in reversed(found) if not down.is_empty),
    )


def _of_types(
    changes: Iterable[AlterEnum],
    pairing: Pairing,
    live: LiveSchema,
    columns: Mapping[DeclaredColumn, TextColumn],
) -> Iterator[tuple[AlterText, AlterText]]:
    pairs = {pair.live.name: pair for pair in pairing.pairs}
    for change in changes:
        match = pairs[change.name]
        defaults = {(one.table, one.column): one.default for one in match.live.columns}
        for declared in match.declared.columns:
            there, column = live.found[declared], columns.get(declared)
            # What another type has there is converted; what is missing is yet to be created; what
            # is no table keeps no rows.
            own = there.type_key == match.live.key or match.live.check is not None
            own = own and there.relation_kind in ("r", "p")
            if column is None or declared.array or not own:
                continue
            default = there.table and defaults.get((there.table, declared.column))
            yield _alter(change, column, default or None)


def _alter(
    change: AlterEnum, column: TextColumn, default: str | None
) -> tuple[AlterText, AlterText]:
    values, back = _values(change), _values(change.reverse())
    up, down = AlterText(column, values), AlterText(column, back)
    before = Check(column.enum if change.check else change.name.name, change.labels)
    after = Check(column.enum if change.check else change.new_name.name, change.new_labels)
    if column.checked and (before.name, {*before.labels}) != (after.name, {*after.labels}):
        up, down = replace(up, check=(before, after)), replace(down, check=(after, before))
    text = None if default is None else constant(default)
    if text in values:
        up = replace(up, default=NewDefault(values[text]))
        down = replace(down, default=NewDefault(text))
    return up, down


def _values(change: AlterEnum) -> dict[str, str | None]:
    """Return what becomes of the texts in rows."""
    mapped = {drop.label: drop.becomes for drop in change.leaving if drop.mapped}
    return {**change.renames, **mapped}


def _of_conversions(
    conversions: Iterable[AlterColumnType],
    pairing: Pairing,
    columns: Mapping[DeclaredColumn, TextColumn],
) -> Iterator[tuple[AlterText, AlterText]]:
    declared = {
        wrong.conversion.place: wrong.column for wrong in pairing.wrong_columns if wrong.conversion
    }
    for change in conversions:
        column = columns.get(declared[change.place])
        if column is None or change.array:
            continue
        up = AlterText(column, change.mapping)
        down = AlterText(column, change.reverse_mapping)
        before, after = _check(change.old), _check(change.new)
        if change.new.check:  # where a naming convention makes more of it
            after = replace(after, name=column.enum)
        if change.new.check and change.old.enum and before.name != after.name:
            before = Check("", ())  # a type has none there, as a rule
        if (column.checked and after.name) or change.old.check:
            after = after if column.checked else Check("", ())
            up, down = replace(up, check=(before, after)), replace(down, check=(after, before))
        yield up, down


def _check(type_: ColumnType) -> Check:
    """Return the CHECK that a type has there; it may be missing, which Alembic's copy forgives."""
    if type_.check:
        return Check(type_.check.name, type_.labels)
    return Check(type_.enum.name if type_.enum else "", type_.labels)
