"""Who belongs to whom: the type in the database that each declared enum means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace

from .alter_column_type import AlterColumnType
from .alter_column_type import ColumnType
from .changes import CreateType
from .errors import ConflictingDeclarations
from .schema import DeclaredColumn
from .schema import DeclaredEnum
from .schema import DeclaredString
from .schema import FoundColumn
from .schema import LiveEnum
from .schema import LiveSchema
from .schema import Name
from .schema import UnlookedColumn


@dataclass(frozen=True, slots=True)
class Pair:
    """A declared enum and the type in the database that it means.

    :param declared: the models' side.
    :param live: the database's side.
    :param new_name: the name the type shall have, schema-qualified.
    :param checks: labels that the models keep out of columns by CHECKs of their own.
    :param drops_retired: whether labels that are retired go for good.
    """

    declared: DeclaredEnum
    live: LiveEnum
    new_name: Name
    checks: frozenset[str] = frozenset()
    drops_retired: bool = False


@dataclass(frozen=True, slots=True)
class WrongColumn:
    """A column that exists, but isn't of the type its model declares.

    :param column: the column as declared.
    :param declared: the enum that the model declares for it, or its string type as SQL.
    :param found: what the database has.
    :param conversion: what makes it the declared type, or None where only a person can.
    """

    column: DeclaredColumn
    declared: DeclaredEnum | str
    found: FoundColumn
    conversion: AlterColumnType | None = None

    @property
    def wanted(self) -> str:
        """The declared type, as SQL prints it."""
        if isinstance(self.declared, str):
            return self.declared
        if self.conversion and self.conversion.new.check:
            return str(self.conversion.new)
        if self.declared.is_string:
            return "a string"
        return str(self.declared.name) + ("[]" if self.column.array else "")


@dataclass(frozen=True, slots=True)
class Pairing:
    """Who belongs to whom, before any label is compared.

    :param pairs: the enums that both sides have.
    :param wrong_columns: columns whose type isn't the declared one.
    :param creates: the types that only columns need which are converted to them.
    :param new: declared enums that only new tables or columns need.
    :param missing_columns: columns that only the models have, of enums that exist.
    :param undeclared: enums that only the database has.
    :param leftovers: enums that the database has, but nothing uses, and none of their columns.
    :param unlooked: the columns of enums that nobody can compare.
    """

    pairs: tuple[Pair, ...]
    wrong_columns: tuple[WrongColumn, ...]
    creates: tuple[CreateType, ...]
    new: tuple[DeclaredEnum, ...]
    missing_columns: tuple[DeclaredColumn, ...]
    undeclared: tuple[LiveEnum, ...]
    leftovers: tuple[Pair, ...] = ()
    unlooked: tuple[UnlookedColumn, ...] = ()

    @property
    def absent(self) -> tuple[DeclaredEnum, ...]:
        """The enums of which no column is there."""
        return (*self.new, *(pair.declared for pair in self.leftovers))

    @property
    def conversions(self) -> tuple[AlterColumnType, ...]:
        """What converts the columns that can be converted."""
        return tuple(wrong.conversion for wrong in self.wrong_columns if wrong.conversion)


NOTHING = Pairing((), (), (), (), (), ())


def pair(
    declared: Iterable[DeclaredEnum], live: LiveSchema, strings: Iterable[DeclaredString] = ()
) -> Pairing:
    """Find the type in the database that each declared enum means.

    A declared name that the database lacks means the type that most of its existing columns have,
    where no other declaration claims that type: it is to be renamed or moved. Columns of another
    type are to be converted.

    :param strings: the columns that are declared as strings, but are enums in the database.
    :raises ConflictingDeclarations: if two declarations mean one type with different labels.
    """
    declared = _merged(declared, live)
    matched = {enum.name: live.find(enum.name) for enum in declared}
    claimed = {match.key for match in matched.values() if match}
    wanted: dict[int, list[DeclaredEnum]] = {}
    for enum in declared:
        if matched[enum.name] is None and (oid := _commonest_type(enum, live, claimed)):
            wanted.setdefault(oid, []).append(enum)
    for oid, enums in wanted.items():
        matched[max(enums, key=lambda enum: _likeness(enum, oid, live)).name] = live.by_key[oid]

    pairs: list[Pair] = []
    leftovers: list[Pair] = []
    wrong: list[WrongColumn] = []
    creates: list[CreateType] = []
    new: list[DeclaredEnum] = []
    missing: list[DeclaredColumn] = []
    for enum in declared:
        match = matched[enum.name]
        present = [
            (column, live.found[column]) for column in enum.columns if live.found[column].type_key
        ]
        schema = enum.name.schema or (match.name.schema if match else live.default_schema)
        name = Name(schema, enum.name.name)
        differing = [
            WrongColumn(
                column,
                enum,
                found,
                _conversion(column, found, name, enum.labels, live)
                if found.array == column.array or (match and found.type_key == match.key)
                else None,
            )
            for column, found in present
            if match is None or found.type_key != match.key or found.array != column.array
        ]
        wrong.extend(differing)
        if match and _is_left_over(match, enum, live):
            leftovers.append(Pair(enum, match, name))
        elif match:
            pairs.append(Pair(enum, match, name))
            missing.extend(c for c in enum.columns if not live.found[c].type_key)
        elif not present:
            new.append(enum)
        elif any(column.conversion for column in differing):
            creates.append(CreateType(name, enum.labels))
            missing.extend(c for c in enum.columns if not live.found[c].type_key)
    wrong.extend(_wrong_strings(strings, live))
    taken = {pair.live.key for pair in (*pairs, *leftovers)}
    undeclared = tuple(e for e in live.enums if e.key not in taken and e.check is None)
    return Pairing(
        tuple(pairs),
        tuple(wrong),
        tuple(creates),
        tuple(new),
        tuple(missing),
        undeclared,
        tuple(leftovers),
    )


def _is_left_over(match: LiveEnum, enum: DeclaredEnum, live: LiveSchema) -> bool:
    """Return whether a type is there, as by a downgrade that left it, before any of its columns."""
    return (
        bool(enum.columns)
        and not match.has_dependents
        and not any(live.found[column].type_key for column in enum.columns)
    )


def _conversion(
    column: DeclaredColumn,
    found: FoundColumn,
    name: Name,
    labels: tuple[str, ...],
    live: LiveSchema,
) -> AlterColumnType | None:
    """Return what makes a column one of an enum, if it is a string or another enum today."""
    if not can_be_converted(found) or found.table is None:
        return None
    suffix = "[]" if column.array else ""
    new = ColumnType(str(name) + suffix, name, labels)
    return AlterColumnType(found.table, column.column, column_type(column, live), new)


def _wrong_strings(strings: Iterable[DeclaredString], live: LiveSchema) -> Iterable[WrongColumn]:
    for string in strings:
        found = live.found[string.column]
        if not found.is_enum or found.table is None:
            continue
        change = AlterColumnType(
            found.table,
            string.column.column,
            column_type(string.column, live),
            ColumnType(string.type),
        )
        convertible = found.array == string.column.array and can_be_converted(found)
        yield WrongColumn(string.column, string.type, found, change if convertible else None)


def can_be_converted(found: FoundColumn) -> bool:
    """Return whether a column can become one of another type."""
    return (found.is_enum or found.is_string) and found.relation_kind in ("r", "p")


def column_type(column: DeclaredColumn, live: LiveSchema) -> ColumnType:
    """Return the type that a column has, with the CHECK that lists its labels if it has one."""
    found, known = live.found[column], live.checks.get(column)
    enum = live.by_key.get(found.type_key)
    if enum is None:
        check = known.enum.check if known and not known.unread else None
        if known is None or check is None or not check.name:
            return ColumnType(found.type_name)
        return ColumnType(found.type_name, None, known.enum.labels, check)
    return ColumnType(found.type_name, enum.name, enum.labels)


def _merged(declared: Iterable[DeclaredEnum], live: LiveSchema) -> tuple[DeclaredEnum, ...]:
    """Unite declarations that name one type with and without its schema."""
    merged: dict[Name, DeclaredEnum] = {}
    for enum in declared:
        match = live.find(enum.name)
        key = match.name if match else enum.name
        merged[key] = unite(merged.get(key), enum)
    return tuple(merged.values())


def unite(known: DeclaredEnum | None, enum: DeclaredEnum) -> DeclaredEnum:
    """Gather what two columns declare about one type.

    :raises ConflictingDeclarations: if they declare different labels.
    """
    if known is None:
        return enum
    if known.labels != enum.labels:
        raise ConflictingDeclarations(known, enum)
    return replace(
        known,
        name=max(known.name, enum.name),  # the one that names its schema
        columns=known.columns + enum.columns,
        classes=tuple(dict.fromkeys(known.classes + enum.classes)),
        also=tuple(dict.fromkeys(known.also + enum.also)),
    )


def _commonest_type(enum: DeclaredEnum, live: LiveSchema, claimed: set[int]) -> int:
    """Return the free enum type that most existing columns of a declaration have, or 0."""
    oids = [live.found[column].type_key for column in enum.columns]
    free = [oid for oid in oids if oid in live.by_key and oid not in claimed]
    return max(free, key=free.count, default=0)


def _likeness(enum: DeclaredEnum, oid: int, live: LiveSchema) -> tuple[int, int]:
    """Return how much speaks for a type being a declared one: common columns, common labels."""
    columns = sum(live.found[column].type_key == oid for column in enum.columns)
    return columns, len({*enum.labels} & {*live.by_key[oid].labels})
