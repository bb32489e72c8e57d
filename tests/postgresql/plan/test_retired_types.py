"""What becomes of types that have retired labels, whoever wrote the CHECKs."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.autogenerate.setup import nothing_differs
from tests.project import Project
from tests.servers import create_database
from tests.servers import drop_database

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
LABELS = ["NEW", "OLD", "DONE"]
STRING, ENUM = "db.String(20)", "db.Enum(*LABELS, name=NAME)"
GUARDS = (
    "ALTER TABLE job ADD CONSTRAINT no_old CHECK (s <> 'OLD')",
    "ALTER TABLE job ADD CONSTRAINT none_old CHECK (NOT ('OLD'::state = ANY (l)))",
)


def start(project: Project, models: str = JOB, *guards: str) -> None:
    project.start(models, "INSERT INTO job (l) VALUES ('{NEW,DONE}')", LABELS=LABELS, NAME="state")
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
    assert (
        "ADD CONSTRAINT note_s_not_old CHECK (s OPERATOR(pg_catalog.<>) 'OLD'::public.state)"
        in source
    )


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
    one_project.start(models, LABELS=LABELS, NAME="state")
    one_project.db("enum", "check")
    one_project.models(models, LABELS=["NEW", "DONE"], NAME="state")
    one_project.db("enum", "check")


def test_one_that_is_retired_in_part_is_retired_in_the_rest(one_project: Project) -> None:
    one_project.start(JOB, "INSERT INTO job (s) VALUES ('OLD')", LABELS=LABELS, NAME="state")
    one_project.sql(GUARDS[1])
    one_project.models(JOB, LABELS=["NEW", "DONE"], NAME="state")
    assert "--map state.OLD=LABEL" in one_project.sync(expect=1).stderr
    source = one_project.round_trip("--map", "OLD=NEW", merges=True)
    assert "public.state: retire 'OLD' on public.job.s; rows that hold it become 'NEW'." in source
    assert "none_old" not in source
    one_project.sync("--drop-retired")
    before = one_project.dump()
    one_project.db("upgrade")
    assert one_project.labels("state") == ["NEW", "DONE"]
    one_project.db("downgrade")
    assert one_project.dump() == before


def test_without_schemas_in_names(one_project: Project) -> None:
    one_project.config["ENUM_MIGRATE_QUALIFY"] = False
    one_project.start(JOB, "INSERT INTO job (s) VALUES ('OLD')", LABELS=LABELS, NAME="state")
    one_project.models(JOB, LABELS=["NEW", "DONE"], NAME="state")
    source = one_project.round_trip("--retire", "OLD", "--map", "OLD=NEW", merges=True)
    one_project.sync("--drop-retired")
    source += one_project.revision()
    assert "public." not in source
    before = one_project.dump()
    one_project.db("upgrade")
    one_project.db("downgrade")
    assert one_project.dump() == before


CHILD = (
    "CREATE TABLE child () INHERITS (job)",
    "COMMENT ON CONSTRAINT no_old ON job IS 'it''s 100% :old'",
    "COMMENT ON CONSTRAINT none_old ON child IS 'of a child'",
)


@pytest.mark.parametrize("change", ["removed for good", "back", "rewritten"])
def test_what_was_said_about_a_check(one_project: Project, change: str) -> None:
    start(one_project, JOB, *GUARDS, *CHILD)
    before = one_project.dump()
    if change == "back":
        one_project.models(JOB, LABELS=LABELS, NAME="state")
    elif change == "rewritten":
        one_project.models(JOB, LABELS=["DONE", "NEW"], NAME="state")
    one_project.sync(*(["--drop-retired"] if change == "removed for good" else []))
    one_project.db("upgrade")
    assert "no_old" not in one_project.dump()
    one_project.db("downgrade")
    assert one_project.dump() == before


def test_a_computed_column_names_what_it_never_is(one_project: Project) -> None:
    """That is no default with the label."""
    computed = "CASE WHEN s = 'OLD' THEN 'OLD'::state ELSE 'NEW' END"
    one_project.start(
        JOB,
        f"ALTER TABLE job ADD g state GENERATED ALWAYS AS ({computed}) STORED",
        "INSERT INTO job (s) VALUES ('OLD')",
        LABELS=LABELS,
        NAME="state",
    )
    one_project.models(JOB, LABELS=["NEW", "DONE"], NAME="state")
    one_project.round_trip("--retire", "OLD", "--map", "OLD=DONE", merges=True)
    assert one_project.rows("SELECT s, g FROM job") == [("DONE", "NEW")]


TENANTS = """
from alembic import context
from flask import current_app
from sqlalchemy import text

