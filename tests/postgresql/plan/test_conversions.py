"""Columns that get another type: strings become enums, enums strings, types merge and split."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from tests.project import Project
from tests.project import watched

STRINGS = """
class Account(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    status = db.Column(db.String(20), nullable=False, server_default="new", index=True)
    kinds = db.Column(db.ARRAY(db.Text), server_default="{}")
"""

ENUMS = """
class Status(enum.Enum):
    new = 1
    open = 2
    closed = 3

class Kind(enum.Enum):
    a = 1
    b = 2

class Account(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    status = db.Column(db.Enum(Status), nullable=False, server_default="new", index=True)
    kinds = db.Column(db.ARRAY(db.Enum(Kind)), server_default="{}")
"""

ROWS = "INSERT INTO account VALUES (1, 'new', '{a,b,NULL}'), (2, 'closed', NULL), (3, 'open', '{}')"


def test_strings_become_enums_and_come_back(project: Project) -> None:
    project.start(STRINGS, ROWS)
    project.models(ENUMS)
    told = project.db("enum", "check", expect=1).stdout
    assert "  ~ convert account.status from character varying(20) to status\n" in told
    assert "  Cost: rewrites public.account under an ACCESS EXCLUSIVE lock.\n" in told
    source = project.round_trip()
    assert source.count("ALTER TABLE public.account") == 2  # one rewrite in each direction
    assert project.labels("status") == ["new", "open", "closed"]
    assert project.rows("SELECT id, status::text, kinds::text FROM account ORDER BY 1") == [
        (1, "new", "{a,b,NULL}"),
        (2, "closed", None),
        (3, "open", "{}"),
    ]
    project.sql("INSERT INTO account (id) VALUES (4)")
    assert project.rows("SELECT status::text, kinds::text FROM account WHERE id = 4") == [
        ("new", "{}")
    ]


def test_enums_become_strings_and_come_back(project: Project) -> None:
    project.start(ENUMS, ROWS)
    project.models(STRINGS)
    project.round_trip()
    assert project.rows(
        "SELECT data_type FROM information_schema.columns"
        " WHERE table_name = 'account' AND column_name = 'status'"
    ) == [("character varying",)]
    unused = project.db("enum", "check")
    assert "nothing uses the type public.status" in unused.stderr


PLAIN = """
class Ticket(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column({type}, server_default={default!r})
"""
STATE = """
class State(enum.Enum):
    new = 1
    done = 2
"""


def plain(type_: str, default: str | None = None) -> str:
    return STATE + PLAIN.format(type=type_, default=default)


def fill(project: Project, *values: str) -> None:
    listed = ", ".join(f"({i}, {value})" for i, value in enumerate(values))
    project.sql(f"INSERT INTO ticket VALUES {listed}")


def test_values_that_are_no_label_need_an_answer(project: Project) -> None:
    project.start(plain("db.Text", "LEGACY"))
    fill(project, "'new'", "'LEGACY'", "'LEGACY'", "'it''s 50%: odd'", "NULL")
    project.models(plain("db.Enum(State)", "new"))
    refused = project.sync("--no-input", expect=1).stderr
    assert "becomes public.state, which has no label 'LEGACY', and 2 rows hold it." in refused
    assert "--map state.LEGACY=LABEL" in refused
    assert "--map-null state.LEGACY" in refused
    assert "The default of public.ticket.state is 'LEGACY'::text" in refused
    source = project.round_trip(
        "--map", "state.LEGACY=done", "--map-null", "state.it's 50%: odd", merges=True
    )
    assert project.rows("SELECT id, state::text FROM ticket ORDER BY id") == [
        (0, "new"),
        (1, "done"),
        (2, "done"),
        (3, None),
        (4, None),
    ]
    assert "'LEGACY' becomes 'done'" in source
    assert "Rows of public.ticket.state that held 'LEGACY' keep 'done'." in source
    project.sql("INSERT INTO ticket (id) VALUES (9)")
    assert project.rows("SELECT state::text FROM ticket WHERE id = 9") == [("done",)]


def test_null_is_no_answer_for_a_column_that_rejects_it(one_project: Project) -> None:
    project = one_project
    project.start(STATE + PLAIN.format(type="db.Text, nullable=False", default="new"))
    fill(project, "'old'")
    project.models(STATE + PLAIN.format(type="db.Enum(State), nullable=False", default="new"))
    refused = project.sync(expect=1).stderr
    assert "--map state.old=LABEL" in refused
    assert "--map-null" not in refused
    refused = project.sync("--map-null", "state.old", expect=1).stderr
    assert "'old' would become NULL, but public.ticket.state is NOT NULL." in refused


def test_a_value_that_only_production_holds_stops_the_upgrade(project: Project) -> None:
    project.start(plain("db.String(30)", "new"))
    fill(project, "'new'")
    project.models(plain("db.Enum(State)", "new"))
    project.sync("--map", "state.known elsewhere=done")
    schema = project.dump()
    project.sql("INSERT INTO ticket VALUES (7, 'surprise'), (8, 'known elsewhere')")
    with pytest.raises(Exception, match=r"public.ticket.state holds 'surprise', which is no label"):
        project.db("upgrade")
    assert project.dump() == schema
    project.sql("DELETE FROM ticket WHERE id = 7")
    project.db("upgrade")
    assert project.rows("SELECT state::text FROM ticket ORDER BY id") == [("new",), ("done",)]


@pytest.mark.parametrize(
    ("flag", "problem"),
    [
        (("--map", "state.new=done"), "'new' is a label of public.state, so rows keep it."),
        (("--map", "state.LEGACY=nowhere"), "'nowhere' is not a label of public.state."),
        (("--map", "LEGACY=done"), "are written behind the type it becomes: --map TYPE.VALUE"),
        (("--map-null", "LEGACY"), "values of a column are written behind the type it becomes"),
        (("--rename", "state.LEGACY=done"), "no label is removed while another one is new."),
    ],
)
def test_answers_that_fit_no_conversion(
    one_project: Project, flag: tuple[str, ...], problem: str
) -> None:
    one_project.start(plain("db.Text"))
    one_project.models(plain("db.Enum(State)"))
    result = one_project.sync(*flag, expect=2)
    assert problem in result.stderr


def test_names_stored_where_values_were(one_project: Project) -> None:
    values = """
class State(enum.Enum):
    NEW = "new"
    DONE = "done"
"""
    one_project.start(values + PLAIN.format(type="db.Text", default=None))
    fill(one_project, "'new'", "'done'")
    one_project.models(values + PLAIN.format(type="db.Enum(State)", default=None))
    refused = one_project.sync(expect=1).stderr
    assert "values_callable" in refused
    assert "strings for state are the values of models.State" in refused
    one_project.round_trip("--map", "state.new=NEW", "--map", "state.done=DONE", merges=True)
    assert one_project.rows("SELECT state::text FROM ticket ORDER BY id") == [("NEW",), ("DONE",)]


# PostgreSQL prints varchar IN (…) otherwise once it has read its own printing, as a restored dump
# shows: the same condition.
PRINTED_AS_EVER = "ALTER TABLE ticket ALTER state TYPE varchar(20)"


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("db.CHAR(8)", "'new'"),
        ("db.String(9, collation='C')", "'new'"),
        ("db.Unicode", "'done'"),
        ("db.Enum('new', 'done', native_enum=False, create_constraint=True, name='x')", "'done'"),
    ],
)
def test_every_kind_of_string(project: Project, type_: str, value: str) -> None:
    project.start(plain(type_))
    fill(project, value, "NULL")
    if "create_constraint" in type_:
        project.sql(PRINTED_AS_EVER)
    project.models(plain("db.Enum(State)"))
    project.round_trip()
    assert project.rows("SELECT state::text FROM ticket ORDER BY id") == [
        (value.strip("'"),),
        (None,),
    ]


def test_a_domain_over_text(project: Project) -> None:
    project.start(plain("db.Text"))
    fill(project, "'new'")
    project.sql(
        "CREATE DOMAIN word AS text CHECK (VALUE <> '')",
        "ALTER TABLE ticket ALTER state TYPE word, ALTER state SET DEFAULT 'new'",
    )
    project.models(plain("db.Enum(State)", "new"))
    project.round_trip()


def test_partitions_and_children_follow(project: Project) -> None:
    project.start(plain("db.Text", "new"))
    project.sql(
        "DROP TABLE ticket",
        "CREATE TABLE ticket (id int NOT NULL, state text DEFAULT 'new') PARTITION BY RANGE (id)",
        "CREATE TABLE ticket_1 PARTITION OF ticket FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE ticket_2 (note text, state text DEFAULT 'done', id int NOT NULL)",
        "ALTER TABLE ticket_2 DROP note",
        "ALTER TABLE ticket ATTACH PARTITION ticket_2 FOR VALUES FROM (10) TO (20)",
        "CREATE INDEX ON ticket (state, id)",
        "INSERT INTO ticket VALUES (1, 'new'), (11, 'done'), (12, NULL)",
    )
    project.models(plain("db.Enum(State)", "new"))
    project.round_trip()


ON_TEXT = {
    "a view": ("CREATE VIEW v AS SELECT state FROM ticket", "view public.v refers to it"),
    "a partial index": (
        "CREATE INDEX i ON ticket (id) WHERE state = 'new'",
        "index public.i refers to it",
    ),
    "an expression index": ("CREATE INDEX i ON ticket (lower(state))", "index public.i refers"),
    "an operator class": (
        "CREATE INDEX i ON ticket (state text_pattern_ops)",
        "index public.i has an operator class or collation of its own",
    ),
    "a collation": ('CREATE INDEX i ON ticket (state COLLATE "C")', "index public.i has an"),
    "a check": ("ALTER TABLE ticket ADD CONSTRAINT k CHECK (state <> '')", "k on public.ticket"),
    "a foreign key": (
        "CREATE TABLE word (w text PRIMARY KEY); INSERT INTO word VALUES ('new');"
        "ALTER TABLE ticket ADD CONSTRAINT f FOREIGN KEY (state) REFERENCES word",
        "f on public.ticket",
    ),
    "a policy": ("CREATE POLICY p ON ticket USING (state <> '')", "policy p on public.ticket"),
    "a trigger": (
        "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF state ON ticket EXECUTE FUNCTION g()",
        "trigger t on public.ticket",
    ),
    "a generated column": (
        "ALTER TABLE ticket ADD g text GENERATED ALWAYS AS (state || '!') STORED",
        "column public.ticket.g",
    ),
    "a default that computes": (
        "ALTER TABLE ticket ALTER state SET DEFAULT lower('NEW')",
        "which can't become a public.state by itself",
    ),
    "a routine": (
        "CREATE FUNCTION h() RETURNS bigint BEGIN ATOMIC SELECT count(state) FROM ticket; END",
        "function public.h() refers to it",
    ),
    "rows in a column": ("CREATE TABLE other (t ticket)", "column public.other.t refers to it"),
    "statistics": (
        "CREATE STATISTICS s ON (lower(state)), id FROM ticket",
        "statistics object public.s refers",
    ),
}


@pytest.mark.parametrize("kind", ON_TEXT)
def test_what_refers_to_the_string_is_named(project: Project, kind: str) -> None:
    project.start(plain("db.Text", "new"))
    fill(project, "'new'")
    project.models(plain("db.Enum(State)", "new"))
    sql, named = ON_TEXT[kind]
    project.sql(*sql.split(";") if kind == "a foreign key" else [sql])
    assert named in project.sync(expect=1).stderr


def test_what_fits_both_types_goes_along(project: Project) -> None:
    project.start(plain("db.String(20)", "new"))
    fill(project, "'new'", "'done'")
    project.sql(
        "ALTER TABLE ticket ADD CONSTRAINT k CHECK (state IN ('new', 'done') AND state <> 'old')",
        "CREATE UNIQUE INDEX u ON ticket (state, id)",
        "CREATE INDEX h ON ticket USING hash (state)",
        "CREATE STATISTICS s ON state, id FROM ticket",
        "COMMENT ON COLUMN ticket.state IS 'the state'",
        "GRANT SELECT (state) ON ticket TO PUBLIC",
        "ALTER TABLE ticket ALTER state SET STATISTICS 77, ALTER state SET STORAGE main",
        PRINTED_AS_EVER,
    )
    project.models(plain("db.Enum(State)", "new"))
    project.round_trip()


def test_a_string_that_is_too_short(one_project: Project) -> None:
    one_project.start(plain("db.Enum(State)"))
    one_project.models(plain("db.String(3)"))
    refused = one_project.sync(expect=1).stderr
    assert "'done' doesn't fit" in refused


MERGED = """
class A(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    v = db.Column(db.Enum({a}), server_default="one")

class B(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    v = db.Column(db.Enum({b}), nullable=False, server_default="two")
    vs = db.Column(db.ARRAY(db.Enum({b})))
"""
MERGE_ROWS = (
    "INSERT INTO a VALUES (1, 'one'), (2, NULL), (3, 'two')",
    "INSERT INTO b VALUES (1, 'two', '{two,three}'), (2, 'three', NULL)",
)


def test_two_types_become_one(project: Project) -> None:
    project.start(
        MERGED.format(a="'one', 'two', name='x'", b="'two', 'three', name='y'"), *MERGE_ROWS
    )
    both = "'one', 'two', 'three', name='x'"
    project.models(MERGED.format(a=both, b=both))
    project.round_trip()
    assert project.labels("x") == ["one", "two", "three"]
    assert "nothing uses the type public.y" in project.db("enum", "check").stderr
    assert "y " in project.db("enum", "list").stdout
    project.sync("--drop-unused")
    project.db("upgrade")
    assert project.labels("y") == []
    project.db("downgrade", "base")


def test_a_type_that_is_left_behind_can_go_at_once(project: Project) -> None:
    project.start(
        MERGED.format(a="'one', 'two', name='x'", b="'two', 'three', name='y'"), *MERGE_ROWS
    )
    both = "'one', 'two', 'three', name='z'"
    project.models(MERGED.format(a=both, b=both))
    source = project.round_trip("--drop-unused")
    assert 'op.execute("DROP TYPE public.x")' in source
    assert (project.labels("x"), project.labels("y")) == ([], [])


def test_a_type_that_something_else_uses_stays(project: Project) -> None:
    project.start(MERGED.format(a="'one', name='x'", b="'two', 'three', name='y'"), *MERGE_ROWS[1:])
    project.sql("CREATE FUNCTION f(y) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    project.models(
        MERGED.format(a="'one', 'two', 'three', name='x'", b="'one', 'two', 'three', name='x'")
    )
    project.sync("--drop-unused")
    project.db("upgrade")
    assert project.labels("y") == ["two", "three"]


def test_two_types_become_a_third(project: Project) -> None:
    project.start(
        MERGED.format(a="'one', 'two', name='x'", b="'two', 'three', name='y'"), *MERGE_ROWS
    )
    both = "'one', 'two', 'three', name='z'"
    project.models(MERGED.format(a=both, b=both))
    project.round_trip()
    assert project.labels("z") == ["one", "two", "three"]


def test_a_merge_maps_labels_and_turns_them_back(project: Project) -> None:
    project.start(
        MERGED.format(a="'one', 'two', name='x'", b="'two', 'three', name='y'"), *MERGE_ROWS
    )
    both = "'one', 'two', 'tres', name='x'"
    project.models(MERGED.format(a=both, b=both))
    refused = project.sync(expect=1).stderr
    assert "which has no label 'three', and 1 row holds it." in refused
    project.round_trip("--map", "y.three=tres")
    assert project.rows("SELECT v::text, vs::text FROM b ORDER BY id") == [
        ("two", "{two,tres}"),
        ("tres", None),
    ]


def test_one_type_becomes_two(project: Project) -> None:
    all_ = "'one', 'two', 'three', name='x'"
    project.start(MERGED.format(a=all_, b=all_), *MERGE_ROWS)
    project.models(MERGED.format(a="'one', 'two', name='x'", b="'two', 'three', name='y'"))
    project.round_trip()
    assert (project.labels("x"), project.labels("y")) == (["one", "two"], ["two", "three"])


def test_one_type_becomes_two_others(project: Project) -> None:
    all_ = "'one', 'two', 'three', name='x'"
    project.start(MERGED.format(a=all_, b=all_), *MERGE_ROWS)
    project.models(MERGED.format(a="'one', 'two', name='p'", b="'two', 'three', name='q'"))
    project.round_trip()
    assert (project.labels("p"), project.labels("q")) == (["one", "two"], ["two", "three"])
    assert project.labels("x") == []


def test_with_renames_and_removals_of_both_types(project: Project) -> None:
    """The source is renamed and replaced, the target too, and rows find their labels."""
    project.start(
        MERGED.format(a="'one', 'two', 'gone', name='x'", b="'two', 'three', name='y'"), *MERGE_ROWS
    )
    project.sql("CREATE TABLE c (id int PRIMARY KEY, v y)", "INSERT INTO c VALUES (1, 'three')")
    more = """
class C(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    v = db.Column(db.Enum('deux', 'three', name='y'))
"""
    both = "'one', 'zwei', 'two', 'three', name='x'"
    project.models(more + MERGED.format(a=both, b=both))
    project.round_trip("--rename", "x.two=zwei", "--rename", "y.two=deux")
    assert project.rows("SELECT v::text FROM a ORDER BY id") == [("one",), (None,), ("zwei",)]
    assert project.rows("SELECT v::text FROM b ORDER BY id") == [("two",), ("three",)]


def test_all_of_it_offline(project: Project) -> None:
    project.start(plain("db.Text", "new"))
    fill(project, "'new'", "'50%'", "'a:b'")
    project.models(plain("db.Enum(State)", "new"))
    flags = ("--map", "state.50%=done", "--map", "state.a:b=new")
    sql = project.sync("--sql", *flags).stdout
    project.sync(*flags)
    project.db("upgrade")
    upgraded = project.dump()
    project.db("downgrade")
    project.sql("UPDATE ticket SET state = 'a:b' WHERE id = 0")
    project.sql(sql)
    assert project.dump() == upgraded


def test_a_conversion_needs_the_right_to_create_and_own(one_project: Project) -> None:
    one_project.start(plain("db.Text"))
    one_project.models(STATE + PLAIN.format(type="db.Enum(State, schema='away')", default=None))
    refused = one_project.sync(expect=1).stderr
    assert "would be created in the schema 'away', which doesn't exist." in refused


def test_a_partition_key_is_refused(one_project: Project) -> None:
    one_project.start(plain("db.Text"))
    one_project.sql(
        "DROP TABLE ticket",
        "CREATE TABLE ticket (id int, state text) PARTITION BY LIST (state)",
    )
    one_project.models(plain("db.Enum(State)"))
    assert "public.ticket is partitioned by it" in one_project.sync(expect=1).stderr


def test_what_no_one_can_convert(one_project: Project) -> None:
    one_project.start(plain("db.Integer"))
    one_project.models(plain("db.Enum(State)"))
    drift = one_project.db("enum", "check", expect=1).stdout
    assert "ticket.state is integer in the database, not state" in drift
    assert "It can't be converted by itself" in one_project.sync(expect=1).stderr


ODD = """
class Odd(db.Model):
    __tablename__ = "Odd table 50%"
    __table_args__ = {{"schema": "My Schema"}}
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column("the: column", {type})
"""


def test_names_that_need_quotes(project: Project) -> None:
    project.sql('CREATE SCHEMA "My Schema"')
    project.migrate_options["include_schemas"] = True
    labels = ["it's", "50%", "a:b", "tab\there", "ünïcode", 'say "hi"', "back\\slash", "{x,y}"]
    project.start(ODD.format(type="db.ARRAY(db.Text)"))
    project.models(ODD.format(type="db.Text"))
    project.sql('ALTER TABLE "My Schema"."Odd table 50%" ALTER "the: column" TYPE text')
    for i, label in enumerate(labels):
        quoted = label.replace("'", "''")
        project.sql(f"""INSERT INTO "My Schema"."Odd table 50%" VALUES ({i}, '{quoted}')""")
    project.models(
        ODD.format(type="db.Enum(*labels, name='Odd.type', schema='My Schema')"), labels=labels
    )
    project.round_trip()
    found = project.rows('SELECT "the: column"::text FROM "My Schema"."Odd table 50%" ORDER BY id')
    assert [label for (label,) in found] == labels


def test_names_without_schema(one_project: Project) -> None:
    project = one_project
    project.config["ENUM_MIGRATE_QUALIFY"] = False
    project.start(plain("db.Text", "new"))
    fill(project, "'new'")
    project.models(plain("db.Enum(State)", "new"))
    source = project.round_trip()
    assert "public." not in source
    project.models(plain("db.Text", "new"))
    assert "public." not in project.round_trip()


def test_columns_that_are_left_out(one_project: Project) -> None:
    one_project.migrate_options["include_object"] = lambda obj, name, type_, *rest: name != "state"
    one_project.start(plain("db.Text"))
    one_project.sql("CREATE TYPE state AS ENUM ('new')")
    one_project.models(plain("db.Enum(State)"))
    one_project.db("enum", "check")
    one_project.sql("ALTER TABLE ticket ALTER state TYPE state USING NULL")
    one_project.models(plain("db.Text"))
    one_project.db("enum", "check")


def test_types_that_are_not_ours_stay_as_they_are(one_project: Project) -> None:
    one_project.start(plain("db.Enum(State)"))
    one_project.config["ENUM_MIGRATE_INCLUDE_TYPES"] = ["other"]
    one_project.models(plain("db.Text"))
    one_project.db("enum", "check")
    assert "nothing to write" in one_project.sync().stderr


def test_a_string_longer_than_a_line_is_not_repeated(one_project: Project) -> None:
    one_project.start(plain("db.Text"))
    fill(one_project, "repeat('x', 5000)")
    one_project.models(plain("db.Enum(State)"))
    refused = one_project.sync(expect=1).stderr
    assert f"has no label '{'x' * 200}…', and 1 row holds it. Change these rows first." in refused


def test_many_strange_values_are_counted_most_frequent_first(one_project: Project) -> None:
    one_project.start(plain("db.Text"))
    one_project.sql(
        "INSERT INTO ticket SELECT i, CASE WHEN i <= 30 THEN 'often' ELSE 'v' || i END"
        " FROM generate_series(1, 200) i"
    )
    one_project.models(plain("db.Enum(State)"))
    refused = [x for x in one_project.sync(expect=1).stderr.splitlines() if "Refused" in x]
    assert "has no label 'often', and 30 rows hold it" in refused[0]
    assert len(refused) == 51
    assert "public.ticket.state may hold more values than these 50." in refused[-1]


def test_the_number_of_queries_does_not_grow_with_the_columns(one_project: Project) -> None:
    counts = []
    for number in (1, 100):  # the rows of a hundred are looked at together
        columns = "\n".join(f"    c{n} = db.Column({{type}})" for n in range(number))
        model = f"""
class T{number}(db.Model):
    id = db.Column(db.Integer, primary_key=True)
{columns}
"""
        one_project.models(model.format(type="db.Text"))
        if not one_project.migrations.exists():
            one_project.db("init")
        one_project.db("migrate")
        one_project.db("upgrade")
        one_project.sql(f"INSERT INTO t{number} (c0) VALUES ('a'), ('strange')")
        one_project.models(model.format(type="db.Enum('a', 'b', name='state')"))
        with watched() as statements:
            refused = one_project.sync(expect=1).stderr
        assert "has no label 'strange', and 1 row holds it" in refused
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_a_check_that_goes_along_is_mentioned(one_project: Project) -> None:
    one_project.start(plain("db.String(20)"))
    one_project.sql("ALTER TABLE ticket ADD CONSTRAINT k CHECK (state IN ('new', 'gone'))")
    one_project.models(plain("db.Enum(State)"))
    said = one_project.sync().stderr
    assert (
        "The CHECK k on public.ticket stays, and may keep labels out that are added later." in said
    )


def test_the_check_of_sqlalchemy_goes_with_the_string(project: Project) -> None:
    """The type takes its place, and the downgrade brings it back; in children too."""
    project.start(
        plain("db.Enum('new', 'old', native_enum=False, create_constraint=True, name='state')")
        + PLAIN.replace("Ticket", "Task").format(type="db.String(9)", default=None),
        "CREATE TABLE child (CONSTRAINT other CHECK (id > 0)) INHERITS (ticket)",
        "INSERT INTO child VALUES (1, 'new')",
        "ALTER TABLE task ADD CONSTRAINT mine CHECK (state IN ('new', 'done', 'it''s'))",
        "ALTER TABLE task ADD CONSTRAINT restored CHECK (state::text = ANY (ARRAY["
        "('new'::character varying)::text, ('done'::character varying)::text])) NOT VALID",
        "ALTER TABLE task ADD CONSTRAINT narrow CHECK (state IN ('new'))",
    )
    project.models(
        plain("db.Enum(State)")
        + PLAIN.replace("Ticket", "Task").format(type="db.Enum(State)", default=None)
    )
    source = project.round_trip()
    assert "# The CHECK state on public.ticket goes: the type takes its place." in source
    assert "# The CHECK mine on public.task goes: the type takes its place." in source
    assert "# The CHECK narrow on public.task stays, and may keep labels out" in source
    project.sql("INSERT INTO ticket VALUES (2, 'done')", "INSERT INTO child VALUES (3, 'done')")


def test_another_check_than_that_is_refused(one_project: Project) -> None:
    """Where a revision runs, it drops only what it was written for."""
    one_project.start(
        plain("db.Enum('new', native_enum=False, create_constraint=True, name='state')")
    )
    one_project.models(plain("db.Enum(State)"))
    one_project.sync()
    one_project.sql(
        "ALTER TABLE ticket DROP CONSTRAINT state, ADD CONSTRAINT state CHECK (state IN ('x'))"
    )
    with pytest.raises(DBAPIError, match=r"CONSTRAINT state ON public\.ticket is here: "):
        one_project.db("upgrade")
    one_project.sql("ALTER TABLE ticket DROP CONSTRAINT state")
    with pytest.raises(DBAPIError, match="No table was changed"):
        one_project.db("upgrade")


def test_what_hangs_on_a_merged_type_follows(project: Project) -> None:
    """A view, a CHECK, a partial index, a policy, a foreign key, a trigger, a routine, an array."""
    project.start(
        MERGED.format(a="'one', 'two', name='x'", b="'two', 'three', name='y'"), *MERGE_ROWS
    )
    project.sql(
        "CREATE VIEW v AS SELECT v, count(*) FROM b WHERE v <> 'three' GROUP BY 1",
        "CREATE VIEW w AS SELECT * FROM v WHERE v = ANY ('{two,three}'::y[])",
        "COMMENT ON VIEW w IS 'over v'",
        "ALTER TABLE b ADD CONSTRAINT k CHECK (v IN ('two', 'three'))",
        "CREATE UNIQUE INDEX i ON b (id) WHERE v = 'two'",
        "CREATE POLICY p ON b USING (v <> 'three')",
        "ALTER TABLE b ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE b ADD UNIQUE (v, id)",
        "CREATE TABLE log (b_v y, b_id int, FOREIGN KEY (b_v, b_id) REFERENCES b (v, id))",
        "INSERT INTO log VALUES ('two', 1)",
        "CREATE FUNCTION f(y DEFAULT 'three') RETURNS y LANGUAGE sql AS 'SELECT $1'",
        "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t BEFORE UPDATE OF v ON b FOR EACH ROW WHEN (NEW.v = 'two')"
        " EXECUTE FUNCTION g()",
        "CREATE MATERIALIZED VIEW m AS SELECT v, f(v) FROM b",
    )
    log = """
class Log(db.Model):
    b_v = db.Column(db.Enum({0}))
    b_id = db.Column(db.Integer, primary_key=True)
"""
    both = "'one', 'two', 'tres', name='x'"
    project.models(MERGED.format(a=both, b=both) + log.format(both))
    refused = project.sync("--map", "y.three=tres", expect=1).stderr
    assert "view public.v hangs on it, and it names 'three'" in refused
    project.models(
        MERGED.format(a=both.replace("tres", "three"), b=both.replace("tres", "three"))
        + log.format(both.replace("tres", "three"))
    )
    project.round_trip()
    assert project.rows("SELECT v::text FROM m ORDER BY 1") == [("three",), ("two",)]
    assert project.rows("SELECT pg_typeof(f())::text, f()::text") == [("x", "three")]
    project.sync("--drop-unused")
    project.db("upgrade")
    assert project.labels("y") == []


def many(project: Project, labels: str, default: str | None, *, array: bool) -> None:
    enum = f"db.Enum(*{labels.split()!r}, name='mood')"
    project.models(PLAIN.format(type=f"db.ARRAY({enum})" if array else enum, default=default))


def test_a_scalar_becomes_an_array_and_back(project: Project) -> None:
    """Alembic doesn't tell them apart. Labels may come, go and get another name meanwhile."""
    many(project, "a b it's", "a", array=False)
    project.db("init")
    project.db("migrate")
    project.db("upgrade")
    fill(project, "'a'", "'b'", "'it''s'", "NULL")
    project.sql("CREATE INDEX i ON ticket (state)")
    many(project, "a b it's", "{a}", array=True)
    checked = project.db("enum", "check", expect=1).stdout
    assert "convert ticket.state from public.mood to mood[]" in checked
    if "check" in project.db("--help").stdout.split():  # Flask-Migrate 4.0 has none
        assert "convert_column" in project.db("check", expect=1).output
    project.round_trip()
    assert project.rows("SELECT state::text FROM ticket ORDER BY id") == [
        ("{a}",), ("{b}",), ("{it's}",), (None,)
    ]  # fmt: skip
    many(project, "x b", "x", array=False)
    project.round_trip("--rename", "a=x", "--map", "it's=b", merges=True)
    assert project.rows("SELECT state::text FROM ticket ORDER BY id") == [
        ("x",), ("b",), ("b",), (None,)
    ]  # fmt: skip
    project.sql("DROP INDEX i")  # which no model has: migrate would drop it
    many(project, "x b new", "{new}", array=True)
    project.db("migrate")
    assert "public.mood[]" in project.revision()
    project.db("upgrade")
    project.db("enum", "check")
    project.db("downgrade")
    project.db("upgrade")


def test_an_array_without_a_single_label_is_no_scalar(one_project: Project) -> None:
    """Neither none, nor several, nor NULL, nor what is an array of arrays."""
    project = one_project
    many(project, "a b", None, array=True)
    project.db("init")
    project.db("migrate")
    project.db("upgrade")
    fill(project, "'{a}'", "'{}'", "'{a,b}'", "'{a,b}'", "'{NULL}'", "'{{a}}'", "'[5:5]={b}'")
    project.sql("CREATE INDEX i ON ticket USING gin (state)")
    many(project, "a b", None, array=False)
    refused = project.sync(expect=1).stderr
    for held in ("1 row holds {}", "2 rows hold {a,b}", "1 row holds {NULL}", "1 row holds {{a}}"):
        said = f"public.ticket.state becomes public.mood, and {held}, which is no single label."
        assert said in refused
    assert refused.count("no single label") == 4
    assert "the index public.i has an operator class or collation of its own" in refused
    project.sql("DROP INDEX i", "DELETE FROM ticket WHERE cardinality(state) = 2")
    assert "no single label" in project.db("migrate", expect=1).stderr
    project.sql("DELETE FROM ticket WHERE state::text IN ('{}', '{NULL}', '{{a}}')")
    project.sync()
    project.sql("INSERT INTO ticket VALUES (9, '{b,a}')")
    with pytest.raises(DBAPIError, match=r"public\.ticket\.state holds '{b,a}', which is no label"):
        project.db("upgrade")
    project.sql("DELETE FROM ticket WHERE id = 9")
    project.db("upgrade")
    assert project.rows("SELECT state::text FROM ticket ORDER BY id") == [("a",), ("b",)]


def test_what_is_no_label_is_no_array_of_labels(one_project: Project) -> None:
    """Nobody knows how a string is to be read as several: all commands say so."""
    one_project.start(plain("db.String(20)"))
    one_project.models(plain("db.ARRAY(db.Enum(State))"))
    told = "ticket.state is character varying(20) in the database, not state[]"
    assert told in one_project.db("enum", "check", expect=1).stdout
    assert "It can't be converted by itself" in one_project.sync(expect=1).stderr


SWAPPED = """
class Ticket(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    stays = db.Column(db.Enum("a", "b", name="mood"))
    wrapped = db.Column({})
    single = db.Column({})
    string = db.Column({})
    strings = db.Column({})
    other = db.Column({})
"""


@pytest.mark.parametrize("context", ["ASSIGNMENT", "IMPLICIT"])
def test_a_cast_to_text_that_somebody_made_is_not_ours(one_project: Project, context: str) -> None:
    """Labels are what rows hold, whatever else a cast makes of them."""
    project = one_project
    mood = "db.Enum('a', 'b', name='mood')"
    many, texts, other = f"db.ARRAY({mood})", "db.ARRAY(db.Text)", mood.replace("mood", "other")
    project.start(
        SWAPPED.format(mood, many, mood, many, mood),
        "INSERT INTO ticket VALUES (1, 'a', 'a', '{a}', 'a', '{a,b}', 'a')",
        "INSERT INTO ticket VALUES (2, 'b', 'b', '{b}', 'b', '{NULL}', 'b')",
        "INSERT INTO ticket VALUES (3)",
        "CREATE FUNCTION other_way(mood) RETURNS text LANGUAGE sql IMMUTABLE"
        " AS $$SELECT CASE enum_out($1)::text WHEN 'a' THEN 'b' ELSE 'a' END$$",
        f"CREATE CAST (mood AS text) WITH FUNCTION other_way(mood) AS {context}",
    )
    project.models(SWAPPED.format(many, mood, "db.Text", texts, other))
    schema, rows = project.dump(), project.contents()
    project.sync()
    project.db("upgrade")
    assert project.rows("SELECT ticket::text FROM ticket ORDER BY id") == [
        ('(1,a,{a},a,a,"{a,b}",a)',),
        ("(2,b,{b},b,b,{NULL},b)",),
        ("(3,,,,,,)",),
    ]
    project.db("downgrade")
    assert (project.dump(), project.contents()) == (schema, rows)
