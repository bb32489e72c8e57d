"""Changes of labels, end to end: rows in the tables, both directions, on every server."""

from __future__ import annotations

import re

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from tests.project import Project
from tests.project import statements

MOOD = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(*LABELS, name="mood"), nullable=False, server_default="ok", index=True)
    other = db.Column(db.Enum(*LABELS, name="mood"))
    __table_args__ = (db.UniqueConstraint("id", "other"),)
    tags = db.Column(db.ARRAY(db.Enum(*LABELS, name="mood")))
"""

ROWS = (
    "INSERT INTO entry (mood, other, tags) VALUES"
    " ('bad', 'ok', '{bad,ok}'), ('ok', NULL, NULL), (DEFAULT, 'good', '{{good,NULL},{ok,ok}}')"
)


def entries(project: Project) -> list[tuple[str, str | None, str | None]]:
    return project.rows("SELECT mood::text, other::text, tags::text FROM entry ORDER BY id")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["bad", "ok", "good"], ["bad", "ok", "good", "great"]),
        (["bad", "ok", "good"], ["awful", "bad", "ok", "good"]),
        (["bad", "ok", "good"], ["worst", "awful", "bad", "soso", "fine", "ok", "good", "x", "y"]),
    ],
    ids=["last", "first", "everywhere"],
)
def test_additions_are_catalog_entries(
    project: Project, before: list[str], after: list[str]
) -> None:
    project.start(MOOD, ROWS, LABELS=before)
    filenode = project.rows("SELECT pg_relation_filenode('entry')")
    project.models(MOOD, LABELS=after)
    source = project.round_trip()
    upgrade = source[source.index("def upgrade") : source.index("def downgrade")]
    assert all("ADD VALUE IF NOT EXISTS" in sql for sql in statements(upgrade))
    assert project.labels("mood") == after
    project.db("downgrade")
    project.sql("VACUUM entry")
    filenode = project.rows("SELECT pg_relation_filenode('entry')")
    project.db("upgrade")
    assert project.rows("SELECT pg_relation_filenode('entry')") == filenode


@pytest.mark.parametrize(
    ("after", "flags", "expected"),
    [
        (["poor", "ok", "good"], ["bad=poor"], {"bad": "poor"}),
        (["ok", "bad", "good"], ["bad=ok", "ok=bad"], {"bad": "ok", "ok": "bad"}),
        (
            ["ok", "good", "great"],
            ["bad=ok", "ok=good", "good=great"],
            {"bad": "ok", "ok": "good", "good": "great"},
        ),
        (
            ["ok", "good", "bad"],
            ["bad=ok", "ok=good", "good=bad"],
            {"bad": "ok", "ok": "good", "good": "bad"},
        ),
        (["poor", "bad", "ok", "good"], ["bad=poor"], {"bad": "poor"}),
        (["bad", "poor", "ok", "good", "x"], ["bad=poor"], {"bad": "poor"}),
    ],
    ids=["one", "swap", "chain", "cycle", "freed name added again", "freed name first"],
)
def test_renames_keep_every_row(
    project: Project, after: list[str], flags: list[str], expected: dict[str, str]
) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    was = entries(project)
    project.models(MOOD, LABELS=after)
    source = project.round_trip(*(f"--rename=mood.{flag}" for flag in flags))
    upgrade = source[source.index("def upgrade") : source.index("def downgrade")]
    assert "CREATE TYPE" not in upgrade
    assert project.labels("mood") == after
    assert [row[0] for row in entries(project)] == [expected.get(r[0], r[0]) for r in was]
    default = project.rows(
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef"
        " WHERE adrelid = 'entry'::regclass AND adnum = 2"
    )
    assert default == [(f"'{expected.get('ok', 'ok')}'::mood",)]


def test_a_removal_replaces_the_type_and_comes_back_as_an_addition(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "gone", "ok", "good"])
    project.models(MOOD, LABELS=["bad", "ok", "good"])
    source = project.round_trip()
    upgrade, downgrade = source.split("def downgrade")
    assert len(re.findall(r"ALTER TABLE public\.entry\b", upgrade)) == 1
    assert "ADD VALUE IF NOT EXISTS 'gone' AFTER 'bad'" in downgrade
    assert "ALTER TABLE" not in downgrade
    assert project.labels("mood") == ["bad", "ok", "good"]


def test_a_reorder_replaces_the_type(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["good", "bad", "ok"])
    project.models(MOOD, LABELS=["bad", "ok", "good"])
    source = project.round_trip()
    assert source.count("ALTER TABLE public.entry") == 2
    assert [row[0] for row in project.rows("SELECT mood FROM entry ORDER BY mood")] == [
        "bad",
        "ok",
        "ok",
    ]


def test_everything_at_once(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["good", "gone", "bad", "ok", "old"])
    project.models(MOOD, LABELS=["new", "bad", "fine", "great", "good"])
    project.round_trip("--rename", "ok=fine", "--map", "mood.old=great")
    assert project.labels("mood") == ["new", "bad", "fine", "great", "good"]
    assert entries(project) == [
        ("bad", "fine", "{bad,fine}"),
        ("fine", None, None),
        ("fine", "good", "{{good,NULL},{fine,fine}}"),
    ]


def test_rows_that_hold_a_removed_label_need_an_answer(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    project.models(MOOD, LABELS=["bad", "ok"])
    refused = project.sync(expect=1).stderr
    assert "'good'" in refused
    assert "1 row of public.entry.other" in refused
    assert "1 row of public.entry.tags" in refused
    assert "--map mood.good=LABEL" in refused
    project.round_trip("--map", "mood.good=ok", merges=True)
    assert project.rows("SELECT other::text, tags::text FROM entry WHERE id = 3") == [
        ("ok", "{{ok,NULL},{ok,ok}}")
    ]


def test_map_null(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    project.models(MOOD, LABELS=["bad", "ok"])
    refused = project.sync("--map-null", "mood.good", expect=1).stderr
    assert "public.entry.mood is NOT NULL" in refused
    nullable = MOOD.replace("nullable=False, ", "")
    project.sql("ALTER TABLE entry ALTER mood DROP NOT NULL")
    project.models(nullable, LABELS=["bad", "ok"])
    project.round_trip("--map-null", "mood.good", merges=True)
    assert project.rows("SELECT other::text, tags::text FROM entry WHERE id = 3") == [
        (None, "{{NULL,NULL},{ok,ok}}")
    ]


def test_a_default_follows_the_map_there_and_back(project: Project) -> None:
    project.start(
        MOOD,
        ROWS,
        "ALTER TABLE entry ALTER tags SET DEFAULT '{ok,bad}'",
        "ALTER TABLE entry ALTER other SET DEFAULT 'ok'",
        LABELS=["bad", "ok", "good"],
    )
    changed = MOOD.replace('server_default="ok"', 'server_default="bad"')
    project.models(changed, LABELS=["bad", "good"])
    assert "The default of public.entry.mood" in project.sync(expect=1).stderr
    project.sql("UPDATE entry SET other = 'bad' WHERE other = 'ok'")
    source = project.round_trip("--map", "mood.ok=good", merges=True)
    assert "The default of public.entry.mood becomes 'good'::public.mood." in source
    project.sql("INSERT INTO entry (id, other) VALUES (9, NULL)")
    assert project.rows("SELECT mood::text, tags::text FROM entry WHERE id = 9") == [
        ("good", "{good,bad}")
    ]


def test_a_default_that_becomes_null_is_dropped(project: Project) -> None:
    nullable = MOOD.replace("nullable=False, ", "")
    project.start(nullable, LABELS=["bad", "ok", "good"])
    project.models(nullable.replace(', server_default="ok"', ""), LABELS=["bad", "good"])
    project.round_trip("--map-null", "mood.ok")
    assert project.rows("SELECT count(*) FROM pg_attrdef WHERE adrelid = 'entry'::regclass") == [
        (1,)
    ]


def test_a_default_that_cannot_follow_is_refused(project: Project) -> None:
    project.start(
        MOOD,
        "ALTER TABLE entry ALTER mood SET DEFAULT lower('OK'::text || '')::mood",
        "ALTER TABLE entry ALTER other SET DEFAULT ('good'::text)::mood",
        LABELS=["bad", "ok", "good"],
    )
    project.models(MOOD, LABELS=["bad", "ok"])
    refused = project.sync("--map", "mood.good=ok", expect=1).stderr
    assert "The default of public.entry.other is" in refused
    assert "change the default first" in refused


def test_the_revision_itself_guards_production_rows(project: Project) -> None:
    project.start(MOOD, LABELS=["bad", "ok", "good"])
    project.models(MOOD, LABELS=["ok", "bad"])
    project.sync()
    project.sql("INSERT INTO entry (mood, tags) VALUES ('ok', '{good}')")
    schema, rows = project.dump(), project.contents()
    with pytest.raises(Exception, match=r"public.entry.tags holds '\{good\}', a label"):
        project.db("upgrade")
    assert (project.dump(), project.contents()) == (schema, rows)
    project.sql("UPDATE entry SET mood = 'good', tags = NULL")
    with pytest.raises(Exception, match=r"public.entry.mood holds 'good', a label"):
        project.db("upgrade")
    project.sql("UPDATE entry SET mood = 'bad'")
    project.db("upgrade")
    assert project.labels("mood") == ["ok", "bad"]


def test_a_downgrade_guards_rows_or_follows_the_downgrade_map(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    schema = project.dump()
    project.models(MOOD, LABELS=["bad", "ok", "good", "x", "y"])
    project.sync("--downgrade-map", "mood.x=ok")
    project.db("upgrade")
    project.sql("INSERT INTO entry (id, mood, tags) VALUES (7, 'y', NULL), (8, 'x', '{x,bad}')")
    with pytest.raises(Exception, match=r"public.entry.mood holds 'y', a label"):
        project.db("downgrade")
    assert project.labels("mood") == ["bad", "ok", "good", "x", "y"]
    project.sql("DELETE FROM entry WHERE id = 7")
    project.db("downgrade")
    assert project.rows("SELECT mood::text, tags::text FROM entry WHERE id = 8") == [
        ("ok", "{ok,bad}")
    ]
    assert project.dump() == schema


def test_several_types_in_one_table_are_one_rewrite(project: Project) -> None:
    model = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    a = db.Column(db.Enum(*A, name="kind_a"), server_default="x")
    b = db.Column(db.Enum(*A, name="kind_a"))
    c = db.Column(db.Enum(*C, name="kind_c"), server_default="one")
    d = db.Column(db.Enum(*D, name="kind_d"), server_default="p")
class Other(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    c = db.Column(db.Enum(*C, name="kind_c"), server_default="two")
"""
    project.start(
        model,
        "INSERT INTO entry (a, b, c) VALUES ('x', 'y', 'two'), ('y', NULL, DEFAULT)",
        "INSERT INTO other DEFAULT VALUES",
        A=["x", "y", "z"],
        C=["one", "two"],
        D=["p", "q"],
    )
    project.models(model, A=["x", "y"], C=["two", "one", "three"], D=["p", "q", "r"])
    source = project.round_trip()
    upgrade = source[: source.index("def downgrade")]
    assert upgrade.count("ALTER TABLE public.entry") == 1
    assert upgrade.count("ALTER TABLE public.other") == 1
    assert "LOCK TABLE public.entry, public.other" in upgrade
    assert upgrade.index("ADD VALUE") < upgrade.index("LOCK TABLE")


