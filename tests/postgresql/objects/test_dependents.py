"""What hangs on a replaced type comes back exactly as it was."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.exc import DataError

from tests.direct import failing
from tests.direct import plan_for
from tests.direct import run
from tests.kinds import KINDS
from tests.kinds import MODEL
from tests.kinds import ROWS
from tests.kinds import catalogs
from tests.kinds import labels_apart
from tests.project import Project


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back(roles: str, project: Project, kind: str) -> None:
    project.start(MODEL, ROWS, LABELS=["bad", "gone", "ok", "good"])
    project.sql(*(sql.replace("{n}", roles) for sql in KINDS[kind]))
    before, schema = catalogs(project), project.dump()
    project.models(MODEL, LABELS=["good", "bad", "ok", "new"])
    project.round_trip()
    assert catalogs(project) == before
    assert labels_apart(project.dump()) == labels_apart(schema)


ALL_TOGETHER = [
    "check", "partial and expression indexes", "exclusion", "views", "materialized views",
    "policies", "publications and statistics", "routines", "domains", "composite types",
    "row constants", "casts, operators, aggregates", "partitions", "foreign tables",
]  # fmt: skip
MORE_TOGETHER = [
    "generated columns", "generated columns of the type", "names of NOT NULL",
    "domains that mention the type", "domains that call routines", "operator classes",
    "disabled foreign keys", "parents of different columns",
]  # fmt: skip


@pytest.mark.parametrize(
    "kinds", [ALL_TOGETHER, MORE_TOGETHER], ids=["the usual kinds", "the rarer kinds"]
)
def test_a_failure_anywhere_leaves_everything_as_it_was(
    roles: str, project: Project, kinds: list[str]
) -> None:
    project.start(MODEL, ROWS, LABELS=["bad", "gone", "ok", "good"])
    for kind in kinds:
        project.sql(*(sql.replace("{n}", roles) for sql in KINDS[kind]))
    schema, rows, before = project.dump(), project.contents(), catalogs(project)
    plan = plan_for(project.url, {"mood": ["good", "bad", "ok", "new"]}, {})
    assert plan.upgrade.refusals == plan.downgrade.refusals == ()
    assert "".join(plan.upgrade.statements).count(";\n") > 100
    for broken in failing(plan.upgrade, 12):
        with pytest.raises(psycopg.errors.DivisionByZero):
            run(project.url, broken)
    assert (project.dump(), project.contents()) == (schema, rows)
    run(project.url, plan.upgrade)
    assert labels_apart(project.dump()) == labels_apart(schema)
    upgraded, upgraded_rows = project.dump(), project.contents()
    for broken in failing(plan.downgrade, 12):
        with pytest.raises(psycopg.errors.DivisionByZero):
            run(project.url, broken)
    assert (project.dump(), project.contents()) == (upgraded, upgraded_rows)
    run(project.url, plan.downgrade)
    assert (project.dump(), project.contents()) == (schema, rows)
    assert catalogs(project) == before


# Some can be created by superusers only; some name roles that an owner isn't a member of.
OF_SUPERUSERS = {
    "operator classes", "disabled foreign keys", "foreign tables", "foreign children",
    "type properties", "range types",
}  # fmt: skip


@pytest.mark.parametrize("superuser", [True, False], ids=["superuser", "owner"])
def test_everything_together(roles: str, project: Project, superuser: bool) -> None:
    kinds = [kind for kind in KINDS if superuser or kind not in OF_SUPERUSERS]
    role = ""
    if not superuser:
        owner = f"enum_owner_{roles}"
        database = project.rows("SELECT quote_ident(current_database())")[0][0]
        project.sql(
            f"GRANT CREATE, USAGE ON SCHEMA public TO {owner}",
            f"GRANT CREATE ON DATABASE {database} TO {owner}",
        )
        options = {"connect_args": {"options": f"-crole={owner}"}}
        project.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
        role = f"SET ROLE {owner};"
    project.start(MODEL, ROWS, LABELS=["bad", "ok", "good"])
    project.sql(
        *(
            role + sql.replace("{n}", roles)
            for kind in kinds
            for sql in KINDS[kind]
            if superuser or "OWNER TO" not in sql
        ),
        role + "REFRESH MATERIALIZED VIEW m1",  # what is created again holds the rows of today
    )
    schema, rows, before = project.dump(), project.contents(), catalogs(project)
    project.models(MODEL, LABELS=["bad", "ok", "good", "new"])
    assert "CREATE TYPE" in project.round_trip()  # to take a label away again
    project.db("downgrade")
    assert (project.dump(), project.contents()) == (schema, rows)
    assert catalogs(project) == before
    max(project.revisions(), key=lambda path: path.stat().st_mtime_ns).unlink()
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    project.round_trip()
    assert (labels_apart(project.dump()), project.contents()) == (labels_apart(schema), rows)
    assert catalogs(project) == before


def test_open_sessions_go_on(project: Project) -> None:
    project.start(
        MODEL,
        ROWS,
        "CREATE FUNCTION count_ok() RETURNS bigint LANGUAGE plpgsql AS $$"
        " DECLARE m mood := 'ok'; n bigint; BEGIN"
        " SELECT count(*) INTO n FROM entry WHERE mood = m; RETURN n; END $$",
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$"
        " BEGIN IF NEW.mood = 'bad' THEN NEW.other := 'ok'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER stamp BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION stamp()",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    project.sync()
    with psycopg.connect(project.url, autocommit=True, prepare_threshold=None) as session:
        insert = "INSERT INTO entry (mood) VALUES ('bad') RETURNING other::text"
        assert session.execute("SELECT count_ok()").fetchone() == (1,)
        assert session.execute(insert).fetchone() == ("ok",)
        for command in ("upgrade", "downgrade"):
            project.db(command)
            assert session.execute("SELECT count_ok()").fetchone() == (1,)
            assert session.execute(insert).fetchone() == ("ok",)
    assert project.rows("SELECT prosecdef FROM pg_proc WHERE proname = 'stamp'") == [(True,)]


def test_statistics_are_gathered_anew(project: Project) -> None:
    project.start(MODEL, ROWS, "ANALYZE entry", LABELS=["bad", "gone", "ok", "good"])
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    project.sync()
    project.db("upgrade")
    statistics = "SELECT count(*) FROM pg_stats WHERE tablename = 'entry' AND attname = 'mood'"
    assert project.rows(statistics) == [(1,)]
    project.config["ENUM_MIGRATE_ANALYZE"] = False
    project.models(MODEL, LABELS=["bad", "good", "ok"])
    project.sync()
    assert "ANALYZE" not in project.revision()


def test_an_sql_body_that_names_a_removed_label_is_refused(project: Project) -> None:
    project.start(
        MODEL,
        ROWS,
        "CREATE FUNCTION f() RETURNS SETOF mood LANGUAGE sql AS"
        " $$SELECT mood FROM entry WHERE mood = 'gone'$$",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    refused = project.sync(expect=1).stderr
    assert "function public.f() hangs on it, and it names 'gone'" in refused


def test_sync_tells_what_it_creates_again(one_project: Project) -> None:
    one_project.start(
        MODEL,
        ROWS,
        "CREATE VIEW v AS SELECT mood FROM entry",
        "ALTER TABLE entry ADD CONSTRAINT c CHECK (mood <> 'good')",
        LABELS=["bad", "gone", "ok", "good"],
    )
    one_project.models(MODEL, LABELS=["bad", "ok", "good"])
    assert (
        "; creates view public.v, check constraint c on public.entry again\n"
        in one_project.sync().stderr
    )


def test_a_plain_index_does_not_count_as_a_dependent(project: Project) -> None:
    project.start(
        MODEL, ROWS, "CREATE INDEX i ON entry (mood, other)", LABELS=["bad", "gone", "ok", "good"]
    )
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    assert "DROP INDEX" not in project.round_trip()


def test_arguments_of_triggers_are_text_and_no_labels(project: Project) -> None:
    project.start(
        MODEL,
        ROWS,
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t AFTER UPDATE OF mood ON entry FOR EACH ROW EXECUTE FUNCTION f('gone')",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    assert "EXECUTE FUNCTION public.f('gone')" in project.round_trip()


def test_values_among_foreign_tables_are_mapped(project: Project) -> None:
    project.start(
        MODEL,
        *KINDS["foreign children"],
        "INSERT INTO fp VALUES (2, 'gone', '{gone,ok}'), (3, 'bad', NULL)",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    project.sync("--map", "mood.gone=ok")
    project.db("upgrade")
    query = "SELECT m::text, l::text FROM fp ORDER BY id"
    assert project.rows(query) == [("ok", "{ok,NULL}"), ("ok", "{ok,ok}"), ("bad", None)]


def test_a_label_held_among_foreign_tables_stops_the_upgrade(project: Project) -> None:
    project.start(
        MODEL,
        *KINDS["foreign children"],
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    project.sync()
    project.sql("INSERT INTO fp VALUES (2, 'gone', NULL)")
    with pytest.raises(DataError, match="holds 'gone', a label this revision takes away"):
        project.db("upgrade")
    assert project.rows("SELECT m::text FROM fp WHERE id = 2") == [("gone",)]


def test_routines_of_others_are_told(roles: str, project: Project) -> None:
    owner = f"enum_owner_{roles}"
    project.sql(f"GRANT CREATE, USAGE ON SCHEMA public TO {owner}")
    project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"options": f"-crole={owner}"}}
    project.start(
        MODEL,
        ROWS,
        "CREATE FUNCTION theirs() RETURNS int LANGUAGE plpgsql AS"
        " $$ DECLARE m mood; BEGIN RETURN 1; END $$",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    told = "public.theirs() isn't ours to touch: sessions that ran it must reconnect"
    assert told in project.sync().stderr
    assert "Sessions that ran public.theirs() must reconnect" in project.revision()


def test_a_generated_column_never_stands_in_with_a_label_that_goes(project: Project) -> None:
    project.start(
        MODEL,
        "ALTER TABLE entry ADD g mood NOT NULL GENERATED ALWAYS AS (coalesce(other, 'ok')) STORED",
        "INSERT INTO entry (mood) VALUES ('ok')",
        LABELS=["gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["ok", "good"])
    project.round_trip()
    assert project.rows("SELECT g::text FROM entry") == [("ok",)]


def test_line_breaks_in_literals_stay(project: Project) -> None:
    project.start(
        MODEL,
        "ALTER TABLE entry ADD note text DEFAULT E'one\\n  two'",
        "ALTER TABLE entry ADD CHECK (mood <> 'ok' OR note <> E'one\\ntwo')",
        "ALTER TABLE entry ADD g text GENERATED ALWAYS AS"
        " (CASE mood WHEN 'ok' THEN E'a\\nb' ELSE E'\\n' END) STORED",
        "CREATE INDEX ON entry (id) WHERE mood = 'ok' AND note = E'x\\ny'",
        "CREATE VIEW v AS SELECT E'p\\nq' AS q FROM entry WHERE mood = 'ok'",
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON entry USING (mood = 'ok' AND note <> E'one\\ntwo')",
        "CREATE DOMAIN d AS mood CHECK (VALUE <> 'good' OR E'u\\nv' <> 'x')",
        "CREATE TABLE by_d (d d DEFAULT 'ok')",
        "CREATE FUNCTION f(mood) RETURNS text LANGUAGE sql RETURN E'r\\ns'",
        "CREATE RULE r AS ON INSERT TO entry WHERE NEW.mood = 'ok'"
        " DO ALSO INSERT INTO by_d SELECT 'ok' WHERE E'k\\nl' <> NEW.note",
        "INSERT INTO entry (mood) VALUES ('ok')",
        LABELS=["gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["ok", "good"])
    project.round_trip()
    assert project.rows("SELECT g FROM entry") == [("a\nb",)]


def test_one_statement_for_all_generated_columns_and_one_for_all_checks(project: Project) -> None:
    project.start(
        MODEL,
        "CREATE FUNCTION shout(m mood) RETURNS text LANGUAGE plpgsql IMMUTABLE"
        " AS 'BEGIN RETURN upper(m::text); END'",
        *(
            f"ALTER TABLE entry ADD g{n} text {null} GENERATED ALWAYS AS ({sql}) STORED"
            for n, (sql, null) in enumerate(
                [
                    ("CASE mood WHEN 'ok' THEN 'a' ELSE 'b' END", "NOT NULL"),
                    ("shout(mood)", ""),
                    ("CASE WHEN other = 'ok' THEN 'c' END", ""),
                    ("shout(coalesce(other, 'good'))", "NOT NULL"),
                ]
            )
        ),
        "ALTER TABLE entry ADD CONSTRAINT c1 CHECK (mood <> 'good' OR g1 <> 'x'),"
        " ADD CONSTRAINT c2 CHECK (shout(mood) <> 'x') NOT VALID,"
        " ADD CONSTRAINT c3 CHECK (other <> 'good' OR id > 0)",
        "COMMENT ON CONSTRAINT c3 ON entry IS 'third'",
        "CREATE UNIQUE INDEX ON entry (g1, id)",
        "INSERT INTO entry (mood) VALUES ('ok'), ('good')",
        LABELS=["gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["ok", "good"])
    source = project.round_trip()
    upgrade = source.partition("def downgrade")[0]
    for action in ("DROP CONSTRAINT c", "ADD CONSTRAINT c"):
        assert upgrade.count(action) == 3
        assert f"entry {action}" not in upgrade  # each is on a line of a statement for all
    if project.rows("SELECT current_setting('server_version_num')::int >= 170000") == [(True,)]:
        assert upgrade.count("SET EXPRESSION AS") == 8
        assert upgrade.count("ALTER TABLE ONLY public.entry\\n") == 2
    assert project.rows("SELECT g0, g1, g2, g3 FROM entry ORDER BY id") == [
        ("a", "OK", None, "GOOD"),
        ("b", "GOOD", None, "GOOD"),
    ]


@pytest.mark.parametrize(
    "domain", ["text NOT NULL", "text CHECK (VALUE IS NOT NULL)", "int CHECK (VALUE IS NOT NULL)"]
)
def test_a_generated_column_of_a_domain_without_null(project: Project, domain: str) -> None:
    project.start(
        MODEL,
        f"CREATE DOMAIN nn AS {domain}",
        "ALTER TABLE entry ADD g nn GENERATED ALWAYS AS"
        " (CAST(CASE mood WHEN 'ok' THEN '1' ELSE '2' END AS nn)) STORED",
        "INSERT INTO entry (mood) VALUES ('ok')",
        LABELS=["gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["ok", "good"])
    project.round_trip()
    assert project.rows("SELECT g::text FROM entry") == [("1",)]


def test_what_stands_between_two_generated_columns(project: Project) -> None:
    project.start(
        MODEL,
        "ALTER TABLE entry ADD g1 text GENERATED ALWAYS AS"
        " (CASE mood WHEN 'ok' THEN 'a' END) STORED",
        "CREATE VIEW v AS SELECT g1, mood FROM entry",
        "CREATE FUNCTION f(mood) RETURNS bigint LANGUAGE sql IMMUTABLE"
        " BEGIN ATOMIC SELECT count(*) FROM v WHERE v.mood = $1 AND g1 > ''; END",
        "ALTER TABLE entry ADD g2 bigint GENERATED ALWAYS AS (f(mood)) STORED",
        LABELS=["gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["ok", "good"])
    project.round_trip()
    project.sql("INSERT INTO entry (mood) VALUES ('ok')")
    assert project.rows("SELECT g1, g2 FROM entry") == [("a", 0)]


@pytest.mark.parametrize(
    ("made", "name"),
    [
        ("CREATE DOMAIN carrier AS mood", "carrier"),
        ("CREATE TYPE carrier AS (n int, m mood)", "carrier"),
        ("CREATE TYPE carrier AS RANGE (SUBTYPE = mood)", "carrier"),
        ("CREATE TYPE r AS RANGE (SUBTYPE = mood, MULTIRANGE_TYPE_NAME = carrier)", "carrier"),
    ],
)
def test_open_sessions_that_know_only_what_is_made_of_it(
    project: Project, made: str, name: str
) -> None:
    project.start(MODEL, made, LABELS=["bad", "gone", "ok", "good"])
    project.sql(
        f"CREATE FUNCTION fx() RETURNS text LANGUAGE plpgsql AS $$DECLARE r {name};"
        " BEGIN RETURN 'x' || (r IS NULL); END$$"
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    project.sync()
    with psycopg.connect(project.url, autocommit=True) as session:
        assert session.execute("SELECT fx()").fetchall() == [("xtrue",)]
        project.db("upgrade")
        assert session.execute("SELECT fx()").fetchall() == [("xtrue",)]


def test_routines_come_back_before_what_runs_them(project: Project) -> None:
    project.start(
        MODEL,
        "CREATE FUNCTION rank(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
        "CREATE FUNCTION zlabel(mood) RETURNS int LANGUAGE sql IMMUTABLE"
        " BEGIN ATOMIC SELECT rank($1); END",
        "CREATE FUNCTION zzlabel(mood) RETURNS int LANGUAGE sql IMMUTABLE"
        " BEGIN ATOMIC SELECT zlabel($1); END",
        "CREATE FUNCTION shout(m mood) RETURNS int LANGUAGE plpgsql IMMUTABLE"
        " AS 'BEGIN RETURN public.zzlabel(m); END'",
        "ALTER TABLE entry ADD CHECK (shout(mood) > 0)",
        "CREATE INDEX ON entry (shout(mood))",
        "ALTER TABLE entry ADD g int GENERATED ALWAYS AS (shout(mood)) STORED",
        "INSERT INTO entry (mood) VALUES ('ok')",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    project.round_trip()
    assert project.rows("SELECT g FROM entry") == [(1,)]


def test_a_domain_constraint_that_old_values_need_not_satisfy(project: Project) -> None:
    project.start(
        MODEL,
        "CREATE DOMAIN d AS mood",
        "CREATE TABLE by_d (d d)",
        "INSERT INTO by_d VALUES ('good')",
        "ALTER DOMAIN d ADD CONSTRAINT x CHECK (VALUE <> 'good') NOT VALID",
        "COMMENT ON CONSTRAINT x ON DOMAIN d IS 'later'",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    project.round_trip()


@pytest.mark.parametrize("labels", [["ok", "good"], ["good", "ok", "gone"]])
def test_bodies_of_routines_are_left_alone(project: Project, labels: list[str]) -> None:
    """Not a line of them is moved, whatever quotes stand in their comments."""
    project.start(
        MODEL,
        "CREATE FUNCTION f(m mood) RETURNS text LANGUAGE plpgsql AS $$\nBEGIN\n    -- don't\n"
        "    RETURN 'x\ny';\nEND $$",
        "CREATE FUNCTION g(m mood) RETURNS text LANGUAGE sql AS $$\n  SELECT 'p\nq' -- it's\n$$",
        "INSERT INTO entry (mood) VALUES ('ok')",
        LABELS=["gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=labels)
    project.round_trip()
    assert project.rows("SELECT f('ok'), g('ok')") == [("x\ny", "p\nq")]


SETTINGS = {
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kolkata",
    "extra_float_digits": "0",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
}


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_settings_change_neither_values_nor_definitions(project: Project, driver: str) -> None:
    """Under those of a database text can mean something else, or lose digits."""
    project.driver = driver
    [(name,)] = project.rows("SELECT current_database()")
    project.start(
        MODEL,
        "CREATE TYPE ct AS (m mood, f float8, at timestamptz, since interval, a text[])",
        "CREATE TABLE history (id int, was ct, entry entry)",
        "INSERT INTO history VALUES (1, ROW('ok', 0.30000000000000004, '2020-06-01 04:05:06+00',"
        " '-1 day +2:03', ARRAY[NULL, 'NULL']), '(1,ok,bad,)')",
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood = 'ok'"
        " AND 0.30000000000000004::float8 > id AND now() > '2020-06-01 04:05:06+00'::timestamptz"
        " AND current_date > '2020-06-02'::date AND '-1 day +2:03'::interval < '1 h'",
        "ALTER TABLE entry ADD CHECK (mood <> 'bad' OR date '2020-06-02' > '2020-06-01')",
        "CREATE INDEX i ON entry (id) WHERE mood = 'ok' AND date '2020-06-02' > '2020-06-01'",
        "CREATE MATERIALIZED VIEW mv AS SELECT mood FROM entry",
        "INSERT INTO entry (mood) VALUES ('ok')",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    settings = {**SETTINGS, "default_tablespace": f"enum_{name}"}
    project.sql(
        "SET allow_in_place_tablespaces = on",
        f"""CREATE TABLESPACE "enum_{name}" LOCATION ''""",
        *(f"""ALTER DATABASE "{name}" SET {key} = '{to}'""" for key, to in settings.items()),
    )
    held = (
        "SELECT (was).f = 0.30000000000000004, extract(epoch FROM (was).at)::bigint,"
        " extract(epoch FROM (was).since)::bigint, (was).a[1] IS NULL, (was).a[2] FROM history"
    )
    try:
        schema, rows = project.dump(), project.rows(held)
        project.sync()
        for command in ("upgrade", "downgrade", "upgrade"):
            project.db(command)
            assert project.rows(held) == rows
        assert labels_apart(project.dump()) == labels_apart(schema)
    finally:
        project.close()
        project.sql(
            *(f'ALTER DATABASE "{name}" RESET {key}' for key in settings),
            f'DROP TABLESPACE "enum_{name}"',
        )


def test_indexes_of_partitioned_tables(project: Project) -> None:
    """Those of partitions come back with those of the whole, or are carried along with them."""
    number = 0
    indexes = []
    for keys in ("id, ev", "ev, lower(k)", "lower(k)) INCLUDE (ev", "(ev = 'a')"):
        for where in ("", " WHERE k IS NOT NULL", " WHERE ev = 'a'", " WHERE id > 0"):
            number += 1
            indexes.append(f"CREATE INDEX i{number} ON te ({keys}){where}")
    project.start(
        """
