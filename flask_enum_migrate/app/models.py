"""What the models say: MetaData in, :class:`~.core.schema.DeclaredEnum` out, no connection."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import Dialect
from sqlalchemy import Enum
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.types import ARRAY
from sqlalchemy.types import TypeDecorator
from sqlalchemy.types import TypeEngine

from ..core.errors import LabelTwice
from ..core.pairing import unite
from ..core.schema import DeclaredCheck
from ..core.schema import DeclaredColumn
from ..core.schema import DeclaredEnum
from ..core.schema import DeclaredString
from ..core.schema import EnumClass
from ..core.schema import Name
from ..core.schema import Unlooked
from ..core.schema import UnlookedColumn
from ..core.texts import TextColumn

_LONGEST = 63  # NAMEDATALEN - 1
_LITERAL = re.compile(r"'((?:[^']|'')*)'")

ColumnFilter = Callable[[Table, "Column[Any] | None"], bool]


def read(
    metadata: MetaData | Iterable[MetaData],
    include: ColumnFilter = lambda table, column: True,
    schema_map: Mapping[str | None, str | None] | None = None,
) -> tuple[DeclaredEnum, ...]:
    """Gather the native enum types that the models' columns use.

    :param metadata: one MetaData, or several as env.py may give them to Alembic.
    :param include: whether a table (second argument None) or a column counts.
    :param schema_map: ``schema_translate_map`` of the connection.
    :raises ConflictingDeclarations: if two columns declare one type with different labels.
    """
    dialect = _dialect()
    enums: dict[Name, DeclaredEnum] = {}

    def declare(enum: Enum, columns: Iterable[DeclaredColumn], *also: str) -> None:
        name = Name(_schema(enum.schema, schema_map), as_kept(str(enum.name)))
        declared = DeclaredEnum(name, tuple(enum.enums), tuple(columns), _classes(enum), also)
        if twice := next((x for x in enum.enums if enum.enums.count(x) > 1), None):
            raise LabelTwice(declared, twice)
        enums[name] = unite(enums.get(name), declared)

    used = set()
    for table in _tables(metadata):
        included = include(table, None)
        for column in table.columns:
            found = _native_enum(column.type, dialect)
            if found is None or not found.enum.name:
                continue
            used.add((found.enum.schema, found.enum.name))
            if not included or not include(table, column):
                continue
            place = DeclaredColumn(
                Name(_schema(table.schema, schema_map), table.name), column.name, found.array
            )
            if found.domain:
                declare(found.enum, (), f"{place} (by the domain {found.domain})")
            else:
                declare(found.enum, (place,))
    for enum in _standing(metadata, dialect):
        if (enum.schema, enum.name) not in used:
            declare(enum, (), "the MetaData")
    return tuple(enums.values())


def kept_as_strings(
    metadata: MetaData | Iterable[MetaData],
    include: ColumnFilter = lambda table, column: True,
    schema_map: Mapping[str | None, str | None] | None = None,
) -> Iterator[DeclaredCheck]:
    """Yield the enums that models keep as strings: ``native_enum=False``.

    :param metadata: one MetaData, or several as env.py may give them to Alembic.
    :param include: whether a table (second argument None) or a column counts.
    :param schema_map: ``schema_translate_map`` of the connection.
    """
    dialect = _dialect()
    for table in _tables(metadata):
        place = Name(_schema(table.schema, schema_map), table.name)
        for column in table.columns:
            impl = _impl(column.type, dialect)
            if not isinstance(impl, Enum) or impl.native_enum:
                continue
            if include(table, None) and include(table, column):
                enum = DeclaredEnum(
                    Name(place.schema, f"{table.name}.{column.name}"),
                    tuple(dict.fromkeys(impl.enums)),
                    (DeclaredColumn(place, column.name),),
                    _classes(impl),
                    is_string=True,
                    width=impl.length,
                )
                yield DeclaredCheck(enum, _constraint(table, column, dialect))


def _constraint(table: Table, column: Column[Any], dialect: Any) -> str:
    """Return the name of the CHECK that SQLAlchemy makes for an enum, or ``""``."""
    for one in table.constraints:
        # As Alembic knows it too.
        if not isinstance(one, CheckConstraint) or not getattr(one, "_type_bound", False):
            continue
        makes = getattr(one, "_create_rule", None)  # a variant's is for its dialect only
        if makes and not makes(SimpleNamespace(dialect=dialect)):
            continue
        if column in one.columns.values():
            name = dialect.identifier_preparer.format_constraint(one, _alembic_quote=False)
            return name or f"{table.name}_{column.name}_check"
    return ""


def unlooked(
    metadata: MetaData | Iterable[MetaData],
    dialect: Dialect,
    include: ColumnFilter = lambda table, column: True,
    schema_map: Mapping[str | None, str | None] | None = None,
) -> Iterator[UnlookedColumn]:
    """Yield the enum columns whose labels nobody compares, and why.

    :param metadata: one MetaData, or several as env.py may give them to Alembic.
    :param dialect: the database's.
    :param include: whether a table (second argument None) or a column counts.
    :param schema_map: ``schema_translate_map`` of the connection.
    """
    for table in _tables(metadata):
        place = Name(_schema(table.schema, schema_map), table.name)
        for column in table.columns:
            why = _why_unlooked(column.type, dialect)
            if why and include(table, None) and include(table, column):
                yield UnlookedColumn(DeclaredColumn(place, column.name), why)


def _why_unlooked(type_: TypeEngine[Any], dialect: Dialect) -> Unlooked | None:
    impl = _impl(type_, dialect)
    item = _impl(impl.item_type, dialect) if isinstance(impl, ARRAY) else impl
    if not isinstance(item, Enum):
        return None
    if item.native_enum and dialect.name == "postgresql":
        return None if item.name else Unlooked.NAMELESS
    if item.native_enum and dialect.supports_native_enum:
        return Unlooked.INLINE
    if dialect.name == "postgresql":  # those the backend looks at
        return Unlooked.ARRAY if item is not impl else None
    if item.create_constraint:
        return Unlooked.CHECK
    return None if item.native_enum else Unlooked.STRING


def as_kept(name: str) -> str:
    """Return a type's name as PostgreSQL keeps it: cut to 63 bytes."""
    return name.encode()[:_LONGEST].decode(errors="ignore")


