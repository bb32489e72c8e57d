"""Types, schemas, tables and roles: what is found, what is ours, what is refused."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from flask_enum_migrate.postgresql.catalog.session import qualified
from tests.project import Project

MOOD = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(*LABELS, name=NAME, schema=SCHEMA), server_default="ok")
"""


def start(project: Project, *sql: str, name: str = "mood", schema: str | None = None) -> None:
    project.start(MOOD, *sql, LABELS=["bad", "ok"], NAME=name, SCHEMA=schema)


def change(project: Project, *labels: str, name: str = "mood", schema: str | None = None) -> None:
    project.models(MOOD, LABELS=list(labels), NAME=name, SCHEMA=schema)


def test_a_renamed_type_is_renamed_in_place(project: Project) -> None:
    start(project, "INSERT INTO entry DEFAULT VALUES", "COMMENT ON TYPE mood IS 'how it is'")
    change(project, "bad", "ok", name="Temper ament")
    source = project.round_trip()
    assert 'ALTER TYPE public.mood RENAME TO \\"Temper ament\\"' in source
    assert project.labels("Temper ament") == ["bad", "ok"]


@pytest.mark.parametrize("labels", [["bad", "soso", "ok"], ["ok", "bad", "x"], ["fine", "bad"]])
def test_a_type_is_renamed_together_with_its_labels(project: Project, labels: list[str]) -> None:
    start(project, "INSERT INTO entry DEFAULT VALUES")
    change(project, *labels, name="temper")
    flags = ["--rename", "mood.ok=fine"] if "fine" in labels else []
    project.round_trip(*flags)
    assert project.labels("temper") == labels


def test_a_type_moves_to_another_schema(project: Project) -> None:
    start(project, "CREATE SCHEMA far", "INSERT INTO entry DEFAULT VALUES")
    change(project, "bad", "new", "ok", schema="far")
    source = project.round_trip()
    assert "ALTER TYPE public.mood SET SCHEMA far" in source


def test_a_type_elsewhere_is_found_through_its_column(project: Project) -> None:
    start(project, "CREATE SCHEMA far", "ALTER TYPE mood SET SCHEMA far")
    change(project, "bad", "ok", "new")
    source = project.round_trip()
    assert "ALTER TYPE far.mood ADD VALUE" in source


def test_quoted_names_everywhere(project: Project) -> None:
    model = """
class Entry(db.Model):
    __tablename__ = 'Odd "table"; -- :x %s'
    __table_args__ = {"schema": "Far 'away'"}
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(
        'select "col" %(x)s', db.Enum(*LABELS, name='order.by "x" %', schema="Far 'away'")
    )
"""
    project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {}
    project.migrate_options["include_schemas"] = True
    project.sql("CREATE SCHEMA \"Far 'away'\"")
    project.sql(
        """CREATE TYPE "Far 'away'"."order.by ""x"" %" AS ENUM ('a', 'b', 'c')""",
        """CREATE TABLE "Far 'away'"."Odd ""table""; -- :x %s" (id serial PRIMARY KEY,
           "select ""col"" %(x)s" "Far 'away'"."order.by ""x"" %" DEFAULT 'a')""",
        """INSERT INTO "Far 'away'"."Odd ""table""; -- :x %s" DEFAULT VALUES""",
    )
    project.models(model, LABELS=["a", "b", "c"])
    project.db("init")
    project.db("revision", "-m", "start")
    project.db("upgrade")
    project.models(model, LABELS=["c", "a", "new"])
    project.round_trip()
    assert project.labels('order.by "x" %') == ["c", "a", "new"]


def test_tables_that_no_model_declares_come_along(project: Project) -> None:
    start(
        project,
        "CREATE SCHEMA far",
        "CREATE TABLE far.legacy (m mood DEFAULT 'bad', l mood[] DEFAULT '{ok}')",
        "INSERT INTO far.legacy DEFAULT VALUES",
    )
    change(project, "ok", "bad")
    source = project.round_trip()
    assert "ALTER TABLE far.legacy" in source
    project.sql("UPDATE far.legacy SET m = 'ok'")
    change(project, "bad", "new")
    refused = project.sync(expect=1).stderr
    assert "of far.legacy.l" in refused
    assert "of far.legacy.m" in refused


