"""``flask db migrate`` creates, changes and drops enum types along with tables and columns."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import DBAPIError

from tests.autogenerate.setup import JOB
from tests.autogenerate.setup import command
from tests.autogenerate.setup import downgrade_of
from tests.autogenerate.setup import migrate
from tests.autogenerate.setup import nothing_differs
from tests.autogenerate.setup import refused
from tests.autogenerate.setup import round_trip
from tests.autogenerate.setup import upgrade_of
from tests.project import Project
from tests.project import statements

SHARED = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("a", "b", name="state"), server_default="a", nullable=False)

class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("a", "b", name="state"))
"""

COLUMN = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default=labels[0])
"""


def test_new_types_come_first_and_once(project: Project) -> None:
    project.start(JOB, "INSERT INTO job VALUES (1)")
    written = round_trip(project, SHARED)
    assert list(statements(upgrade_of(written))) == ["CREATE TYPE state AS ENUM ('a', 'b')"]
    assert list(statements(downgrade_of(written))) == ["DROP TYPE state"]
    assert project.rows("SELECT state::text FROM job") == [("a",)]


def test_a_type_that_exists_is_not_created(one_project: Project) -> None:
    one_project.start(COLUMN, labels=["a", "b"])
    assert "TYPE" not in round_trip(one_project, SHARED)


def test_everything_from_nothing_and_back(one_project: Project) -> None:
    one_project.models(SHARED)
    one_project.db("init")
    migrate(one_project, SHARED)
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b"]
    one_project.db("downgrade", "base")
    assert one_project.labels("state") == []
    one_project.db("upgrade")
    nothing_differs(one_project, SHARED)


KINDS = """
class Plain(enum.Enum):
    one = 1
    two = 2

class Coded(sa.TypeDecorator):
    impl = sa.Enum(Plain, name="coded")
    cache_ok = True

class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    plain = db.Column(db.Enum(Plain))
    many = db.Column(db.ARRAY(db.Enum("a", "b", name="many")))
    grid = db.Column(pg.ARRAY(pg.ENUM("a", "b", name="many"), dimensions=2))
    coded = db.Column(Coded())
    list_of_coded = db.Column(db.ARRAY(Coded()))
    varies = db.Column(db.Enum("a", name="varies").with_variant(db.String(9), "sqlite"))
    turned = db.Column(db.String(9).with_variant(pg.ENUM("a", name="turned"), "postgresql"))
    placed = db.Column(db.Enum("a", name="placed", schema="public"))
    told = db.Column(pg.ENUM("a", name="told", create_type=False))
    text = db.Column(db.Enum("a", name="text_only", native_enum=False))
