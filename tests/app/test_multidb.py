"""Flask-Migrate's multidb template: several binds, one revision."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.project import Project
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default="a")

class Event(db.Model):
    __bind_key__ = "audit"
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*other, name="state"))
"""


class MultiDb:
    """A project with a second bind called ``audit``."""

    def __init__(self, project: Project, url: str) -> None:
        self.project = project
        self.url = url

    def start(self, labels: list[str], other: list[str], *rows: str, source: str = MODELS) -> None:
        project = self.project
        project.config["SQLALCHEMY_BINDS"] = {"audit": self.bind}
        project.models(source, labels=labels, other=other)
        project.db("init", "--multidb")
        project.start(source, *rows, labels=labels, other=other)

    def models(self, labels: list[str], other: list[str]) -> None:
        self.project.config["SQLALCHEMY_BINDS"] = {"audit": self.bind}
        self.project.models(MODELS, labels=labels, other=other)

    @property
    def bind(self) -> str:
        return self.project.sqlalchemy_url(self.url)

    @property
    def labels(self) -> tuple[list[str], list[str]]:
        """The labels of ``state`` in both databases."""
        url, self.project.url = self.project.url, self.url
        try:
            other = self.project.labels("state")
        finally:
            self.project.url = url
        return self.project.labels("state"), other

    def dumps(self) -> tuple[str, str]:
        return self.project.dump(), pg_dump_schema(self.project.server, self.url)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def multi(one_project: Project) -> Iterator[MultiDb]:
    url = create_database(one_project.server)
    try:
        yield MultiDb(one_project, url)
    finally:
        one_project.close()
        drop_database(one_project.server, url)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_both_binds_differ(multi: MultiDb, driver: str) -> None:
    multi.project.driver = driver
    multi.start(["a", "b"], ["a", "b"], "INSERT INTO job VALUES (1, 'b')")
    multi.execute("INSERT INTO event VALUES (1, 'b')")
    before = multi.dumps()
    multi.models(["a", "b", "c"], ["b"])
    said = multi.project.sync("--map", "state.a=b").output
    assert "(bind audit)" in said
    source = multi.project.revision()
    first, second = source.split("def upgrade_audit")
    assert "ADD VALUE" in first.split("def downgrade_")[0]
    assert "CREATE TYPE" in second.split("def downgrade_audit")[0]
    multi.project.db("upgrade")
    assert multi.labels == (["a", "b", "c"], ["b"])
    upgraded = multi.dumps()
    assert multi.project.db("enum", "check").stdout.startswith("In sync")
    assert "nothing to write" in multi.project.sync().stderr
    multi.project.db("downgrade")
    assert multi.dumps() == before
    multi.project.db("upgrade")
    assert multi.dumps() == upgraded


@pytest.mark.parametrize(
    ("labels", "other"), [(["a", "c"], ["a"]), (["a"], ["a", "c"])], ids=["default", "audit"]
)
def test_one_bind_differs(multi: MultiDb, labels: list[str], other: list[str]) -> None:
    multi.start(["a"], ["a"])
    multi.models(labels, other)
    result = multi.project.db("enum", "check", expect=1)
    assert ("(bind audit)" in result.output) == (len(other) == 2)
    multi.project.sync()
    assert multi.project.revision().count("ADD VALUE") == 1
    multi.project.db("upgrade")
    assert multi.labels == (labels, other)
    multi.project.db("downgrade")
    assert multi.labels == (["a"], ["a"])


def test_one_bind_is_behind(multi: MultiDb) -> None:
    multi.start(["a"], ["a"])
    multi.execute("DELETE FROM alembic_version")
    multi.models(["a"], ["a", "b"])
    said = multi.project.sync(expect=1).stderr
    assert "bind 'audit'" in said
    assert "flask db upgrade" in said


def test_same_database_twice(multi: MultiDb) -> None:
    """Both binds may have their tables in one database."""
    multi.url = multi.project.url
    source = MODELS.replace('db.Enum(*other, name="state")', 'db.Enum(*other, name="kind")')
    multi.project.config["SQLALCHEMY_BINDS"] = {"audit": multi.bind}
    multi.project.models(source, labels=["a"], other=["a"])
    multi.project.db("init", "--multidb")
    multi.project.sql(
        "CREATE TYPE state AS ENUM ('a')",
        "CREATE TYPE kind AS ENUM ('a')",
        "CREATE TABLE job (id int, state state)",
        "CREATE TABLE event (id int, state kind)",
    )
    multi.project.models(source, labels=["a", "b"], other=["a", "c"])
    multi.project.sync()
    first, second = multi.project.revision().split("def upgrade_audit")
    assert first.count("ADD VALUE") == second.count("ADD VALUE") == 1
    assert "public.kind ADD VALUE" in second


@pytest.fixture
def sqlite(multi: MultiDb, monkeypatch: pytest.MonkeyPatch) -> MultiDb:
    """The second bind is on SQLite."""
    file = multi.project.folder / "audit.db"
    monkeypatch.setattr(MultiDb, "bind", f"sqlite:///{file}")
    return multi