class Te(db.Model):
    __table__ = db.Table("job", db.metadata, db.Column("id", db.Integer, primary_key=True),
        db.Column("ev", db.Enum(*labels, name="ev")))
""",
        "CREATE TABLE te (id int, at date, ev ev NOT NULL, k text) PARTITION BY RANGE (at)",
        "CREATE TABLE te_1 PARTITION OF te FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
        "CREATE TABLE te_2 PARTITION OF te FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')"
        " PARTITION BY LIST (id)",
        "CREATE TABLE te_2_1 PARTITION OF te_2 FOR VALUES IN (1)",
        *indexes,
        "CREATE UNIQUE INDEX u ON te (id, at, ev)",
        "ALTER TABLE te ADD CONSTRAINT pk PRIMARY KEY (id, at, ev)",
        'ALTER INDEX i2 RENAME TO "Other i"',
        "COMMENT ON INDEX te_1_id_ev_idx IS 'kept'",
        labels=["a", "b", "c"],
    )
    for labels in (["c", "b", "a"], ["c", "b", "a", "d"], ["a", "b"]):
        project.models(
            """
class Te(db.Model):
    __table__ = db.Table("job", db.metadata, db.Column("id", db.Integer, primary_key=True),
        db.Column("ev", db.Enum(*labels, name="ev")))
""",
            labels=labels,
        )
        project.round_trip()