"""


def test_all_kinds_of_declarations(project: Project) -> None:
    project.start(JOB)
    written = round_trip(project, KINDS)
    types = ["plain", "many", "coded", "varies", "turned", "placed", "told"]
    assert len(list(statements(upgrade_of(written)))) == len(types)
    assert "'many', postgresql.ARRAY(postgresql.ENUM('a', 'b', name='many'" in written
    assert "create_type=False), dimensions=2)" in written
    assert "postgresql.ENUM('one', 'two', name='coded', create_type=False)" in written
    assert "), 'postgresql').with_variant(sa.String(length=9), 'sqlite')" in written
    assert "sa.Enum('one', 'two', name='coded').with_variant(" in written
    assert "sa.String(length=9).with_variant(postgresql.ENUM('a', name='turned'" in written
    assert "name='placed', schema='public', create_type=False)" in written
    assert "sa.Enum('a', name='text_only', native_enum=False" in written

    # … and gone again, from what the database says.
    gone = round_trip(project, JOB)
    assert sorted(statements(upgrade_of(gone))) == sorted(f"DROP TYPE {name}" for name in types)
    assert [project.labels(name) for name in types] == [[]] * len(types)


def test_a_new_table_with_all_kinds(one_project: Project) -> None:
    one_project.start(JOB)
    round_trip(one_project, JOB + KINDS.replace("class Job", "class Other"))
    round_trip(one_project, JOB)


def test_a_type_goes_with_its_last_column(one_project: Project) -> None:
    one_project.start(
        SHARED, "INSERT INTO task VALUES (1, 'b')", "COMMENT ON TYPE state IS 'It''s'"
    )
    one_project.sql("REVOKE ALL ON TYPE state FROM PUBLIC, postgres")
    one_left = COLUMN.replace("*labels", "'a', 'b'").replace("labels[0]", "'a', nullable=False")
    assert "TYPE" not in migrate(one_project, one_left)
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b"]
    written = round_trip(one_project, JOB)
    assert list(statements(upgrade_of(written))) == ["DROP TYPE state"]
    assert "# Nothing uses state any more.\n" in upgrade_of(written)
    assert "# state: create it again.\n" in downgrade_of(written)
    assert one_project.labels("state") == []


def test_a_type_goes_with_its_table(one_project: Project) -> None:
    one_project.start(SHARED)
    one_project.models("")
    written = round_trip(one_project, "")
    assert upgrade_of(written).index("drop_table") < upgrade_of(written).index("DROP TYPE")
    assert downgrade_of(written).index("CREATE TYPE") < downgrade_of(written).index("create_table")


@pytest.mark.parametrize(
    ("user", "named"),
    [
        ("CREATE FUNCTION f(state) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function f(state)"),
        ("CREATE TABLE other (s state[])", "column s of table other"),
        ("CREATE DOMAIN good AS state", "type good"),
        ("CREATE VIEW v AS SELECT 'a'::state AS s", "view v"),
    ],
)
def test_a_type_that_others_use_is_kept(one_project: Project, user: str, named: str) -> None:
    one_project.migrate_options["include_object"] = lambda _, name, *args: name != "other"
    one_project.start(COLUMN, user, labels=["a", "b"])
    one_project.models(JOB)
    said = one_project.db("migrate").stderr
    assert f"Note: public.state is kept: {named}" in said
    assert "TYPE" not in one_project.revision()
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b"]
    nothing_differs(one_project, JOB)


def test_what_belongs_to_the_column_does_not_keep_its_type(one_project: Project) -> None:
    one_project.start(
        COLUMN,
        "ALTER TABLE job ADD CONSTRAINT c CHECK (state <> 'b')",
        "CREATE INDEX i ON job (id) WHERE state = 'a'",
        "CREATE STATISTICS s ON (state = 'a'), id FROM job",
        labels=["a", "b"],
    )
    migrate(one_project, JOB)
    one_project.db("upgrade")
    assert one_project.labels("state") == []


def test_types_that_nobody_used_before_stay(one_project: Project) -> None:
    one_project.start(JOB, "CREATE TYPE idle AS ENUM ('a')")
    nothing_differs(one_project, JOB)


def test_a_type_that_is_not_ours_is_left_to_alembic(one_project: Project) -> None:
    one_project.options["include_types"] = ["state"]
    one_project.start(JOB)
    written = migrate(one_project, COLUMN.replace('"state")', '"theirs")'), labels=["a"])
    assert "TYPE" not in written
    assert "sa.Enum('a', name='theirs')" in written


ADDED_AND_USED = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default=labels[0])
    last = db.Column(db.Enum(*labels, name="state"), server_default=labels[-1])
"""


def test_a_new_label_in_a_new_column(one_project: Project) -> None:
    one_project.start(COLUMN, "INSERT INTO job VALUES (1, 'b')", labels=["a", "b"])
    written = round_trip(one_project, ADDED_AND_USED, labels=["a", "b", "new"])
    assert "ADD VALUE IF NOT EXISTS 'new'" in upgrade_of(written)
    assert written.index("autocommit_block") < written.index("add_column")
    assert one_project.rows("SELECT state::text, last::text FROM job") == [("b", "new")]