@pytest.mark.parametrize("ours", [["mood"], ["public.mood"], lambda schema, name: name == "mood"])
def test_only_our_types_are_compared(one_project: Project, ours: object) -> None:
    project = one_project
    model = (
        MOOD
        + """
    other = db.Column(db.Enum(*OTHER, name="other"))
"""
    )
    project.start(model, LABELS=["bad", "ok"], NAME="mood", SCHEMA=None, OTHER=["x"])
    project.config["ENUM_MIGRATE_INCLUDE_TYPES"] = ours
    project.models(model, LABELS=["bad", "ok"], NAME="mood", SCHEMA=None, OTHER=["y"])
    project.db("enum", "check")
    project.models(model, LABELS=["bad", "ok", "new"], NAME="mood", SCHEMA=None, OTHER=["y"])
    project.sync()
    assert "public.other" not in project.revision()


def test_a_name_that_no_type_has_is_told(one_project: Project) -> None:
    """A misspelt name would leave the type out without a word."""
    one_project.start(MOOD, LABELS=["bad", "ok"], NAME="mood", SCHEMA=None)
    names = ["mod", "public.mood", "mood", "other.mood"]
    one_project.config["ENUM_MIGRATE_INCLUDE_TYPES"] = names
    one_project.models(MOOD, LABELS=["bad", "ok"], NAME="mood", SCHEMA=None)
    note = (
        "Note: the setting include_types names 'mod', 'other.mood'; neither the models nor the "
        "database have such a type.\n"
    )
    assert one_project.db("enum", "check").stderr == note
    assert one_project.db("enum", "list").stderr == f"{note}1 type: 1 in sync.\n"
    assert one_project.db("enum", "check", "--format", "json").stderr == note


def test_include_object_leaves_tables_out(one_project: Project) -> None:
    project = one_project
    project.migrate_options["include_object"] = lambda o, name, kind, reflected, to: (
        kind != "table" or name != "entry"
    )
    project.start(MOOD, LABELS=["bad", "ok"], NAME="mood", SCHEMA=None)
    change(project, "bad", "ok", "new")
    assert "no enum types" in project.db("enum", "check").stdout


