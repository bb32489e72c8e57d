"""Make ``flask db upgrade`` die at one of its statements, and look at what is left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.project import Project
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema

COMMIT = "COMMIT"
UPGRADE, DOWNGRADE = ("upgrade",), ("downgrade", "first")

APP = """
import os
import signal
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

KILL_BEFORE = os.environ.get("KILL_BEFORE")
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["URL"]
if "AUDIT_URL" in os.environ:
    app.config["SQLALCHEMY_BINDS"] = {"audit": os.environ["AUDIT_URL"]}
Migrate(app, SQLAlchemy(app))


def kill(*context):
    if context[2:3] and KILL_BEFORE and KILL_BEFORE in context[2]:
        os.kill(os.getpid(), signal.SIGKILL)


event.listen(Engine, "before_cursor_execute", kill)
"""

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name=NAME), nullable=False, server_default="a", index=True)
    past = db.Column(db.ARRAY(db.Enum(*LABELS, name=PAST)))
    kind = db.Column(db.Enum(*KINDS, name="kind") if KINDS else db.String(9))
"""
EVENT = JOB.replace("class Job(db.Model):", 'class Event(db.Model):\n    __bind_key__ = "audit"')

ROWS = (
    "INSERT INTO {0} VALUES (1, 'a', '{{a,b}}', 'x'), (2, 'b', NULL, NULL),"
    " (3, 'c', '{{c,NULL,c}}', 'y')",
    "CREATE VIEW busy AS SELECT id, state FROM {0} WHERE state = 'b'",
    "COMMENT ON VIEW busy IS 'at it'",
    "CREATE INDEX partial ON {0} (id) WHERE state <> 'a'",
)


@dataclass(frozen=True)
class Kind:
    """A kind of revision: what the models say afterwards, and the answers it needs."""

    labels: str
    flags: tuple[str, ...] = ()
    name: str = "state"
    past: str = ""
    kinds: str = "x y"
    enums: dict[str, list[str]] = field(default_factory=dict)


KINDS = {
    "add": Kind("first a middle b c"),
    "rename": Kind("a B c", ("--rename", "state.b=B")),
    "swap": Kind("b a c", ("--rename", "state.a=b", "--rename", "state.b=a")),
    "remove": Kind("a b", ("--map", "state.c=b")),
    "reorder": Kind("c a b"),
    "rename type": Kind("a b c", name="condition"),
    "convert": Kind("a b c", past="was", kinds=""),
    "all": Kind(
        "a B new c",
        ("--rename", "state.b=B", "--rename", "kind.x=X", "--map-null", "kind.y"),
        name="condition",
        kinds="new X",
    ),
}


def models(project: Project, layout: str, kind: Kind) -> None:
    project.models(
        JOB + (EVENT if layout == "multidb" else ""),
        LABELS=kind.labels.split(),
        NAME=kind.name,
        PAST=kind.past or kind.name,
        KINDS=kind.kinds.split(),
    )


_CATALOGS = (
    "attrdef attribute cast class constraint depend description enum index inherits namespace"
    " policy proc rewrite shdepend trigger type"
)
_CATALOG_ROWS = " UNION ALL ".join(
    f"SELECT count(*), sum(hashtextextended(ctid::text || xmin, 0)) FROM pg_{name}"
    for name in _CATALOGS.split()
)
_TABLES = """SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"""
_LABELS = """SELECT enumtypid::regtype::text, array_agg(enumlabel::text ORDER BY enumsortorder)
    FROM pg_enum GROUP BY 1 ORDER BY 1"""

Hook = Callable[[int, str, Any], str]