def test_a_removed_label_and_a_new_column(project: Project) -> None:
    project.start(COLUMN, "INSERT INTO job VALUES (1, 'b')", labels=["a", "b", "c"])
    project.config["ENUM_MIGRATE_MAP"] = ["state.c=b"]
    written = round_trip(project, ADDED_AND_USED, labels=["a", "b"])
    assert "ADD VALUE IF NOT EXISTS 'c'" in downgrade_of(written)
    down = downgrade_of(written)
    assert down.index("ADD VALUE") < down.index("drop_column")
    assert project.labels("state") == ["a", "b"]


def test_rows_that_hold_a_removed_label_need_an_answer(one_project: Project) -> None:
    one_project.start(COLUMN, "INSERT INTO job VALUES (1, 'c')", labels=["a", "b", "c"])
    said = refused(one_project, ADDED_AND_USED, labels=["a", "B"])
    assert "loses the label 'c', which 1 row of public.job.state holds." in said
    assert "\n    --rename state.c=B\n    --map state.c=LABEL\n    --map-null state.c\n" in said
    assert said.endswith(
        "Nothing was written.\n"
        "Note: the options are those of sync; give it one of them for each refusal:\n"
        "    flask db enum sync --map state.c=LABEL\n"
        "Note: after that, run flask db upgrade, and this command again. Or answer in the settings "
        "ENUM_MIGRATE_RENAME, ENUM_MIGRATE_MAP and ENUM_MIGRATE_MAP_NULL.\n"
    )
    one_project.config["ENUM_MIGRATE_RENAME"] = ["b=B"]
    one_project.config["ENUM_MIGRATE_MAP"] = ["c=a", "gone=a"]
    round_trip(one_project, ADDED_AND_USED, labels=["a", "B"], merges=True)
    assert one_project.rows("SELECT state::text, last::text FROM job") == [("a", "B")]


def test_one_command_answers_all_that_is_refused(one_project: Project) -> None:
    one_project.start(
        COLUMN,
        "INSERT INTO job VALUES (1, 'b')",
        "INSERT INTO job VALUES (2, 'c')",
        labels=["a", "b", "c"],
    )
    said = refused(one_project, COLUMN, labels=["a"])
    (command_,) = re.findall(r"^    (flask db enum sync .*)$", said, re.MULTILINE)
    assert command_ == "flask db enum sync --map state.b=LABEL --map state.c=LABEL"
    one_project.run(*command_.replace("LABEL", "a").split()[1:])
    one_project.db("upgrade")
    assert one_project.rows("SELECT DISTINCT state::text FROM job") == [("a",)]


def test_the_way_that_a_refusal_names(one_project: Project) -> None:
    one_project.start(COLUMN, "INSERT INTO job VALUES (1, 'c')", labels=["a", "c"])
    refused(one_project, ADDED_AND_USED, labels=["a", "b"])
    one_project.sync("--rename", "state.c=b")
    one_project.db("upgrade")
    written = round_trip(one_project, ADDED_AND_USED, labels=["a", "b"])
    assert "TYPE" not in written
    assert one_project.rows("SELECT state::text, last::text FROM job") == [("b", "b")]


def test_standing_answers_that_fit_nothing_are_told(one_project: Project) -> None:
    one_project.config["ENUM_MIGRATE_MAP_NULL"] = ["state.gone"]
    one_project.start(COLUMN, labels=["a"])
    assert "gone" not in command(one_project, COLUMN, "migrate", labels=["a"]).output
    said = command(one_project, COLUMN, "migrate", labels=["a", "b"]).stderr
    assert "Note: ENUM_MIGRATE_MAP_NULL: 'state.gone' fits no difference" in said


def test_another_default_and_a_renamed_label(one_project: Project) -> None:
    one_project.migrate_options["compare_server_default"] = True
    one_project.config["ENUM_MIGRATE_RENAME"] = ["a=first"]
    one_project.start(COLUMN, "INSERT INTO job VALUES (1)", labels=["a", "b"])
    other = COLUMN.replace("labels[0]", "'b'")
    written = round_trip(one_project, other, labels=["first", "b"])
    assert downgrade_of(written).index("RENAME VALUE") < downgrade_of(written).index("'a'::state")
    assert one_project.rows("SELECT state::text FROM job") == [("first",)]


