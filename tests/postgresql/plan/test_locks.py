"""Tables that others hold, and two upgrades at the same moment."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from threading import Timer

import psycopg
import pytest

from tests.crashes import KINDS
from tests.crashes import UPGRADE
from tests.crashes import Patient
from tests.crashes import admitted
from tests.crashes import models
from tests.project import Project
from tests.revision.test_transactions import fails
from tests.revision.test_transactions import sqlstate

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default="a")
"""


def removal(project: Project, *sql: str) -> None:
    project.options = {"lock_timeout": "200ms"}
    project.start(MODELS, *sql, labels=["a", "b", "gone"])
    project.models(MODELS, labels=["a", "b"])
    project.sync()


def unchanged(project: Project) -> tuple[object, ...]:
    return project.dump(), project.contents(), project.rows("SELECT * FROM alembic_version")


def test_who_is_in_the_way(project: Project) -> None:
    removal(project)
    before = unchanged(project)
    with psycopg.connect(project.url, application_name="nightly 100% report") as other:
        other.execute("SELECT count(*) FROM job -- 50%s :x")
        for driver in ("psycopg2", "psycopg"):
            project.driver = driver
            project.models(MODELS, labels=["a", "b"])
            error = fails(project, "upgrade")
            assert sqlstate(error) == "55P03"
            told = str(error)
            assert "No lock on public.job in time, so no table was changed" in told
            pid = other.info.backend_pid
            assert f"is pid {pid} postgres nightly 100% report idle in transaction 20" in told
            assert "SELECT count(*) FROM job -- 50%s :x" in told
            assert f"SELECT pg_terminate_backend({pid})" in told
            assert unchanged(project) == before
    project.db("upgrade")
    assert project.labels("state") == ["a", "b"]


def test_who_is_in_the_way_of_a_table_of_any_name(one_project: Project) -> None:
    project, models = (
        one_project,
        MODELS.replace("id =", "__tablename__ = 'Job 50%:x'\n    id =", 1),
    )
    project.options = {"lock_timeout": "200ms"}
    project.start(models, labels=["a", "b", "gone"])
    project.models(models, labels=["a", "b"])
    project.sync()
    with psycopg.connect(project.url) as other:
        other.execute('SELECT count(*) FROM "Job 50%:x"')
        error = fails(project, "upgrade")
        assert sqlstate(error) == "55P03"
        assert f"is pid {other.info.backend_pid} postgres" in str(error)


def test_a_partition_and_several_sessions(one_project: Project) -> None:
    project = one_project
    removal(
        project,
        "CREATE TABLE parts (id int, state state) PARTITION BY LIST (id)",
        "CREATE TABLE part1 PARTITION OF parts FOR VALUES IN (1)",
    )
    with (
        psycopg.connect(project.url, application_name="one") as one,
        psycopg.connect(project.url, application_name="two") as two,
    ):
        one.execute("INSERT INTO part1 VALUES (1, 'a')")
        two.execute("LOCK TABLE job IN SHARE MODE")
        told = str(fails(project, "upgrade"))
    assert "No lock on public.job, public.parts in time" in told
    assert "postgres one idle in transaction" in told
    assert "postgres two idle in transaction" in told


@pytest.mark.parametrize("table", ["job", "part1"])
def test_a_prepared_transaction(one_project: Project, table: str) -> None:
    project = one_project
    removal(
        project,
        "CREATE TABLE parts (id int, state state) PARTITION BY LIST (id)",
        "CREATE TABLE part1 PARTITION OF parts FOR VALUES IN (1)",
    )
    with psycopg.connect(project.url, autocommit=True) as other:
        other.execute("BEGIN")
        other.execute(f"UPDATE {table} SET id = id")
        other.execute("PREPARE TRANSACTION 'it''s odd'")
        try:
            told = str(fails(project, "upgrade"))
        finally:
            other.execute("ROLLBACK PREPARED 'it''s odd'")
    assert "prepared transaction it's odd" in told
    assert "ROLLBACK PREPARED 'it''s odd'" in told