@contextmanager
def statements_hook(hook: Hook) -> Iterator[None]:
    """Call a hook before every statement that writes, and before every commit.

    :param hook: gets the statement's number, its text and the driver's connection; it returns
        the statement to run.
    """
    numbers = iter(range(10**6))

    def execute(conn: Any, cursor: Any, sql: str, parameters: Any, *rest: Any) -> tuple[str, Any]:
        if re.match(r"\s*(SELECT|SHOW)\b", sql, re.IGNORECASE):
            return sql, parameters
        changed = hook(next(numbers), sql, cursor.connection)
        return changed, parameters if changed == sql else ()

    def commit(conn: Any) -> None:
        hook(next(numbers), COMMIT, conn.connection.dbapi_connection)

    event.listen(Engine, "before_cursor_execute", execute, retval=True)
    event.listen(Engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", execute)
        event.remove(Engine, "commit", commit)


def terminating(server: Server, at: int) -> Hook:
    """Return a hook that ends the server's process before one statement."""

    def hook(number: int, sql: str, connection: Any) -> str:
        if number == at:
            pid = connection.info.backend_pid
            with psycopg.connect(server.url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
                alive = "SELECT FROM pg_stat_activity WHERE pid = %s"
                while other.execute(alive, [pid]).fetchall():
                    time.sleep(0.001)
        return sql

    return hook


def failing(at: int) -> Hook:
    """Return a hook that lets one statement fail; a commit as well."""

    def hook(number: int, sql: str, connection: Any) -> str:
        if number != at:
            return sql
        if sql == COMMIT:
            raise RuntimeError("injected")
        return "SELECT 1/0"

    return hook


@dataclass(frozen=True)
class State:
    """What one database holds.

    :param labels: the labels of its enum types.
    :param schema: what pg_dump prints, without the labels.
    :param rows: the rows of its tables.
    :param version: where Alembic says it is.
    """

    labels: dict[str, list[str]]
    schema: str
    rows: dict[str, list[tuple[Any, ...]]]
    version: list[tuple[Any, ...]]

    def may_become(self, old: State) -> bool:
        """Return whether it is the old state but for labels that were added."""
        return (self.schema, self.rows, self.version) == (old.schema, old.rows, old.version) and (
            all(
                [label for label in self.labels[name] if label in old.labels[name]]
                == old.labels[name]
                for name in old.labels
            )
        )


class Patient:
    """A project whose databases are crashed.

    :param urls: the databases of its binds.
    """

    def __init__(self, project: Project, urls: Sequence[str]) -> None:
        self.project = project
        self.urls = urls
        self._observers = [
            psycopg.connect(url, autocommit=True, application_name="observer") for url in urls
        ]
        self._dumps: dict[tuple[Any, ...], str] = {}

    def states(self) -> list[State]:
        """Return what the databases hold, in the order of the binds."""
        return [self._state(n) for n in range(len(self.urls))]

    def _state(self, number: int) -> State:
        def rows(query: str) -> list[tuple[Any, ...]]:
            return self._observers[number].execute(query.encode()).fetchall()

        # What rolled back left no row behind: then pg_dump would print the same again.
        key = (number, *rows(_CATALOG_ROWS))
        if key not in self._dumps:
            self._dumps[key] = pg_dump_schema(self.project.server, self.urls[number])
        return State(
            dict(rows(_LABELS)),
            re.sub(r"AS ENUM \(.*?\);", "", self._dumps[key], flags=re.DOTALL),
            {name: rows(f"SELECT t::text FROM {name} t ORDER BY 1") for (name,) in rows(_TABLES)},
            rows("SELECT * FROM alembic_version"),
        )

    def written(self, command: Sequence[str]) -> list[str]:
        """Run a command, and return the statements that wrote, with the commits."""
        seen: list[str] = []

        def record(number: int, sql: str, connection: Any) -> str:
            seen.append(sql)
            return sql

        with statements_hook(record):
            self.project.db(*command)
        return seen

    def run(self, hook: Hook, command: Sequence[str]) -> bool:
        """Run a command that a hook may stop, and return whether it went through."""
        with statements_hook(hook):
            result = self.project.app.test_cli_runner().invoke(args=["db", *command])
        self.project.close()
        return result.exit_code == 0

    def close(self) -> None:
        for observer in self._observers:
            observer.close()

    def start(self, command: Sequence[str], **environment: str) -> subprocess.Popen[str]:
        """Start a command as a process of its own."""
        folder = self.project.folder
        (folder / "app.py").write_text(APP)
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "db", *command],
            cwd=folder,
            env={**os.environ, "URL": self.project.sqlalchemy_url(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def sessions(self, condition: str = "true") -> int:
        """Return how many sessions of others the database has."""
        [(number,)] = self.project.rows(
            f"""SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND backend_type = 'client backend'
                AND application_name <> 'observer' AND pid <> pg_backend_pid() AND {condition}"""
        )
        return int(number)


@contextmanager
def admitted(project: Project, layout: str) -> Iterator[Patient]:
    """An app with one database or two, in which rows and dependents wait for a revision."""
    urls = [project.url]
    if layout == "multidb":
        urls.append(create_database(project.server))
        project.config["SQLALCHEMY_BINDS"] = {"audit": project.sqlalchemy_url(urls[1])}
    try:
        models(project, layout, Kind("a b c"))
        project.db("init", *(["--multidb"] if layout == "multidb" else []))
        project.db("migrate", "-m", "first", "--rev-id", "first")
        project.db("upgrade")
        for url, table in zip(urls, ("job", "event"), strict=False):
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in ROWS if layout == "single" else ROWS[:1]:
                    connection.execute(statement.format(table).encode())
        patient = Patient(project, urls)
        yield patient
        patient.close()
    finally:
        project.close()
        for url in urls[1:]:
            drop_database(project.server, url)