def test_a_renamed_type_and_new_columns(one_project: Project) -> None:
    one_project.start(COLUMN, "INSERT INTO job VALUES (1, 'b')", labels=["a", "b"])
    renamed = ADDED_AND_USED.replace('"state")', '"status")')
    written = round_trip(one_project, renamed, labels=["a", "b"])
    assert list(statements(upgrade_of(written))) == ["ALTER TYPE public.state RENAME TO status"]
    assert "alter_column" not in written


def test_a_table_that_goes_with_a_changed_type(one_project: Project) -> None:
    one_project.start(SHARED, "INSERT INTO job VALUES (1, 'b')")
    round_trip(
        one_project, COLUMN.replace("labels[0]", "'a', nullable=False"), labels=["a", "new", "b"]
    )
    assert one_project.labels("state") == ["a", "new", "b"]


def test_a_dropped_column_whose_type_is_renamed(one_project: Project) -> None:
    one_project.start(SHARED)
    source = COLUMN.replace("labels[0]", "'a', nullable=False").replace('"state")', '"status")')
    written = round_trip(one_project, source, labels=["a", "b"])
    assert "RENAME TO status" in written
    assert "name='status'" in downgrade_of(written)


TWO_COLUMNS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    kept = db.Column(db.Enum("a", "b", name="state"))
    gone = db.Column(db.Enum("a", "b", name="state"), server_default="b")
"""


def test_what_could_not_come_back_is_refused(one_project: Project) -> None:
    one_project.config["ENUM_MIGRATE_RENAME"] = ["b=B"]
    one_project.start(TWO_COLUMNS, "INSERT INTO job VALUES (1, 'b')")
    source = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    kept = db.Column(db.Enum("a", "B", name="state"))
"""
    said = refused(one_project, source)
    assert (
        "public.job.gone goes. A downgrade could not create the default of public.job.gone" in said
    )
    assert "\n    flask db enum sync\n" in said
    one_project.sync("--rename", "b=B")
    one_project.db("upgrade")
    round_trip(one_project, source)
    assert one_project.rows("SELECT kept::text FROM job") == [("B",)]


