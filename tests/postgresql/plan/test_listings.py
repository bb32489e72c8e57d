"""A label that goes, and what lists it: it loses the label, and gets it back."""

from __future__ import annotations

import re

import psycopg
import pytest

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate import Refused
from tests.project import Project

MODEL = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(sa.Enum(*LABELS, name="mood"), server_default="ok")
    tags = db.Column(pg.ARRAY(sa.Enum(*LABELS, name="mood")))
"""
BEFORE, AFTER = ["bad", "gone", "ok", "good"], ["bad", "ok", "good"]
ROWS = (
    "INSERT INTO entry (id, mood, tags) VALUES (1, 'ok', '{ok,good}'), (2, NULL, NULL),"
    " (3, 'ok', '{}')"
)
OBJECTS = (
    "ALTER TABLE entry ADD CONSTRAINT listed CHECK (mood IN ('gone', 'ok', 'good'))",
    "ALTER TABLE entry ADD CONSTRAINT not_listed CHECK (mood NOT IN ('bad', 'gone'))",
    "ALTER TABLE entry ADD CONSTRAINT arrays CHECK (tags <@ ARRAY['gone', 'ok', 'good']::mood[]"
    " AND NOT tags && '{bad,gone}'::mood[])",
    "COMMENT ON CONSTRAINT listed ON entry IS 'what is listed'",
    "CREATE INDEX part ON entry (id) WHERE mood = ANY ('{ok,gone}')",
    "CREATE INDEX computed ON entry ((mood IN ('bad', 'gone')))",
    "CREATE VIEW v AS SELECT id, mood IN ('gone', 'ok') AS fine FROM entry"
    " WHERE mood NOT IN ('gone', 'bad') OR 'mood = ANY (ARRAY[''gone''::mood])' = 'x'",
    "CREATE VIEW on_v AS SELECT count(*) AS n FROM v WHERE fine",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM entry WHERE mood IN ('gone', 'ok')",
    "ALTER TABLE entry ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON entry USING (mood IN ('ok', 'gone'))"
    " WITH CHECK (mood NOT IN ('gone', 'bad'))",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER t BEFORE INSERT ON entry FOR EACH ROW WHEN (NEW.mood IN ('gone', 'bad'))"
    " EXECUTE FUNCTION f('gone', 'IN')",
    "CREATE RULE r AS ON UPDATE TO entry WHERE NEW.mood IN ('gone', 'bad') DO NOTHING",
    "CREATE FUNCTION g(m mood) RETURNS bool LANGUAGE sql RETURN m IN ('gone', 'ok')",
    "ALTER TABLE entry ADD fine bool GENERATED ALWAYS AS (mood IN ('gone', 'ok')) STORED",
    "CREATE INDEX ON entry (fine)",
)


# Nor what the models would have to know, for a migration not to drop it.
WITHOUT_TABLE = tuple(
    one for one in OBJECTS if not re.search("INDEX|CONSTRAINT (not_listed|arrays)|ADD fine", one)
)


def test_lists_lose_a_label_and_get_it_back(project: Project) -> None:
    project.start(MODEL, ROWS, *OBJECTS, LABELS=BEFORE)
    project.models(MODEL, LABELS=AFTER)
    said = project.sync("--dry-run").stderr
    for one in (
        "view public.v",
        "materialized view public.m",
        "index public.part",
        "index public.computed",
        "check constraint listed on public.entry",
        "check constraint not_listed on public.entry",
        "check constraint arrays on public.entry",
        "generated column public.entry.fine",
        "rule r on public.entry",
        "trigger t on public.entry",
        "policy p on public.entry",
        "function public.g(public.mood)",
    ):
        assert re.search(rf"'gone' is no longer listed by .*{re.escape(one)}", flat(said))
    assert "on_v" not in said.partition("no longer listed")[2].partition(".\n")[0]
    assert re.search(
        r"\nDowngrade  rewrites public.entry \(.* kB\); .*; creates view public.v, ", said
    )
    source = project.round_trip()
    upgrade, downgrade = source.split("def downgrade")
    assert re.search(r"# 'gone' is no longer listed by view public.v, ", upgrade)
    assert "ADD VALUE IF NOT EXISTS 'gone' AFTER 'bad'" in downgrade
    assert "CREATE TYPE" not in downgrade
    [(version,)] = project.rows("SELECT current_setting('server_version_num')::int")
    assert downgrade.count("ALTER COLUMN fine SET EXPRESSION") == (version >= 170000)
    dump = project.dump()
    assert "'gone'::public.mood" not in dump.replace("(ARRAY[''gone''::mood])", "")
    assert "EXECUTE FUNCTION public.f('gone', 'IN')" in dump
    with pytest.raises(psycopg.errors.CheckViolation):
        project.sql("INSERT INTO entry (id, mood) VALUES (9, 'bad')")
    project.sql("INSERT INTO entry (id, mood) VALUES (9, 'good'), (10, NULL)")


def flat(text: str) -> str:
    return " ".join(text.split())


def test_production_may_hold_the_label_still(one_project: Project) -> None:
    one_project.start(MODEL, ROWS, *WITHOUT_TABLE, LABELS=BEFORE)
    one_project.models(MODEL, LABELS=AFTER)
    one_project.sync()
    one_project.sql("UPDATE entry SET mood = 'gone' WHERE id = 1")
    before = one_project.dump(), one_project.contents()
    with pytest.raises(Exception, match=r"public.entry.mood holds 'gone', a label"):
        one_project.db("upgrade")
    assert (one_project.dump(), one_project.contents()) == before


FAMILIES = (
    "CREATE TABLE whole (id int, m mood, CONSTRAINT c CHECK (m IN ('gone', 'ok')))"
    " PARTITION BY RANGE (id)",
    "CREATE TABLE half PARTITION OF whole FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE other (id int, m mood, CONSTRAINT c CHECK (m IN ('gone', 'ok')))",
    "CREATE INDEX other_own ON other (id) WHERE m NOT IN ('gone', 'bad')",
    "ALTER TABLE whole ATTACH PARTITION other FOR VALUES FROM (10) TO (20)",
    "CREATE INDEX i ON whole (id) WHERE m NOT IN ('gone', 'bad')",
    "COMMENT ON INDEX half_id_idx IS 'of a partition'",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER t BEFORE INSERT ON whole FOR EACH ROW WHEN (NEW.m IN ('gone', 'bad'))"
    " EXECUTE FUNCTION f()",
    "INSERT INTO whole VALUES (1, 'ok'), (11, NULL)",
    "CREATE TABLE parent (m mood, CONSTRAINT c CHECK (m IN ('gone', 'ok')))",
    "CREATE TABLE child (n mood, CHECK (n NOT IN ('gone', 'bad'))) INHERITS (parent)",
    "INSERT INTO child VALUES ('ok', 'ok'), (NULL, NULL)",
    "CREATE SCHEMA s",
    'CREATE TABLE s."a table" ("a column" public.mood,'
    " CHECK (\"a column\" IN ('gone', 'ok')), EXCLUDE USING btree (\"a column\" WITH =)"
    " WHERE (\"a column\" NOT IN ('gone', 'bad')))",
)


def test_families(project: Project) -> None:
    project.start(MODEL, ROWS, *FAMILIES, LABELS=BEFORE)
    project.models(MODEL, LABELS=AFTER)
    downgrade = project.round_trip().partition("def downgrade")[2]
    assert "CREATE TYPE" not in downgrade
    assert re.search(r"# Creates \d+ objects again.\n", downgrade)


DOMAINS = (
    "CREATE DOMAIN d AS mood DEFAULT 'ok' CHECK (VALUE IN ('gone', 'ok'))",
    "CREATE DOMAIN l AS mood[] CONSTRAINT few CHECK (VALUE <@ ARRAY['gone', 'ok']::mood[])",
    "CREATE TYPE c AS (d d, n int)",
    "CREATE TABLE by_d (id int, d d, ds d[], c c, l l)",
    "INSERT INTO by_d VALUES (1, 'ok', '{ok}', '(ok,1)', '{ok}'), (2, NULL, NULL, NULL, NULL)",
    "COMMENT ON CONSTRAINT few ON DOMAIN l IS 'a few'",
)


def test_domains(project: Project) -> None:
    project.start(MODEL, ROWS, *DOMAINS, LABELS=BEFORE)
    project.models(MODEL, LABELS=AFTER)
    project.round_trip()
    with pytest.raises(psycopg.errors.CheckViolation):
        project.sql("INSERT INTO by_d (d) VALUES ('bad')")


TWO = (
    MODEL
    + """    kind = db.Column(sa.Enum(*KINDS, name="kind"))
