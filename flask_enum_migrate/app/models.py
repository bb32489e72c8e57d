"""What the models say: MetaData in, :class:`~.core.schema.DeclaredEnum` out, no connection."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import ARRAY
from sqlalchemy.types import TypeDecorator
from sqlalchemy.types import TypeEngine

from ..core.pairing import unite
from ..core.schema import DeclaredColumn
from ..core.schema import DeclaredEnum
from ..core.schema import DeclaredString
from ..core.schema import EnumClass
from ..core.schema import Name

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
    for table in _tables(metadata):
        if not include(table, None):
            continue
        for column in table.columns:
            enum, array = _native_enum(column.type, dialect)
            if enum is None or not enum.name or not include(table, column):
                continue
            place = Name(_schema(table.schema, schema_map), table.name)
            declared = DeclaredEnum(
                Name(_schema(enum.schema, schema_map), str(enum.name)),
                tuple(enum.enums),
                (DeclaredColumn(place, column.name, array),),
                _classes(enum),
            )
            enums[declared.name] = unite(enums.get(declared.name), declared)
    return tuple(enums.values())


def use_enums(tables: Iterable[Table]) -> bool:
    """Return whether a column of some tables has a native enum type."""
    dialect = _dialect()
    return any(
        _native_enum(column.type, dialect)[0] for table in tables for column in table.columns
    )


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


def _native_enum(type_: TypeEngine[Any], dialect: Any) -> tuple[Enum | None, bool]:
    """Return the native enum behind a column's type on PostgreSQL, and whether in an array."""
    impl = _impl(type_, dialect)
    if isinstance(impl, ARRAY):
        return _native_enum(impl.item_type, dialect)[0], True
    if isinstance(impl, Enum) and impl.native_enum:
        return impl, False
    return None, False


def _schema(schema: str | None, schema_map: Mapping[str | None, str | None] | None) -> str:
    return (schema_map or {}).get(schema, schema) or ""