def test_another_role_sees_no_query(one_project: Project) -> None:
    project = one_project
    removal(project)
    role = "enum_owner_" + project.url.rsplit("/", 1)[-1].split("?")[0]
    project.sql(
        f"CREATE ROLE {role}",
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"ALTER TABLE job OWNER TO {role}",
        f"ALTER TYPE state OWNER TO {role}",
        f"ALTER TABLE alembic_version OWNER TO {role}",
    )
    project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"options": f"-crole={role}"}}
    project.models(MODELS, labels=["a", "b"])
    try:
        with psycopg.connect(project.url) as other:
            other.execute("SELECT 'secret' FROM job")
            told = str(fails(project, "upgrade"))
            assert f"is pid {other.info.backend_pid} postgres" in told
        assert "secret" not in told
    finally:
        project.close()
        project.sql(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_the_script_says_it_too(one_project: Project) -> None:
    project = one_project
    removal(project)
    before = unchanged(project)
    script = project.db("upgrade", "--sql", "head").stdout
    script = script[script.index("-- Running upgrade", script.index("-- Running upgrade") + 1) :]
    with psycopg.connect(project.url, application_name="other") as other:
        other.execute("SELECT FROM job")
        done = subprocess.run(
            [
                *(project.server.bindir / "psql", "-X", "-1", "-v", "ON_ERROR_STOP=1"),
                *("-v", "VERBOSITY=verbose", "-d", project.url),
            ],
            input=script.replace("COMMIT;", ""),
            capture_output=True,
            text=True,
            env={**os.environ, "PGCLIENTENCODING": "UTF8"},
        )
    assert done.returncode
    assert "ERROR:  55P03: No lock on public.job in time" in done.stderr
    assert "postgres other idle in transaction" in done.stderr
    assert unchanged(project) == before


@pytest.fixture
def patient(one_project: Project, layout: str) -> Iterator[Patient]:
    with admitted(one_project, layout) as patient:
        yield patient


@pytest.mark.parametrize(
    ("layout", "name", "lock_timeout"),
    [
        ("single", "add", "10s"),
        ("single", "rename", "10s"),
        ("single", "reorder", "10s"),
        ("single", "all", "10s"),
        ("single", "reorder", "100ms"),
        ("multidb", "all", "10s"),
    ],
)
def test_two_at_once(patient: Patient, layout: str, name: str, lock_timeout: str) -> None:
    """Both have read the old version before either of them may write the new one."""
    project = patient.project
    project.options = {"lock_timeout": lock_timeout}
    models(project, layout, KINDS[name])
    project.sync(*KINDS[name].flags)
    project.db(*UPGRADE)
    new = patient.states()
    project.db("downgrade", "first")
    urls = {"AUDIT_URL": project.sqlalchemy_url(patient.urls[1])} if layout == "multidb" else {}
    with psycopg.connect(project.url, application_name="observer") as gate:
        gate.execute("LOCK TABLE alembic_version IN SHARE MODE")
        both = [patient.start(UPGRADE, **urls) for _ in range(2)]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            ended = sum(process.poll() is not None for process in both)
            waiting = patient.sessions("wait_event_type = 'Lock'")
            if ended if lock_timeout == "100ms" else ended + waiting == 2:
                break
            time.sleep(0.02)
    told = [process.communicate(timeout=60)[0] for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes == [0, 1], told
    loser = told[[process.returncode for process in both].index(1)]
    if lock_timeout == "100ms":
        assert "No lock on public.job in time" in loser
    assert patient.states() == new
    project.db(*UPGRADE)
    assert patient.states() == new
    assert project.db("enum", "check").stdout.startswith("In sync")


def test_a_materialized_view_that_is_read_is_waited_for(project: Project) -> None:
    """Its reader holds no lock on the table, and no table can be locked for it."""
    project.start(
        MODELS,
        "CREATE MATERIALIZED VIEW seen AS SELECT id FROM job WHERE state = 'a'",
        labels=["a", "b", "gone"],
    )
    project.models(MODELS, labels=["a", "b"])
    project.sync()
    with psycopg.connect(project.url) as reader:
        reader.execute("SELECT count(*) FROM seen")
        ending = Timer(1.5, reader.commit)
        ending.start()
        project.db("upgrade")
        ending.join()
    assert project.labels("state") == ["a", "b"]


def test_what_the_same_transaction_has_locked_is_not_in_the_way(one_project: Project) -> None:
    project = one_project
    removal(project)
    (path,) = set(project.revisions()) - {project.revisions()[0]}
    source = path.read_text(encoding="utf-8")
    path.write_text(
        source.replace(
            "def upgrade():\n", 'def upgrade():\n    op.execute("UPDATE job SET id = id")\n', 1
        ),
        encoding="utf-8",
    )
    with psycopg.connect(project.url) as other:
        other.execute("SELECT count(*) FROM job")
        told = str(fails(project, "upgrade"))
        assert told.count("is pid") == 1
        assert f"is pid {other.info.backend_pid} postgres" in told
    project.db("upgrade")
    assert project.labels("state") == ["a", "b"]


def test_a_view_whose_owner_may_not_lock_its_table(roles: str, project: Project) -> None:
    """``LOCK TABLE`` of a view takes the rights of its owner, also where a superuser locks it."""
    function = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    project.start(
        MODELS,
        "INSERT INTO job VALUES (1, 'a'), (2, 'b')",
        "CREATE VIEW plain AS SELECT id, state FROM job",
        "CREATE VIEW aside AS SELECT id FROM job",
        f"CREATE FUNCTION instead() {function}",
        "CREATE TRIGGER t INSTEAD OF INSERT ON plain FOR EACH ROW EXECUTE FUNCTION instead()",
        "CREATE TRIGGER s AFTER UPDATE ON aside FOR EACH STATEMENT"
        " WHEN ('a'::state > 'b'::state) EXECUTE FUNCTION instead()",
        "ALTER VIEW plain ALTER COLUMN state SET DEFAULT 'a'",
        f"GRANT CREATE ON SCHEMA public TO enum_reader_{roles}",
        f"GRANT SELECT ON job TO enum_reader_{roles}",
        f"ALTER VIEW plain OWNER TO enum_reader_{roles}",
        f"ALTER VIEW aside OWNER TO enum_reader_{roles}",
        labels=["a", "b", "gone"],
    )
    project.models(MODELS, labels=["b", "a"])
    source = project.round_trip()
    assert "LOCK TABLE public.job IN" in source