"""
)


@pytest.mark.parametrize("kinds", [["b"], ["a", "b", "new"]])
def test_another_type_is_made_anew(one_project: Project, kinds: list[str]) -> None:
    """On the way back, for the list of its domain or for its addition; this one isn't."""
    one_project.start(
        TWO,
        ROWS,
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood IN ('gone', 'ok')",
        "CREATE DOMAIN d AS kind CHECK (VALUE IN ('a', 'b'))",
        LABELS=BEFORE,
        KINDS=["a", "b"],
    )
    one_project.models(TWO, LABELS=AFTER, KINDS=kinds)
    one_project.round_trip()


@pytest.mark.parametrize("kinds", [["new", "b"], ["b", "a"], ["b"]])
def test_both_lose_the_same(one_project: Project, kinds: list[str]) -> None:
    """However the other type changes, on the way there and back."""
    one_project.start(
        TWO,
        ROWS,
        "ALTER TABLE entry ADD CHECK (mood IN ('gone', 'ok') OR kind IN ('gone', 'b'))",
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood IN ('gone', 'ok')",
        LABELS=BEFORE,
        KINDS=["a", "gone", "b"],
    )
    one_project.models(TWO, LABELS=AFTER, KINDS=kinds)
    answers = [] if "a" in kinds else ["--map-null", "kind.a"]
    one_project.round_trip(*answers)


