"""Every revision, stopped at every statement: old state, new state, or one that goes on to new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

import psycopg
import pytest

from tests.crashes import Patient
from tests.crashes import State
from tests.crashes import failing
from tests.crashes import terminating
from tests.project import Project
from tests.servers import create_database
from tests.servers import drop_database

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name=NAME), nullable=False, server_default="a", index=True)
    past = db.Column(db.ARRAY(db.Enum(*LABELS, name=NAME)))
    kind = db.Column(db.Enum(*KINDS, name="kind"))
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
    kinds: str = "x y"
    enums: dict[str, list[str]] = field(default_factory=dict)


KINDS = {
    "add": Kind("first a middle b c"),
    "rename": Kind("a B c", ("--rename", "state.b=B")),
    "swap": Kind("b a c", ("--rename", "state.a=b", "--rename", "state.b=a")),
    "remove": Kind("a b", ("--map", "state.c=b")),
    "reorder": Kind("c a b"),
    "rename type": Kind("a b c", name="condition"),
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
        KINDS=kind.kinds.split(),
    )


@pytest.fixture
def patient(one_project: Project, layout: str) -> Iterator[Patient]:
    """An app with one database or two, in which rows and dependents wait for a revision."""
    project, urls = one_project, [one_project.url]
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


UPGRADE, DOWNGRADE = ("upgrade",), ("downgrade", "first")


@pytest.mark.parametrize(
    ("layout", "name"), [*(("single", name) for name in KINDS), ("multidb", "all")]
)
def test_stopped_at_every_statement(patient: Patient, layout: str, name: str) -> None:
    kind = KINDS[name]
    models(patient.project, layout, kind)
    patient.project.sync(*kind.flags)
    patient.project.db(*UPGRADE)
    patient.project.db(*DOWNGRADE)  # rows that a map has merged stay so
    old = patient.states()
    up = patient.written(UPGRADE)
    new = patient.states()
    down = patient.written(DOWNGRADE)
    assert patient.states() == old != new
    stopped_everywhere(patient, UPGRADE, DOWNGRADE, up, old, new)
    stopped_everywhere(patient, DOWNGRADE, UPGRADE, down, new, old)


def stopped_everywhere(
    patient: Patient,
    command: Sequence[str],
    back: Sequence[str],
    statements: Sequence[str],
    before: list[State],
    after: list[State],
) -> None:
    known = [before]
    for number, statement in enumerate(statements):
        for hook in (terminating(patient.project.server, number), failing(number)):
            where = (hook.__qualname__, command, number, statement)
            assert not patient.run(hook, command), where
            left = patient.states()
            for found, was, becomes in zip(left, before, after, strict=True):
                assert found in (was, becomes) or found.may_become(was), where
            if left not in known:  # from the same state, the same command does the same
                known.append(left)
                patient.project.db(*command)
                assert patient.states() == after, where
                patient.project.db(*back)
                assert patient.states() == before, where
    patient.project.db(*command)
    assert patient.states() == after


APP = """
import os
import signal
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["URL"]
Migrate(app, SQLAlchemy(app))


def kill(*context):
    if context[2:3] and os.environ["KILL_BEFORE"] in context[2]:
        os.kill(os.getpid(), signal.SIGKILL)


event.listen(Engine, "before_cursor_execute", kill)
"""


@pytest.mark.parametrize("layout", ["single"])
@pytest.mark.parametrize(
    ("command", "statement"),
    [
        (UPGRADE, "LOCK TABLE"),
        (UPGRADE, "UPDATE alembic_version"),
        (DOWNGRADE, "UPDATE alembic_version"),
    ],
)
def test_killed(patient: Patient, layout: str, command: Sequence[str], statement: str) -> None:
    project = patient.project
    models(project, layout, KINDS["all"])
    project.sync(*KINDS["all"].flags)
    project.db(*UPGRADE)
    project.db(*DOWNGRADE)
    states = [patient.states()]
    project.db(*UPGRADE)
    states.append(patient.states())
    if command == UPGRADE:
        project.db(*DOWNGRADE)
        states.reverse()
    after, before = states
    (project.folder / "app.py").write_text(APP)
    environment = {**os.environ, "URL": project.sqlalchemy_url(), "KILL_BEFORE": statement}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "db", *command],
        cwd=project.folder,
        env=environment,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type"
    others += " = 'client backend' AND application_name <> 'observer' AND pid <> pg_backend_pid()"
    while project.rows(others):  # the server notices when it has finished a statement
        time.sleep(0.01)
    [left], [was] = patient.states(), before
    assert left == was or left.may_become(was)
    project.db(*command)
    assert patient.states() == after
