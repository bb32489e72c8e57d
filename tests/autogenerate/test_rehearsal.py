"""``flask db migrate`` runs the whole revision, Alembic's operations among ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

from flask_enum_migrate.autogenerate.rehearsal import _operation
from flask_enum_migrate.core.rehearsal import CantPerform
from flask_enum_migrate.postgresql.backend import Enums
from tests.autogenerate.setup import JOB
from tests.autogenerate.setup import command
from tests.project import Project

BEFORE = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("a", "b", name="state"), nullable=False)
    old = db.Column(db.Enum("x", "y", name="old"))

class Gone(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    old = db.Column(db.Enum("x", "y", name="old"))
"""
AFTER = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("new", "b", "a", name="state"), nullable=False)
    kind = db.Column(db.Enum("k", "l", name="kind"), index=True)

class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("new", "b", "a", name="state"), server_default="a")
    kinds = db.Column(db.ARRAY(db.Enum("k", "l", name="kind")))
    job = db.Column(db.Integer, db.ForeignKey("job.id"))
"""
ROWS = "INSERT INTO job VALUES (1, 'a', 'x'), (2, 'b', NULL)"
RAN = "Rehearsed: upgrade and downgrade ran on this database and were rolled back ("
ALONE = "Rehearsed: upgrade and downgrade of what changes existing enums ran on this database"


def migrated(project: Project, source: str, **names: Any) -> str:
    """Return what ``migrate`` said, and check that it left the database as it was."""
    before = project.dump(), project.contents()
    said = command(project, source, "migrate", **names).stderr
    assert (project.dump(), project.contents()) == before
    return " ".join(said.split())


def newest(project: Project) -> Path:
    return max(project.revisions(), key=lambda path: path.stat().st_mtime_ns)


@pytest.mark.parametrize("batch", [True, False])
def test_all_of_it(project: Project, *, batch: bool) -> None:
    project.migrate_options["render_as_batch"] = batch
    project.start(BEFORE, ROWS)
    before = project.dump()
    assert RAN in migrated(project, AFTER)
    project.db("upgrade")
    project.db("downgrade")
    assert project.labels("old") == ["x", "y"]
    assert sorted(project.dump().splitlines()) == sorted(before.splitlines())


def test_only_new_types(one_project: Project) -> None:
    one_project.models(BEFORE)
    one_project.db("init")
    assert RAN in one_project.db("migrate").stderr
    assert one_project.labels("state") == []


STATE = JOB + "    state = db.Column(db.Enum(*labels, name='state'))\n"
REQUIRED = STATE + "    kind = db.Column(db.Enum('k', name='kind'), nullable=False)\n"


def test_what_alembic_writes_fails(one_project: Project) -> None:
    one_project.start(STATE, "INSERT INTO job VALUES (1, 'a')", labels=["a"])
    said = migrated(one_project, REQUIRED, labels=["a", "b"])
    assert 'Note: The upgrade fails on this database: column "kind" of relation' in said
    assert "contains null values (SQLSTATE 23502, public.job.kind), at: ALTER TABLE job" in said
    assert "That is Alembic's: mend it in the file." in said
    assert ALONE in said


def test_what_alembic_writes_fails_and_nothing_else_changes(one_project: Project) -> None:
    one_project.start(STATE, "INSERT INTO job VALUES (1, 'a')", labels=["a"])
    said = migrated(one_project, REQUIRED, labels=["a"])
    assert "Note: The upgrade fails on this database" in said
    assert "Rehearsed" not in said


def test_what_alembic_writes_back_fails(one_project: Project) -> None:
    one_project.start(REQUIRED, "INSERT INTO job VALUES (1, 'a', 'k')", labels=["a"])
    said = migrated(one_project, STATE, labels=["a", "b"])
    assert 'Note: The downgrade fails on this database: column "kind" of relation' in said
    assert "Rehearsed: the upgrade ran on this database and was rolled back (" in said


def test_a_new_label_as_default(one_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    one_project.start(STATE, labels=["a"])
    source = STATE + "    other = db.Column(db.Enum('a', 'b', name='state'), server_default='b')\n"
    said = migrated(one_project, source, labels=["a", "b"])
    assert RAN in said
    monkeypatch.setattr("flask_enum_migrate.postgresql.plan.plan._stand_in", lambda *rest: ())
    newest(one_project).unlink()
    said = migrated(one_project, source, labels=["a", "b"])
    assert "what Alembic found beside it was not rehearsed: PostgreSQL lets a label be used" in said
    assert ALONE in said


def test_a_large_table(one_project: Project) -> None:
    one_project.options = {"rehearse": 1}
    one_project.start(JOB, "INSERT INTO job VALUES (1)")
    said = migrated(one_project, STATE, labels=["a"])
    assert "it was not rehearsed: it would rewrite, index and refresh" in said
    assert "Rehearsed" not in said


def test_a_lock(one_project: Project) -> None:
    one_project.start(JOB + STATE.replace("Job", "Task"), labels=["a"])
    source = STATE + STATE.replace("Job", "Task")
    with psycopg.connect(one_project.url) as other:
        other.execute("SELECT FROM job")
        said = migrated(one_project, source, labels=["a", "b"])
    assert "it did not get its locks within two seconds" in said
    assert ALONE in said


def test_a_type_of_the_app(one_project: Project) -> None:
    one_project.portable = False  # what is written here runs nowhere
    one_project.start(JOB)
    source = (
        STATE
        + """
class Short(sa.TypeDecorator):
    impl = sa.String(3)
    cache_ok = True
    __module__ = "tests.project"

Job.short = db.Column(Short())
"""
    )
    said = migrated(one_project, source, labels=["a"])
    assert "not rehearsed: AttributeError: module 'tests.project' has no attribute 'Short'" in said


def test_what_is_not_alembics(one_project: Project) -> None:
    one_project.models(JOB)
    one_project.db("init")
    done = []

    def look(context: AutogenContext, *rest: object, **named: object) -> tuple[str, ...]:
        act = _operation(context, ops.ExecuteSQLOp("COMMIT"))
        with pytest.raises(CantPerform, match="ExecuteSQLOp is not one of Alembic's operations"):
            act.perform()
        done.append(act.source)
        return ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flask_enum_migrate.autogenerate.compare.compare", look)
        one_project.db("migrate")
    assert done == ["op.execute('COMMIT')"]


def test_a_type_that_is_created_otherwise(
    one_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_project.start(JOB)
    creation = Enums.creation

    def other(self: Enums, creates: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        created, dropped = creation(self, creates)
        return (*created, "ALTER TYPE state ADD VALUE 'z'"), tuple(dropped)

    monkeypatch.setattr(Enums, "creation", other)
    said = command(one_project, STATE, "migrate", expect=1, labels=["a"]).stderr
    told = " ".join(said.split())
    assert "type public.state: labels was not as it must be: «a» expected, «a, z» found" in told
    assert "To write it untried: ENUM_MIGRATE_REHEARSE = None" in told
    assert len(one_project.revisions()) == 1

    def lasting(self: Enums, creates: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return tuple(creation(self, creates)[0]), ()

    monkeypatch.setattr(Enums, "creation", lasting)
    said = command(one_project, STATE, "migrate", expect=1, labels=["a"]).stderr
    assert "After the downgrade, in a rehearsal on this database" in " ".join(said.split())