def test_without_order_a_reorder_is_no_difference_but_additions_go_to_their_place(
    project: Project,
) -> None:
    project.config["ENUM_MIGRATE_COMPARE_ORDER"] = False
    project.start(MOOD, ROWS, LABELS=["good", "bad", "ok"])
    project.models(MOOD, LABELS=["bad", "ok", "good"])
    assert project.db("enum", "check").exit_code == 0
    assert "nothing to write" in project.sync().stderr
    project.models(MOOD, LABELS=["bad", "soso", "ok", "good", "last"])
    source = project.round_trip()
    assert "CREATE TYPE" not in source[: source.index("def downgrade")]
    assert project.labels("mood") == ["good", "last", "bad", "soso", "ok"]


def test_a_thousand_labels(project: Project) -> None:
    labels = [f"label {i}" for i in range(1000)]
    model = MOOD.replace('server_default="ok"', 'server_default="label 7"')
    project.start(
        model,
        "INSERT INTO entry (mood, tags) SELECT ('label ' || i)::mood, ARRAY[('label ' || i)::mood]"
        " FROM generate_series(0, 998) i",
        LABELS=labels,
    )
    project.models(model, LABELS=[*labels[::-1][1:], "new"])
    project.round_trip()
    assert project.labels("mood") == [*labels[::-1][1:], "new"]


