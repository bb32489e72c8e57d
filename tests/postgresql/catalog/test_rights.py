"""Roles: what a plain owner can do, and what is refused to those who are none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state", schema=SCHEMA), server_default="a")
    past = db.Column(db.ARRAY(db.Enum(*labels, name="state", schema=SCHEMA)))
"""


@pytest.fixture
def owner(project: Project) -> Iterator[str]:
    """A role that logs in by itself, is no superuser, and may create in ``public``."""
    role = "enum_owner_" + str(make_url(project.url).database)
    admin = project.url
    project.sql(f"CREATE ROLE {role} LOGIN", f"GRANT CREATE ON SCHEMA public TO {role}")
    project.url = make_url(admin).set(username=role).render_as_string(hide_password=False)
    try:
        yield role
    finally:
        project.close()
        project.url = admin
        project.sql(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


def as_admin(project: Project, *statements: str) -> None:
    own, project.url = (
        project.url,
        make_url(project.url).set(username="postgres").render_as_string(hide_password=False),
    )
    try:
        project.sql(*statements)
    finally:
        project.url = own


def start(project: Project, *sql: str) -> None:
    project.start(MODELS, *sql, labels=["a", "b", "c"], SCHEMA=None)


def change(project: Project, labels: str, schema: str | None = None) -> None:
    project.models(MODELS, labels=labels.split(), SCHEMA=schema)


@pytest.mark.parametrize(
    ("labels", "flags"),
    [
        ("first a b new c", ()),
        ("a B c", ("--rename", "state.b=B")),
        ("a b", ("--map", "state.c=b")),
        ("c b a", ()),
    ],
    ids=["add", "rename", "remove", "reorder"],
)
def test_a_plain_owner(project: Project, owner: str, labels: str, flags: tuple[str, ...]) -> None:
    start(
        project,
        "INSERT INTO job VALUES (1, 'a', '{a,b}'), (2, 'c', NULL)",
        "CREATE VIEW busy AS SELECT id FROM job WHERE state = 'b'",
        "CREATE INDEX partial ON job (id) WHERE state <> 'a'",
        "ALTER TABLE job ADD CHECK (state >= 'a' OR state < 'a')",
    )
    assert project.rows("SELECT rolsuper FROM pg_roles WHERE rolname = user") == [(False,)]
    change(project, labels)
    project.round_trip(*flags, merges=bool(flags) and flags[0] == "--map")
    assert project.labels("state") == labels.split()


def test_the_types_owner_is_needed(project: Project, owner: str) -> None:
    start(project)
    as_admin(project, "ALTER TYPE state OWNER TO postgres")
    change(project, "a b c d")
    refused = project.sync(expect=1).stderr
    assert f"public.state is owned by 'postgres', and the role '{owner}' isn't" in refused
    assert "Connect as 'postgres'" in refused


def test_the_tables_owner_is_needed(project: Project, owner: str) -> None:
    start(project)
    as_admin(
        project,
        "CREATE TABLE foreigners (id int, state state)",
        "GRANT SELECT ON foreigners TO PUBLIC",
    )
    change(project, "c b a")
    refused = project.sync(expect=1).stderr
    assert f"the role '{owner}' doesn't own public.foreigners" in refused


def test_the_views_owner_is_needed(project: Project, owner: str) -> None:
    start(project)
    as_admin(project, "CREATE VIEW theirs AS SELECT state FROM job")
    change(project, "c b a")
    refused = project.sync(expect=1).stderr
    assert "view public.theirs hangs on it, and the current role doesn't own it" in refused
    assert "Connect as 'postgres', which owns it" in refused


def test_create_on_the_schema_is_needed(project: Project, owner: str) -> None:
    start(project)
    as_admin(project, f"REVOKE CREATE ON SCHEMA public FROM {owner}")
    change(project, "c b a")
    refused = project.sync(expect=1).stderr
    assert f"the role '{owner}' may not create types in the schema 'public'" in refused
    assert f"GRANT CREATE ON SCHEMA public TO {owner}" in refused
    change(project, "a b c d")  # which needs no such right
    project.sync()
    project.db("upgrade")
    assert project.labels("state") == ["a", "b", "c", "d"]


def test_a_schema_to_move_to(project: Project, owner: str) -> None:
    start(project)
    change(project, "a b c", "far")
    refused = project.sync(expect=1).stderr
    assert "public.state would move to the schema 'far', which doesn't exist" in refused
    assert "CREATE SCHEMA far" in refused
    as_admin(project, "CREATE SCHEMA far", f"GRANT USAGE ON SCHEMA far TO {owner}")
    refused = project.sync(expect=1).stderr
    assert f"the role '{owner}' may not create types in the schema 'far'" in refused
    as_admin(project, f"GRANT CREATE ON SCHEMA far TO {owner}")
    project.round_trip()


def test_check_needs_only_the_catalogs(project: Project, owner: str) -> None:
    start(project)
    role = f"{owner}_guest"
    as_admin(project, f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON alembic_version TO {role}")
    own = project.url
    project.url = make_url(own).set(username=role).render_as_string(hide_password=False)
    try:
        change(project, "a b c")
        project.db("enum", "check")
        change(project, "a b d")
        assert "Drift: " in project.db("enum", "check", expect=1).stdout
        assert project.rows("SELECT has_table_privilege('job', 'SELECT')") == [(False,)]
    finally:
        project.url = own
        as_admin(project, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


STRINGS = """
class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column({}, server_default="a")
"""


def test_a_plain_owner_converts(project: Project, owner: str) -> None:
    project.start(STRINGS.format("db.String(9)"), "INSERT INTO note VALUES (1, 'a'), (2, 'b')")
    project.models(STRINGS.format("db.Enum('a', 'b', name='state')"))
    project.round_trip()


def test_a_conversion_without_the_rights_is_refused(project: Project, owner: str) -> None:
    project.start(STRINGS.format("db.String(9)"), "INSERT INTO note VALUES (1, 'a')")
    as_admin(
        project,
        "ALTER TABLE note OWNER TO postgres",
        f"GRANT SELECT ON note TO {owner}",
        f"REVOKE CREATE ON SCHEMA public FROM {owner}",
    )
    project.models(STRINGS.format("db.Enum('a', 'b', name='state')"))
    refused = project.sync(expect=1).stderr
    assert f"can't become public.state: the role {owner!r} doesn't own it." in refused
    assert f"the role {owner!r} may not create types in the schema 'public'." in refused
    assert f"GRANT CREATE ON SCHEMA public TO {owner}" in refused


def test_rows_that_no_one_could_look_at(project: Project, owner: str) -> None:
    project.start(STRINGS.format("db.String(9)"), "INSERT INTO note VALUES (1, 'a')")
    project.sql(f"REVOKE SELECT ON note FROM {owner}")
    project.models(STRINGS.format("db.Enum('a', 'b', name='state')"))
    said = project.sync().stderr
    assert "Note: could not tell what rows of public.note.state hold; the migration refuses" in said
    project.db("upgrade")
    assert project.labels("state") == ["a", "b"]


def test_a_table_that_no_one_could_look_at_beside_one(project: Project, owner: str) -> None:
    model = STRINGS + STRINGS.replace("Note", "Task")
    project.start(
        model.format("db.String(9)", "db.String(9)"),
        "INSERT INTO note VALUES (1, 'strange')",
        "INSERT INTO task VALUES (1, 'odd')",
    )
    project.sql(f"REVOKE SELECT ON note FROM {owner}")
    project.models(model.format(*["db.Enum('a', 'b', name='state')"] * 2))
    refused = project.sync(expect=1).stderr
    assert (
        "task.state becomes public.state, which has no label 'odd', and 1 row holds it" in refused
    )
    assert "strange" not in refused


def test_rows_that_may_not_be_read(project: Project, owner: str) -> None:
    project.start(STRINGS.format("db.String(9)"), "INSERT INTO note VALUES (1, 'strange')")
    as_admin(project, "ALTER TABLE note OWNER TO postgres")
    project.models(STRINGS.format("db.Enum('a', 'b', name='state')"))
    assert project.db("enum", "check", expect=1).stdout.endswith("Next: flask db enum sync\n")
    refused = project.sync(expect=1).stderr
    assert f"the role {owner!r} doesn't own it." in refused
    assert "strange" not in refused


def test_privileges_that_others_granted(project: Project) -> None:
    """Each is granted by who granted it, and the rest of the revision runs as before."""
    start(project)
    database = str(make_url(project.url).database)
    roles = [f"enum_grantee_{number}_{database}" for number in range(12)]
    giver, *takers = roles
    query = "SELECT unnest(typacl)::text FROM pg_type WHERE typname = 'state' ORDER BY 1"
    try:
        project.sql(
            *(f"CREATE ROLE {role}" for role in roles),
            f"GRANT USAGE ON TYPE state TO {giver} WITH GRANT OPTION",
            f"SET ROLE {giver}",
            *(f"GRANT USAGE ON TYPE state TO {role}" for role in takers),
        )
        before = project.rows(query)
        change(project, "a b")
        project.sync()
        project.db("upgrade")
        assert project.rows(query) == before
        assert len(before) == len(roles) + 2  # and its owner, and PUBLIC
    finally:
        project.sql(*(f"DROP OWNED BY {role} CASCADE" for role in roles))
        project.sql(*(f"DROP ROLE {role}" for role in roles))


def acl(project: Project, name: str) -> list[tuple[str]]:
    query = f"SELECT unnest(typacl)::text FROM pg_type WHERE typname = '{name}' ORDER BY 1"
    return project.rows(query)


@pytest.fixture
def three(project: Project) -> Iterator[tuple[str, str, str]]:
    """Roles that may own and grant."""
    database = str(make_url(project.url).database)
    roles = (f"enum_a_{database}", f"enum_b_{database}", f"enum_c_{database}")
    project.sql(*(f"CREATE ROLE {role}" for role in roles))
    project.sql(*(f"GRANT CREATE ON SCHEMA public TO {role}" for role in roles))
    try:
        yield roles
    finally:
        project.close()
        project.sql(*(f"DROP OWNED BY {role} CASCADE" for role in roles))
        project.sql(*(f"DROP ROLE {role}" for role in roles))


def test_privileges_are_granted_in_the_order_in_which_they_can_be(
    project: Project, three: tuple[str, str, str]
) -> None:
    """PostgreSQL keeps them in another order, where one was taken back and granted again."""
    a, b, c = three
    start(
        project,
        "REVOKE ALL ON TYPE state FROM PUBLIC",
        f"GRANT USAGE ON TYPE state TO {a} WITH GRANT OPTION",
        f"SET ROLE {a}; GRANT USAGE ON TYPE state TO {b} WITH GRANT OPTION; RESET ROLE",
        f"SET ROLE {b}; GRANT USAGE ON TYPE state TO {c}; RESET ROLE",
        f"GRANT USAGE ON TYPE state TO {b} WITH GRANT OPTION",
        f"SET ROLE {a}; REVOKE USAGE ON TYPE state FROM {b}; RESET ROLE",
    )
    before = acl(project, "state")
    assert len(before) == 4
    change(project, "a b")
    project.sync()
    project.db("upgrade")
    assert acl(project, "state") == before


def test_default_privileges_change_no_owners(project: Project, three: tuple[str, str, str]) -> None:
    a, b, _ = three
    start(
        project,
        f"ALTER TYPE state OWNER TO {a}",
        f"REVOKE ALL ON TYPE state FROM {a}",
        f"ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO {b}",
    )
    before, schema = acl(project, "state"), project.dump()
    change(project, "a b")
    project.sync()
    project.db("upgrade")
    assert acl(project, "state") == before
    assert project.dump() == schema.replace(",\n    'c'", "")


OF_NOBODY = (
    "CREATE DOMAIN d AS state",
    "CREATE DOMAIN da AS state[]",
    "CREATE TYPE c AS (a int, s state)",
    "CREATE TYPE r AS RANGE (SUBTYPE = state, MULTIRANGE_TYPE_NAME = mr)",
    "CREATE FUNCTION f(state) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "CREATE FUNCTION f2(c) RETURNS d LANGUAGE sql SECURITY DEFINER AS 'SELECT ''a''::d'",
    "CREATE FUNCTION w(state, OUT x state) LANGUAGE sql WINDOW AS 'SELECT $1'",
    "CREATE PROCEDURE pr(state) LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "CREATE AGGREGATE ag(state) (SFUNC = array_append, STYPE = state[], INITCOND = '{}')",
    "CREATE VIEW v AS SELECT id, state FROM job",
    "CREATE VIEW v2 AS SELECT id, state FROM v",
    "CREATE MATERIALIZED VIEW m AS SELECT id, state FROM job",
    "CREATE TABLE typed OF c",
    "REVOKE ALL ON v, v2, m, typed FROM PUBLIC, postgres",
    "REVOKE ALL ON ROUTINE f, f2, w, pr, ag, r(state, state), mr() FROM PUBLIC, postgres",
    "REVOKE ALL ON TYPE state, d, da, c, r FROM PUBLIC, postgres",
)
MAY = """
    SELECT typname::text, coalesce(typacl, acldefault('T', typowner))::text FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'c', 'r')
    UNION ALL SELECT oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))::text
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT relname::text, coalesce(relacl, acldefault('r', relowner))::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm') ORDER BY 1, 2
"""


def test_what_nobody_may_use_stays_so(project: Project) -> None:
    """An empty list of privileges is none that is missing, for which there are the default ones."""
    start(project, *OF_NOBODY)
    before, schema = project.rows(MAY), project.dump()
    assert sum(acl == "{}" for _, acl in before) == 16
    change(project, "a b")
    project.sync()
    for default in ("GRANT ALL ON {} TO pg_monitor", "REVOKE ALL ON {} FROM pg_monitor"):
        project.db("upgrade")
        assert project.rows(MAY) == before
        of = ("TYPES", "FUNCTIONS", "TABLES")
        project.sql(*(f"ALTER DEFAULT PRIVILEGES {default.format(kind)}" for kind in of))
        project.db("downgrade")
        assert project.rows(MAY) == before
    assert project.dump() == schema


def test_what_default_privileges_take_away_comes_back(project: Project) -> None:
    start(
        project,
        "CREATE FUNCTION f(state) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE g(state) LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW v AS SELECT id FROM job WHERE state = 'a'",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES REVOKE UPDATE ON TABLES FROM postgres",
    )
    may = (
        "SELECT has_function_privilege('pg_monitor', 'f(state)', 'EXECUTE'),"
        " has_function_privilege('pg_monitor', 'g(state)', 'EXECUTE'),"
        " (SELECT count(*) FROM aclexplode(coalesce("
        "(SELECT relacl FROM pg_class WHERE relname = 'v'),"
        " acldefault('r', (SELECT relowner FROM pg_class WHERE relname = 'v')))))"
    )
    before, schema = project.rows(may), project.dump()
    change(project, "a b")
    project.sync()
    project.db("upgrade")
    assert project.rows(may) == before
    assert project.dump() == schema.replace(",\n    'c'", "")


def test_privileges_on_objects_that_others_granted(
    project: Project, three: tuple[str, str, str]
) -> None:
    a, b, c = three
    start(
        project,
        "CREATE VIEW v AS SELECT id, state FROM job",
        "CREATE FUNCTION f(state) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        f"GRANT SELECT, UPDATE ON v TO {a}",
        f"GRANT SELECT, INSERT (id) ON v TO {b} WITH GRANT OPTION",
        f"GRANT EXECUTE ON FUNCTION f TO {b} WITH GRANT OPTION",
        f"SET ROLE {b}; GRANT SELECT ON v TO {a} WITH GRANT OPTION; GRANT INSERT (id) ON v TO {a}",
        f"GRANT EXECUTE ON FUNCTION f TO {c}; RESET ROLE; SET ROLE {a}; GRANT SELECT ON v TO {c}",
    )
    granted = (
        "SELECT relacl::text FROM pg_class WHERE relname = 'v' UNION ALL"
        " SELECT attacl::text FROM pg_attribute WHERE attrelid = 'v'::regclass AND attnum = 1"
        " UNION ALL SELECT proacl::text FROM pg_proc WHERE proname = 'f'"
    )
    before, schema = project.rows(granted), project.dump()
    change(project, "a b")
    project.sync()
    project.db("upgrade")
    assert [sorted(acl.strip("{}").split(",")) for (acl,) in project.rows(granted)] == [
        sorted(acl.strip("{}").split(",")) for (acl,) in before
    ]
    assert project.dump() == schema.replace(",\n    'c'", "")


def test_privileges_that_a_stranger_granted(project: Project, owner: str) -> None:
    as_admin(project, f"CREATE ROLE {owner}_other", f"GRANT CREATE ON SCHEMA public TO {owner}")
    try:
        start(
            project,
            "CREATE VIEW v AS SELECT id, state FROM job",
            f"GRANT SELECT ON v TO {owner}_other WITH GRANT OPTION",
            "CREATE TYPE lonely AS ENUM ('a')",
            f"GRANT USAGE ON TYPE lonely TO {owner}_other WITH GRANT OPTION",
        )
        as_admin(
            project,
            f"SET ROLE {owner}_other; GRANT SELECT ON v TO PUBLIC; GRANT USAGE ON TYPE lonely"
            " TO pg_monitor",
        )
        assert "permission denied to set role" in project.sync("--drop-unused", expect=1).stderr
        change(project, "a b")
        assert (
            f"view public.v hangs on it, and privileges on it were granted by '{owner}_other', "
            "for whom the current role may not act." in project.sync(expect=1).stderr
        )
    finally:
        project.close()
        as_admin(project, f"DROP OWNED BY {owner}_other CASCADE", f"DROP ROLE {owner}_other")


@pytest.mark.parametrize("what", ["v", "TYPE state"])
def test_grants_of_strangers_that_only_production_has(
    project: Project, owner: str, what: str
) -> None:
    """They can't be given back, so nothing is taken away."""
    privilege = "USAGE" if what.startswith("TYPE") else "SELECT"
    start(project, "CREATE VIEW v AS SELECT id FROM job WHERE state = 'a'")
    change(project, "a b")
    project.sync()
    as_admin(
        project,
        f"GRANT {privilege} ON {what} TO pg_monitor WITH GRANT OPTION",
        f"SET ROLE pg_monitor; GRANT {privilege} ON {what} TO pg_read_all_stats",
    )
    before = project.dump(), project.contents()
    with pytest.raises(DBAPIError) as failed:
        project.db("upgrade")
    named = "TYPE public.state" if what == "TYPE state" else "VIEW public.v"
    told = f"{named} has privileges granted by pg_monitor, as whom this role may not act"
    assert told in str(failed.value)
    assert (project.dump(), project.contents()) == before


# What an administrator does, whose objects they are then, and what is said of a reorder.
LACKING: dict[str, tuple[str, str]] = {
    "privileges on the type that a stranger granted": (
        "GRANT USAGE ON TYPE state TO pg_monitor WITH GRANT OPTION;"
        " SET ROLE pg_monitor; GRANT USAGE ON TYPE state TO pg_read_all_stats; RESET ROLE",
        "public.state has to be replaced, and can't be: privileges on it were granted by "
        "'pg_monitor', for whom the role '{owner}' may not act. Connect as a member of that role",
    ),
    "a view in a schema without CREATE": (
        "CREATE SCHEMA far; GRANT USAGE ON SCHEMA far TO {owner};"
        " CREATE VIEW far.v AS SELECT state FROM job; ALTER VIEW far.v OWNER TO {owner}",
        "permission denied for schema far",
    ),
    "a leakproof function": (
        "CREATE FUNCTION f(state) RETURNS bool LEAKPROOF LANGUAGE sql RETURN $1 = 'a';"
        " ALTER FUNCTION f OWNER TO {owner}",
        "only superuser can define a leakproof function",
    ),
    "a function in the language internal": (
        "CREATE FUNCTION f(state, state) RETURNS bool LANGUAGE internal AS 'enum_eq';"
        " ALTER FUNCTION f OWNER TO {owner}",
        "permission denied for language internal",
    ),
    "a superuser's parameter": (
        "CREATE FUNCTION f(state) RETURNS bool SET session_replication_role = replica"
        " LANGUAGE sql AS 'SELECT true'; ALTER FUNCTION f OWNER TO {owner}",
        'permission denied to set parameter "session_replication_role"',
    ),
    "a materialized view over a table that it may not read": (
        "CREATE TABLE secret (id int); CREATE MATERIALIZED VIEW m AS SELECT state FROM job, secret;"
        " ALTER MATERIALIZED VIEW m OWNER TO {owner}",
        "permission denied for table secret",
    ),
    "a trigger function without EXECUTE": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        " CREATE TRIGGER t BEFORE UPDATE OF state ON job FOR EACH ROW EXECUTE FUNCTION f();"
        " REVOKE EXECUTE ON FUNCTION f FROM PUBLIC",
        "permission denied for function public.f",
    ),
    "a foreign key without REFERENCES": (
        "CREATE TABLE look (state state PRIMARY KEY);"
        " ALTER TABLE job ADD FOREIGN KEY (state) REFERENCES look;"
        " ALTER TABLE look OWNER TO {owner}; REVOKE ALL ON look FROM {owner}",
        "permission denied for table look",
    ),
}


@pytest.mark.parametrize("what", LACKING)
def test_a_right_that_only_the_upgrade_would_miss(project: Project, owner: str, what: str) -> None:
    sql, said = LACKING[what]
    start(project)
    as_admin(project, sql.replace("{owner}", owner))
    change(project, "c b a")
    refused = project.sync(expect=1).stderr
    assert said.replace("{owner}", owner) in refused
    as_admin(project, f"ALTER ROLE {owner} SUPERUSER")
    project.round_trip()
