"""Why a label can't be retired, by name; and what else is told before anything is written."""

from __future__ import annotations

import pytest

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate.core.errors import AnswerError
from flask_enum_migrate.core.errors import Refused
from flask_enum_migrate.core.rename_and_map import Flags
from tests.project import Project

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    s = db.Column(db.Enum(*LABELS, name="state"), nullable=False)
    l = db.Column(db.ARRAY(db.Enum(*LABELS, name="state")))
"""
LABELS = ["NEW", "OLD", "GONE", "DONE"]
RETIRED = Flags(map=["OLD=NEW"], retire=["OLD"])

# Each with what takes it away again.
WAYS = {
    "public.odd.c is of type public.pair, which is made of it": (
        "CREATE TYPE pair AS (a state); CREATE TABLE odd (c pair)",
        "DROP TABLE odd; DROP TYPE pair",
    ),
    "public.odd.r is of type public.span, which is made of it": (
        "CREATE TYPE span AS RANGE (subtype = state); CREATE TABLE odd (r span)",
        "DROP TABLE odd; DROP TYPE span",
    ),
    "public.part is partitioned by 's'": (
        "CREATE TABLE part (s state) PARTITION BY LIST (s)",
        "DROP TABLE part",
    ),
    "the rule quiet of public.job takes the place of updates": (
        "CREATE RULE quiet AS ON UPDATE TO job DO INSTEAD NOTHING",
        "DROP RULE quiet ON job",
    ),
    "few of public.bare publishes updates, and the table has no replica identity": (
        "CREATE TABLE bare (s state); CREATE PUBLICATION few FOR TABLE bare",
        "DROP PUBLICATION few; DROP TABLE bare",
    ),
    "the foreign key ref_s_fkey of public.ref holds its rows (public.ref.s)": (
        "CREATE TABLE states (s state PRIMARY KEY); CREATE TABLE ref (s state REFERENCES states)",
        "DROP TABLE ref, states",
    ),
    "public.far is a foreign table, or has one among its children": (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;"
        "CREATE FOREIGN TABLE far (s state) SERVER far",
        "DROP FOREIGN DATA WRAPPER w CASCADE",
    ),
    "it is in the default of type public.dom": (
        "CREATE DOMAIN dom AS state DEFAULT 'OLD'",
        "DROP DOMAIN dom",
    ),
}


def sync(project: Project, flags: Flags = RETIRED) -> str:
    """Return why nothing is written, or else what would be."""
    with project.app.app_context():
        try:
            result = EnumMigrate().sync(flags=flags, dry_run=True)
        except Refused as error:
            return "\n".join(map(str, error.refusals))
        finally:
            project._dispose()
    return str([change.changes for plan in result.plans for change in plan.changes])


@pytest.fixture
def started(one_project: Project) -> Project:
    one_project.start(JOB, "INSERT INTO job (s) VALUES ('OLD')", LABELS=LABELS)
    one_project.models(JOB, LABELS=["NEW", "GONE", "DONE"])
    return one_project


def test_what_can_not_be_retired(started: Project) -> None:
    assert "RetireValue" in sync(started)
    for why, (sql, undo) in WAYS.items():
        started.sql(*sql.split(";"))
        said = sync(started)
        assert "'OLD' can't be retired, because" in said
        assert why in said
        started.sql(*undo.split(";"))
    assert "RetireValue" in sync(started)


def test_what_is_rewritten_anyway(started: Project) -> None:
    started.models(JOB, LABELS=["DONE", "NEW", "GONE"])
    said = sync(started)
    assert "'OLD' can't be retired: public.state has to be replaced anyway" in said
    assert "come in another order" in said
    started.models(JOB, LABELS=["NEW", "DONE"])
    said = sync(started)
    assert "because it also loses 'GONE'" in said
    assert "RetireValue" in sync(started, Flags(map=["OLD=NEW"], retire=["OLD", "GONE"]))


def test_rows_need_an_answer(started: Project) -> None:
    said = sync(started, Flags(retire=["OLD"]))
    assert said.startswith("public.state loses the label 'OLD', which 1 row of public.job.s holds.")
    said = sync(started, Flags(retire=["OLD"], map_null=["OLD"]))
    assert "public.state loses 'OLD', but public.job.s is NOT NULL" in said
    started.sql("ALTER TABLE job ALTER s SET DEFAULT 'OLD'")
    said = sync(started, Flags(retire=["OLD"]))
    assert "The default of public.job.s is 'OLD'::public.state, which names 'OLD'." in said


def test_rows_that_would_be_the_same(started: Project) -> None:
    started.sql("CREATE UNIQUE INDEX one ON job (s)", "INSERT INTO job (s) VALUES ('NEW')")
    assert ": one rejects that" in sync(started)
    assert "RetireValue" in sync(started, Flags(retire=["OLD"], map=["OLD=DONE"]))


def test_the_setting(started: Project) -> None:
    flags = Flags(map=["OLD=NEW"])
    for retire, kind in ((None, "Drop"), ("always", "Retire"), ("1GB", "Drop"), (1, "Retire")):
        started.options = {"retire": retire}
        started.models(JOB, LABELS=["NEW", "GONE", "DONE"])
        assert f"{kind}Value" in sync(started, flags), retire
        started.models(JOB, LABELS=["DONE", "NEW", "GONE"])  # that rewrites it anyway
        assert "DropValue" in sync(started, flags)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (Flags(retire=["NONE"]), "names no label that differs between models and database"),
        (Flags(retire=["DONE"]), "'DONE' doesn't go: public.state has it in the models still"),
        (Flags(retire=["KEPT"]), "'KEPT' is retired: no row of public.state can hold it"),
        (Flags(map=["KEPT=NEW"]), "'KEPT' is retired: no row of public.state can hold it"),
        (Flags(rename=["KEPT=LAST"]), "'KEPT' is retired: no row of public.state can hold it"),
    ],
    ids=str,
)
def test_a_value_that_fits_nothing(started: Project, flags: Flags, problem: str) -> None:
    if "KEPT" in problem:
        started.sql(
            "ALTER TYPE state RENAME VALUE 'OLD' TO 'KEPT'",
            "DELETE FROM job",
            "ALTER TABLE job ADD CHECK (s <> 'KEPT'), ADD CHECK (NOT ('KEPT'::state = ANY (l)))",
        )
        started.models(JOB, LABELS=["NEW", "GONE", "DONE", "LAST"])
    with pytest.raises(AnswerError) as error:
        sync(started, flags)
    assert error.value.problem == problem