def test_functions_that_list(project: Project) -> None:
    """Generated columns and defaults of domains hold them."""
    project.start(
        MODEL,
        ROWS,
        "CREATE FUNCTION g(m mood) RETURNS bool IMMUTABLE LANGUAGE sql RETURN m IN ('gone', 'ok')",
        "CREATE FUNCTION h(m mood) RETURNS mood IMMUTABLE LANGUAGE sql"
        " RETURN CASE WHEN m IN ('gone', 'ok') THEN m END",
        "CREATE TABLE t (m mood, a bool GENERATED ALWAYS AS (g(m) OR m IN ('gone', 'bad')) STORED)",
        "INSERT INTO t VALUES ('ok'), ('good'), (NULL)",
        LABELS=BEFORE,
    )
    project.models(MODEL, LABELS=AFTER)
    project.round_trip()
    project.db("downgrade")
    project.sql("CREATE DOMAIN dd AS mood DEFAULT h('ok')", "CREATE TABLE by_d (d dd)")
    next(one for one in project.revisions() if "Remove gone" in one.read_text()).unlink()
    project.round_trip()


@pytest.mark.parametrize(
    "where",
    [
        "mood IN ('gone', lower('OK')::mood)",
        "mood NOT IN ('gone', NULL)",
        "mood = ANY (ARRAY['gone', NULL, tags[1]])",
        "tags && ARRAY['gone', mood]",
        "tags <@ ARRAY['gone', NULL, 'ok']::mood[]",
        "mood = ANY (ARRAY['gone', (SELECT max(mood) FROM entry), 'bad'])",
    ],
)
def test_what_else_is_listed_stays(one_project: Project, where: str) -> None:
    one_project.start(
        MODEL, ROWS, f"CREATE VIEW v AS SELECT id FROM entry WHERE {where}", LABELS=BEFORE
    )
    one_project.models(MODEL, LABELS=AFTER)
    found = one_project.rows("SELECT id FROM v ORDER BY id")
    one_project.round_trip()
    assert one_project.rows("SELECT id FROM v ORDER BY id") == found