def test_unused_types_are_dropped_only_on_request(project: Project) -> None:
    start(
        project,
        "CREATE TYPE lonely AS ENUM ('a', 'it''s')",
        "COMMENT ON TYPE lonely IS 'nobody'",
        "REVOKE ALL ON TYPE lonely FROM PUBLIC",
        "CREATE TYPE busy AS ENUM ('a')",
        "CREATE FUNCTION f(busy) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    check = project.db("enum", "check")
    assert "public.lonely" in check.stderr
    assert "busy" not in check.output
    assert "nothing to write" in project.sync().stderr
    schema = project.dump()
    project.sync("--drop-unused")
    project.db("upgrade")
    assert project.labels("lonely") == []
    assert project.labels("busy") == ["a"]
    project.db("downgrade")
    assert project.dump() == schema


def test_an_unused_type_comes_back_as_it_was(project: Project) -> None:
    """Nobody at all may use one, and the other's grants are by whom they were."""
    database = project.rows("SELECT current_database()")[0][0]
    a, b = f"enum_a_{database}", f'enum"b$$_{database}'
    quoted = '"' + b.replace('"', '""') + '"'
    start(
        project,
        f"CREATE ROLE {a}",
        f"CREATE ROLE {quoted}",
        "CREATE TYPE nobodys AS ENUM ('a')",
        "REVOKE ALL ON TYPE nobodys FROM PUBLIC, postgres",
        "CREATE TYPE granted AS ENUM ('a')",
        f"GRANT USAGE ON TYPE granted TO {quoted} WITH GRANT OPTION",
        f"SET ROLE {quoted}; GRANT USAGE ON TYPE granted TO {a}; RESET ROLE",
    )
    acls = "SELECT typacl::text FROM pg_type WHERE typname IN ('nobodys', 'granted') ORDER BY 1"
    before, schema = project.rows(acls), project.dump()
    try:
        assert before[1] == ("{}",)
        project.sync("--drop-unused")
        project.db("upgrade")
        assert project.rows(acls) == []
        project.db("downgrade")
        assert project.rows(acls) == before
        assert project.dump() == schema
    finally:
        project.close()
        project.sql(f"DROP OWNED BY {quoted} CASCADE", f"DROP ROLE {a}, {quoted}")


def test_an_extensions_type_is_left_alone(project: Project) -> None:
    start(project)
    extension = project.rows("SELECT oid FROM pg_extension WHERE extname = 'plpgsql'")[0][0]
    project.sql(
        "INSERT INTO pg_depend SELECT 'pg_type'::regclass, 'mood'::regtype, 0,"
        f" 'pg_extension'::regclass, {extension}, 0, 'e'"
    )
    change(project, "bad", "ok", "new")
    assert "belongs to the extension 'plpgsql'" in project.sync(expect=1).stderr


def test_partition_keys_are_refused(project: Project) -> None:
    start(
        project,
        "CREATE TABLE parts (m mood) PARTITION BY LIST (m)",
        "CREATE TABLE part1 PARTITION OF parts FOR VALUES IN ('ok')",
    )
    change(project, "ok", "bad")
    assert "public.parts is partitioned by 'm'" in project.sync(expect=1).stderr
    change(project, "bad", "ok", "new")
    project.sync()
    project.db("upgrade")
    schema = project.dump()
    undone = project.db("downgrade", expect=1)
    assert "can't be undone by itself" in undone.stderr
    assert project.dump() == schema


def test_a_label_that_a_view_names_is_refused(project: Project) -> None:
    start(
        project,
        "ALTER TABLE entry ALTER mood SET DEFAULT 'bad'",
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood = 'ok'",
        "CREATE VIEW w AS SELECT id FROM entry WHERE mood::text = 'ok'",
        "CREATE VIEW x AS SELECT id FROM entry WHERE ARRAY[mood] @> '{bad,ok}'",
    )
    change(project, "bad")
    refused = project.sync(expect=1).stderr
    for view in ("v", "w", "x"):
        assert f"view public.{view} hangs on it, and it names 'ok'" in refused


def test_definitions_follow_renamed_labels(project: Project) -> None:
    start(
        project,
        "INSERT INTO entry DEFAULT VALUES",
        "CREATE VIEW v AS SELECT id FROM entry WHERE mood = 'ok' OR mood = ANY ('{ok,bad}')",
        "ALTER TABLE entry ADD CHECK (mood <> 'bad')",
    )
    change(project, "it's: 100%", "bad")
    project.round_trip("--rename", "mood.ok=it's: 100%")
    assert project.rows("SELECT count(*) FROM v") == [(1,)]


def test_unqualified_names_suit_one_schema_per_tenant(project: Project) -> None:
    project.config["ENUM_MIGRATE_QUALIFY"] = False
    start(project, "INSERT INTO entry DEFAULT VALUES", "COMMENT ON TYPE mood IS 'x'")
    change(project, "ok", "new", "bad")
    source = project.round_trip()
    assert "public" not in source
    project.db("downgrade")
    project.sql(
        "CREATE SCHEMA tenant",
        "CREATE TYPE tenant.mood AS ENUM ('bad', 'ok')",
        "CREATE TABLE tenant.entry (id int, mood tenant.mood DEFAULT 'ok')",
        "CREATE TABLE tenant.alembic_version AS TABLE alembic_version",
    )
    project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "connect_args": {"options": "-csearch_path=tenant"}
    }
    change(project, "ok", "new", "bad")
    project.db("upgrade")
    assert project.rows("SELECT enum_range(NULL::tenant.mood)::text") == [("{ok,new,bad}",)]
    assert project.rows("SELECT enum_range(NULL::public.mood)::text") == [("{bad,ok}",)]


