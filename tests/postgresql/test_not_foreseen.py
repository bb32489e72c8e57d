"""What only a run can tell is refused with the server's words, and nothing is written."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    k = db.Column(db.Enum(*labels, name="kind"))
"""
ROWS = "INSERT INTO job VALUES (1, 'a'), (2, 'b'), (3, NULL)"
# What is there, the labels afterwards, what is answered, and what is said.
CASES: dict[str, tuple[str, str, list[str], str]] = {
    "a CHECK that a mapped row breaks": (
        "ALTER TABLE job ADD CHECK (k <> 'b' OR id > 1)",
        "b c",
        ["--map", "a=b"],
        'check constraint "job_check" of relation "job" is violated by some row',
    ),
    "a CHECK that NULL breaks": (
        "ALTER TABLE job ADD CHECK (k IS NOT NULL OR id > 1)",
        "b c",
        ["--map-null", "kind.a"],
        'check constraint "job_check" of relation "job" is violated by some row',
    ),
    "NULLs that are the same": (
        "ALTER TABLE job ADD UNIQUE NULLS NOT DISTINCT (k)",
        "b c",
        ["--map-null", "kind.a"],
        "could not create unique index",
    ),
    "a partial unique index": (
        "CREATE UNIQUE INDEX u ON job (k) WHERE id > 0",
        "b c",
        ["--map", "a=b"],
        "job has rows with 'a' and with 'b' that are the same in (k)",
    ),
    "a unique index of an expression": (
        "CREATE UNIQUE INDEX u ON job ((k IS NULL), (k = 'b'))",
        "b c",
        ["--map", "a=b"],
        "could not create unique index",
    ),
    "an exclusion constraint": (
        "ALTER TABLE job ADD EXCLUDE USING btree (k WITH =)",
        "b c",
        ["--map", "a=b"],
        "could not create exclusion constraint",
    ),
    "a domain's CHECK": (
        "CREATE DOMAIN d AS kind CHECK (VALUE <> 'b'); CREATE TABLE t (d d);"
        " INSERT INTO t VALUES ('a')",
        "b c",
        ["--map", "a=b"],
        "value for domain d violates check constraint",
    ),
    "a domain's NOT NULL": (
        "CREATE DOMAIN d AS kind NOT NULL; CREATE TABLE t (d d); INSERT INTO t VALUES ('a')",
        "b c",
        ["--map-null", "kind.a"],
        "domain d does not allow null values",
    ),
    "an order that a CHECK relies on": (
        "ALTER TABLE job ADD CHECK (k <= 'b')",
        "b a c",
        [],
        'check constraint "job_k_check" of relation "job" is violated by some row',
    ),
    "an order that a stored range relies on": (
        "CREATE TYPE span AS RANGE (SUBTYPE = kind); CREATE TABLE t (r span, rs span[]);"
        " INSERT INTO t VALUES ('[a,b]')",
        "c b a",
        [],
        "range lower bound must be less than or equal to range upper bound",
    ),
    "an array of a domain over an array": (
        "CREATE DOMAIN da AS kind[]; CREATE TABLE t (d da[]);"
        " INSERT INTO t VALUES (ARRAY['{a}'::da])",
        "b a",
        [],
        "cannot cast type kind[] to da[]",
    ),
    "a circle of a view and a function": (
        "CREATE VIEW v AS SELECT k FROM job;"
        " CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS 'SELECT * FROM v';"
        " CREATE OR REPLACE VIEW v AS SELECT k FROM job UNION ALL SELECT k FROM f()",
        "b a",
        [],
        "cannot drop",
    ),
}


def test_a_row_type_without_the_mapped_label(one_project: Project) -> None:
    """It is in nobody's way, and what only production holds inside of it stops the upgrade."""
    one_project.start(
        MODELS,
        ROWS,
        "CREATE TYPE piece AS (k kind, note text)",
        "CREATE TABLE bundle (p piece, ps piece[])",
        "INSERT INTO bundle VALUES ('(b,x)', ARRAY['(c,y)'::piece])",
        labels=["a", "b", "c"],
    )
    one_project.models(MODELS, labels=["b", "c"])
    assert "Note: " not in one_project.sync("--map", "a=b").stderr
    one_project.sql("INSERT INTO bundle VALUES ('(a,late)')")
    with pytest.raises(DBAPIError, match=r"public\.bundle\.p holds 'a' inside of public\.piece"):
        one_project.db("upgrade")
    one_project.sql("DELETE FROM bundle WHERE (p).note = 'late'")
    one_project.db("upgrade")
    assert one_project.rows("SELECT k::text FROM job ORDER BY id") == [("b",), ("b",), (None,)]
    assert one_project.rows("SELECT p::text, ps::text FROM bundle") == [("(b,x)", '{"(c,y)"}')]
    one_project.db("downgrade")


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_before_it_is_written(one_project: Project, case: str) -> None:
    there, labels, answers, said = CASES[case]
    one_project.start(MODELS, ROWS, *there.split("; "), labels=["a", "b", "c"])
    one_project.models(MODELS, labels=labels.split())
    before = one_project.dump(), one_project.contents()
    assert said in one_project.sync(*answers, expect=1).stderr
    assert (one_project.dump(), one_project.contents()) == before
