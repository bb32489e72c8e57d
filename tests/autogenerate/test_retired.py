"""``flask db migrate`` beside labels that are retired: new columns and tables get their CHECK."""

from __future__ import annotations

from tests.autogenerate.setup import nothing_differs
from tests.autogenerate.setup import round_trip
from tests.project import Project

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    s = db.Column(db.Enum(*LABELS, name="state"))
"""
MORE = """
    l = db.Column(db.ARRAY(db.Enum(*LABELS, name="state")))
class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    s = db.Column(db.Enum(*LABELS, name="state"), server_default="NEW")
    t = db.Column(db.Enum("x", name="other"))
"""


def test_new_columns_and_tables_get_it(one_project: Project) -> None:
    one_project.start(JOB, LABELS=["NEW", "OLD", "it's"])
    one_project.sql(
        "INSERT INTO job (s) VALUES ('NEW')",
        "ALTER TABLE job ADD CHECK (s <> 'OLD'), ADD CHECK (s <> 'it''s')",
    )
    nothing_differs(one_project, JOB, LABELS=["NEW"])
    source = round_trip(one_project, JOB + MORE, LABELS=["NEW"])
    assert (
        "ADD CONSTRAINT note_s_not_old CHECK (s OPERATOR(pg_catalog.<>) 'OLD'::public.state)"
        in source
    )
    assert "job_l_not_old" in source
    assert source.index("note_s_not_old") > source.index("op.create_table")
    round_trip(one_project, JOB + MORE, LABELS=["NEW", "LAST"])


def test_a_column_that_goes_comes_back_with_it(one_project: Project) -> None:
    one_project.start(JOB + MORE, LABELS=["NEW", "OLD"])
    one_project.models(JOB + MORE, LABELS=["NEW"])
    one_project.sync("--retire", "OLD")
    one_project.db("upgrade")
    source = round_trip(one_project, JOB, LABELS=["NEW"])
    assert "# Columns that come back keep labels out as before." in source


def test_what_the_setting_retires(one_project: Project) -> None:
    one_project.start(JOB, "INSERT INTO job (s) VALUES ('OLD')", LABELS=["NEW", "OLD"])
    one_project.config.update(ENUM_MIGRATE_RETIRE="always", ENUM_MIGRATE_MAP=["OLD=NEW"])
    source = round_trip(one_project, JOB + MORE, merges=True, LABELS=["NEW"])
    assert source.index('retire(\n            "public.job"') < source.index("op.create_table")
    assert "note_s_not_old" in source
    assert one_project.labels("state") == ["NEW", "OLD"]