def checked(
    metadata: MetaData | Iterable[MetaData],
    labels: Iterable[str],
    columns: Iterable[DeclaredColumn],
    schema_map: Mapping[str | None, str | None] | None = None,
) -> frozenset[str]:
    """Return which labels CHECKs of the models name, in the tables of some columns.

    :param metadata: one MetaData, or several as env.py may give them to Alembic.
    """
    tables = {column.table for column in columns}
    texts = (
        str(constraint.sqltext)
        for table in _tables(metadata)
        if Name(_schema(table.schema, schema_map), table.name) in tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    )
    named = {one.replace("''", "'") for text in texts for one in _LITERAL.findall(text)}
    return frozenset(named.intersection(labels))


def use_enums(tables: Iterable[Table]) -> bool:
    """Return whether a column of some tables has a native enum type."""
    dialect = _dialect()
    return any(_native_enum(column.type, dialect) for table in tables for column in table.columns)


def table_keys(metadata: MetaData | Iterable[MetaData]) -> frozenset[str]:
    """Return the keys of all tables.

    :param metadata: one MetaData, or several as env.py may give them to Alembic.
    """
    return frozenset(table.key for table in _tables(metadata))


def strings(
    metadata: MetaData | Iterable[MetaData],
    schema_map: Mapping[str | None, str | None] | None = None,
) -> dict[DeclaredColumn, Column[Any]]:
    """Gather the columns that models declare as strings; a non-native Enum isn't one of them.

    :param metadata: one MetaData, or several as env.py may give them to Alembic.
    :param schema_map: ``schema_translate_map`` of the connection.
    """
    dialect = _dialect()
    found: dict[DeclaredColumn, Column[Any]] = {}
    for table in _tables(metadata):
        place = Name(_schema(table.schema, schema_map), table.name)
        for column in table.columns:
            if impl := _string(column.type, dialect):
                found[DeclaredColumn(place, column.name, isinstance(impl, ARRAY))] = column
    return found


def string(
    place: DeclaredColumn, column: Column[Any], include: ColumnFilter = lambda table, column: True
) -> DeclaredString | None:
    """Return a column of :func:`strings` with its type as SQL, or None if it doesn't count.

    :param include: whether a table (second argument None) or a column counts.
    """
    if not include(column.table, None) or not include(column.table, column):
        return None
    dialect = _dialect()
    # Not its impl: on SQLAlchemy 2.1 that of Text is a String.
    return DeclaredString(place, column.type.compile(dialect=dialect))


