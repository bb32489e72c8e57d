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
    assert "ADD CONSTRAINT note_s_not_old CHECK (s <> 'OLD'::public.state)" in source
    assert "job_l_not_old" in source
    assert source.index("note_s_not_old") > source.index("op.create_table")
    round_trip(one_project, JOB + MORE, LABELS=["NEW", "LAST"])