@pytest.mark.parametrize("labels", [[*AFTER, "new"], ["good", "bad", "ok"]])
def test_an_array_and_another_change(one_project: Project, labels: list[str]) -> None:
    one_project.start(
        MODEL, ROWS, "ALTER TABLE entry ALTER tags SET DEFAULT '{ok,gone}'", LABELS=BEFORE
    )
    one_project.models(MODEL, LABELS=labels)
    one_project.round_trip()


def test_defaults_beside_a_domain(project: Project) -> None:
    project.start(
        MODEL,
        ROWS,
        "ALTER TABLE entry ALTER tags SET DEFAULT '{ok,gone}'",
        "CREATE DOMAIN d AS mood CHECK (VALUE IN ('gone', 'ok'))",
        "CREATE DOMAIN yes AS bool DEFAULT ('ok'::mood IN ('gone', 'ok'))",
        LABELS=BEFORE,
    )
    project.models(MODEL, LABELS=AFTER)
    project.round_trip()


def test_nothing_but_a_default_of_a_domain(one_project: Project) -> None:
    one_project.start(
        MODEL,
        ROWS,
        "CREATE DOMAIN yes AS bool DEFAULT ('ok'::mood IN ('gone', 'ok'))",
        LABELS=BEFORE,
    )
    one_project.models(MODEL, LABELS=AFTER)
    one_project.round_trip()


def test_the_label_that_takes_its_place(project: Project) -> None:
    """Among others it takes the place, called as it is then; it isn't listed twice."""
    project.start(
        MODEL,
        "INSERT INTO entry (id, mood) VALUES (1, 'gone'), (2, 'ok')",
        "CREATE VIEW one AS SELECT id FROM entry WHERE mood IN ('bad', 'gone')",
        "CREATE VIEW both_ AS SELECT id FROM entry WHERE mood IN ('gone', 'ok')",
        "CREATE VIEW whole AS SELECT id FROM entry WHERE mood = ANY ('{gone,bad}')",
        "CREATE VIEW alone AS SELECT id FROM entry WHERE mood = ANY (ARRAY['gone']::mood[])",
        LABELS=BEFORE,
    )
    project.models(MODEL.replace('"ok"', '"fine"'), LABELS=["bad", "fine", "good"])
    answers = ("--rename", "mood.ok=fine", "--map", "mood.gone=fine")
    said = project.sync(*answers, "--dry-run").stderr
    assert "'gone' is listed as 'fine' by view public." in flat(said)
    project.round_trip(*answers, merges=True)
    lists = {
        name: re.findall(r"'([^']*)'::", definition)
        for name, definition in project.rows(
            "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'"
        )
    }
    assert lists == {
        "one": ["bad", "fine"],
        "both_": ["fine"],
        "whole": ["{fine,bad}"],
        "alone": ["fine"],
    }
    assert project.rows("SELECT id FROM one") == [(1,), (2,)]


def test_a_materialized_view_of_rows_that_were_mapped(project: Project) -> None:
    """They stay so on the way back, and it lists what it did: it may hold others then."""
    project.start(
        MODEL,
        "INSERT INTO entry (id, mood) VALUES (1, 'gone'), (2, 'ok')",
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood NOT IN ('gone', 'good')",
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM v",
        LABELS=BEFORE,
    )
    project.models(MODEL, LABELS=AFTER)
    project.round_trip("--map", "mood.gone=bad", merges=True)
    assert project.rows("SELECT id FROM m") == [(2,)]
    project.db("downgrade")
    assert project.rows("SELECT id FROM m ORDER BY id") == [(1,), (2,)]


def test_a_label_that_becomes_null_leaves_lists(one_project: Project) -> None:
    one_project.start(
        MODEL,
        "ALTER TABLE entry ADD CONSTRAINT listed CHECK (mood IN ('gone', 'ok'))",
        "INSERT INTO entry (id, mood) VALUES (1, 'gone'), (2, 'ok')",
        LABELS=BEFORE,
    )
    one_project.models(MODEL, LABELS=AFTER)
    one_project.round_trip("--map-null", "mood.gone", merges=True)
    assert one_project.rows("SELECT mood::text FROM entry ORDER BY id") == [(None,), ("ok",)]


