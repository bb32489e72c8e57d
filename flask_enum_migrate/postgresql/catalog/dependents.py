"""Find everything that hangs on some enum types, with all it takes to create it again.

First who hangs on whom, then what objects of all kinds have, then one query for each kind that is
there: a small number, whatever the number of types and objects.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from ..objects.base import About
from ..objects.base import Dependent
from ..objects.base import Need
from ..objects.generated_column import SET_EXPRESSION
from ..objects.generated_column import GeneratedColumn
from ..objects.kinds import KINDS
from ..objects.other import Other
from ..objects.other import Part
from ..objects.row_column import read as read_column
from ..objects.settle import TABLES
from ..objects.settle import settle
from ..objects.unqualified import leave_out
from ..sql.kept import states_query
from .session import Session
from .session import qualified
from .statements import query

_RELATIONS = (*TABLES, "c")


def read(
    connection: Connection, oids: Collection[int], unqualified: str = ""
) -> tuple[Dependent, ...]:
    """Find what PostgreSQL would not carry along when some enum types are replaced.

    :param oids: ``pg_type.oid`` of the enum types.
    :param unqualified: the schema that is left out of definitions, or ``""``.
    """
    if not oids:
        return ()
    with qualified(connection, unqualified) as session:
        rows = connection.execute(query("dependents"), {"oids": list(oids)}).all()
        known = list(_known(connection, rows, session))
        found = list(_read(connection, known))
        if session.version >= SET_EXPRESSION:
            found = _with_placeholders(connection, found)
        relkinds = {("pg_class", row.oid): row.relkind for row in rows if row.relkind}
        settled = _with_states(connection, settle(found, relkinds, frozenset(oids)))
    return tuple(leave_out(unqualified, one) for one in settled) if unqualified else settled


def _known(
    connection: Connection, rows: Iterable[Any], session: Session
) -> Iterator[tuple[About, str]]:
    """Yield what is known of each object, and the kind of relation that it is, if any."""
    wanted = {(row.catalog, row.oid) for row in rows}
    objects = json.dumps([{"catalog": catalog, "oid": oid} for catalog, oid in sorted(wanted)])
    properties = {
        (row.catalog, row.oid): row
        for row in connection.execute(query("properties"), {"objects": objects})
    }
    for row in rows:
        own = properties[row.catalog, row.oid]
        about = About(
            key=(row.catalog, row.oid),
            column=row.subid,
            kind=row.kind,
            identity=row.identity,
            names=tuple(row.names),
            arguments=tuple(row.arguments),
            shown=row.unqualified or row.identity,
            roots=frozenset(row.roots),
            needs=tuple(
                Need((catalog, oid), column, via)
                for catalog, oid, column, via in json.loads(row.refs)
            ),
            owner=own.owner or "",
            may_alter=own.may_alter,
            strangers=tuple(own.strangers),
            extension=own.extension,
            depends_on=tuple(own.depends_on),
            by_superuser=session.is_superuser,
            version=session.version,
        )
        yield about, row.relkind or ""


def _read(connection: Connection, known: Iterable[tuple[About, str]]) -> Iterator[Dependent]:
    """Yield each object as its kind reads it: one query for each kind."""
    by_kind: dict[str, list[About]] = defaultdict(list)
    columns: list[About] = []
    for about, relkind in known:
        if relkind in TABLES and about.column:
            columns.append(about)
        elif relkind in _RELATIONS:
            yield Part(about)
        else:
            by_kind[about.kind].append(about)
    yield from _columns(connection, columns)
    for kind in KINDS:
        abouts = [about for name in kind.names for about in by_kind.pop(name, ())]
        if not abouts:
            continue
        oids = list({about.key[1] for about in abouts})
        rows = {row.oid: row for row in connection.execute(query(kind.query), {"oids": oids})}
        yield from (kind.read(about, rows[about.key[1]]) for about in abouts)
    yield from (Other(about) for abouts in by_kind.values() for about in abouts)


def _columns(connection: Connection, abouts: Collection[About]) -> Iterator[Dependent]:
    if not abouts:
        return
    relations = list({about.key[1] for about in abouts})
    found = connection.execute(query("row_columns"), {"relations": relations})
    rows = {(row.relation, row.number): row for row in found}
    yield from (read_column(about, rows[about.key[1], about.column]) for about in abouts)


def _with_placeholders(connection: Connection, found: list[Dependent]) -> list[Dependent]:
    """Give each generated column a value that it can hold while nothing is computed."""
    types = {one.type for one in found if isinstance(one, GeneratedColumn) and one.rejects_null}
    if not types:
        return found
    rows = connection.execute(query("placeholders"), {"types": sorted(types)})
    values = {row.type: row.value for row in rows}
    return [
        replace(one, placeholder=values.get(one.type)) if isinstance(one, GeneratedColumn) else one
        for one in found
    ]


def _with_states(connection: Connection, found: tuple[Dependent, ...]) -> tuple[Dependent, ...]:
    """Give each object its state, as a revision that is written on this server will look for it."""
    compared = [one for one in found if one.state_kind]
    if not compared:
        return found
    objects = [(*one.key, next(one.kept()).kind, one.state_kind) for one in compared]
    result = connection.exec_driver_sql(
        states_query(objects), execution_options={"no_parameters": True}
    )
    states = {(row.catalog, row.id, row.state): row.here for row in result}
    return tuple(replace(one, state=states.get((*one.key, one.state_kind)) or "") for one in found)