def test_two_schemas_with_one_type_name(project: Project) -> None:
    model = """
class A(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    m = db.Column(db.Enum(*ONE, name="mood"))
class B(db.Model):
    __table_args__ = {"schema": "far"}
    id = db.Column(db.Integer, primary_key=True)
    m = db.Column(db.Enum(*TWO, name="mood", schema="far"))
"""
    project.sql("CREATE SCHEMA far")
    project.migrate_options["include_schemas"] = True
    project.start(model, ONE=["a", "b"], TWO=["a", "b"])
    project.models(model, ONE=["a", "c"], TWO=["a", "c", "d"])
    ambiguous = project.sync("--rename", "mood.b=c", expect=2).stderr
    assert "far.mood.b=c" in ambiguous
    assert "public.mood.b=c" in ambiguous
    project.round_trip("--rename", "far.mood.b=c", "--rename", "public.mood.b=c")


def test_a_new_column_is_left_to_flask_db_migrate(project: Project) -> None:
    start(project)
    model = (
        MOOD
        + """
    extra = db.Column(db.Enum("x", name="extra"))
    again = db.Column(db.Enum(*LABELS, name="mood"))
"""
    )
    project.models(model, LABELS=["bad", "ok"], NAME="mood", SCHEMA=None)
    check = project.db("enum", "check")
    assert "flask db migrate" in check.stderr
    assert "nothing to write" in project.sync().stderr
    project.models(model, LABELS=["bad", "ok", "new"], NAME="mood", SCHEMA=None)
    assert "entry.extra" in project.sync().stderr
    assert "extra" not in project.revision()


def test_a_column_of_another_type_is_drift_and_not_written(project: Project) -> None:
    start(project, "ALTER TABLE entry ALTER mood DROP DEFAULT, ALTER mood TYPE bytea USING NULL")
    change(project, "bad", "ok")
    checked = project.db("enum", "check", expect=1)
    assert "entry.mood is bytea in the database" in checked.stdout
    assert "entry.mood is bytea in the database" in project.sync(expect=1).stderr


def test_check_needs_no_right_but_to_connect(project: Project) -> None:
    start(project)
    role = "enum_guest_" + project.url.rsplit("/", 1)[-1].split("?")[0]
    project.sql(f"CREATE ROLE {role} LOGIN")
    try:
        project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "connect_args": {"options": f"-crole={role}"}
        }
        project.sql(
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"GRANT SELECT ON alembic_version TO {role}",
        )
        change(project, "bad", "ok")
        project.db("enum", "check")
        project.db("enum", "list")
        change(project, "bad", "ok", "new")
        project.db("enum", "check", expect=1)
        refused = project.sync(expect=1).stderr
        assert "public.mood is owned by" in refused
    finally:
        project.sql(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_failed_query_is_what_is_reported(one_project: Project) -> None:
    engine = create_engine(one_project.sqlalchemy_url(), poolclass=NullPool)
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="division by zero"), qualified(connection):
            connection.exec_driver_sql("SELECT 1/0")
        connection.rollback()
        path = connection.exec_driver_sql("SHOW search_path").scalar_one()
        assert path == '"$user", public'


NAMED = """
class A(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    v = db.Column(db.Enum({}), server_default="one")
"""


