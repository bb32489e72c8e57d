"""Two branches change one type, and are merged: each is taken back without the other's labels."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.project import Project

MODELS = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(*LABELS, name="mood"), nullable=False, server_default="ok", index=True)
    tags = db.Column(db.ARRAY(db.Enum(*LABELS, name="mood")))
"""
SQL = (
    "CREATE DOMAIN calm AS mood CHECK (VALUE <> 'bad')",
    "ALTER TABLE entry ADD calm calm",
    "CREATE INDEX partial ON entry (id) WHERE mood = 'ok'",
    "COMMENT ON TYPE mood IS 'how it is'",
    "GRANT USAGE ON TYPE mood TO PUBLIC",
    "CREATE FUNCTION other_way(mood) RETURNS text LANGUAGE sql IMMUTABLE AS"
    " $$SELECT CASE pg_catalog.enum_out($1)::text WHEN 'bad' THEN 'good' ELSE 'bad' END$$",
    "CREATE CAST (mood AS text) WITH FUNCTION other_way(mood) AS ASSIGNMENT",
    "INSERT INTO entry (mood, tags, calm) VALUES"
    " ('bad', '{bad,ok}', 'ok'), ('ok', '{{NULL,ok}}', NULL), (DEFAULT, NULL, 'good')",
)
VIEW = "CREATE VIEW fine AS SELECT id, mood FROM entry WHERE mood <> 'bad'"
BEFORE = "bad ok good"


def branch(project: Project, name: str, labels: str, *flags: str) -> None:
    """Write a revision on the first one, as a branch does that knows no other."""
    others = {path: path.read_text() for path in project.revisions() if "branch" in path.name}
    for path in others:
        path.unlink()
    project.models(MODELS, LABELS=labels.split())
    project.sync("--rev-id", name, "-m", f"branch {name}", *flags)
    for path, source in others.items():
        path.write_text(source)


@pytest.mark.parametrize("hanging", [(), (VIEW,)], ids=["labels only", "a view too"])
@pytest.mark.parametrize(
    ("ours", "theirs", "both"),
    [
        ("bad ours ok good", "bad ok good theirs", "bad ours ok good theirs"),
        ("ours bad ok good", "bad ok it's% good", "ours bad ok it's% good"),
    ],
    ids=["apart", "quotes"],
)
def test_the_way_back_past_a_merge(
    project: Project, ours: str, theirs: str, both: str, hanging: tuple[str, ...]
) -> None:
    project.portable = False  # it would run one branch without the other
    project.start(MODELS, *SQL, *hanging, LABELS=BEFORE.split())
    [first] = (path.name.partition("_")[0] for path in project.revisions())
    schema, rows = project.dump(), project.contents()
    branch(project, "aaaa", ours)
    branch(project, "bbbb", theirs)
    project.db("merge", "heads", "-m", "merge")
    project.db("upgrade")
    project.models(MODELS, LABELS=both.split())
    assert project.db("enum", "check").stdout.startswith("In sync")
    upgraded = project.dump()
    project.db("downgrade", first)
    assert project.dump() == schema
    assert project.contents() == rows
    project.db("upgrade")
    assert project.dump() == upgraded
    assert project.contents() == rows


@pytest.mark.parametrize("hanging", [(), (VIEW,)], ids=["labels only", "a view too"])
@pytest.mark.parametrize("flags", [[], ["--downgrade-map", "mood.ours=ok"]], ids=["", "mapped"])
def test_rows_keep_labels_of_others(
    project: Project, flags: list[str], hanging: tuple[str, ...]
) -> None:
    project.start(MODELS, *SQL, *hanging, LABELS=BEFORE.split())
    project.models(MODELS, LABELS=["bad", "ours", "ok", "better"])
    project.sync("--rename", "mood.good=better", *flags)
    project.db("upgrade")
    project.sql(
        "ALTER TYPE mood ADD VALUE 'theirs' BEFORE 'ok'",
        "INSERT INTO entry (mood, tags, calm) VALUES ('theirs', '{theirs,NULL,ok}', 'theirs')",
        "INSERT INTO entry (mood) VALUES ('ours')",
    )
    values = """SELECT pg_catalog.enum_out(mood)::text, pg_catalog.array_out(tags)::text,
                       pg_catalog.enum_out(calm::mood)::text FROM entry ORDER BY id"""
    before = project.rows(values)
    assert before[3:] == [("theirs", "{theirs,NULL,ok}", "theirs"), ("ours", None, None)]
    if not flags:
        with pytest.raises(DBAPIError) as failed:
            project.db("downgrade")
        told = "public.entry.mood holds 'ours', a label this revision takes away"
        assert told in str(failed.value)
        assert project.rows(values) == before
        project.sql("UPDATE entry SET mood = 'ok' WHERE mood = 'ours'")
    project.db("downgrade")
    assert project.labels("mood") == ["bad", "theirs", "ok", "good"]
    assert project.rows(values) == [
        ("bad", "{bad,ok}", "ok"),
        ("ok", "{{NULL,ok}}", None),
        ("ok", None, "good"),
        ("theirs", "{theirs,NULL,ok}", "theirs"),
        ("ok", None, None),
    ]
    project.db("upgrade")
    assert project.labels("mood") == ["bad", "ours", "theirs", "ok", "better"]


