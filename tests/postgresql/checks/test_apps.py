"""Apps whose enums are strings under a CHECK, driven by their commands."""

from __future__ import annotations

import json
from secrets import token_hex

import psycopg
import pytest

from tests.app.test_environment import ENVIRONMENTS
from tests.app.test_environment import MANY_TENANTS
from tests.app.test_environment import use_env
from tests.project import Project

CHECK = ", native_enum=False, create_constraint=True"
BARE = ", native_enum=False"
ROWS = "INSERT INTO task (st) VALUES ('AA'), ('BB'), (NULL)"


def task(*labels: str, kind: str = CHECK, more: str = "") -> str:
    """Return a model with one enum."""
    members = "\n".join(f"    {label} = {label!r}" for label in labels)
    return f"""
class St(enum.Enum):
{members}
class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    st = db.Column(db.Enum(St, name="task_st"{kind}){more})
"""


def values(project: Project) -> list[str | None]:
    return [value for (value,) in project.rows("SELECT st::text FROM task ORDER BY id")]


def in_sync(project: Project) -> bool:
    """Return whether all that looks at enums finds them in sync."""
    assert "No changes in schema" in project.db("migrate").output
    return project.db("enum", "check").stdout.startswith("In sync: 1 enum type compared")


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_labels_come_get_names_and_go(project: Project, driver: str) -> None:
    project.driver = driver
    default = ", server_default='BB'"
    project.start(task("AA", "BB", more=default), ROWS)
    assert in_sync(project)
    project.models(task("AA", "BB", "CC", more=default))
    said = project.db("enum", "check", expect=1).output
    assert "public.task.st\n  models.St, used by task.st\n  + add 'CC' after 'BB'\n" in said
    project.round_trip()
    project.models(task("AA", "B2", "CC", more=default.replace("BB", "B2")))
    project.round_trip("--rename", "task.st.BB=B2")
    assert values(project) == ["AA", "B2", None]
    project.models(task("CC", "LONGEST", more=", server_default='LONGEST'"))
    flags = ("--map", "task.st.AA=CC", "--map", "B2=LONGEST")
    project.round_trip(*flags, grows=True, merges=True)
    assert values(project) == ["CC", "LONGEST", None]
    project.models(task("CC"))
    project.round_trip("--map-null", "public.task.st.LONGEST", merges=True)
    assert values(project) == ["CC", None, None]
    assert in_sync(project)  # though the column is wider than the model says


def test_labels_change_places(one_project: Project) -> None:
    one_project.start(task("AA", "BB"), ROWS)
    one_project.models(task("BB", "AA"))
    assert in_sync(one_project)  # the order of labels is none
    one_project.sync("--rename", "task.st.AA=BB", "--rename", "task.st.BB=AA")
    for wanted in (["BB", "AA", None], ["AA", "BB", None], ["BB", "AA", None]):
        one_project.db("downgrade" if wanted[0] == "AA" else "upgrade")
        assert values(one_project) == wanted


@pytest.mark.parametrize("option", ["", ", length=40"])
def test_migrate_writes_what_runs_instead_of_alembics_own(project: Project, option: str) -> None:
    project.start(task("AA", "BB"), ROWS)
    project.models(task("AA", "BB", "LONGER", kind=CHECK + option))
    if "check" in project.db("--help").stdout.split():  # Flask-Migrate 4.0 has none
        assert "'alter_enum', 'public.task.st'" in project.db("check", expect=1).output
        project.models(task("AA", "BB", "LONGER", kind=CHECK + option))
    project.db("migrate", "-m", "longer")
    assert "op.alter_column" not in project.revision()
    project.db("upgrade")
    project.sql("INSERT INTO task (st) VALUES ('LONGER')")
    assert in_sync(project)
    with pytest.raises(Exception, match="holds 'LONGER', a label this revision takes away"):
        project.db("downgrade")
    assert project.rows("SELECT count(*) FROM task WHERE st = 'LONGER'") == [(1,)]
    project.sql("DELETE FROM task WHERE st = 'LONGER'")
    project.db("downgrade")
    project.db("enum", "check", expect=1)
    project.db("upgrade")
    project.models(task("AA", "BB", kind=CHECK + option))
    assert "rows of public.task.st" not in project.db("migrate", "-m", "shorter").output
    project.db("upgrade")
    assert in_sync(project)