def kept_as_text(
    metadata: MetaData | Iterable[MetaData],
    schema_map: Mapping[str | None, str | None] | None = None,
) -> dict[DeclaredColumn, TextColumn]:
    """Gather the columns of enums and strings that SQLite keeps as text.

    :param metadata: one MetaData, or several as env.py may give them to Alembic.
    :param schema_map: ``schema_translate_map`` of the connection; it is not applied to what the
        columns are called there, for Alembic does so where the revision runs.
    """
    dialect = sqlite.dialect()
    found: dict[DeclaredColumn, TextColumn] = {}
    for table in _tables(metadata):
        place = Name(_schema(table.schema, schema_map), table.name)
        impls = {column.name: _impl(column.type, dialect) for column in table.columns}
        checks = {
            column: impl.name
            for column, impl in impls.items()
            if isinstance(impl, Enum) and impl.create_constraint
        }
        names = [*checks.values()]
        for column, impl in impls.items():
            if isinstance(impl, String):
                found[DeclaredColumn(place, column)] = TextColumn(
                    Name(table.schema or "", table.name),
                    column,
                    column in checks,
                    column in checks and names.count(checks[column]) > 1,
                    str(impl.name or "") if isinstance(impl, Enum) else "",
                )
    return found


@cache
def _dialect() -> Any:
    """Return one dialect for all looks: it remembers what each type becomes in it."""
    return postgresql.dialect()  # type: ignore[no-untyped-call]


def _string(type_: TypeEngine[Any], dialect: Any) -> TypeEngine[Any] | None:
    """Return the string type, or array of one, behind a column's type on PostgreSQL."""
    impl = _impl(type_, dialect)
    item = _impl(impl.item_type, dialect) if isinstance(impl, ARRAY) else impl
    return impl if isinstance(item, String) and not isinstance(item, Enum) else None


def _impl(type_: TypeEngine[Any], dialect: Any) -> TypeEngine[Any]:
    impl = type_.dialect_impl(dialect)
    while isinstance(impl, TypeDecorator):
        impl = impl.load_dialect_impl(dialect).dialect_impl(dialect)
    return impl


def _classes(enum: Enum) -> tuple[EnumClass, ...]:
    cls: Any = enum.enum_class
    if cls is None:
        return ()
    members = tuple((str(member.name), str(member.value)) for member in cls)
    return (EnumClass(f"{cls.__module__}.{cls.__qualname__}", members),)


def _tables(metadata: MetaData | Iterable[MetaData]) -> Iterator[Table]:
    for one in [metadata] if isinstance(metadata, MetaData) else metadata:
        yield from one.tables.values()


@dataclass(frozen=True, slots=True)
class _Native:
    """The native enum behind a type.

    :param array: whether in an array.
    :param domain: the name of the domain over it, or ``""``.
    """

    enum: Enum
    array: bool = False
    domain: str = ""


def _native_enum(type_: TypeEngine[Any], dialect: Any) -> _Native | None:
    """Return the native enum behind a column's type on PostgreSQL."""
    impl = _impl(type_, dialect)
    if isinstance(impl, ARRAY):
        found = _native_enum(impl.item_type, dialect)
        return found and replace(found, array=True)
    if isinstance(impl, DOMAIN):
        found = _native_enum(impl.data_type, dialect)
        return found and replace(found, domain=str(impl.name))
    if isinstance(impl, Enum) and impl.native_enum:
        return _Native(impl)
    return None


def _standing(metadata: MetaData | Iterable[MetaData], dialect: Any) -> Iterator[Enum]:
    """Yield the enums that a MetaData creates by itself, whether or not a column uses them.

    SQLAlchemy keeps them as listeners alone.
    """
    for one in [metadata] if isinstance(metadata, MetaData) else metadata:
        for listener in one.dispatch.before_create:
            type_ = getattr(listener, "target", None) or getattr(listener, "__self__", None)
            found = _native_enum(type_, dialect) if isinstance(type_, TypeEngine) else None
            if found and found.enum.name:
                yield found.enum


def _schema(schema: str | None, schema_map: Mapping[str | None, str | None] | None) -> str:
    return (schema_map or {}).get(schema, schema) or ""