STRING = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.String(20), server_default="a")
"""


def test_a_string_becomes_an_enum_that_a_new_table_uses_too(project: Project) -> None:
    project.start(STRING, "INSERT INTO job VALUES (1, 'b')")
    source = SHARED.replace(", nullable=False", "")
    written = round_trip(project, source)
    assert written.count("CREATE TYPE") == 1
    assert "alter_column" not in written
    assert project.rows("SELECT state::text, pg_typeof(state)::text FROM job") == [("b", "state")]


def test_a_string_with_other_values_is_refused(one_project: Project) -> None:
    one_project.start(STRING, "INSERT INTO job VALUES (1, 'x')")
    said = refused(one_project, COLUMN, labels=["a", "b"])
    assert "flask db enum sync --map state.x=LABEL" in said
    one_project.config["ENUM_MIGRATE_MAP"] = ["state.x=b"]
    migrate(one_project, COLUMN, labels=["a", "b"])
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM job") == [("b",)]


def test_an_enum_becomes_a_string_and_its_type_goes(one_project: Project) -> None:
    one_project.start(COLUMN, "INSERT INTO job VALUES (1, 'b')", labels=["a", "b"])
    written = round_trip(one_project, STRING)
    assert upgrade_of(written).index("ALTER TABLE") < upgrade_of(written).index("DROP TYPE")
    assert one_project.rows("SELECT state, pg_typeof(state)::text FROM job") == [
        ("b", "character varying")
    ]


@pytest.mark.parametrize("string", ["db.Text", "db.CHAR(1)"])
def test_all_kinds_of_strings(one_project: Project, string: str) -> None:
    one_project.start(COLUMN, "INSERT INTO job VALUES (1, 'b')", labels=["a", "b"])
    round_trip(one_project, STRING.replace("db.String(20)", string))


def test_an_array_of_what_was_a_scalar_is_for_a_person(one_project: Project) -> None:
    one_project.portable = False  # the person converts it for PostgreSQL alone
    one_project.start(STRING, "INSERT INTO job VALUES (1, 'b')")
    array = STRING.replace("db.String(20)", "db.ARRAY(db.Enum('a', 'b', name='state'))")
    array = array.replace('"a"', '"{a}"')
    one_project.models(array)
    said = one_project.db("migrate").stderr
    assert "Note: the change of type of public.job.state is as Alembic writes it" in said
    revision = max(one_project.revisions(), key=lambda path: path.stat().st_mtime_ns)
    source = revision.read_text()
    for old, new in (
        ("existing_nullable", "postgresql_using='ARRAY[state]::state[]', existing_nullable"),
        (
            "batch_op.alter_column",
            "op.execute('ALTER TABLE job ALTER state DROP DEFAULT')\n        batch_op.alter_column",
        ),
    ):
        source = source.replace(old, new, 1)
    revision.write_text(source)
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM job") == [("{b}",)]
    nothing_differs(one_project, array)


def test_columns_whose_type_is_not_compared_are_not_converted(one_project: Project) -> None:
    one_project.migrate_options["compare_type"] = False
    one_project.start(STRING)
    before = one_project.revisions()
    command(one_project, COLUMN, "migrate", labels=["a", "b"])
    assert one_project.revisions() == before


LABELS = [
    "it's",
    '"q"',
    "50%",
    "a:b",
    "back\\slash",
    "{x}",
    "tab\there",
    "new\nline",
    "\u2028",
    "🐘",
]


def test_exotic_labels(one_project: Project) -> None:
    source = COLUMN + "    many = db.Column(db.ARRAY(db.Enum(*labels, name='state')))\n"
    one_project.start(JOB)
    round_trip(one_project, source, labels=LABELS)
    assert one_project.labels("state") == LABELS
    round_trip(one_project, JOB)


def test_a_type_that_was_left_over(one_project: Project) -> None:
    """By a downgrade of Alembic's, for one: other databases don't have it, or have other labels."""
    project = one_project
    project.start(JOB, "CREATE TYPE plan AS ENUM ('free', 'paid')", "CREATE TYPE tag AS ENUM ('x')")
    models = (
        JOB
        + """
class Sub(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    plan = db.Column(db.Enum("free", "paid", name="plan"), server_default="paid")
    tags = db.Column(pg.ARRAY(db.Enum("x", "y", name="tag")), server_default="{y}")
"""
    )
    project.models(models)
    check = project.db("enum", "check")
    assert check.stdout == "In sync: no enum types.\n"
    assert "sub.plan exists only in the models; that is for: flask db migrate" in check.stderr
    listed = project.db("enum", "list").stdout
    assert listed.count(" unused ") == 2
    assert "sub.plan" in listed
    assert "nothing to write" in project.sync("--drop-unused").stderr
    written = migrate(project, models)
    assert "plan, tag may be left over already; not dropped on a downgrade." in upgrade_of(written)
    project.db("upgrade")
    assert project.labels("tag") == ["x", "y"]
    nothing_differs(project, models)
    for before in ((), ("CREATE TYPE plan AS ENUM ('paid', 'free')",)):
        project.db("downgrade", "base")
        project.sql("DROP TYPE plan, tag", *before)
        project.db("upgrade")
        assert (project.labels("plan"), project.labels("tag")) == (["free", "paid"], ["x", "y"])
        assert project.db("enum", "check").stdout.startswith("In sync: 2 enum types")
    project.db("downgrade")
    project.sql("DROP TYPE plan", "CREATE TYPE plan AS ENUM ('z')", "CREATE TABLE t (p plan)")
    with pytest.raises(DBAPIError, match="other objects depend on it"):
        project.db("upgrade")