def test_rows_need_an_answer(one_project: Project) -> None:
    one_project.start(task("AA", "BB"), ROWS)
    one_project.models(task("AA", "CC"))
    for command in (("enum", "sync", "--no-input"), ("migrate",)):
        said = one_project.db(*command, expect=1).stderr
        assert "public.task.st loses the label 'BB', which 1 row of public.task.st holds" in said
        assert "--rename task.st.BB=CC" in said
    one_project.sync("--map", "task.st.BB=AA")
    # Production holds what this database doesn't.
    one_project.sql("UPDATE task SET st = NULL")
    one_project.models(task("CC"))
    one_project.db("upgrade")
    one_project.sync()
    one_project.sql("INSERT INTO task (st) VALUES ('AA')")
    dump = one_project.dump()
    with pytest.raises(Exception, match=r"public\.task\.st holds 'AA', a label this revision"):
        one_project.db("upgrade")
    assert one_project.dump() == dump


TWO = """
class St(enum.Enum):
    A = 1
    {label} = 2
class Task(db.Model):
    __table_args__ = {{"schema": "work"}}
    id = db.Column(db.Integer, primary_key=True)
    now = db.Column(db.Enum(St, name="now"{kind}))
    was = db.Column(db.Enum(St, name="was"{kind}))
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    now = db.Column(db.Enum(St{kind}))
    state = db.Column(db.Enum(St, name="state"))
"""
ONE = TWO.replace('    state = db.Column(db.Enum(St, name="state"))\n', "")
CONVENTION = '\ndb.metadata.naming_convention = {"ck": "ck_%(table_name)s_%(constraint_name)s"}\n'


@pytest.mark.parametrize("convention", ["", CONVENTION])
def test_several_columns_of_one_class(one_project: Project, convention: str) -> None:
    one_project.sql("CREATE SCHEMA work")
    source = convention + TWO.format(label="B", kind=CHECK)
    one_project.start(
        source,
        "INSERT INTO work.task (now, was) VALUES ('A', 'B')",
        "INSERT INTO job (now, state) VALUES ('B', 'B')",
    )
    assert one_project.db("enum", "check").stdout.startswith("In sync: 4 enum types compared")
    one_project.models(convention + TWO.format(label="C", kind=CHECK))
    said = one_project.sync("--rename", "B=C", expect=2).stderr
    assert "--rename task.now.B=C" in said
    assert "--rename state.B=C" in said
    one_project.models(convention + ONE.format(label="C", kind=CHECK))
    # Without a type of the class, one answer is for all columns that keep it.
    one_project.round_trip("--rename", "B=C")
    assert one_project.rows("SELECT now, was FROM work.task") == [("A", "C")]
    assert one_project.rows("SELECT now, state::text FROM job") == [("C", "B")]
    named = one_project.db("enum", "list").stdout
    for name in ("task.now", "task.was", "job.now", "state"):
        assert f"\n{name} " in named


@pytest.mark.parametrize(
    ("type_", "check", "why"),
    [
        ("text", "st IN ('AA') OR st LIKE 'x%'", "its CHECK task_st is no plain list of labels"),
        ("text", "st <> 'x'", "its CHECK task_st is no plain list of labels"),
        ("dom", "true", "its type is the domain public.dom"),
        ("text", "", "it is a string, and no CHECK lists its labels"),
        ("text[]", "", "it is an array of strings"),
    ],
)
def test_what_is_not_read_is_named(one_project: Project, type_: str, check: str, why: str) -> None:
    source = task("AA", "BB", kind=BARE)
    if "[]" in type_:
        source = source.replace("db.Enum(St", "db.ARRAY(db.Enum(St").replace("False)", "False))")
    one_project.models("")
    one_project.db("init")
    one_project.db("revision", "-m", "first")
    one_project.db("upgrade")
    constraint = f"CONSTRAINT task_st CHECK ({check})" if check else ""
    one_project.sql(
        "CREATE DOMAIN dom AS text CHECK (VALUE IN ('AA'))",
        f"CREATE TABLE task (id serial PRIMARY KEY, st {type_} {constraint})",
    )
    one_project.models(source)
    for command in ("check", "list", "sync"):
        assert f"task.st was not compared: {why}" in one_project.db("enum", command).stderr
    assert "no difference" not in one_project.db("enum", "check").stdout