def test_an_enum_can_begin_and_end_without_labels(project: Project) -> None:
    project.start(
        "class Entry(db.Model):\n"
        "    id = db.Column(db.Integer, primary_key=True)\n"
        "    mood = db.Column(db.Enum(*LABELS, name='mood'))\n",
        "INSERT INTO entry (mood) VALUES (NULL)",
        "ALTER TYPE mood RENAME TO gone",
        "CREATE TYPE mood AS ENUM ()",
        "ALTER TABLE entry ALTER mood TYPE mood USING NULL",
        "DROP TYPE gone",
        LABELS=["a", "b"],
    )
    source = project.round_trip()
    assert "ADD VALUE IF NOT EXISTS 'b' AFTER 'a'" in source
    assert project.labels("mood") == ["a", "b"]


def test_a_label_of_63_bytes_fits_and_one_of_64_is_refused(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    project.models(MOOD, LABELS=["bad", "ok", "good", "ü" * 31 + "xx"])
    refused = project.sync(expect=1).stderr
    assert "it has 64 bytes, and 63 is the most" in refused
    project.models(MOOD, LABELS=["bad", "ok", "good", "ü" * 31 + "x"])
    project.round_trip()


def test_a_second_connection_sees_no_half_state(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    project.models(MOOD, LABELS=["ok", "bad", "good"])
    project.sync()
    with psycopg.connect(project.url) as reader:
        reader.execute("SELECT mood FROM entry").fetchall()
        reader.commit()
        project.db("upgrade")
        assert reader.execute("SELECT count(*) FROM entry WHERE mood = 'ok'").fetchone() == (2,)


def test_a_label_mapped_to_a_new_one_comes_back(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    project.models(MOOD, LABELS=["bad", "ok", "great"])
    source = project.round_trip("--map", "mood.good=great")
    assert "remove 'great'; rows that hold it become 'good'" in source


def test_two_labels_mapped_to_a_new_one_are_not_told_apart(project: Project) -> None:
    project.start(MOOD, ROWS, LABELS=["bad", "ok", "good"])
    project.models(MOOD.replace(', server_default="ok"', ""), LABELS=["good", "meh"])
    project.sync("--map", "mood.bad=meh", "--map", "mood.ok=meh")
    project.db("upgrade")
    upgraded = project.dump()
    with pytest.raises(Exception, match=r"public.entry.mood holds 'meh', a label"):
        project.db("downgrade")
    assert project.dump() == upgraded


def test_a_label_that_the_revision_does_not_know_stops_it(project: Project) -> None:
    """Such as one that a colleague's branch added: it would go without a word."""
    models = MOOD.replace(', server_default="ok"', "")
    project.start(models, LABELS=["bad", "gone", "ok"])
    project.models(models, LABELS=["bad", "ok"])
    project.sync()
    project.sql("ALTER TYPE mood ADD VALUE 'theirs' BEFORE 'ok'")
    with pytest.raises(OperationalError) as failed:
        project.db("upgrade")
    assert (
        "public.mood has other labels here than this revision knows, {bad,gone,ok,theirs}"
        in str(failed.value)
    )
    assert "or delete it and run flask db enum sync" in str(failed.value)
    assert project.labels("mood") == ["bad", "gone", "theirs", "ok"]


def test_the_hint_names_all_places_that_lack_a_label(one_project: Project) -> None:
    """Done to the letter, in the order that is shown, it keeps the rows that hold the label."""
    models = MOOD.replace(', server_default="ok"', "")
    one_project.start(models, LABELS=["bad", "gone", "ok"])
    one_project.models(models, LABELS=["bad", "ok"])
    one_project.sync()
    one_project.sql("ALTER TYPE mood ADD VALUE 'later'")
    one_project.sql("INSERT INTO entry (mood, other, tags) VALUES ('later', 'bad', '{later,ok}')")
    with pytest.raises(OperationalError, match=r"\{bad,gone,later,ok\}") as failed:
        one_project.db("upgrade")
    assert "Add what it lacks in three places, this list, CREATE TYPE and CASE" in str(failed.value)
    path = max(one_project.revisions(), key=lambda one: one.stat().st_mtime_ns)
    source, down = path.read_text().split("def downgrade")
    source = source.replace("ARRAY['bad', 'gone', 'ok']", "ARRAY['bad', 'gone', 'later', 'ok']")
    source = source.replace("AS ENUM ('bad', 'ok')", "AS ENUM ('bad', 'ok', 'later')")
    whens = r"WHEN (\w+) OPERATOR\(pg_catalog\.=\) 'ok' THEN 'ok'"
    source, cases = re.subn(whens, lambda m: f"{m[0]} {m[0].replace('ok', 'later')}", source)
    assert cases == 2  # the array is converted otherwise
    path.write_text(f"{source}def downgrade{down}")
    one_project.db("upgrade")
    assert one_project.rows("SELECT mood::text, other::text, tags::text FROM entry") == [
        ("later", "bad", "{later,ok}")
    ]
    assert one_project.labels("mood") == ["bad", "ok", "later"]


def test_and_among_what_else_is_compared(project: Project) -> None:
    project.start(MOOD, LABELS=["bad", "gone", "ok", "it's"])
    project.models(MOOD, LABELS=["bad", "ok", "it's"])
    project.sync()
    project.sql("ALTER TYPE mood ADD VALUE 'a \"label\"' BEFORE 'bad'")
    with pytest.raises(OperationalError) as failed:
        project.db("upgrade")
    here = '{"a \\"label\\"",bad,gone,it\'s,ok}'
    told = f"TYPE public.mood is here: {here}, in this revision: {{bad,gone,it's,ok}}\n"
    assert f"{told}No table was changed." in str(failed.value)
    assert project.labels("mood") == ['a "label"', "bad", "gone", "ok", "it's"]


def test_a_label_that_only_the_revision_knows_stops_it(project: Project) -> None:
    project.start(MOOD, LABELS=["bad", "gone", "ok"])
    project.models(MOOD, LABELS=["ok", "bad"])
    project.sync()
    project.sql("ALTER TYPE mood RENAME VALUE 'gone' TO 'went'")
    with pytest.raises(
        OperationalError,
        match=r"TYPE public.mood is here: \{bad,ok,went\}, in this revision: \{bad,gone,ok\}",
    ):
        project.db("upgrade")
    assert project.labels("mood") == ["bad", "went", "ok"]


def test_a_check_that_keeps_a_new_label_out_is_named(one_project: Project) -> None:
    """Whether it lists labels or texts, of a column, an array or a domain."""
    one_project.start(
        """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"))
    tags = db.Column(pg.ARRAY(db.Enum(*labels, name="state")))
""",
        "ALTER TABLE job ADD CONSTRAINT texts CHECK (state::text IN ('a', 'b'))",
        "ALTER TABLE job ADD CONSTRAINT \"La Bels\" CHECK (state IN ('a', 'b')) NOT VALID",
        "ALTER TABLE job ADD CONSTRAINT ofarray CHECK (tags <@ '{a,b}')",
        "ALTER TABLE job ADD CONSTRAINT other CHECK (state IN ('a', 'b') OR id > 1)",
        "CREATE TABLE child () INHERITS (job)",
        "CREATE DOMAIN d AS state CONSTRAINT ofdomain CHECK (VALUE IN ('b'))",
        labels=["a", "b"],
    )
    one_project.models(
        """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("a", "b", "c", name="state"))
    tags = db.Column(pg.ARRAY(db.Enum("a", "b", "c", name="state")))
"""
    )
    said = one_project.sync().stderr
    for named, drop in (
        ("texts on public.job", "ALTER TABLE public.job DROP CONSTRAINT texts"),
        ("La Bels on public.job", 'ALTER TABLE public.job DROP CONSTRAINT "La Bels"'),
        ("ofarray on public.job", "ALTER TABLE public.job DROP CONSTRAINT ofarray"),
        ("ofdomain on public.d", "ALTER DOMAIN public.d DROP CONSTRAINT ofdomain"),
    ):
        told = f"The CHECK {named} keeps 'c' out. To drop it: {drop}"
        assert told in said, said
        assert told in one_project.revision()
        one_project.sql(drop)
    assert said.count(" keeps 'c' out") == 4
