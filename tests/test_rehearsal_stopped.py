"""A rehearsal that is stopped, wherever and however, leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.app.test_environment import OWN_TRANSACTION
from tests.app.test_environment import PER_MIGRATION
from tests.app.test_environment import use_env
from tests.project import HEADER
from tests.project import Project

MODEL = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name="state"), nullable=False, server_default="a")
    kind = db.Column(db.Enum(*KINDS, name="kind"))
"""
ROWS = (
    "INSERT INTO job VALUES (1, 'a', 'x'), (2, 'b', NULL), (3, 'c', 'y')",
    "CREATE VIEW busy AS SELECT id, state FROM job WHERE state = 'b'",
    "CREATE INDEX partial ON job (id) WHERE state <> 'a'",
    "GRANT SELECT (state) ON busy TO PUBLIC",
)
CHANGED = {"LABELS": ["a", "b"], "KINDS": ["x", "new", "y"]}
FLAGS = ("--map", "state.c=b", "--rehearse")
ENVS = {"single": "", "own transaction": OWN_TRANSACTION, "per migration": PER_MIGRATION}

Stop = Callable[[Any], None]


def everything(project: Project) -> tuple[Any, ...]:
    # Autovacuum comes by after so many rows that were rolled back.
    locks = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
               WHERE relation = 'job'::regclass AND backend_type = 'client backend'"""
    for _ in range(500):  # a backend that was ended takes a moment, as that of pg_dump does below
        held = project.rows(locks)
        if held == [(0,)]:
            break
        time.sleep(0.01)
    return project.dump(), project.contents(), held, project.revisions()


@contextmanager
def stopping(at: int, stop: Stop, *, behind: bool) -> Iterator[list[int]]:
    """Stop at a statement.

    :param behind: whether it has run then.
    :return: how many statements there were, in a list.
    """
    seen = [0]

    def look(connection: Any, cursor: Any, *rest: Any) -> None:
        if seen[0] == at:
            stop(cursor.connection)
        seen[0] += 1

    moment = "after_cursor_execute" if behind else "before_cursor_execute"
    event.listen(Engine, moment, look)
    try:
        yield seen
    finally:
        event.remove(Engine, moment, look)


def interrupted(connection: Any) -> None:
    raise KeyboardInterrupt


def broken(connection: Any) -> None:
    raise RuntimeError("injected")


def terminated(project: Project) -> Stop:
    def stop(connection: Any) -> None:
        pid = connection.info.backend_pid
        with psycopg.connect(project.server.url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
            while other.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchall():
                time.sleep(0.001)

    return stop


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("env", ENVS)
def test_at_every_statement(one_project: Project, env: str, driver: str) -> None:
    project = one_project
    project.driver = driver
    if ENVS[env]:
        project.models(MODEL, LABELS=["a", "b", "c"], KINDS=["x", "y"])
        project.db("init")
        use_env(project, ENVS[env])
    project.start(MODEL, *ROWS, LABELS=["a", "b", "c"], KINDS=["x", "y"])
    before = everything(project)
    project.models(MODEL, **CHANGED)
    with stopping(-1, broken, behind=False) as seen:
        assert "Rehearsed" in project.sync("--dry-run", *FLAGS).stderr
    assert everything(project) == before
    with stopping(-1, broken, behind=False) as looking:
        project.sync("--dry-run", "--no-rehearse", *FLAGS[:2])
    assert seen[0] > looking[0] + 10
    stops = {interrupted: False, broken: True, terminated(project): False}
    for number, at in enumerate(range(looking[0], seen[0])):
        stop, behind = [*stops.items()][(number + (env == "single")) % len(stops)]
        with stopping(at, stop, behind=behind):
            args = ["db", "enum", "sync", *FLAGS]
            result = project.app.test_cli_runner().invoke(args=args)
        project.close()
        assert result.exit_code in (1, 2), (at, stop, result.output)
        assert "Nothing was written" in result.stderr, (at, stop, result.output)
        assert everything(project) == before, (at, stop)
    project.sync(*FLAGS)
    project.db("upgrade")


MORE = (
    MODEL
    + """
class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    job = db.Column(db.ForeignKey("job.id"))
    size = db.Column(db.Enum("s", "l", name="size"))
"""
)
STOPS = 16


def test_migrate(one_project: Project) -> None:
    """The same for all that Alembic does among it."""
    project = one_project
    project.config = {"ENUM_MIGRATE_MAP": ["state.c=b"]}
    project.portable = False
    project.start(MODEL, *ROWS, LABELS=["a", "b", "c"], KINDS=["x", "y"])
    before = everything(project)

    def stopped(at: int, stop: Stop, *, behind: bool) -> tuple[int, int]:
        project.models(MORE, **CHANGED)
        with stopping(at, stop, behind=behind) as seen:
            result = project.app.test_cli_runner().invoke(args=["db", "migrate"])
        project.close()
        return result.exit_code, seen[0]

    code, end = stopped(-1, broken, behind=False)
    assert code == 0
    max(project.revisions(), key=lambda path: path.stat().st_mtime_ns).unlink()
    assert everything(project) == before
    stops = {interrupted: False, broken: True, terminated(project): False}
    first = end // 3  # what only looks
    for number, at in enumerate(range(first, end, max(1, (end - first) // STOPS))):
        stop, behind = [*stops.items()][number % len(stops)]
        code, _ = stopped(at, stop, behind=behind)
        assert code != 0, (at, stop)
        assert everything(project) == before, (at, stop)


APP = (
    """
import os
import signal
import time
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_enum_migrate import EnumMigrate
from sqlalchemy import event
from sqlalchemy.engine import Engine

signal.signal(signal.SIGINT, signal.default_int_handler)
db = SQLAlchemy()
LABELS, KINDS = ["a", "b"], ["x", "new", "y"]
"""
    + HEADER
    + MODEL
    + """
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["URL"]
db.init_app(app)
Migrate(app, db)
EnumMigrate(app)
seen = 0


def stop(connection, cursor, sql, *rest):
    global seen
    seen += sql.startswith("DO $")
    if seen == int(os.environ["AT"]):
        os.kill(os.getpid(), int(os.environ["SIGNAL"]))


event.listen(Engine, "after_cursor_execute", stop)
"""
)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("at", [1, 2])
def test_by_a_signal(one_project: Project, driver: str, sent: signal.Signals, at: int) -> None:
    project = one_project
    project.driver = driver
    project.start(MODEL, *ROWS, LABELS=["a", "b", "c"], KINDS=["x", "y"])
    before = everything(project)
    (project.folder / "app.py").write_text(APP)
    done = subprocess.run(
        [sys.executable, "-m", "flask", "db", "enum", "sync", "--no-input", *FLAGS],
        cwd=project.folder,
        env={
            **os.environ,
            "URL": project.sqlalchemy_url(),
            "AT": str(at),
            "SIGNAL": str(int(sent)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if sent == signal.SIGINT else -sent), done.stderr
    others = """SELECT FROM pg_stat_activity WHERE datname = current_database()
                AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
    while project.rows(others):  # the server notices when it has finished a statement
        time.sleep(0.01)
    assert everything(project) == before