def test_a_column_grows_under_a_check_that_is_not_read(one_project: Project) -> None:
    one_project.start(task("AA", "BB"))
    one_project.sql(
        "ALTER TABLE task DROP CONSTRAINT task_st,"
        " ADD CONSTRAINT task_st CHECK (st IN ('AA', 'BB') OR st LIKE 'LONG%')"
    )
    one_project.models(task("AA", "BB", "LONGER"))
    one_project.db("migrate", "-m", "longer")
    one_project.db("upgrade")
    one_project.sql("INSERT INTO task (st) VALUES ('LONGER')")
    assert "No changes in schema" in one_project.db("migrate").output


def test_a_live_check_counts_whatever_the_model_says(project: Project) -> None:
    project.start(task("AA", "BB"), ROWS)
    project.models(task("AA", "BB", "CC", kind=BARE))
    project.round_trip()
    project.sql("INSERT INTO task (st) VALUES ('CC')")


def test_without_a_check_the_width_grows_and_never_shrinks(one_project: Project) -> None:
    one_project.start(task("AA", "BB", kind=BARE), ROWS)
    one_project.models(task("AA", "LONGER", kind=BARE))
    said = one_project.db("enum", "check", expect=1).stdout
    assert "~ widen the column from 2 to 6 characters" in said
    one_project.sync()
    for command in ("upgrade", "downgrade", "upgrade"):
        one_project.db(command)
        assert one_project.db("enum", "check").stdout == "Nothing was compared.\n"
    one_project.sql("INSERT INTO task (st) VALUES ('LONGER')")
    one_project.models(task("AA", kind=BARE))
    assert "No changes in schema" in one_project.db("migrate").output
    assert "no CHECK lists its labels" in one_project.db("enum", "check").stderr


@pytest.mark.parametrize("how", ["sync", "migrate"])
@pytest.mark.parametrize(
    ("old", "new", "called"),
    [("", CHECK, "task.st"), (CHECK, "", "task_st"), (BARE, CHECK, "task.st")],
    ids=["to a CHECK", "to a type", "CHECK added"],
)
def test_types_and_checks_become_each_other(
    project: Project, how: str, old: str, new: str, called: str
) -> None:
    default = ", server_default='AA'"
    project.options = {"qualify": how == "migrate"}
    project.start(task("AA", "BB", "CC", kind=old, more=default), ROWS)
    schema, rows = project.dump(), project.contents()
    project.models(task("AA", "LONGER", kind=new, more=default))
    assert "task.st" in project.db("enum", "check", expect=1).stdout
    said = project.db("enum", "sync", "--no-input", expect=1).stderr
    assert "which has no label 'BB', and 1 row holds it" in said
    if how == "sync":
        project.sync("--map", f"{called}.BB=LONGER")
    else:
        project.config["ENUM_MIGRATE_MAP"] = [f"{called}.BB=LONGER"]
        project.models(task("AA", "LONGER", kind=new, more=default))
        project.db("migrate")
    project.db("upgrade")
    assert in_sync(project)
    assert values(project) == ["AA", "LONGER", None]
    project.db("downgrade")
    if old != BARE:  # where it stays wide, and nothing says what the rows were
        assert (project.dump(), project.contents()) == (schema, rows)
    project.db("upgrade")
    assert in_sync(project)
    assert len(project.rows("SELECT FROM pg_constraint WHERE conname = 'task_st'")) == bool(new)


def test_what_goes_is_looked_at_where_it_runs(one_project: Project) -> None:
    one_project.start(task("AA", "BB", "CC", kind=""), ROWS)
    one_project.models(task("AA", "BB"))
    one_project.sync()
    one_project.sql("INSERT INTO task (st) VALUES ('CC')")
    with pytest.raises(Exception, match=r"public\.task\.st holds 'CC'"):
        one_project.db("upgrade")
    assert one_project.labels("task_st") == ["AA", "BB", "CC"]


def test_it_comes_back_from_a_label_that_is_new(one_project: Project) -> None:
    """A row that holds what the CHECK of before lacks keeps a downgrade from it."""
    one_project.start(task("AA", "BB"), ROWS)
    one_project.models(task("AA", "BB", "CC", kind=""))
    one_project.sync("--downgrade-map", "task_st.CC=AA")
    one_project.db("upgrade")
    one_project.sql("INSERT INTO task (st) VALUES ('CC')")
    one_project.db("downgrade")
    assert values(one_project) == ["AA", "BB", None, "AA"]