def test_labels_that_change_places(one_project: Project) -> None:
    """What is new, and called as one that gets another name, can't stand in a list meanwhile."""
    one_project.start(
        MODEL,
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood IN ('gone', 'bad')",
        LABELS=BEFORE,
    )
    one_project.models(MODEL, LABELS=["worse", "bad", "ok", "good"])
    answers = ("--rename", "mood.bad=worse", "--map", "mood.gone=bad")
    refused = one_project.sync(*answers, expect=1).stderr
    assert "view public.v hangs on it, and it names 'gone'" in refused
    one_project.sql("DROP VIEW v")
    one_project.round_trip(*answers, merges=True)


def test_without_schemas(project: Project) -> None:
    project.options["qualify"] = False
    project.start(MODEL, ROWS, *OBJECTS, LABELS=BEFORE)
    project.models(MODEL, LABELS=AFTER)
    assert "public" not in project.round_trip().partition("op.execute")[2].replace("public,", "")


def test_migrate_does_the_same(project: Project) -> None:
    project.start(MODEL, ROWS, *WITHOUT_TABLE, LABELS=BEFORE)
    project.models(MODEL, LABELS=AFTER)
    before = project.dump()
    project.db("migrate")
    assert "# 'gone' is no longer listed by view public.v, " in project.revision()
    project.db("upgrade")
    assert project.labels("mood") == AFTER
    project.db("downgrade")
    assert project.dump() == before


def test_with_another_order(project: Project) -> None:
    project.start(MODEL, ROWS, *OBJECTS, LABELS=BEFORE)
    project.models(MODEL, LABELS=["good", "new", "bad", "ok"])
    project.round_trip()


def test_expressions_are_kept(one_project: Project) -> None:
    one_project.start(MODEL, ROWS, *OBJECTS[:2], LABELS=BEFORE)
    one_project.models(MODEL, LABELS=AFTER)
    with one_project.app.app_context(), pytest.raises(Refused, match="it names 'gone'"):
        EnumMigrate().sync(keep_expressions=True)
    one_project.db("enum", "list")  # closes the connections
    for flags in (["--keep-expressions"], []):
        refused = one_project.sync(*flags, expect=1).stderr
        assert "check constraint listed on public.entry hangs on it, and it names 'gone'" in refused
        assert "    --retire mood.gone\n" in refused
        one_project.config["ENUM_MIGRATE_KEEP_EXPRESSIONS"] = True
        one_project.models(MODEL, LABELS=AFTER)
    assert "it names 'gone'" in one_project.db("migrate", expect=1).stderr


STUCK = {
    "check constraint c": (
        "ALTER TABLE entry ADD CONSTRAINT c CHECK (mood <> 'gone' OR id > 0)",
        "ALTER TABLE public.entry DROP CONSTRAINT c;",
    ),
    "only": (
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood = ANY (ARRAY['gone']::mood[])",
        "DROP VIEW public.v;",
    ),
    "with what hangs on it": (
        "CREATE VIEW v AS SELECT * FROM entry WHERE mood = 'gone';"
        " CREATE VIEW w AS SELECT count(*) FROM v",
        "DROP VIEW public.w; DROP VIEW public.v;",
    ),
    "index": (
        "CREATE INDEX i ON entry (id) WHERE mood = 'gone'",
        "DROP INDEX public.i;",
    ),
    "policy": (
        "CREATE POLICY p ON entry USING (mood <> 'gone')",
        "DROP POLICY p ON public.entry;",
    ),
    "trigger": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        " CREATE TRIGGER t BEFORE INSERT ON entry FOR EACH ROW WHEN (NEW.mood = 'gone')"
        " EXECUTE FUNCTION f()",
        "DROP TRIGGER t ON public.entry;",
    ),
    "domain": (
        "CREATE DOMAIN d AS mood CONSTRAINT c CHECK (VALUE <> 'gone') CHECK (VALUE <> 'ok')",
        "ALTER DOMAIN public.d DROP CONSTRAINT c;",
    ),
    "function": (
        "CREATE FUNCTION f(m mood DEFAULT 'gone') RETURNS int LANGUAGE sql RETURN 1",
        "DROP FUNCTION public.f(public.mood);",
    ),
    "greater": (
        "CREATE INDEX i ON entry (id) WHERE mood >= ANY (ARRAY['gone', 'good']::mood[])",
        "DROP INDEX public.i;",
    ),
    "contains": (
        "CREATE INDEX i ON entry (id) WHERE tags @> ARRAY['gone', 'ok']::mood[]",
        "DROP INDEX public.i;",
    ),
}


