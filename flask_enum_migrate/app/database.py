"""Look at one database the way env.py sees it: its enums beside those of the models."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import Table

from ..backends import backends
from ..core.alter_column_type import AlterColumnType
from ..core.backend import Backend
from ..core.backend import Facts
from ..core.backend import Inspection
from ..core.checked import add_checked
from ..core.errors import EnvironmentFailed
from ..core.pairing import NOTHING
from ..core.pairing import Pair
from ..core.pairing import Pairing
from ..core.pairing import pair
from ..core.rows import Held
from ..core.rows import Strange
from ..core.rows import Stray
from ..core.schema import DeclaredColumn
from ..core.schema import LiveSchema
from ..core.schema import Name
from ..core.schema import UnlookedColumn
from ..core.texts import TextColumn
from ..settings import Settings
from . import models
from .environment import Environment


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
    :param transaction: how env.py runs migrations: ``"alembic"`` if Alembic holds the transaction,
        ``"external"`` if env.py does, ``"autocommit"`` if there is none.
    :param tables: the keys of the models' tables that env.py gave Alembic.
    :param unlooked: the columns of enums whose labels nobody compares.
    :param schema_map: ``schema_translate_map`` of its connection.
    :param backend: who looked, None where nobody looks after enums.
    :param inspection: what a thorough look found, None without one.
    :param text_columns: the models' columns that databases without enum types keep as text.
    :param strays: values of rows that are no label, None where nobody looked for them.
    """

    bind: str
    token: str
    dialect: str
    revisions: tuple[str, ...] = ()
    at_head: bool = True
    live: LiveSchema | None = None
    pairing: Pairing = NOTHING
    transaction: str = "alembic"
    tables: frozenset[str] = frozenset()
    unlooked: tuple[UnlookedColumn, ...] = ()
    schema_map: Mapping[str | None, str | None] = field(default_factory=dict)
    backend: Backend | None = None
    inspection: Inspection | None = None
    text_columns: Mapping[DeclaredColumn, TextColumn] = field(default_factory=dict)
    strays: tuple[Stray, ...] | None = None

    @property
    def conversions(self) -> tuple[AlterColumnType, ...]:
        """What converts the columns that can be converted."""
        return self.pairing.conversions

    @property
    def held(self) -> tuple[Held, ...]:
        """Rows that hold labels that the models lack."""
        return self.inspection.held if self.inspection else ()

    @property
    def strange(self) -> tuple[Strange, ...]:
        """Rows that hold no label of the enum which their column is to become."""
        return self.inspection.strange if self.inspection else ()

    @property
    def looked_by(self) -> Backend:
        """The backend, of a database that one looked at."""
        if self.backend is None:
            raise ValueError("Nobody looks after the enums of this database.")
        return self.backend

    @property
    def facts(self) -> Facts:
        """What a plan has to know."""
        if self.inspection is None:
            raise ValueError("Only a thorough look finds what a plan has to know.")
        return self.inspection.facts

    def unsized(self) -> Database:
        """Return the same without the sizes of tables."""
        if self.inspection is None:
            return self
        return replace(self, inspection=replace(self.inspection, facts=self.facts.unsized()))

    @property
    def orphans(self) -> frozenset[int]:
        """The keys of the enums that nothing uses once columns are converted."""
        return self.inspection.orphans if self.inspection else frozenset()


def survey(
    environment: Environment,
    settings: Settings,
    *,
    thorough: bool,
    head: str | None = None,
    drops_retired: bool = False,
    rows: bool = False,
) -> tuple[Database, ...]:
    """Look at every database of the app.

    :param thorough: whether to look also at rows, sizes and dependents of the types that differ.
    :param head: the revision to build on, or None for all heads.
    :param drops_retired: whether labels that are retired are to go for good.
    :param rows: whether to look at the rows of strings that keep enums.
    :raises EnumMigrateError: if it can't be looked at, or models contradict each other.
    """
    found: list[Database] = []
    target = environment.heads(head or "heads")

    def visit(context: MigrationContext, revisions: tuple[str, ...]) -> None:
        for database in look(
            context, settings, thorough=thorough, drops_retired=drops_retired, rows=rows
        ):
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


def look(
    context: MigrationContext,
    settings: Settings,
    *,
    thorough: bool,
    drops_retired: bool = False,
    rows: bool = False,
) -> tuple[Database, ...]:
    """Look at the database that env.py gave Alembic, and at the models beside it.

    :param thorough: whether to look also at rows, sizes and dependents of the types that differ.
    :param drops_retired: whether labels that are retired are to go for good.
    :param rows: whether to look at the rows of strings that keep enums.
    :return: what each backend found, or one entry that says only which database nobody looks after.
    :raises EnumMigrateError: if it can't be looked at, or models contradict each other.
    """
    token = str(context.opts.get("upgrade_token") or "upgrades")
    bind = token.removesuffix("upgrades").removesuffix("_")
    plain = Database(
        bind, token, context.dialect.name, tables=_tables(context), unlooked=_unlooked(context)
    )
    found = [
        _looked_at(
            plain,
            backend,
            context,
            settings,
            thorough=thorough,
            drops_retired=drops_retired,
            rows=rows,
        )
        for backend in backends(context.dialect.name)
    ]
    return tuple(found) or (plain,)