def test_to_retire_a_label_is_to_remove_it(one_project: Project) -> None:
    one_project.start(task("AA", "BB", "CC"), ROWS)
    one_project.models(task("AA"))
    one_project.sync("--retire", "task.st.BB", "--map", "task.st.BB=AA")
    one_project.db("upgrade")
    assert values(one_project) == ["AA", "AA", None]
    assert in_sync(one_project)


def test_rows_are_looked_at_when_asked_for(one_project: Project) -> None:
    one_project.start(task("AA", "BB", kind=BARE), ROWS)
    said = one_project.db("enum", "check")
    assert said.stdout == "Nothing was compared.\n"
    assert "To look at its rows: flask db enum check --rows" in said.stderr
    said = one_project.db("enum", "check", "--rows")
    assert said.stdout == "In sync: rows hold labels of the models only.\n"
    one_project.sql("INSERT INTO task (st) VALUES ('zz'), ('zz'), ('''')")
    said = one_project.db("enum", "check", "--rows", expect=1)
    assert said.stdout == (
        "public.task.st\n  ! 2 rows hold 'zz'\n  ! 1 row holds \"'\"\n\n"
        "Drift: rows of 1 column hold what is no label. "
        "Next: change these rows, or add the labels to the models.\n"
    )
    told = json.loads(
        one_project.db("enum", "check", "--rows", "--format", "json", expect=1).stdout
    )
    assert told["rows"][0] == {"column": "public.task.st", "value": "zz", "rows": 2}
    assert told["unlooked"][0]["column"] == "task.st"
    for format_ in ("github", "gitlab"):
        said = one_project.db("enum", "check", "--rows", "--format", format_, expect=1)
        assert "2 rows hold 'zz'" in said.stdout
    one_project.db("enum", "check", "--rows", "--from-migrations", expect=2)
    two = task("AA", "BB", kind=BARE) + "    ty = db.Column(db.Enum(St, name='ty'))\n"
    one_project.models(two)
    one_project.db("migrate")
    one_project.db("upgrade")
    assert one_project.db("enum", "check").stdout == (
        "In sync: 1 enum type compared, no difference; 1 column was not compared.\n"
    )


def test_machines_are_told_too(one_project: Project) -> None:
    one_project.start(task("AA", "BB"), ROWS)
    one_project.models(task("AA", "LONGER"))
    said = json.loads(one_project.db("enum", "check", "--format", "json", expect=1).stdout)
    (enum,) = said["enums"]
    assert (enum["schema"], enum["name"], enum["state"]) == ("public", "task.st", "differs")
    kinds = [change["kind"] for change in enum["changes"]]
    assert kinds == ["add_value", "drop_value", "widen_column"]
    for format_ in ("github", "gitlab"):
        assert "task.st" in one_project.db("enum", "check", "--format", format_, expect=1).stdout
    one_project.sync("--from-migrations", "--rename", "task.st.BB=LONGER")
    assert one_project.db("enum", "check", "--from-migrations").exit_code == 0
    sql = one_project.db("upgrade", "head", "--sql").stdout
    assert "VALIDATE CONSTRAINT task_st" in sql


KINDS = """
class Kept(sa.types.TypeDecorator):
    impl = db.Enum("a", {0}name="kept", native_enum=False, create_constraint=True)
    cache_ok = True
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    kept = db.Column(Kept)
    here = db.Column(db.Enum("a", {0}name="here").with_variant(
        db.Enum("a", {0}name="there", native_enum=False, create_constraint=True), "postgresql"))
    elsewhere = db.Column(db.Enum(
        "a", {0}name="e", native_enum=False, create_constraint=True
    ).with_variant(db.Enum("a", {0}name="e", native_enum=False), "postgresql"))
    values = db.Column(db.Enum(enum.Enum("V", [("A", "a"), ("B", "b")]), native_enum=False,
        create_constraint=True, values_callable=lambda cls: [m.value for m in cls]))
"""