def test_a_renamed_type_that_is_replaced_too(project: Project) -> None:
    """What hangs on it names it outside of expressions: arguments, attributes, base types."""
    project.start(NAMED.format("'one', 'two', 'three', name='x'"), "INSERT INTO a VALUES (1)")
    project.sql(
        "CREATE FUNCTION f(x DEFAULT 'two', x[] = '{two}') RETURNS SETOF x LANGUAGE sql"
        " AS 'SELECT $1'",
        "COMMENT ON FUNCTION f(x, x[]) IS 'of public.x'",
        "CREATE CAST (x AS varchar) WITH INOUT AS IMPLICIT",
        "CREATE DOMAIN d AS x DEFAULT 'one' CHECK (VALUE <> 'two')",
        "CREATE TYPE c AS (a x, b x[])",
        "CREATE TABLE n (d d, c c, x x)",
        "INSERT INTO n VALUES ('one', '(one,{two})', 'two')",
        "CREATE VIEW v AS SELECT n.x, f(n.x) FROM n WHERE n.x = 'two'::x",
    )
    project.models(NAMED.format("'one', 'two', name='z'"))
    project.round_trip()
    assert project.rows("SELECT pg_typeof(f)::text FROM v") == [("z",)]


def test_such_a_type_without_its_schema(one_project: Project) -> None:
    one_project.config["ENUM_MIGRATE_QUALIFY"] = False
    one_project.start(NAMED.format("'one', 'two', 'three', name='x'"))
    one_project.sql("CREATE FUNCTION f(x) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    one_project.models(NAMED.format("'one', 'two', name='z'"))
    refused = one_project.sync(expect=1).stderr
    assert (
        "x gets another name and has to be replaced, and function public.f(public.x) hangs on it."
        in refused
    )


def test_a_name_for_the_old_type_is_free(project: Project) -> None:
    """Long names are cut, and stay different; a name that somebody has is not taken."""
    long = "a_name_that_is_so_long_that_postgresql_cuts_what_is_put_behind_"
    model = f"""
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    a = db.Column(db.Enum(*LABELS, name="{long[:-1]}"))
    b = db.Column(db.Enum(*LABELS, name="{long[:-1]}2"))
    c = db.Column(db.Enum(*LABELS, name="mood"))
"""
    project.start(
        model,
        "CREATE TABLE mood__old (id int)",
        "CREATE DOMAIN mood__old2 AS int",
        "CREATE DOMAIN temper AS mood",
        "CREATE DOMAIN temper__old AS int",
        "CREATE TABLE more (temper temper)",
        "INSERT INTO more VALUES ('ok')",
        "INSERT INTO entry VALUES (1, 'ok', 'ok', 'ok')",
        LABELS=["bad", "ok"],
    )
    project.models(model, LABELS=["ok", "new"])
    source = project.round_trip("--map", f"{long[:-1]}.bad=ok")
    assert "RENAME TO mood__old3;" in source
    assert "RENAME TO temper__old2;" in source


TEXT = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum("bad", "ok", name=NAME))
    text = db.Column(TYPE)
"""


@pytest.mark.parametrize(
    ("taken", "what"),
    [
        ("CREATE TABLE feeling (id int)", "table public.feeling"),
        ("CREATE DOMAIN feeling AS int", "type public.feeling"),
        ("CREATE VIEW feeling AS SELECT 1 AS one", "view public.feeling"),
    ],
)
def test_a_name_that_is_taken_is_refused(project: Project, taken: str, what: str) -> None:
    """For a type that is renamed, one for a column that was a string, and a new one."""
    told = f"that name is taken by the {what}: tables and types share their names."
    text, new = sa.String(9), sa.Enum("bad", name="feeling")
    project.start(TEXT, taken, NAME="mood", TYPE=text)
    project.models(TEXT, NAME="feeling", TYPE=text)
    assert f"public.mood becomes public.feeling, and {told}" in project.sync(expect=1).stderr
    project.models(TEXT, NAME="mood", TYPE=new)
    assert f"public.feeling is new, and {told}" in project.sync(expect=1).stderr
    project.models(f"{TEXT}    new = db.Column(NEW)\n", NAME="mood", TYPE=text, NEW=new)
    assert f"public.feeling is new, and {told}" in project.db("migrate", expect=1).stderr
