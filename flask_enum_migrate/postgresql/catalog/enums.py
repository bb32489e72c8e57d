"""Read enum types and what uses them from PostgreSQL's catalogs, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from ...core.schema import DeclaredColumn
from ...core.schema import FoundColumn
from ...core.schema import Grant
from ...core.schema import Guard
from ...core.schema import LiveSchema
from ...core.schema import Name
from ..objects.column import Column
from ..objects.column import EnumType
from ..sql.expressions import follow
from .session import qualified
from .statements import query


def read(
    connection: Connection,
    wanted: Collection[DeclaredColumn],
    strings: Collection[DeclaredColumn] = (),
) -> LiveSchema:
    """Read all enum types, the columns that use them, and what the wanted columns are.

    Four queries, however many types and columns there are; they need no right but to connect.

    :param connection: a connection whose search path is the app's.
    :param wanted: the columns that models declare as enums.
    :param strings: the columns that models declare as strings; those which may be enums in the
        database are found too.
    """
    wanted = list(wanted)
    with qualified(connection, with_enums=True) as session:
        columns = defaultdict(list)
        for row in connection.execute(query("columns")):
            columns[row.enum].append(_live_column(row))
        enums = [_live_enum(row, columns[row["oid"]]) for row in session.enums]
        enumerated = {(c.table.name, c.column) for own in columns.values() for c in own}
        wanted += [c for c in strings if (c.table.name, c.column) in enumerated]
        found = _find(connection, wanted, session.schemas)
    return LiveSchema(
        session.schemas,
        session.role,
        session.version,
        tuple(enums),
        found,
        encoding=session.encoding,
    )


def _live_enum(row: Any, columns: Iterable[Column]) -> EnumType:
    return EnumType(
        key=row["oid"],
        name=Name(row["schema"], row["name"]),
        labels=tuple(row["labels"]),
        owner=row["owner"],
        may_alter=row["may_alter"],
        may_create=row["may_create"],
        extension=row["extension"],
        comment=row["comment"],
        privileges=_privileges(row["privileges"]),
        has_dependents=row["has_dependents"],
        strangers=tuple(row["strangers"]),
        columns=tuple(columns),
    )


def _live_column(row: Any) -> Column:
    return Column(
        table=Name(row.schema, row.table),
        column=row.column,
        array=bool(row.dimensions),
        default=row.default,
        not_null=row.not_null,
        inherited=row.inherited,
        holds_rows=row.relation_kind in ("r", "p"),
        relation_kind=row.relation_kind,
        dimensions=row.dimensions,
        through=row.through,
        made_of=row.made_of,
        has_children=row.has_children,
        partition_key=row.partition_key,
        generated=row.generated,
        typed_table=row.typed_table,
        parents=tuple(row.parents),
        mixed_parents=row.mixed_parents,
        tops=tuple(Name(*top) for top in json.loads(row.tops or "[]")),
        has_foreign_children=row.has_foreign_children,
        storage=row.storage if row.dimensions else "",
        compression=row.compression if row.dimensions else "",
        may_alter=row.may_alter,
        guards=tuple(_guards(row)),
    )


def _guards(row: Any) -> Iterator[Guard]:
    for label, constraint, comment in json.loads(row.guards or "[]"):
        # What computes a column may name what it never computes.
        default = None if row.generated else row.default
        defaulted = bool(default and follow(default, {}, [label]).lost)
        yield Guard(label, constraint, defaulted, comment)


def _privileges(packed: str | None) -> tuple[Grant, ...] | None:
    return None if packed is None else tuple(Grant(*grant) for grant in json.loads(packed))


def _find(
    connection: Connection, wanted: list[DeclaredColumn], schemas: Iterable[str]
) -> dict[DeclaredColumn, FoundColumn]:
    rows = [
        {"position": i, "schema": c.table.schema, "table": c.table.name, "column": c.column}
        for i, c in enumerate(wanted)
    ]
    result = connection.execute(
        query("found_columns"), {"wanted": json.dumps(rows), "schemas": list(schemas)}
    )
    found = {}
    for column, row in zip(wanted, result, strict=True):
        found[column] = FoundColumn(
            table=Name(row.schema, row.table) if row.table is not None else None,
            type_key=row.type_oid,
            type_name=row.type_name,
            is_enum=row.is_enum,
            is_string=row.is_string,
            array=row.array,
            relation_kind=row.relation_kind,
        )
    return found