def _looked_at(
    database: Database,
    backend: Backend,
    context: MigrationContext,
    settings: Settings,
    *,
    thorough: bool,
    drops_retired: bool,
    rows: bool,
) -> Database:
    connection = context.connection
    if connection is None:
        raise EnvironmentFailed("env.py gave no connection to look through.", "")
    live, pairing = _compare(context, connection, backend, settings, drops_retired=drops_retired)
    inspection = None
    if thorough:
        inspection = backend.inspect(connection, live, pairing, settings.backend_options)
    return replace(
        database,
        live=live,
        pairing=pairing,
        unlooked=(*database.unlooked, *pairing.unlooked),
        transaction=_transaction(context),
        schema_map=_schema_map(connection),
        backend=backend,
        inspection=inspection,
        text_columns=_text_columns(context) if thorough else {},
        strays=tuple(_strays(connection, backend, live, settings)) if rows else None,
    )


def _text_columns(context: MigrationContext) -> Mapping[DeclaredColumn, TextColumn]:
    metadata, connection = context.opts.get("target_metadata"), context.connection
    if metadata is None or connection is None:
        return {}
    schema_map = connection.get_execution_options().get("schema_translate_map")
    return models.kept_as_text(metadata, schema_map)


def _strays(
    connection: Connection, backend: Backend, live: LiveSchema, settings: Settings
) -> Iterator[Stray]:
    for one in backend.strays(connection, live):
        if settings.includes(one.table.schema, f"{one.table.name}.{one.column}"):
            yield one


def _tables(context: MigrationContext) -> frozenset[str]:
    metadata = context.opts.get("target_metadata")
    return frozenset() if metadata is None else models.table_keys(metadata)


def _unlooked(context: MigrationContext) -> tuple[UnlookedColumn, ...]:
    metadata, connection = context.opts.get("target_metadata"), context.connection
    if metadata is None:
        return ()
    schema_map = _schema_map(connection)
    return tuple(models.unlooked(metadata, context.dialect, _included(context), schema_map))


def _schema_map(connection: Connection | None) -> Mapping[str | None, str | None]:
    options = connection.get_execution_options() if connection is not None else {}
    found = options.get("schema_translate_map") or {}
    # What SQLAlchemy calls None in statements, and adds to the map.
    return {key: value for key, value in found.items() if key != "_none"}


def _compare(
    context: MigrationContext,
    connection: Connection,
    backend: Backend,
    settings: Settings,
    *,
    drops_retired: bool,
) -> tuple[LiveSchema, Pairing]:
    metadata = context.opts.get("target_metadata")
    if metadata is None:
        raise EnvironmentFailed("env.py gives Alembic no target_metadata.", "")
    include = _included(context)
    schema_map = _schema_map(connection)
    enums = models.read(metadata, include, schema_map)
    strings = models.strings(metadata, schema_map)
    checked = tuple(models.kept_as_strings(metadata, include, schema_map))
    wanted = [column for enum in enums for column in enum.columns]
    live = backend.read(connection, wanted, strings, checked)
    checked = tuple(one for one in checked if _is_ours(one.enum.name, live, settings))
    enums = tuple(enum for enum in enums if _is_ours(enum.name, live, settings))
    enumerated = [
        string
        for place, column in strings.items()
        if (found := live.found.get(place))
        and found.type_key in live.by_key
        and _is_ours(live.by_key[found.type_key].name, live, settings)
        and (string := models.string(place, column, include))
    ]
    pairing = add_checked(pair(enums, live, enumerated), checked, live)
    return live, replace(
        pairing,
        pairs=tuple(
            replace(
                one,
                checks=_checked(one, metadata, schema_map),
                drops_retired=drops_retired,
            )
            for one in pairing.pairs
        ),
    )


def _checked(
    one: Pair, metadata: Any, schema_map: Mapping[str | None, str | None] | None
) -> frozenset[str]:
    """Return which declared labels the models themselves keep out of columns."""
    labels = frozenset(one.live.retired).intersection(one.declared.labels)
    if not labels:
        return frozenset()
    return models.checked(metadata, labels, one.declared.columns, schema_map)


def _included(context: MigrationContext) -> models.ColumnFilter:
    """Return which tables and columns env.py wants Alembic to look at."""
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

    return include


def _is_ours(name: Name, live: LiveSchema, settings: Settings) -> bool:
    return settings.includes(name.schema or live.default_schema, name.name)


def _transaction(context: MigrationContext) -> str:
    connection = context.connection
    # Not get_isolation_level(): that asks the server, which knows of no autocommit.
    driver: Any = connection and connection.connection.dbapi_connection
    if getattr(driver, "autocommit", False):
        return "autocommit"
    # Alembic's autocommit_block() asserts on the same private attribute.
    return "external" if getattr(context, "_in_external_transaction", False) else "alembic"
