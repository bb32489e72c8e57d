"""Look closely at what differs: rows, sizes, rights, and what hangs on a type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy import Connection

from ...core.diff import alter
from ...core.pairing import Pairing
from ...core.schema import LiveColumn
from ...core.schema import LiveEnum
from ...core.schema import LiveSchema
from ...core.schema import Name
from ...settings import Settings
from ..objects import made_types
from ..plan.conversion import merges
from ..plan.facts import ConvertedColumn
from ..plan.facts import Facts
from . import collisions
from . import converted as columns
from . import dependents
from . import orphans
from . import rights
from . import routines
from . import rows
from . import taken
from .rows import Held
from .rows import Strange


@dataclass(frozen=True)
class Inspection:
    """What a plan and its questions need, beyond the catalogs' enums.

    :param held: rows that hold labels that the models lack.
    :param strange: rows that hold no label of the enum which their column is to become.
    :param facts: what a plan has to know.
    :param orphans: ``pg_type.oid`` of the types that nothing uses once columns are converted, where
        types that nothing uses are dropped.
    """

    held: tuple[Held, ...]
    strange: tuple[Strange, ...]
    facts: Facts
    orphans: frozenset[int]


def inspect(
    connection: Connection, live: LiveSchema, pairing: Pairing, settings: Settings
) -> Inspection:
    """Look at rows, sizes and what hangs on the types that differ.

    :param live: the database's enums.
    :param pairing: which of them the models mean.
    """
    wanted: list[tuple[LiveEnum, LiveColumn, str]] = []
    uncounted: list[Held] = []
    differing: list[LiveEnum] = []
    named = {create.name for create in pairing.creates}
    converted = columns.read(connection, [change.place for change in pairing.conversions])
    enums = _without(live, converted.values())
    for match in pairing.pairs:
        change = alter(match, compare_order=settings.compare_order)
        if change is None:
            continue
        enum = enums[match.live.name]
        differing.append(enum)
        named |= {match.live.name, match.new_name}
        for drop in change.removed:
            for column in enum.columns:
                if column.inherited:
                    continue
                if column.can_be_counted:
                    wanted.append((enum, column, drop.label))
                elif column.relation_kind in ("r", "p"):  # inside of a row, or of a range
                    uncounted.append(Held(column, drop.label, None))
    differing += [enums[merge.name] for merge in merges(pairing.conversions, enums)]
    tables = {column.table for enum in differing for column in enum.columns}
    tables |= {change.table for change in pairing.conversions}
    unqualified = "" if settings.qualify else live.default_schema
    hanging = dependents.read(connection, [enum.oid for enum in differing], unqualified)
    made = [name for one in hanging if one.is_type for name in made_types.names(one)]
    names = sorted({*tables, *(enum.name for enum in differing), *made})
    facts = Facts(
        enums=enums,
        dependents=hanging,
        routines=routines.read(connection, names, unqualified),
        columns=converted,
        analyze=settings.analyze,
        sizes=rows.sizes(connection, sorted(tables)),
        collisions=collisions.read(connection, wanted),
        lock_timeout=settings.lock_timeout_sql,
        unqualified=unqualified,
        role=live.user,
        may_create=rights.may_create(connection, {name.schema for name in named}),
        taken=taken.read(
            connection, {*named, *(Name(n.schema or unqualified, n.name) for n in made)}
        ),
    )
    return Inspection(
        held=(*rows.count(connection, wanted), *dict.fromkeys(uncounted)),
        strange=rows.strange(connection, pairing.conversions),
        facts=facts,
        orphans=_orphans(connection, pairing, settings),
    )


def _without(live: LiveSchema, converted: Iterable[ConvertedColumn]) -> dict[Name, LiveEnum]:
    """Return the enums without the columns that become another type."""
    places = {(column.table, column.column) for one in converted for column in one.family}
    if not places:
        return live.by_name
    return {
        name: replace(
            enum, columns=tuple(c for c in enum.columns if (c.table, c.column) not in places)
        )
        for name, enum in live.by_name.items()
    }


def _orphans(connection: Connection, pairing: Pairing, settings: Settings) -> frozenset[int]:
    left = {change.old.enum for change in pairing.conversions}
    oids = [enum.oid for enum in pairing.undeclared if enum.name in left]
    if not oids or not settings.drop_unused:
        return frozenset()
    columns = [change.place for change in pairing.conversions]
    users = orphans.users(connection, oids, (), columns)
    return frozenset(oid for oid in oids if not users[oid])
