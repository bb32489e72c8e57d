"""Read the CHECKs that hold enums, in one query."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ...core.schema import Check
from ...core.schema import FoundCheck
from ...core.schema import LiveColumn
from ...core.schema import LiveEnum
from ...core.schema import Name
from ...core.schema import Place
from ..catalog.session import qualified
from ..catalog.statements import query
from . import labels
from .labels import VARYING
from .labels import Shape


@dataclass(frozen=True, slots=True)
class Others:
    """What else names a column that keeps an enum.

    :param views: the views, whose column can't be widened.
    :param fixed: the policies and triggers, that keep its type as it is.
    :param checks: name and definition of the CHECKs that name other columns too.
    """

    views: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedEnum(LiveEnum):
    """An enum that is a string; its key is made of its table's OID and its column's number.

    :param quoted: the column's name as the server quotes it.
    :param shape: what its CHECK looks like apart from the labels.
    :param has_children: whether its table has children or partitions.
    :param generated: whether the column is generated.
    :param others: what else names it.
    :param taken: the names of all constraints of its table.
    :param fixed_width: how many characters each of its values has, where it is a ``char(n)``.
    """

    quoted: str = ""
    shape: Shape = VARYING
    has_children: bool = False
    generated: bool = False
    others: Others = Others()
    taken: tuple[str, ...] = ()
    fixed_width: int | None = None

    @property
    def column(self) -> LiveColumn:
        """Its column."""
        return self.columns[0]


def read(
    connection: Connection, wanted: Sequence[tuple[Place, str, tuple[str, ...]]]
) -> Iterable[FoundCheck]:
    """Read the labels of some columns.

    :param wanted: table, schema-qualified, and column; the name that its CHECK should have; and the
        labels that the model has, for a column without a CHECK.
    """
    places = [
        {"position": i, "schema": table.schema, "table": table.name, "column": column}
        for i, ((table, column), _, _) in enumerate(wanted)
    ]
    if not places:
        return []
    with qualified(connection):
        rows = connection.execute(query("checked_columns"), {"wanted": json.dumps(places)}).all()
        return [_found(row._asdict(), *wanted[row.position]) for row in rows]


def _found(
    row: Mapping[str, Any], place: Place, name: str, declared: tuple[str, ...]
) -> FoundCheck:
    found, unread = [], ""
    for one in json.loads(row["checks"] or "[]"):
        known = labels.read(row["quoted"], one["definition"].removesuffix(" NOT VALID"))
        why = _unread(one, known is not None)
        if known and not why:
            found.append((one["name"], *known, one["comment"]))
        elif not unread or one["name"] == name:
            unread = f"its CHECK {one['name']} {why}"
    if len(found) > 1:
        listed = " and ".join(one[0] for one in found)
        unread = f"it has several lists of labels, {listed}"
    if row["is_domain"]:
        unread = f"its type is the domain {row['type']}"
    if len(found) == 1 and not row["is_domain"]:
        return FoundCheck(_enum(row, place, *found[0]), declared)
    return FoundCheck(_enum(row, place, "", declared, VARYING, None), declared, unread)


def _unread(one: Mapping[str, Any], is_list: bool) -> str:
    """Return why a CHECK isn't a list of labels that can be changed by itself, or ``""``."""
    definition = one["definition"]
    for suffix in (" NOT ENFORCED", " NO INHERIT"):
        if definition.endswith(suffix):
            return f"is{suffix}"
    if not one["local"]:
        return "is inherited: declare the enum at the parent"
    return "" if is_list else "is no plain list of labels"


def _enum(
    row: Mapping[str, Any],
    place: Place,
    constraint: str,
    listed: tuple[str, ...],
    shape: Shape,
    comment: str | None,
) -> CheckedEnum:
    table, column = place
    varying = row["type"] == "character varying"
    live = LiveColumn(
        table,
        column,
        default=row["default"],
        not_null=row["not_null"],
        inherited=row["inherited"],
        holds_rows=row["holds_rows"],
    )
    others = json.loads(row["others"] or "[]")
    return CheckedEnum(
        key=-(row["relation"] << 16 | row["number"]),
        name=Name(table.schema, f"{table.name}.{column}"),
        labels=listed,
        columns=(live,),
        may_alter=row["may_alter"],
        has_dependents=True,
        check=Check(table, column, constraint, shape.nullable, shape.restored, comment, varying),
        width=row["width"] if varying else None,
        quoted=row["quoted"],
        shape=shape,
        has_children=row["has_children"],
        generated=row["generated"],
        others=Others(
            tuple(row["views"]),
            tuple(row["fixed"]),
            tuple((one["name"], one["definition"]) for one in others),
        ),
        taken=tuple(row["taken"]),
        fixed_width=row["width"] if row["type"] == "character" else None,
    )
