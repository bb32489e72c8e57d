"""Read all that hangs on some types and tables, so that two readings can be compared."""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ...core.schema import Name
from ..sql.quoting import DEPARSED
from ..sql.rehearsing import count_rows
from .session import qualified
from .statements import query

_AT_ONCE = 200


@dataclass(frozen=True, slots=True, order=True)
class Property:
    """Something that can be read of an object.

    :param kind: the object's kind, as PostgreSQL calls it.
    :param identity: its name, with all schemas.
    :param name: what of it.
    """

    kind: str
    identity: str
    name: str

    def __str__(self) -> str:
        object_ = f"{self.kind} {self.identity}"
        return object_ if self.name == "is there" else f"{object_}: {self.name}"


Snapshot = Mapping[Property, str]


@dataclass(frozen=True, slots=True)
class Weight:
    """What holds rows.

    :param name: its name.
    :param total: its bytes, with indexes and TOAST.
    :param countable: whether the current role may count its rows.
    """

    name: Name
    total: int
    countable: bool


def weights(
    connection: Connection, types: Collection[Name], tables: Collection[Name]
) -> tuple[Weight, ...]:
    """Return what holds rows of the tables and materialized views that hang on some types.

    :param types: the types.
    :param tables: tables that count without a column of theirs.
    """
    with qualified(connection):
        rows = connection.execute(query("weights"), _wanted(types, tables)).all()
    return tuple(Weight(Name(row.schema, row.name), row.total, row.countable) for row in rows)


def read(
    connection: Connection,
    types: Collection[Name],
    tables: Collection[Name],
    counted: Collection[Name] = (),
) -> dict[Property, str]:
    """Read all that hangs on some types and tables.

    :param counted: the relations of which the number of rows is read too.
    """
    with qualified(connection):
        found = connection.execute(query("snapshot"), _wanted(types, tables)).all()
        read = {Property(kind, identity, name): value for kind, identity, name, value in found}
        kinds = {name: kind for name in sorted(counted) if (kind := _kind(name, read))}
        names = [*kinds]
        for start in range(0, len(names), _AT_ONCE):
            sql = count_rows(names[start : start + _AT_ONCE])
            rows = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            for name, row in zip(names[start : start + _AT_ONCE], rows, strict=True):
                read[Property(kinds[name], DEPARSED.qualified(name), "rows")] = str(row.rows)
    return read


def _kind(name: Name, read: Snapshot) -> str:
    """Return the kind of a relation that was there before, or ``""`` if it holds no rows now."""
    identity = DEPARSED.qualified(name)
    if Property("table", identity, "is there") in read:
        return "table"
    view = Property("materialized view", identity, "populated")
    return view.kind if read.get(view) == "true" else ""


def _wanted(types: Collection[Name], tables: Collection[Name]) -> dict[str, str]:
    return {"types": _listed(types), "tables": _listed(tables)}


def _listed(names: Collection[Name]) -> str:
    return json.dumps([{"schema": name.schema, "name": name.name} for name in sorted(names)])
