"""Every revision of every test runs on SQLite too: up, down and up again, and offline.

The chain of a project is followed by a database in memory, which has no rows. What Alembic itself
can't do on SQLite (altering columns and constraints), and what only PostgreSQL has (types, casts of
defaults), is left out: it isn't ours.
"""

from __future__ import annotations

import io
import re
import runpy
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations import Operations
from alembic.operations.batch import ApplyBatchImpl
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import MetaData
from sqlalchemy import create_engine
from sqlalchemy.dialects.sqlite.base import SQLiteDDLCompiler
from sqlalchemy.dialects.sqlite.base import SQLiteTypeCompiler
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateColumn
from sqlalchemy.schema import CreateTable

DIALECT = create_engine("sqlite://").dialect
CAST = re.compile(r'::(character varying|\w+|"[^"]+")(\.(\w+|"[^"]+"))?(\[\])?')
LEFT = "SELECT name FROM sqlite_master WHERE name LIKE '_alembic_tmp_%'"


@dataclass(frozen=True)
class Revision:
    """A revision file, by its content."""

    path: Path
    source: str
    names: dict[str, Any]

    @property
    def before(self) -> set[str]:
        found: set[str] = set()
        for key in ("down_revision", "depends_on"):
            value = self.names.get(key) or ()
            found.update([value] if isinstance(value, str) else value)
        return found

    def functions(self, direction: str) -> dict[str, Callable[[], None]]:
        """Return its functions by the bind's name: those of the multidb template are many."""
        many = {
            name.removeprefix(f"{direction}_"): value
            for name, value in self.names.items()
            if name.startswith(f"{direction}_")
        }
        return many or {"": self.names[direction]}


def read(path: Path) -> Revision:
    return Revision(path, path.read_text(encoding="utf-8"), runpy.run_path(str(path)))


def in_order(revisions: Sequence[Revision]) -> Iterator[Revision]:
    waiting = list(revisions)
    done: set[str] = set()
    known = {one.names["revision"] for one in waiting}
    while waiting:
        ready = [one for one in waiting if not (one.before & known) - done]
        assert ready, [one.path.name for one in waiting]
        yield from ready
        done |= {one.names["revision"] for one in ready}
        waiting = [one for one in waiting if one not in ready]


