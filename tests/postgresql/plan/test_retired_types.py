"""What becomes of types that have retired labels, whoever wrote the CHECKs."""

from __future__ import annotations

import pytest

from tests.autogenerate.setup import nothing_differs
from tests.project import Project

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    s = db.Column(db.Enum(*LABELS, name=NAME), nullable=False, server_default="NEW")
    l = db.Column(db.ARRAY(db.Enum(*LABELS, name=NAME)))
"""
NOTE = """
class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    s = db.Column(STRING)
"""
STRING, ENUM = "db.String(20)", "db.Enum(*LABELS, name=NAME)"
GUARDS = (
    "ALTER TABLE job ADD CONSTRAINT no_old CHECK (s <> 'OLD')",
    "ALTER TABLE job ADD CONSTRAINT none_old CHECK (NOT ('OLD'::state = ANY (l)))",
)


def start(project: Project, models: str = JOB, *guards: str) -> None:
    labels = ["NEW", "OLD", "DONE"]
    project.start(models, "INSERT INTO job (l) VALUES ('{NEW,DONE}')", LABELS=labels, NAME="state")
    project.sql(*(guards or GUARDS))
    project.models(models, LABELS=["NEW", "DONE"], NAME="state")
    project.db("enum", "check")


def test_nothing_differs_for_anybody(one_project: Project) -> None:
    start(one_project)
    assert "nothing to write" in one_project.sync().stderr
    nothing_differs(one_project, JOB, LABELS=["NEW", "DONE"], NAME="state")


@pytest.mark.parametrize(
    ("labels", "name", "flags"),
    [
        (["DONE", "NEW"], "state", []),
        (["NEW", "DONE", "LAST"], "state", []),
        (["FIRST", "DONE"], "state", ["--rename", "NEW=FIRST"]),
        (["NEW", "DONE"], "phase", []),
    ],
    ids=["reorder", "add", "rename", "rename type"],
)
def test_other_changes(
    one_project: Project, labels: list[str], name: str, flags: list[str]
) -> None:
    start(one_project)
    one_project.models(JOB.replace('"NEW"', '"DONE"') if flags else JOB, LABELS=labels, NAME=name)
    if flags:
        one_project.sql("ALTER TABLE job ALTER s SET DEFAULT 'DONE'")
    one_project.round_trip(*flags)
    found = one_project.labels(name)
    assert ("OLD" in found) is (labels[0] != "DONE")


def test_a_column_that_becomes_one_of_them(one_project: Project) -> None:
    models = JOB + NOTE
    start(one_project, models.replace("STRING", STRING))
    one_project.models(models.replace("STRING", ENUM), LABELS=["NEW", "DONE"], NAME="state")
    source = one_project.round_trip()
    assert "ADD CONSTRAINT note_s_not_old CHECK (s <> 'OLD'::public.state)" in source


def test_a_column_that_was_one_of_them(one_project: Project) -> None:
    models = JOB + NOTE
    guard = "ALTER TABLE note ADD CONSTRAINT quiet CHECK (s <> 'OLD')"
    start(one_project, models.replace("STRING", ENUM), *GUARDS, guard)
    one_project.models(models.replace("STRING", STRING), LABELS=["NEW", "DONE"], NAME="state")
    assert "DROP CONSTRAINT quiet" in one_project.round_trip()


def test_a_rule_of_the_models_own_is_none_of_ours(one_project: Project) -> None:
    models = JOB.replace("    l = db.Column(db.ARRAY(db.Enum(*LABELS, name=NAME)))\n", "") + (
        "    __table_args__ = (db.CheckConstraint(\"s <> 'OLD'\"),)\n"
    )
    one_project.start(models, LABELS=["NEW", "OLD", "DONE"], NAME="state")
    one_project.db("enum", "check")
    one_project.models(models, LABELS=["NEW", "DONE"], NAME="state")
    one_project.db("enum", "check")