def test_sqlite_bind_is_skipped(sqlite: MultiDb) -> None:
    sqlite.start(["a"], ["a"])
    sqlite.models(["a", "b"], ["a", "b"])
    result = sqlite.project.db("enum", "check", expect=1)
    assert "audit is sqlite" in result.stderr
    result = sqlite.project.sync()
    assert "audit is sqlite" in result.stderr
    assert "ADD VALUE" not in sqlite.project.revision().split("def upgrade_audit")[1]
    sqlite.project.db("upgrade")
    assert sqlite.project.labels("state") == ["a", "b"]
    assert sqlite.project.db("enum", "check").stdout.startswith("In sync")
    sqlite.project.db("downgrade")
    sqlite.project.db("upgrade")


def test_a_bind_that_is_left_out_is_told(multi: MultiDb) -> None:
    """The env.py for one database looks at the models of the default bind alone."""
    project = multi.project
    project.config["SQLALCHEMY_BINDS"] = {"audit": multi.bind}
    project.start(MODELS, labels=["a"], other=["a"])
    note = (
        "Note: the models of the bind audit were not compared: env.py leaves them out. "
        "One that looks at all binds is made by: flask db init --multidb\n"
    )
    for command in (["check"], ["check", "--from-migrations"], ["list"]):
        assert note in project.db("enum", *command).stderr
    project.config["SQLALCHEMY_BINDS"] = {"audit": f"sqlite:///{project.folder}/audit.db"}
    project.models(MODELS, labels=["a"], other=["a"])
    assert project.db("enum", "check").stderr == ""


def test_no_bind_is_told_where_all_are_looked_at(multi: MultiDb) -> None:
    multi.start(["a"], ["a"])
    for command in (["check"], ["check", "--from-migrations"], ["list"]):
        assert "left" not in multi.project.db("enum", *command).stderr


def test_sqlite_alone(one_project: Project) -> None:
    file = one_project.folder / "app.db"
    one_project.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{file}"
    source = MODELS.split("class Event")[0]
    one_project.start(source, labels=["a"])
    one_project.models(source, labels=["a", "b"])
    for command in (["enum", "check"], ["enum", "list"], ["enum", "sync"]):
        result = one_project.db(*command)
        assert "sqlite, which has no enum types" in result.stderr
        assert "Traceback" not in result.output
    assert len(one_project.revisions()) == 1


def psql(project: Project, url: str, script: str) -> None:
    subprocess.run(
        [project.server.bindir / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url],
        input=script.encode(),
        check=True,
        env={**os.environ, "PGCLIENTENCODING": "UTF8"},
    )


def by_bind(script: str) -> dict[str, str]:
    """Split what ``sync --sql`` printed into the script of each bind."""
    parts = script.split("-- bind: ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}


def test_sync_sql(multi: MultiDb, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    multi.start(["a", "b"], ["a", "b"], "INSERT INTO job VALUES (1, 'b')")
    multi.models(["a", "ü%s", "b"], ["b", "a"])
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    before, dumps = multi.project.revisions(), multi.dumps()
    script = multi.project.db("enum", "sync", "--sql", "--rev-id", "next").stdout
    assert (multi.project.revisions(), multi.dumps()) == (before, dumps)
    assert not list(Path().iterdir())
    scripts = by_bind(script)
    assert list(scripts) == ["(default)", "audit"]
    multi.project.sync("--rev-id", "next")
    psql(multi.project, multi.project.url, scripts["(default)"])
    psql(multi.project, multi.url, scripts["audit"])
    assert multi.labels == (["a", "ü%s", "b"], ["b", "a"])
    assert multi.project.rows("SELECT * FROM alembic_version") == [("next",)]
    assert multi.project.db("enum", "check").stdout.startswith("In sync")


def test_sync_sql_with_sqlite(sqlite: MultiDb) -> None:
    sqlite.start(["a"], ["a"])
    sqlite.models(["a", "b"], ["a"])
    scripts = by_bind(sqlite.project.db("enum", "sync", "--sql").stdout)
    assert "ADD VALUE" in scripts["(default)"]
    assert "ADD VALUE" not in scripts["audit"]
    assert "UPDATE alembic_version" in scripts["audit"]


def test_dry_run(multi: MultiDb) -> None:
    multi.start(["a"], ["a"])
    multi.models(["a", "b"], ["a", "c"])
    said = multi.project.sync("--dry-run").stdout
    assert said.count("ADD VALUE") == 2
    assert "def upgrade_audit():" in said


def test_the_bind_that_is_down_is_named(multi: MultiDb) -> None:
    multi.start(["a"], ["x"])
    down = "postgresql+psycopg2://me:hush@127.0.0.1:1/nowhere"
    multi.project.config["SQLALCHEMY_BINDS"] = {"audit": down}
    multi.project.models(MODELS, labels=["a"], other=["x"])
    said = multi.project.db("enum", "check", expect=2).stderr
    assert "Connection refused" in said
    assert "Check SQLALCHEMY_BINDS['audit'], and that the server runs" in said
    assert "SQLALCHEMY_DATABASE_URI" not in said
    assert "hush" not in said
