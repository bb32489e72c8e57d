"""Look closely at what differs: rows, sizes, rights, and what hangs on a type."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from ..core.alter_enum import AlterEnum
from ..core.backend import Inspection
from ..core.backend import Options
from ..core.diff import alter
from ..core.pairing import Pairing
from ..core.schema import LiveSchema
from ..core.schema import Name
from ..core.schema import Place
from .catalog import collisions
from .catalog import converted as columns
from .catalog import dependents
from .catalog import inside as hidden
from .catalog import listings
from .catalog import obstacles
from .catalog import routines
from .catalog import rows
from .catalog import taken
from .catalog.may_create import may_create
from .catalog.users import users
from .objects.column import Column
from .objects.column import EnumType
from .objects.converted_column import ConvertedColumn
from .objects.made_types import MadeType
from .plan.conversion import merges
from .plan.facts import Facts


def inspect(
    connection: Connection, live: LiveSchema, pairing: Pairing, options: Options
) -> Inspection:
    """Look at rows, sizes and what hangs on the types that differ.

    :param live: the database's enums.
    :param pairing: which of them the models mean.
    """
    wanted: list[tuple[EnumType, Column, str]] = []
    inside: list[tuple[EnumType, Column, str]] = []
    differing: list[EnumType] = []
    growing: list[int] = []
    named = {create.name for create in pairing.creates}
    converted = _converted(connection, live, pairing)
    enums = _without(live, converted.values())
    for match in pairing.pairs:
        if not (change := alter(match, compare_order=options.compare_order)):
            continue
        differing.append(enum := enums[match.live.name])
        named |= {match.live.name, match.new_name}
        growing += [enum.key] if change.added else []
        wanted += _going(change, enum)
        inside += _going(change, enum, inside=True)
    differing += [enums[merge.name] for merge in merges(pairing.conversions, enums)]
    tables = {column.table for enum in differing for column in enum.columns}
    tables |= {change.table for change in pairing.conversions}
    unqualified = "" if options.qualify else live.default_schema
    hanging = dependents.read(connection, [enum.key for enum in differing], unqualified)
    made = [n for one in hanging if isinstance(one, MadeType) for n in one.names()]
    names = sorted({*tables, *(enum.name for enum in differing), *made})
    sizes, lock_table = rows.sizes(connection, sorted(tables))
    facts = Facts(
        enums=enums,
        dependents=hanging,
        routines=routines.read(connection, names, unqualified),
        columns=converted,
        analyze=options.analyze,
        keep_expressions=options.keep_expressions,
        sizes=sizes,
        lock_table=lock_table,
        listings=listings.read(connection, growing),
        inside=hidden.read(connection, {one.key for one in differing if one.is_held_inside}),
        collisions=collisions.read(connection, wanted),
        obstacles=obstacles.read(connection, [column.table for _, column, _ in wanted]),
        lock_timeout=options.lock_timeout,
        retire_pause=options.retire_pause,
        unqualified=unqualified,
        role=live.user,
        version=live.version,
        encoding=live.encoding,
        may_create=may_create(connection, {name.schema for name in named}),
        taken=taken.read(connection, named.union(_whole(made, unqualified))),
    )
    return Inspection(
        held=rows.count(connection, wanted) + rows.count_inside(connection, inside, facts.inside),
        strange=rows.strange(connection, pairing.conversions),
        facts=facts,
        orphans=_orphans(connection, pairing, options),
    )


def _whole(names: Iterable[Name], schema: str) -> Iterator[Name]:
    """Yield names with the schema that is left out of some."""
    return (Name(name.schema or schema, name.name) for name in names)


def _going(
    change: AlterEnum, enum: EnumType, *, inside: bool = False
) -> Iterator[tuple[EnumType, Column, str]]:
    """Yield the columns that may hold a label that goes, or is to be retired.

    :param inside: whether those that hold it inside of a row, or of a range, else all others.
    """
    for going in change.leaving:
        for column in enum.columns:
            own = column.holds_rows and not column.inherited
            if own and column.can_be_counted is not inside and not column.keeps_out(going.label):
                yield enum, column, going.label


def _converted(
    connection: Connection, live: LiveSchema, pairing: Pairing
) -> dict[Place, ConvertedColumn]:
    """Read the columns that become another type, with the CHECKs that keep labels out of them."""
    converted = columns.read(connection, [change.place for change in pairing.conversions])
    guards = {
        (column.table, column.column): column.guards
        for enum in live.enums
        for column in enum.columns
        if column.guards
    }
    return {
        place: replace(
            one, family=tuple(replace(c, guards=guards.get(c.place, ())) for c in one.family)
        )
        for place, one in converted.items()
    }


def _without(live: LiveSchema, converted: Iterable[ConvertedColumn]) -> dict[Name, EnumType]:
    """Return the enums without the columns that become another type."""
    types = {name: enum for name, enum in live.by_name.items() if isinstance(enum, EnumType)}
    places = {column.place for one in converted for column in one.family}
    if not places:
        return types
    return {
        name: replace(enum, columns=tuple(c for c in enum.columns if c.place not in places))
        for name, enum in types.items()
    }


def _orphans(connection: Connection, pairing: Pairing, options: Options) -> frozenset[int]:
    left = {change.old.enum for change in pairing.conversions}
    oids = [enum.key for enum in pairing.undeclared if enum.name in left]
    if not oids or not options.drop_unused:
        return frozenset()
    columns = [change.place for change in pairing.conversions]
    used_by = users(connection, oids, (), columns)
    return frozenset(oid for oid in oids if not used_by[oid])