extension = current_app.extensions["migrate"]
for tenant in ("acme", "globex"):
    with extension.db.engine.connect() as connection:
        connection.execute(text(f"SET search_path TO {tenant}"))
        connection.commit()
        connection.dialect.default_schema_name = tenant
        context.configure(
            connection=connection,
            target_metadata=extension.db.metadata,
            **extension.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
"""


def test_tenants(one_project: Project) -> None:
    """A schema after the other: what stops in one has been done in those before it."""
    project = one_project
    project.portable = False
    project.config["ENUM_MIGRATE_QUALIFY"] = False
    project.sql("CREATE SCHEMA acme", "CREATE SCHEMA globex")
    project.models(JOB, LABELS=LABELS, NAME="state")
    project.db("init")
    (project.migrations / "env.py").write_text(TENANTS, encoding="utf-8")
    project.db("migrate")
    project.db("upgrade")
    for tenant in ("acme", "globex"):
        project.sql(f"INSERT INTO {tenant}.job (s, l) VALUES ('OLD', '{{OLD}}'), ('NEW', NULL)")
    before = project.dump()
    project.models(JOB, LABELS=["NEW", "DONE"], NAME="state")
    project.sync("--retire", "OLD", "--map", "OLD=DONE")
    stop = "ADD CONSTRAINT stop CHECK (s <> 'DONE')"
    project.sql(f"ALTER TABLE globex.job {stop}")
    with pytest.raises(DBAPIError, match="stop"):
        project.db("upgrade")
    tables = "TABLE acme.alembic_version UNION ALL TABLE globex.alembic_version"
    versions = f"SELECT count(DISTINCT version_num) FROM ({tables}) v"
    assert project.rows(versions) == [(2,)]
    project.sql("ALTER TABLE globex.job DROP CONSTRAINT stop")
    project.db("upgrade")
    assert project.rows(versions) == [(1,)]
    project.db("enum", "check")
    for tenant in ("acme", "globex"):
        rows = project.rows(f"SELECT s, l::text FROM {tenant}.job ORDER BY s")
        assert rows == [("NEW", None), ("DONE", "{DONE}")]
        with pytest.raises(psycopg.errors.CheckViolation):
            project.sql(f"UPDATE {tenant}.job SET s = 'OLD'")
    retired = project.dump()
    project.sync("--drop-retired")
    project.db("upgrade")
    project.db("enum", "check")
    project.db("downgrade")
    assert project.dump() == retired
    (*_, newest) = sorted(project.revisions(), key=lambda path: path.stat().st_mtime_ns)
    newest.unlink()
    project.db("downgrade")
    assert project.dump() == before


def test_rows_that_have_become_the_same_meanwhile(one_project: Project) -> None:
    """Whoever mends them runs the same upgrade again."""
    project = one_project
    unique = (
        JOB
        + '    k = db.Column(db.Integer)\n    __table_args__ = (db.UniqueConstraint("s", "k"),)\n'
    )
    rows = "INSERT INTO job (s, k) VALUES ('OLD', 1), ('NEW', 1), ('OLD', 2)"
    project.start(unique, rows, LABELS=LABELS, NAME="state")
    project.models(unique, LABELS=["NEW", "DONE"], NAME="state")
    project.sync("--retire", "OLD", "--map", "OLD=DONE")
    project.sql("INSERT INTO job (s, k) VALUES ('DONE', 2)")
    with pytest.raises(DBAPIError, match=r"\(s, k\)=\(DONE, 2\) already exists"):
        project.db("upgrade")
    project.sql("DELETE FROM job WHERE s = 'DONE' AND k = 2")
    project.db("upgrade")
    assert project.rows("SELECT s, k FROM job ORDER BY id") == [
        ("DONE", 1),
        ("NEW", 1),
        ("DONE", 2),
    ]
    project.db("enum", "check")


def test_it_comes_back_with_what_rows_become_on_the_way_back(one_project: Project) -> None:
    start(one_project)
    one_project.models(JOB, LABELS=LABELS, NAME="state")
    said = one_project.sync("--downgrade-map", "state.OLD=DONE", "--dry-run").stderr
    assert "Downgrade  changes rows of public.job" in said
    said = one_project.sync().stderr
    assert "refuses while a row holds OLD, unless --downgrade-map says otherwise" in said
    one_project.db("upgrade")
    one_project.sql("INSERT INTO job (s) VALUES ('OLD')")
    with pytest.raises(DBAPIError, match="OLD"):
        one_project.db("downgrade")
    assert one_project.rows("SELECT count(*) FROM job WHERE s = 'OLD'") == [(1,)]


@pytest.mark.parametrize(
    ("labels", "name", "flags", "become", "return_"),
    [
        (["NEWER", "FRESH", "DONE"], "state", ["NEW=NEWER", "OLD=FRESH"], "FRESH", "OLD"),
        (["NEWER", "DONE"], "state", ["NEW=NEWER", "OLD=NEWER"], "NEWER", "NEW"),
        (["NEW", "DONE"], "phase", ["", "OLD=DONE"], "DONE", "DONE"),
    ],
    ids=["a new label", "a renamed label", "a renamed type"],
)
def test_a_label_is_retired_beside(
    one_project: Project, labels: list[str], name: str, flags: list[str], become: str, return_: str
) -> None:
    models = JOB.replace(', server_default="NEW"', "")
    one_project.start(models, "INSERT INTO job (s) VALUES ('OLD')", LABELS=LABELS, NAME="state")
    one_project.models(models, LABELS=labels, NAME=name)
    rename, map_ = flags
    renames = ["--rename", rename] if rename else []
    one_project.sync("--retire", "OLD", *renames, "--map", map_)
    for command, held in (("upgrade", become), ("downgrade", return_), ("upgrade", None)):
        one_project.db(command)
        if held:
            assert one_project.rows("SELECT s::text FROM job") == [(held,)]
    assert one_project.db("enum", "check").stdout.startswith("In sync")


BINDS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    s = db.Column(db.Enum(*LABELS, name="state"), nullable=False)
    k = db.Column(db.Enum(*KINDS, name="kind"))
class Far(db.Model):
    __bind_key__ = "far"
    id = db.Column(db.Integer, primary_key=True)
    s = db.Column(db.Enum(*LABELS, name="state"), nullable=False)
"""


def test_several_types_in_several_binds(one_project: Project) -> None:
    project, far = one_project, create_database(one_project.server)
    try:
        project.config["SQLALCHEMY_BINDS"] = {"far": project.sqlalchemy_url(far)}
        project.models(BINDS, LABELS=LABELS, KINDS=["a", "b"])
        project.db("init", "--multidb")
        row = "INSERT INTO job (s, k) VALUES ('OLD', 'b')"
        project.start(BINDS, row, LABELS=LABELS, KINDS=["a", "b"])
        project.models(BINDS, LABELS=["NEW", "DONE"], KINDS=["a"])
        rows = ("--map", "state.OLD=NEW", "--map-null", "kind.b")
        said = project.sync("--retire", "OLD", "--retire", "kind.b", *rows).stderr
        assert "2 of 2 places" in said
        for command in ("upgrade", "downgrade", "upgrade"):
            project.db(command)
        assert project.db("enum", "list").stdout.count("in sync") == 3
        assert project.rows("SELECT s::text, k::text FROM job") == [("NEW", None)]
    finally:
        drop_database(project.server, far)