FAMILIES = (
    "ALTER TABLE entry ADD past mood GENERATED ALWAYS AS (mood) STORED",
    "CREATE TABLE child () INHERITS (entry)",
    "CREATE TABLE parts (id int, mood mood) PARTITION BY LIST (id)",
    "CREATE TABLE one PARTITION OF parts FOR VALUES IN (1)",
    "CREATE EXTENSION file_fdw",
    "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
    "CREATE TABLE near (id int, mood mood)",
    "CREATE FOREIGN TABLE far () INHERITS (near) SERVER files OPTIONS (filename '/dev/null')",
)


def test_families_keep_labels_of_others(project: Project) -> None:
    project.start(MODELS, *FAMILIES, LABELS=BEFORE.split())
    project.models(MODELS, LABELS=["bad", "ok", "good", "ours"])
    project.sync()
    project.db("upgrade")
    project.sql(
        "ALTER TYPE mood ADD VALUE 'theirs' BEFORE 'ok'",
        "INSERT INTO entry (mood) VALUES ('theirs'), ('bad')",
        "INSERT INTO child (id, mood) VALUES (7, 'theirs')",
        "INSERT INTO parts VALUES (1, 'theirs')",
        "INSERT INTO near VALUES (1, 'theirs')",
    )
    rows = project.contents()
    project.db("downgrade")
    assert project.labels("mood") == ["bad", "theirs", "ok", "good"]
    assert project.contents() == rows
    project.db("upgrade")
    assert project.contents() == rows


def test_beside_a_retired_label(project: Project) -> None:
    plain = MODELS.replace(', server_default="ok"', "")
    project.start(plain, LABELS=BEFORE.split())
    for labels, flags in (("bad good", ["--retire", "mood.ok"]), ("bad good ours", [])):
        project.models(plain, LABELS=labels.split())
        project.sync(*flags)
        project.db("upgrade")
    project.sql("ALTER TYPE mood ADD VALUE 'theirs'", "INSERT INTO entry (mood) VALUES ('theirs')")
    project.db("downgrade")
    assert project.labels("mood") == ["bad", "ok", "good", "theirs"]
    with pytest.raises(psycopg.errors.CheckViolation):
        project.sql("INSERT INTO entry (mood) VALUES ('ok')")


def test_the_last_label_too(one_project: Project) -> None:
    project = one_project
    project.start(MODELS.replace(', server_default="ok"', ""), LABELS=["ok"])
    project.models(MODELS.replace(', server_default="ok"', ""), LABELS=["ok", "ours"])
    project.sync()
    project.db("upgrade")
    project.sql(
        "ALTER TYPE mood RENAME TO gone",
        "CREATE TYPE mood AS ENUM ('ours')",
        "DROP TABLE entry",
        "CREATE TABLE entry (id int PRIMARY KEY, mood mood, tags mood[])",
        "DROP TYPE gone",
    )
    project.db("downgrade")
    assert project.labels("mood") == []


@pytest.mark.parametrize("hanging", [(), (VIEW,)], ids=["labels only", "a view too"])
def test_another_order_is_no_addition(one_project: Project, hanging: tuple[str, ...]) -> None:
    """Where the unknown label belongs can't be told: it is refused, by a hint for a downgrade."""
    project = one_project
    project.start(MODELS, *SQL, *hanging, LABELS=BEFORE.split())
    project.models(MODELS, LABELS=["good", "ours", "ok", "bad"])
    project.sync()
    project.db("upgrade")
    project.sql("ALTER TYPE mood ADD VALUE 'theirs'")
    before = project.dump()
    with pytest.raises(DBAPIError) as failed:
        project.db("downgrade")
    assert "{bad,good,ok,ours,theirs}" in str(failed.value)
    assert "CASE" in str(failed.value)
    assert "flask db enum sync" not in str(failed.value)
    assert project.dump() == before
