"""A real Flask app in a folder of its own, driven through its command line."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate.app.models import _dialect
from tests.on_sqlite import DIALECT as SQLITE
from tests.on_sqlite import Chain
from tests.servers import Server
from tests.servers import pg_dump_schema
from tests.starts import Start
from tests.starts import start_of

HEADER = """
import enum
from typing import Optional
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column
"""


@contextmanager
def watched() -> Iterator[list[str]]:
    """Give the statements that SQLAlchemy sends meanwhile."""
    statements: list[str] = []
    with _listening(lambda sql, values: statements.append(sql)):
        yield statements


@contextmanager
def _listening(record: Callable[[str, object], None]) -> Iterator[None]:
    def listen(connection: object, cursor: object, sql: str, values: object, *rest: object) -> None:
        record(sql, values)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


class _OneEngine(SQLAlchemy):
    """The apps of a project share their engines, and so the statements that these compiled."""

    def __init__(self, engines: dict[str, Engine]) -> None:
        super().__init__()
        self._made = engines

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        told = repr(options)
        if told not in self._made:
            self._made[told] = super()._make_engine(bind_key, options, app)
        return self._made[told]


class Project:
    """An app whose models are replaced as a developer would edit them.

    :param folder: where its migrations lie.
    :param server: the server its database is on.
    :param url: plain URL of the database.
    :param starts: where beginnings that tests share lie, if they do.

    Whatever ``sync`` and ``migrate`` write runs on SQLite as well, unless ``portable`` is False:
    where a test's own SQL in a revision runs on PostgreSQL only.
    """

    def __init__(self, folder: Path, server: Server, url: str, starts: Path | None = None) -> None:
        self.folder = folder
        self.server = server
        self.url = url
        self.driver = "psycopg2"
        self.config: dict[str, Any] = {}
        self.migrate_options: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.app = Flask("app")
        self.portable = True
        self._starts = starts
        self._engines: dict[str, Engine] = {}
        self._dbs: list[tuple[Flask, SQLAlchemy]] = []
        self._on_sqlite = Chain()

    @property
    def migrations(self) -> Path:
        return self.folder / "migrations"

    def sqlalchemy_url(self, url: str | None = None) -> str:
        """Return the database's URL for SQLAlchemy, which wants the driver named."""
        made = make_url(url or self.url).set(drivername=f"postgresql+{self.driver}")
        return made.render_as_string(hide_password=False)

    def models(self, source: str, **names: Any) -> None:
        """Replace the models: run source in which ``db`` is the ``SQLAlchemy`` object.

        :param names: names that the source may use, for lists of labels and the like.
        """
        db = _OneEngine(self._engines)
        app = Flask("app")
        app.config["SQLALCHEMY_DATABASE_URI"] = self.sqlalchemy_url()
        app.config.update(self.config)
        module = types.ModuleType("models")
        module.__dict__.update(db=db, **names)
        exec(HEADER + source, module.__dict__)
        db.init_app(app)
        self.set_up(app, db)
        self.app = app
        self._dbs.append((app, db))

    def set_up(self, app: Flask, db: SQLAlchemy) -> None:
        Migrate(app, db, directory=str(self.migrations), **self.migrate_options)
        EnumMigrate(app, **self.options)

    def run(self, *args: str, expect: int | None = 0) -> Result:
        """Run ``flask …`` in this process and check its exit code."""
        before = len(self.revisions())
        result = self.app.test_cli_runner().invoke(args=list(args))
        self._dispose()
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        done = Result(result.exit_code, result.stdout, result.stderr)
        if expect is not None:
            assert done.exit_code == expect, done.output
        if self.portable and {"sync", "migrate"} & {*args} and len(self.revisions()) > before:
            self._on_sqlite.follow(self.revisions(), self._dbs[-1][1].metadata)
        return done

    def db(self, *args: str, expect: int | None = 0) -> Result:
        """Run ``flask db …``."""
        return self.run("db", *args, expect=expect)

    def start(self, source: str, *rows: str, **names: Any) -> None:
        """Create the database of the first models by their migration, and insert rows."""
        self.models(source, **names)
        start = self._start(source, names)
        if start is not None and start.known:
            self.sql(start.repeat(self.migrations))
        else:
            sent: list[tuple[str, object]] = []
            if not self.migrations.exists():
                self.db("init")
            with _listening(lambda sql, values: sent.append((sql, values))):
                self.db("migrate", "-m", "first")
                # Its rehearsal is rolled back; what stays is the table of Alembic's versions.
                sent[:] = [one for one in sent if "CREATE TABLE alembic_version" in one[0]]
                self.db("upgrade")
            if start is not None:
                start.keep(self.migrations, sent)
        self.sql(*rows)

    def _start(self, source: str, names: dict[str, Any]) -> Start | None:
        if self._starts is None or self.migrations.exists() or type(self) is not Project:
            return None
        given = (self.driver, self.portable, self.config, self.migrate_options, self.options)
        return start_of(self._starts, self.url, source, names, *given)

    def sql(self, *statements: str) -> None:
        """Run statements in the database, each committed."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query gives."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def labels(self, name: str) -> list[str]:
        """Return the labels of a type in order, by its exact name."""
        with psycopg.connect(self.url) as connection:
            query = """SELECT enumlabel FROM pg_enum JOIN pg_type t ON t.oid = enumtypid
                       WHERE typname = %s ORDER BY enumsortorder"""
            return [label for (label,) in connection.execute(query, [name])]

    def dump(self) -> str:
        """Return the schema as pg_dump prints it."""
        return pg_dump_schema(self.server, self.url)

    def revisions(self) -> list[Path]:
        """Return the revision files."""
        return sorted((self.migrations / "versions").glob("*.py"))

    def revision(self) -> str:
        """Return the source of the newest revision file."""
        newest = max(self.revisions(), key=lambda path: path.stat().st_mtime_ns)
        return newest.read_text(encoding="utf-8")

    def sync(self, *args: str, expect: int = 0) -> Result:
        """Run ``flask db enum sync`` and check that it writes exactly when it says so."""
        before = self.revisions()
        result = self.db("enum", "sync", *args, expect=expect)
        written = len(self.revisions()) - len(before)
        assert written == int("Wrote " in result.stdout), result.output
        return result

    def round_trip(self, *flags: str, merges: bool = False, grows: bool = False) -> str:
        """Sync, upgrade, check, sync again, downgrade, compare with before, upgrade again.

        :param merges: whether rows are expected to differ after the downgrade.
        :param grows: whether a string becomes wider, and stays so.
        :return: the revision's source.
        """
        schema, rows = self.dump(), self.contents()
        assert self.db("enum", "check", expect=1).stdout.splitlines()[-1].startswith("Drift: ")
        self.sync(*flags)
        source = self.revision()
        self.db("upgrade")
        assert self.db("enum", "check").stdout.splitlines()[-1].startswith("In sync: ")
        assert "nothing to write" in self.sync().stderr
        upgraded, upgraded_rows = self.dump(), self.contents()
        self.db("downgrade")
        assert (_unsized(self.dump()) == _unsized(schema)) if grows else (self.dump() == schema)
        if not merges:
            assert self.contents() == rows
        self.db("upgrade")
        assert self.dump() == upgraded
        if not merges:
            assert self.contents() == upgraded_rows
        return source

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows of all tables but Alembic's, as text."""
        tables = self.rows(
            """SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
               WHERE schemaname !~ '^(pg_|information_schema)' AND tablename <> 'alembic_version'
               ORDER BY 1"""
        )
        return {
            table: self.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for (table,) in tables
        }

    def close(self) -> None:
        self._dispose()
        self._on_sqlite.close()
        # A dialect keeps every type that it met, and SQLAlchemy's caches keep dialects.
        for dialect in (SQLITE, _dialect(), *(engine.dialect for engine in self._engines.values())):
            dialect._type_memos.clear()

    def _dispose(self) -> None:
        for app, db in self._dbs:
            with app.app_context():
                for engine in db.engines.values():
                    engine.dispose()


def _unsized(dump: str) -> str:
    return re.sub(r"character varying\(\d+\)", "character varying", dump)


def statements(source: str) -> Iterator[str]:
    """Yield the SQL of each call in a revision, on one line."""
    for match in re.finditer(r'(?:op\.execute|run)\(((?:\s*"(?:[^"\\]|\\.)*")+\s*)\)', source):
        parts = re.findall(r'"(?:[^"\\]|\\.)*"', match.group(1))
        yield " ".join("".join(eval(part) for part in parts).split())
