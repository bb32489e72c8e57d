"""Look at one database the way env.py sees it: its enums beside those of the models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import Table

from . import declared
from .core.changes import AlterColumnType
from .core.diff import NOTHING
from .core.diff import Pairing
from .core.diff import alter
from .core.diff import pair
from .core.errors import EnvironmentFailed
from .core.schema import LiveColumn
from .core.schema import LiveEnum
from .core.schema import LiveSchema
from .core.schema import Name
from .environment import Environment
from .postgresql import carriers
from .postgresql import catalog
from .postgresql import collisions
from .postgresql import columns
from .postgresql import dependents
from .postgresql import orphans
from .postgresql import rights
from .postgresql import routines
from .postgresql import rows
from .postgresql.conversion import merges
from .postgresql.facts import ConvertedColumn
from .postgresql.facts import Facts
from .postgresql.rows import Held
from .postgresql.rows import Strange
from .settings import Settings


@dataclass(frozen=True)
class Database:
    """What was found in one bind.

    :param bind: the bind's name, ``""`` for the default one.
    :param token: what script.py.mako calls the bind's upgrade statements.
    :param dialect: the dialect's name; nothing but bind and token is set unless PostgreSQL.
    :param revisions: the revisions the database is at.
    :param at_head: whether these are the migrations' heads.
    :param live: its enums.
    :param pairing: which of them the models mean.
    :param held: rows that hold labels that the models lack (only on a thorough look).
    :param strange: rows that hold no label of the enum which their column is to become (only on a
        thorough look).
    :param facts: what a plan has to know (only on a thorough look).
    :param transaction: how env.py runs migrations: ``"alembic"`` if Alembic holds the transaction,
        ``"external"`` if env.py does, ``"autocommit"`` if there is none.
    :param orphans: ``pg_type.oid`` of the types that nothing uses once columns are converted (only
        on a thorough look, and where types that nothing uses are dropped).
    :param tables: the keys of the models' tables that env.py gave Alembic.
    """

    bind: str
    token: str
    dialect: str
    revisions: tuple[str, ...] = ()
    at_head: bool = True
    live: LiveSchema | None = None
    pairing: Pairing = NOTHING
    held: tuple[Held, ...] = ()
    strange: tuple[Strange, ...] = ()
    facts: Facts = field(default_factory=lambda: Facts({}))
    transaction: str = "alembic"
    orphans: frozenset[int] = frozenset()
    tables: frozenset[str] = frozenset()

    @property
    def conversions(self) -> tuple[AlterColumnType, ...]:
        """What converts the columns that can be converted."""
        return self.pairing.conversions


def survey(
    environment: Environment, settings: Settings, *, thorough: bool, head: str | None = None
) -> tuple[Database, ...]:
    """Look at every database of the app.

    :param thorough: whether to look also at rows, sizes and dependents of the types that differ.
    :param head: the revision to build on, or None for all heads.
    :raises EnumMigrateError: if it can't be looked at, or models contradict each other.
    """
    found: list[Database] = []
    target = environment.heads(head or "heads")

    def visit(context: MigrationContext, revisions: tuple[str, ...]) -> None:
        database = look(context, settings, thorough=thorough)
        if database.live is not None:
            at_head = environment.is_at(revisions, target)
            database = replace(database, revisions=revisions, at_head=at_head)
        found.append(database)

    environment.visit(visit)
    if not found:
        raise EnvironmentFailed(
            f"{environment.directory / 'env.py'} ran no migrations, so no database was looked at.",
            "It has to call context.run_migrations().",
        )
    return tuple(found)


def look(context: MigrationContext, settings: Settings, *, thorough: bool) -> Database:
    """Look at the database that env.py gave Alembic, and at the models beside it.

    :param thorough: whether to look also at rows, sizes and dependents of the types that differ.
    :raises EnumMigrateError: if it can't be looked at, or models contradict each other.
    """
    token = str(context.opts.get("upgrade_token") or "upgrades")
    bind = token.removesuffix("upgrades").removesuffix("_")
    if context.dialect.name != "postgresql":
        return Database(bind, token, context.dialect.name, tables=_tables(context))
    if context.connection is None:
        raise EnvironmentFailed("env.py gave no connection to look through.", "")
    live, pairing = _compare(context, context.connection, settings)
    held: tuple[Held, ...] = ()
    strange: tuple[Strange, ...] = ()
    facts = Facts({})
    if thorough:
        held, facts = _details(context.connection, live, pairing, settings)
        strange = rows.strange(context.connection, pairing.conversions)
    return Database(
        bind=bind,
        token=token,
        dialect="postgresql",
        live=live,
        pairing=pairing,
        held=held,
        strange=strange,
        facts=facts,
        transaction=_transaction(context),
        orphans=_orphans(context.connection, pairing, settings) if thorough else frozenset(),
        tables=_tables(context),
    )


def _tables(context: MigrationContext) -> frozenset[str]:
    metadata = context.opts.get("target_metadata")
    return frozenset() if metadata is None else declared.table_keys(metadata)


def _compare(
    context: MigrationContext, connection: Connection, settings: Settings
) -> tuple[LiveSchema, Pairing]:
    metadata = context.opts.get("target_metadata")
    if metadata is None:
        raise EnvironmentFailed("env.py gives Alembic no target_metadata.", "")
    autogenerate = AutogenContext(context, autogenerate=False)

    def include(table: Table, column: Column[Any] | None) -> bool:
        if column is not None:
            return autogenerate.run_object_filters(column, column.name, "column", False, None)
        parents: Any = {"schema_name": table.schema}
        if context.opts.get("include_schemas") and not autogenerate.run_name_filters(
            table.schema, "schema", {}
        ):
            return False
        return autogenerate.run_name_filters(
            table.name, "table", parents
        ) and autogenerate.run_object_filters(table, table.name, "table", False, None)

    schema_map = connection.get_execution_options().get("schema_translate_map")
    enums = declared.read(metadata, include, schema_map)
    strings = declared.strings(metadata, schema_map)
    live = catalog.read(connection, [column for enum in enums for column in enum.columns], strings)
    enums = tuple(enum for enum in enums if _is_ours(enum.name, live, settings))
    enumerated = [
        string
        for place, column in strings.items()
        if (found := live.found.get(place))
        and found.type_oid in live.by_oid
        and _is_ours(live.by_oid[found.type_oid].name, live, settings)
        and (string := declared.string(place, column, include))
    ]
    return live, pair(enums, live, enumerated)


def _is_ours(name: Name, live: LiveSchema, settings: Settings) -> bool:
    return settings.includes(name.schema or live.default_schema, name.name)


def _details(
    connection: Connection, live: LiveSchema, pairing: Pairing, settings: Settings
) -> tuple[tuple[Held, ...], Facts]:
    wanted: list[tuple[LiveEnum, LiveColumn, str]] = []
    differing: list[LiveEnum] = []
    schemas = {create.name.schema for create in pairing.creates}
    converted = columns.read(connection, [change.place for change in pairing.conversions])
    enums = _without(live, converted.values())
    for match in pairing.pairs:
        change = alter(match, compare_order=settings.compare_order)
        if change is None:
            continue
        enum = enums[match.live.name]
        differing.append(enum)
        schemas |= {match.live.name.schema, match.new_name.schema}
        for drop in change.removed:
            for column in enum.columns:
                if not column.inherited and column.can_be_counted:
                    wanted.append((enum, column, drop.label))
    differing += [enums[merge.name] for merge in merges(pairing.conversions, enums)]
    tables = {column.table for enum in differing for column in enum.columns}
    tables |= {change.table for change in pairing.conversions}
    unqualified = "" if settings.qualify else live.default_schema
    hanging = dependents.read(connection, [enum.oid for enum in differing], unqualified)
    made = (name for one in hanging if one.is_type for name in carriers.names(one))
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
        may_create=rights.may_create(connection, schemas),
    )
    return rows.count(connection, wanted), facts


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


def _transaction(context: MigrationContext) -> str:
    connection = context.connection
    # Not get_isolation_level(): that asks the server, which knows of no autocommit.
    driver: Any = connection and connection.connection.dbapi_connection
    if getattr(driver, "autocommit", False):
        return "autocommit"
    # Alembic's autocommit_block() asserts on the same private attribute.
    return "external" if getattr(context, "_in_external_transaction", False) else "alembic"