class Chain:
    """The revisions of a project on SQLite."""

    def __init__(self) -> None:
        self.ran: dict[Path, str] = {}
        self.engines: dict[str, Engine] = {}

    def follow(self, paths: Sequence[Path], metadata: MetaData) -> None:
        """Run the revisions that are new; all of them where one is another than before."""
        sources = {path: path.read_text(encoding="utf-8") for path in paths}
        if any(sources.get(path) != source for path, source in self.ran.items()):
            self.close()
        revisions = [*in_order([read(path) for path in paths if len(sources) > len(self.ran)])]
        for revision in revisions:
            if revision.path in self.ran:
                continue
            self.ran[revision.path] = revision.source
            for direction in ("upgrade", "downgrade", "upgrade"):
                for bind, function in revision.functions(direction).items():
                    with self._said(revision, direction):
                        self._run(revision, bind, function, metadata)
            self._offline(revision)

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()
        self.engines.clear()
        self.ran.clear()

    def _engine(self, bind: str, revision: Revision) -> Engine:
        if bind not in self.engines:
            self.engines[bind] = create_engine("sqlite://", poolclass=StaticPool)
        with self.engines[bind].connect() as connection:
            for name in re.findall(r"""collation=(?:'|")([^'"]+)""", revision.source):
                driver: Any = connection.connection.driver_connection
                driver.create_collation(name, lambda one, other: (one > other) - (one < other))
            there = {row[1] for row in connection.exec_driver_sql("PRAGMA database_list")}
            for schema in {*re.findall(r"""schema=(?:'|")([^'"]+)""", revision.source)} - there:
                connection.exec_driver_sql(f"ATTACH ':memory:' AS \"{schema}\"")
        return self.engines[bind]

    def _run(
        self, revision: Revision, bind: str, function: Callable[[], None], metadata: MetaData
    ) -> None:
        """Run a function, and add the tables and columns that a test made by hand."""
        engine, added = self._engine(bind, revision), set()
        while True:
            try:
                with engine.begin() as connection:
                    context = MigrationContext.configure(
                        connection, opts={"target_metadata": metadata}
                    )
                    with leniency(), Operations.context(context):
                        function()
                return
            except OperationalError as error:
                missing = re.search(r"no such (table|column): (\S+)", str(error.orig))
                if not missing or missing[0] in added:
                    raise
                added.add(missing[0])
                with leniency(), engine.begin() as connection:
                    for (left,) in connection.exec_driver_sql(LEFT).all():
                        connection.exec_driver_sql(f'DROP TABLE "{left}"')
                    add(connection, metadata, error, *missing.groups())

    def _offline(self, revision: Revision) -> None:
        for direction in ("upgrade", "downgrade"):
            for function in revision.functions(direction).values():
                output = io.StringIO()
                context = MigrationContext.configure(
                    dialect=DIALECT,
                    opts={"as_sql": True, "output_buffer": output, "literal_binds": True},
                )
                with self._said(revision, f"{direction} --sql"):
                    # SQLite can't alter a column, and the table can't be read.
                    copies = "batch_alter_table(" in revision.source
                    refused = suppress(*([CommandError] if copies else []))
                    with refused, leniency(), Operations.context(context):
                        function()
                assert not re.search(r"CREATE TYPE|ALTER TYPE|DO \$", output.getvalue())

    @contextmanager
    def _said(self, revision: Revision, direction: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise AssertionError(
                f"{revision.path.name} can't {direction} on SQLite: {error}\n{revision.source}"
            ) from error


def add(
    connection: Connection, metadata: MetaData, error: OperationalError, kind: str, name: str
) -> None:
    """Add what the models declare and no revision made."""
    if kind == "table":
        table = metadata.tables[name.removeprefix("main.")]
        connection.execute(CreateTable(table))
        return
    statement = str(error.statement)
    for table in metadata.tables.values():
        if re.match(rf'UPDATE (\w+\.)?"?{re.escape(table.name)}"? ', statement):
            column = CreateColumn(table.columns[name.strip('"')]).compile(dialect=DIALECT)
            sql = re.sub(" NOT NULL|UNIQUE|PRIMARY KEY", "", str(column))
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {sql}")


@contextmanager
def leniency() -> Iterator[None]:
    """Leave out what Alembic can't do on SQLite, and what has no meaning there."""

    def nothing(self: object, *args: object, **options: object) -> None:
        pass

    def text(self: object, type_: object, error: Exception, **options: object) -> str:
        return "TEXT"

    check, default_string = (
        SQLiteDDLCompiler.visit_check_constraint,
        SQLiteDDLCompiler.get_column_default_string,
    )

    def default(self: SQLiteDDLCompiler, column: Any) -> str | None:
        found = default_string(self, column)
        sequence = "nextval(" in (found or "")  # as older Alembic reads a serial column
        return None if found is None or sequence else CAST.sub("", found)

    def condition(self: SQLiteDDLCompiler, constraint: Any, **options: Any) -> str:
        return CAST.sub("", check(self, constraint, **options))  # type: ignore[no-untyped-call]

    def dropped(method: Any) -> Any:
        def drop(self: object, *args: object, **options: object) -> None:
            with suppress(ValueError):  # a test made it by hand
                method(self, *args, **options)

        return drop

    patches: dict[tuple[type, str], Any] = {
        (SQLiteImpl, "alter_column"): nothing,
        (SQLiteImpl, "add_constraint"): nothing,
        (SQLiteImpl, "drop_constraint"): nothing,
        (ApplyBatchImpl, "drop_constraint"): dropped(ApplyBatchImpl.drop_constraint),
        (ApplyBatchImpl, "drop_index"): dropped(ApplyBatchImpl.drop_index),
        (SQLiteTypeCompiler, "visit_unsupported_compilation"): text,
        (SQLiteDDLCompiler, "get_column_default_string"): default,
        (SQLiteDDLCompiler, "visit_check_constraint"): condition,
    }
    before = {key: key[0].__dict__.get(key[1]) for key in patches}
    for (owner, name), value in patches.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for (owner, name), value in before.items():
            if value is None:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