def test_every_way_to_declare_one(one_project: Project) -> None:
    one_project.models("")
    one_project.db("init")
    one_project.db("revision", "-m", "first")
    one_project.db("upgrade")
    one_project.sql(
        """CREATE TABLE job (
            id serial PRIMARY KEY, kept varchar(1) CONSTRAINT kept CHECK (kept IN ('a')),
            here varchar(1) CONSTRAINT there CHECK (here IN ('a')), elsewhere varchar(1),
            "values" varchar(1) CONSTRAINT v CHECK ("values" IN ('a', 'b')))"""
    )
    one_project.portable = False  # the table is made by hand
    one_project.models(KINDS.format(""))
    assert one_project.db("enum", "check").stdout == (
        "In sync: 3 enum types compared, no difference; 1 column was not compared.\n"
    )
    one_project.models(KINDS.format('"b", '))
    said = one_project.db("enum", "check", expect=1).stdout
    assert "public.job.kept" in said
    assert "public.job.here" in said
    assert "Drift: 2 of 3 enum types differ" in said
    one_project.round_trip()
    # Names where the model has values.
    one_project.models(
        KINDS.format('"b", ').replace(", values_callable=lambda cls: [m.value for m in cls]", "")
    )
    said = one_project.db("enum", "check", expect=1).stdout
    assert "are the values of" in said
    assert "--rename job.values.a=A --rename job.values.b=B" in said
    one_project.sql("ALTER TABLE job ALTER kept TYPE char(1)")
    one_project.models(KINDS.format('"bb", '))
    assert "job.kept is character(1), too short for 'bb'." in one_project.sync(expect=1).stderr


def test_partitions_and_children_follow(project: Project) -> None:
    project.start(task("AA", "BB"))
    project.sql(
        "DROP TABLE task",
        "CREATE TABLE task (id serial, st varchar(2) CONSTRAINT task_st CHECK (st IN ('AA', 'BB')),"
        " PRIMARY KEY (id)) PARTITION BY RANGE (id)",
        "CREATE TABLE task_1 PARTITION OF task DEFAULT",
        ROWS,
    )
    project.models(task("AA", "LONGER"))
    project.round_trip("--rename", "task.st.BB=LONGER", grows=True)
    project.sql(
        "DROP TABLE task",
        "CREATE TABLE task (id serial PRIMARY KEY, st varchar(2) CONSTRAINT task_st"
        " CHECK (st IN ('AA', 'BB')))",
        "CREATE TABLE sub (more int) INHERITS (task)",
        "INSERT INTO sub (st) VALUES ('BB')",
    )
    project.round_trip("--rename", "task.st.BB=LONGER", grows=True)


def test_what_names_a_label_keeps_it(one_project: Project) -> None:
    one_project.start(task("AA", "BB"))
    one_project.sql("ALTER TABLE task ADD CONSTRAINT pair CHECK (st <> 'BB' OR id > 0)")
    one_project.models(task("AA"))
    said = one_project.sync(expect=1).stderr
    assert "public.task.st loses 'BB', which the CHECK pair names" in said
    one_project.sql("ALTER TABLE task DROP CONSTRAINT pair", "CREATE VIEW v AS SELECT st FROM task")
    one_project.models(task("AA", "BB", "LONGER"))
    said = one_project.sync(expect=1).stderr
    assert "has to become varchar(6), and the view public.v names it" in said


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_env_py(one_project: Project, env: str) -> None:
    one_project.driver = "psycopg" if len(env) % 2 else "psycopg2"
    one_project.models(task("AA", "BB"))
    one_project.db("init")
    use_env(one_project, ENVIRONMENTS[env])
    one_project.start(task("AA", "BB"), ROWS)
    one_project.models(task("AA", "CC"))
    one_project.sync("--rename", "task.st.BB=CC")
    for command, wanted in (("upgrade", "CC"), ("downgrade", "BB"), ("upgrade", "CC")):
        one_project.db(command)
        assert values(one_project) == ["AA", wanted, None]
    assert one_project.db("enum", "check").stdout.startswith("In sync: 1 enum type compared")


def test_tenants(one_project: Project) -> None:
    one_project.options = {"qualify": False}
    one_project.sql("CREATE SCHEMA one", "CREATE SCHEMA two")
    one_project.models(task("AA", "BB"))
    one_project.db("init")
    use_env(one_project, MANY_TENANTS)
    one_project.start(task("AA", "BB"), "INSERT INTO two.task (st) VALUES ('BB')")
    one_project.models(task("AA", "CC"))
    assert "    --rename task.st.BB=CC\n" in one_project.sync(expect=1).stderr
    one_project.sync("--rename", "task.st.BB=CC")
    one_project.db("upgrade")
    assert one_project.rows("SELECT st FROM two.task") == [("CC",)]
    assert one_project.db("enum", "check").stdout.startswith("In sync: 2 enum types compared")
    one_project.db("downgrade")
    assert one_project.rows("SELECT st FROM two.task") == [("BB",)]


