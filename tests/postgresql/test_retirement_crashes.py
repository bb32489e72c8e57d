"""Retirements stopped at every statement, in every mode of env.py: the same upgrade goes on."""

from __future__ import annotations

import signal
import time
from collections import Counter

import pytest

from tests.crashes import Hook
from tests.crashes import Patient
from tests.crashes import failing
from tests.crashes import terminating
from tests.postgresql.test_retirement_modes import ENVIRONMENTS
from tests.postgresql.test_retirement_modes import checks
from tests.postgresql.test_retirement_modes import use_mode
from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name="state"), nullable=False, server_default=DEFAULT)
    tags = db.Column(db.ARRAY(db.Enum(*LABELS, name="state")))
"""
# Few rows on many pages: each pass has two batches.
ROWS = (
    "ALTER TABLE job SET (fillfactor = 10)",
    "INSERT INTO job (state, tags) SELECT v::state, ARRAY[v, NULL]::state[] FROM (SELECT "
    "CASE WHEN n % 10 = 0 THEN 'OLD' ELSE 'NEW' END FROM generate_series(1, 1500) n) s (v)",
)
CHECKS = [("job_state_not_old", True), ("job_tags_not_old", True)]
CHANGED = Counter({("NEW", "{NEW,NULL}"): 1350, ("DONE", "{DONE,NULL}"): 150})


def held(project: Project) -> Counter[tuple[str, str]]:
    return Counter(project.rows("SELECT state::text, tags::text FROM job"))


def prepare(project: Project, env: str) -> None:
    """Write a revision that retires a label."""
    use_mode(project, env, MODELS, ROWS, LABELS=["NEW", "OLD", "DONE"], DEFAULT="OLD")
    project.models(MODELS, LABELS=["NEW", "DONE"], DEFAULT="DONE")
    project.sync("--retire", "OLD", "--map", "OLD=DONE", "--no-rehearse")


def reset(project: Project) -> None:
    project.db("downgrade")
    project.sql("TRUNCATE job", ROWS[-1])


def mended(project: Project) -> bool:
    """Run the same upgrade again, and return whether all is as it must be."""
    project.db("upgrade")
    return held(project) == CHANGED and checks(project) == CHECKS


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_stopped_at_every_statement(one_project: Project, env: str) -> None:
    prepare(one_project, env)
    patient = Patient(one_project, [one_project.url])
    written = patient.written(["upgrade"])
    assert held(one_project) == CHANGED
    dump = one_project.dump()
    assert sum("UPDATE ONLY" in sql for sql in written) >= 5
    partly = 0
    for number, statement in enumerate(written):
        hooks: list[Hook] = [terminating(one_project.server, number), failing(number)]
        # Which statements there are is the same everywhere; both ways to fail are tried in one.
        for hook in hooks if env == "single" else hooks[number % 2 :][:1]:
            reset(one_project)
            assert not patient.run(hook, ["upgrade"]), statement
            left = held(one_project)
            assert left.total() == CHANGED.total()
            partly += 0 < left["OLD", "{OLD,NULL}"] < CHANGED["DONE", "{DONE,NULL}"]
            assert {*left} <= {*CHANGED, ("OLD", "{OLD,NULL}")}, (statement, left)
            assert mended(one_project), (hook.__qualname__, statement)
    assert partly
    assert one_project.dump() == dump
    patient.close()


@pytest.mark.parametrize(
    ("env", "statement"),
    [
        ("single", "UPDATE ONLY"),
        ("multidb", "ADD CONSTRAINT"),
        ("autocommit", "VALIDATE"),
        ("own transaction", "UPDATE alembic_version"),
    ],
)
def test_killed(one_project: Project, env: str, statement: str) -> None:
    prepare(one_project, env)
    patient = Patient(one_project, [one_project.url])
    done = patient.start(["upgrade"], KILL_BEFORE=statement)
    output, _ = done.communicate()
    assert done.returncode == -signal.SIGKILL, output
    while patient.sessions():
        time.sleep(0.01)
    assert mended(one_project)
    patient.close()