@pytest.mark.parametrize("case", STUCK)
def test_what_to_paste_where_it_stays(one_project: Project, case: str) -> None:
    creates, drops = STUCK[case]
    one_project.start(MODEL, ROWS, creates, LABELS=BEFORE)
    one_project.models(MODEL, LABELS=AFTER)
    refused = one_project.sync(expect=1).stderr
    found = re.search(r"create it again after it: (.*;) Or keep 'gone' in the type:", refused)
    assert found
    assert found[1] == drops
    assert "    --retire mood.gone\n" in refused
    one_project.sql(found[1])
    one_project.round_trip()


def test_what_to_paste_for_a_generated_column(project: Project) -> None:
    project.start(
        MODEL,
        ROWS,
        "ALTER TABLE entry ADD sad bool GENERATED ALWAYS AS (mood = 'gone') STORED",
        LABELS=BEFORE,
    )
    project.models(MODEL, LABELS=AFTER)
    refused = project.sync(expect=1).stderr
    assert "generated column public.entry.sad hangs on it, and it names 'gone'" in refused
    if project.rows("SELECT current_setting('server_version_num')::int < 170000") == [(True,)]:
        project.sql(re.findall(r"after it: (.*;) Or keep", refused)[0])
    else:
        statement = re.findall(r"of its own first: (.*;) Or keep", refused)[0]
        assert "SET EXPRESSION AS ((mood = 'LABEL'::public.mood));" in statement
        mapped = project.sync("--map", "mood.gone=bad", expect=1).stderr
        statement = re.findall(r"of its own first: (.*;) Or keep", mapped)[0]
        assert "SET EXPRESSION AS ((mood = 'bad'::public.mood));" in statement
        project.sql(statement)
    project.round_trip()


ARRAYS = MODEL.replace(
    'tags = db.Column(pg.ARRAY(sa.Enum(*LABELS, name="mood")))',
    'tags = db.Column(pg.ARRAY(sa.Enum(*LABELS, name="mood")), server_default=DEFAULT)',
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'{ok,gone}'", "'{ok}'::mood[]"),
        ("'{gone}'", "'{}'::mood[]"),
        ("ARRAY['gone', 'ok']::mood[]", "ARRAY['ok'::mood]"),
        ("ARRAY['gone', NULL]::mood[]", "ARRAY[NULL::mood]"),
        ("ARRAY['gone', lower('OK')::mood]", "ARRAY[(lower('OK'::text))::mood]"),
    ],
)
def test_an_array_that_is_a_default_loses_it(one_project: Project, before: str, after: str) -> None:
    one_project.start(
        MODEL, ROWS, f"ALTER TABLE entry ALTER tags SET DEFAULT {before}", LABELS=BEFORE
    )
    one_project.models(MODEL, LABELS=AFTER)
    source = one_project.round_trip()
    assert "# The default of public.entry.tags becomes " in source
    assert one_project.rows(
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'entry'::regclass"
        " AND pg_get_expr(adbin, adrelid) LIKE '%[]' OR pg_get_expr(adbin, adrelid) LIKE 'ARRAY%'"
    ) == [(after,)]


@pytest.mark.parametrize(
    "default", ["'{{ok},{gone}}'", "ARRAY['gone']::mood[]", "array_append('{ok}'::mood[], 'gone')"]
)
def test_another_default_needs_an_answer(one_project: Project, default: str) -> None:
    one_project.start(
        MODEL, ROWS, f"ALTER TABLE entry ALTER tags SET DEFAULT {default}", LABELS=BEFORE
    )
    one_project.models(MODEL, LABELS=AFTER)
    assert "The default of public.entry.tags is " in one_project.sync(expect=1).stderr