def test_a_rehearsal_tells_what_fails(one_project: Project) -> None:
    one_project.start(task("AA", "BB"), ROWS)
    one_project.sql(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not so'; END$$",
        "CREATE TRIGGER t BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION f()",
    )
    one_project.models(task("AA", "CC"))
    said = one_project.sync("--rename", "task.st.BB=CC", expect=1).stderr
    assert "The upgrade fails on this database: not so (SQLSTATE P0001), at: UPDATE" in said
    # A trigger that waits for the end of the transaction is no obstacle.
    one_project.sql(
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
        " AS $$BEGIN RETURN NULL; END$$",
        "DROP TRIGGER t ON task",
        "CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON task DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION f()",
        "COMMENT ON CONSTRAINT task_st ON task IS 'kept'",
    )
    assert (
        "Rehearsed: upgrade and downgrade ran"
        in one_project.sync("--rename", "task.st.BB=CC").stderr
    )
    dump = one_project.dump()
    one_project.db("upgrade")
    one_project.db("downgrade")
    assert one_project.dump() == dump
    # What the revision doesn't know, it doesn't change.
    one_project.sql(
        "ALTER TABLE task DROP CONSTRAINT task_st,"
        " ADD CONSTRAINT task_st CHECK (st IN ('AA', 'BB', 'ZZ'))"
    )
    with pytest.raises(Exception, match=r"task_st is CHECK .*and this revision knows it with 'AA'"):
        one_project.db("upgrade")


def test_a_check_that_is_not_valid_is_validated(one_project: Project) -> None:
    one_project.start(task("AA", "BB"))
    one_project.sql(
        "ALTER TABLE task DROP CONSTRAINT task_st",
        "INSERT INTO task (st) VALUES ('ZZ')",
        "ALTER TABLE task ADD CONSTRAINT task_st CHECK (st IN ('AA', 'BB')) NOT VALID",
    )
    one_project.models(task("AA", "BB", "CC"))
    said = one_project.sync(expect=1).stderr
    assert 'check constraint "task_st" of relation "task" is violated' in said
    one_project.sql("UPDATE task SET st = 'AA'")
    one_project.sync()
    one_project.db("upgrade")
    one_project.db("downgrade")


def test_who_owns_no_table_is_told(one_project: Project) -> None:
    one_project.start(task("AA", "BB"))
    url, role = one_project.url, f"reader_{token_hex(4)}"
    one_project.sql(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'", f"GRANT SELECT ON alembic_version, task TO {role}"
    )
    owner = psycopg.connect(url, autocommit=True)
    try:
        one_project.url = f"postgresql://{role}:x@{url.rpartition('@')[2]}"
        one_project.models(task("AA", "BB", "CC"))
        said = one_project.sync(expect=1).stderr
        one_project.models(task("AA", "BB"))
        assert "could not be read" not in one_project.db("enum", "check", "--rows").stderr
        owner.execute(f"REVOKE SELECT ON task FROM {role}".encode())
        assert "the rows of public.task.st could not be read" in (
            one_project.db("enum", "check", "--rows").stderr
        )
    finally:
        owner.close()
        one_project.url = url
        one_project.sql(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert f"public.task.st can't be changed: the role '{role}' doesn't own public.task." in said


def test_new_columns_and_tables_get_their_checks(one_project: Project) -> None:
    one_project.portable = False  # SQLite drops no column that has a CHECK
    one_project.start("")
    one_project.models(task("AA"))
    assert "task.st" in one_project.db("enum", "check").output
    one_project.db("migrate")
    one_project.db("upgrade")
    assert in_sync(one_project)
    more = f"    ty = db.Column(db.Enum(St, name='task_ty'{CHECK}))\n"
    one_project.models(task("AA", "BB") + more)
    said = one_project.db("enum", "check", "--from-migrations", expect=1).stdout
    assert "no migration makes task.ty" in said
    one_project.db("migrate")
    for command in ("upgrade", "downgrade", "upgrade"):
        one_project.db(command)
    assert one_project.db("enum", "check").stdout.startswith("In sync: 2 enum types compared")
    assert "No changes in schema" in one_project.db("migrate").output
    one_project.models("")
    one_project.db("migrate")
    for command in ("upgrade", "downgrade", "upgrade"):
        one_project.db(command)
